"""The ASGI application for servers and platforms that start it themselves.

    uvicorn motherhaven.server.asgi:app

Everything comes from the settings (LLM_BOT_API_KEY, MOTHERHAVEN_STORE …). Where the platform
runs no lifespan, as serverless ones do not, the store is opened by the first request.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from motherhaven.contract.errors import ConfigError, MotherhavenError
from motherhaven.server.app import create_app
from motherhaven.server.auth.policy import API
from motherhaven.server.auth.sessions.tokens import shared_secret
from motherhaven.server.config import ServerConfig
from motherhaven.server.forwarding import trusted_proxies
from motherhaven.server.http.headers import SecureSend
from motherhaven.server.http.request_facts import at_root
from motherhaven.server.wire.problems import Problem, answer, problem_of
from motherhaven.settings import ServerSettings, SystemClock, load_server_settings
from motherhaven.stores import open_store

LOG: Final = logging.getLogger("motherhaven.server")

PAGE: Final = Path(__file__).parent / "page"
_STREAMS: Final = frozenset({f"{API}/live"})


def create(settings: ServerSettings) -> FastAPI:
    """The application that `settings` describe; reading needs the key, as behind any proxy.

    Raises:
        ConfigError: no key is set, or the store's URL is wrong.
    """
    key = settings.llm_bot_api_key
    if not key:
        raise ConfigError(
            "LLM_BOT_API_KEY is not set, and this server may be reached from anywhere; set it in "
            "the platform's environment to a long random text, such as the output of "
            "openssl rand -base64 32"
        )
    clock = SystemClock()
    config = ServerConfig(
        api_key=key,
        allowed_hosts=settings.extra_hosts,
        proxies=trusted_proxies(
            settings.motherhaven_trusted_proxies, settings.motherhaven_client_address_header
        ),
        # The same in every process, so that a session made by one is known to the next.
        session_secret=shared_secret(key),
        page_dir=PAGE,
    )
    store = open_store(
        settings.store_url,
        clock=clock,
        data_dir=Path(),
        read_url=settings.motherhaven_store_read or None,
        firestore=settings.firestore,
    )
    return create_app(config, store, clock)


class _Built:
    """An application, and the event loop that its store and streams belong to."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.loop = asyncio.get_running_loop()
        self._living: asyncio.Task[None] | None = None
        self._open: asyncio.Future[None]

    async def opened(self) -> None:
        """Open the store unless it is open; whoever comes first begins, all wait.

        Raises:
            MotherhavenError: the store cannot be opened; the next request tries again.
        """
        if self._living is None or self._living.done():
            self._open = self.loop.create_future()
            self._living = asyncio.create_task(self._live(self._open))
        await asyncio.shield(self._open)

    async def _live(self, opened: asyncio.Future[None]) -> None:
        """The lifespan in one task, which ends with its loop and then closes the store."""
        try:
            async with self.app.router.lifespan_context(self.app):
                opened.set_result(None)
                await asyncio.Event().wait()
        except MotherhavenError as error:
            if opened.done():
                raise
            opened.set_exception(error)


class OnDemand:
    """Builds the application when it is first used, anew for each event loop.

    With a lifespan, the server's own start and stop open and close the store. Live
    streams end after `stream_seconds` (None: never); the page then opens the next,
    which goes on where the last one ended.
    """

    def __init__(self, build: Callable[[], tuple[FastAPI, float | None]]) -> None:
        self._build = build
        self._built: _Built | None = None
        self._stream_seconds: float | None = None
        self._lifespan = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the lifespan."""
        if scope["type"] == "lifespan":
            self._lifespan = True
            await self._current().app(scope, receive, send)
            return
        try:
            built = self._current()
            if not self._lifespan:
                await built.opened()
        except MotherhavenError as error:
            LOG.error("%s", error)
            if scope["type"] != "http":
                raise
            await answer(_refusal(error))(scope, receive, SecureSend(send))
            return
        seconds = self._stream_seconds
        if seconds is None or at_root(scope)["path"] not in _STREAMS:
            await built.app(scope, receive, send)
        else:
            await _bounded(built.app, scope, receive, send, seconds)

    def _current(self) -> _Built:
        loop = asyncio.get_running_loop()
        if self._built is None or self._built.loop is not loop:
            app, self._stream_seconds = self._build()
            self._built = _Built(app)
        return self._built


async def _bounded(
    app: FastAPI, scope: Scope, receive: Receive, send: Send, seconds: float
) -> None:
    """A stream that ends whole after `seconds`: to the application its client leaves then."""
    deadline = asyncio.get_running_loop().time() + seconds
    started = finished = False

    async def until_then() -> Message:
        try:
            async with asyncio.timeout_at(deadline):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    async def noting(message: Message) -> None:
        nonlocal started, finished
        started = True
        finished = message["type"] == "http.response.body" and not message.get("more_body")
        await send(message)

    await app(scope, until_then, noting)
    if started and not finished:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _refusal(error: MotherhavenError) -> Problem:
    if isinstance(error, ConfigError):
        fix = "read the server's log; it names the setting"
        return Problem(503, "not_configured", "the server is not set up yet", fix)
    return problem_of(error)


def _from_settings() -> tuple[FastAPI, float | None]:
    settings = load_server_settings()
    return create(settings), settings.motherhaven_stream_seconds


app: Final = OnDemand(_from_settings)
"""The application; reads the settings when it is first used, not on import."""
