"""The servers that the benchmarks measure, each a process: python -m benchmarks._serve KIND DIR.

real: the product over an SQLite file. echo: the same FastAPI and uvicorn, answering a
POST with its own body. broadcaster: the same uvicorn, sending each posted body to all
streams from one queue each. Prints its address, and at the end the CPU seconds used.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from motherhaven.server import Limits, ServerConfig, run_server
from motherhaven.server.run import bind, uvicorn_config
from motherhaven.settings import SystemClock
from motherhaven.stores import open_store

KEY = "benchmark-key-0123456789"
CONFIG = ServerConfig(port=0, api_key=KEY, open_reading=True, limits=Limits(connections=4_000))


def echo_app() -> FastAPI:
    """One route that reads the body and gives it back."""
    app = FastAPI()

    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    app.add_api_route("/echo", echo, methods=["POST"])
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
            for queue in self._queues:
                queue.put_nowait(body)
            await _start(send, b"application/json")
            await send({"type": "http.response.body", "body": b"{}"})
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
    began = 0.0

    def ready(url: str) -> None:
        nonlocal began
        began = time.process_time()
        print(url, flush=True)

    if kind == "real":
        clock = SystemClock()
        run_server(CONFIG, open_store("sqlite:///bench.db", clock=clock, data_dir=folder), clock,
                   on_ready=ready)  # fmt: skip
    else:
        app = echo_app() if kind == "echo" else Broadcaster()
        sockets = bind(CONFIG)
        ready(f"http://127.0.0.1:{sockets[0].getsockname()[1]}")
        try:
            uvicorn.Server(uvicorn_config(app, CONFIG)).run(sockets)
        except KeyboardInterrupt:
            pass
    print(time.process_time() - began, flush=True)


if __name__ == "__main__":
    main()
