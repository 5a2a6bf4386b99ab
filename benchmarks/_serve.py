"""The servers that the benchmarks measure, each a process: python -m benchmarks._serve KIND DIR.

real: the product over an SQLite file, with one more route that answers a POST with its
own body. closed: the same with reading closed, and a key of one bot. broadcaster: the same
uvicorn, sending each posted body to all streams from one queue each. POST /api/cpu tells
the CPU seconds used so far.
"""

import asyncio
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from motherhaven.cli.page import page_dir
from motherhaven.server import Limits, ServerConfig, create_app
from motherhaven.server.auth.keys.cache import RECORD, ApiKey, digest_of, write_keys
from motherhaven.server.run import bind, spare_collector, uvicorn_config
from motherhaven.settings import SystemClock
from motherhaven.stores import open_store

KEY = "benchmark-key-0123456789"
BOUND = "mh_aaaaaaaaaa_" + "b" * 43
"""The key of one bot, which the server `closed` has."""

CONFIG = ServerConfig(
    port=0,
    api_key=KEY,
    open_reading=True,
    limits=Limits(connections=4_000),
    page_dir=page_dir(),
)


async def _add_key(folder: Path) -> None:
    store = open_store("sqlite:///bench.db", clock=SystemClock(), data_dir=folder)
    await store.open()
    key = ApiKey("a" * 10, "bench", "bot-0", ("read",), digest_of(BOUND), SystemClock().now())
    await store.put_shared_record(RECORD, write_keys((key,), "bench"), None)
    await store.close()


def product(folder: Path, *, is_open: bool = True) -> FastAPI:
    """The product's application and a bare echo in it."""
    clock = SystemClock()
    store = open_store("sqlite:///bench.db", clock=clock, data_dir=folder)
    app = create_app(replace(CONFIG, open_reading=is_open), store, clock)

    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    async def cpu() -> Response:
        return Response(str(time.process_time()))

    app.add_api_route("/api/echo", echo, methods=["POST"])
    app.add_api_route("/api/cpu", cpu, methods=["POST"])
    return app


class Broadcaster:
    """The least that can be called one: POST goes to a queue for each stream."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[bytes]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["method"] == "POST":
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message["body"], message["more_body"]
            asked = scope["path"] == "/api/cpu"
            for queue in () if asked else self._queues:
                queue.put_nowait(body)
            await _start(send, b"application/json")
            answer = str(time.process_time()).encode() if asked else b"{}"
            await send({"type": "http.response.body", "body": answer})
        else:
            await self._stream(send)

    async def _stream(self, send: Any) -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._queues.add(queue)
        await _start(send, b"text/event-stream")
        await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
        while True:
            data = b"data: " + await queue.get() + b"\n\n"
            await send({"type": "http.response.body", "body": data, "more_body": True})


async def _start(send: Any, kind: bytes) -> None:
    headers = [(b"content-type", kind)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


def main() -> None:
    """Serve until SIGTERM."""
    kind, folder = sys.argv[1], Path(sys.argv[2])
    if kind == "closed":
        asyncio.run(_add_key(folder))
    app = product(folder, is_open=kind == "real") if kind != "broadcaster" else Broadcaster()
    if kind != "broadcaster":
        spare_collector()  # as run_server does
    sockets = bind(CONFIG)
    print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn_config(app, CONFIG)).run(sockets)


if __name__ == "__main__":
    main()
