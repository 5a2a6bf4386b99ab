"""The server of a fake venue: uvicorn on loopback, in a thread and a loop of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from motherhaven.contract.errors import ConfigError

Result = TypeVar("Result")
App = Callable[[Any, Any, Any], Any]

LOOPBACK: Final = "127.0.0.1"
CUT: Final = "motherhaven.cut"
"""The key of an ASGI scope with what cuts the request's connection without an answer."""
_START_SECONDS: Final = 30.0
_BACKLOG: Final = 256
_MOST_MESSAGE: Final = 64 * 1024


class CuttableProtocol(HttpToolsProtocol):
    """An HTTP connection that the application may cut."""

    def on_message_begin(self) -> None:
        """Put what cuts the connection into the request's scope."""
        super().on_message_begin()
        self.scope[CUT] = self._cut  # type: ignore[typeddict-unknown-key]

    def _cut(self) -> None:
        self.transport.abort()


class ServerThread:
    """Serves an ASGI application until it is closed; `call` runs a function on its loop."""

    def __init__(self, app: App, port: int = 0) -> None:
        self._app = app
        self._socket = _listening(port)
        self.port: int = self._socket.getsockname()[1]
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="fake-venue", daemon=True)

    def start(self) -> None:
        """Serve; returns once it does."""
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise ConfigError("the fake venue did not start; look for an error above")

    def close(self) -> None:
        """Cut every connection and end the thread."""
        loop, ended = self._loop, self._ended
        if loop is not None and ended is not None:
            loop.call_soon_threadsafe(ended.set)
        self._thread.join(_START_SECONDS)

    def call(self, function: Callable[[], Result]) -> Result:
        """The result of a function that runs on the server's loop, from any other thread."""
        loop = self._loop
        if loop is None or threading.current_thread() is self._thread:
            return function()

        async def run() -> Result:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), loop).result()

    def cut_all(self) -> None:
        """Cut every open connection; called on the server's loop."""
        for connection in list(self._server.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._ended = asyncio.Event()
        config = uvicorn.Config(
            self._app,
            http=CuttableProtocol,
            ws="auto",
            ws_max_size=_MOST_MESSAGE,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup([self._socket])
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._ended.wait()
        self._loop = None
        for listener in self._server.servers:
            listener.close()
        self.cut_all()
        tasks = list(self._server.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _listening(port: int) -> socket.socket:
    # asyncio sends at once only on sockets whose protocol says TCP; each answer of two parts
    # would otherwise wait 40 ms for an acknowledgement.
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((LOOPBACK, port))
        one.listen(_BACKLOG)
    except OSError as error:
        one.close()
        raise ConfigError(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from None
    return one
