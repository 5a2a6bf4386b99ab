"""One request to motherhaven.server.asgi in a process, as a serverless platform makes it.

Reads {"method", "path", "headers", "body", "seconds"} as JSON from standard input and prints
{"status", "headers", "body", "seconds"}. The platform runs no lifespan, after `seconds` the
client leaves, and once the answer is sent the process is gone without another word.

With `--warm` it imports everything first, as platforms do that start processes from a
snapshot, and then makes a process for each line {"env", "folder", "request"}. Nothing of one
request is left for the next: the application is built, and the settings read, by the child.
"""

import asyncio
import importlib
import json
import os
import sys
import time
import traceback
from typing import Any
from urllib.parse import urlsplit


async def ask(request: dict[str, Any]) -> dict[str, Any]:
    """The application's answer to one request."""
    from motherhaven.server.asgi import app

    address = urlsplit(request["path"])
    headers = {"host": "bots.example", "x-forwarded-proto": "https", **request.get("headers", {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request["method"],
        "scheme": "http",
        "path": address.path,
        "raw_path": address.path.encode(),
        "root_path": "",
        "query_string": address.query.encode(),
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "client": ("203.0.113.9", 4321),
        "server": ("10.0.0.1", 80),
    }
    sent: list[dict[str, Any]] = []
    body = [request.get("body", "").encode()]

    async def receive() -> dict[str, Any]:
        if body:
            return {"type": "http.request", "body": body.pop(), "more_body": False}
        await asyncio.sleep(request.get("seconds", 3_600.0))
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    started = time.monotonic()
    await app(scope, receive, send)
    assert [bool(m.get("more_body")) for m in sent].count(False) == 2, "start and one last body"
    return {
        "status": sent[0]["status"],
        "headers": [[k.decode(), v.decode()] for k, v in sent[0]["headers"]],
        "body": b"".join(m.get("body", b"") for m in sent[1:]).decode(),
        "seconds": time.monotonic() - started,
    }


async def main(request: dict[str, Any]) -> None:
    """Answer, and end as a killed process does."""
    print(json.dumps(await ask(request)), flush=True)
    os._exit(0)


def warm() -> None:
    """A process for each line; after its answer its exit code is printed."""
    for name in ("server.asgi", "stores.sqlite", "stores.postgres", "stores.firestore"):
        importlib.import_module(f"motherhaven.{name}")
    for line in sys.stdin:
        given = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                os.environ.clear()
                os.environ.update(given["env"])
                os.chdir(given["folder"])
                asyncio.run(main(given["request"]))
            finally:
                traceback.print_exc()
                os._exit(1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--warm"]:
        warm()
    else:
        asyncio.run(main(json.load(sys.stdin)))
