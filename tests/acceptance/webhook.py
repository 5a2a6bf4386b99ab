"""The far end of a webhook, on this machine."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.patience import HANG_SECONDS


class Receiver:
    """A webhook's far end: what arrived, and when."""

    def __init__(self) -> None:
        self.got: list[tuple[float, dict[str, Any]]] = []
        self.news = threading.Condition()
        self.port = 0

    def settings(self) -> dict[str, str]:
        """The environment of a server that tells it."""
        return {
            "MOTHERHAVEN_ALERT_URL": f"http://127.0.0.1:{self.port}/hook",
            "MOTHERHAVEN_ALERT_ALLOW_LOCAL": "true",
        }

    def texts(self) -> list[str]:
        """The messages so far."""
        with self.news:
            return [str(body["text"]) for _, body in self.got]

    def wait_for(self, count: int) -> None:
        """Until so many have arrived."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.got) >= count, HANG_SECONDS), self.got


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A webhook on a free port of this machine."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with told.news:
                told.got.append((time.monotonic(), body))
                told.news.notify_all()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
