"""The application: routes, layers and what lives as long as the server does."""

import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from motherhaven import __version__
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError
from motherhaven.contract.ids import IdSource
from motherhaven.server.admission.places import Places
from motherhaven.server.alerts.task import Alerts
from motherhaven.server.auth.authenticate import Authenticator
from motherhaven.server.auth.authorize import Authorizer
from motherhaven.server.auth.keys.cache import ApiKeyCache
from motherhaven.server.auth.keys.guesses import Guesses
from motherhaven.server.auth.keys.use import KeyUse
from motherhaven.server.auth.middleware import AuthMiddleware
from motherhaven.server.auth.policy import API, READ, Routes
from motherhaven.server.auth.sessions.login import Login
from motherhaven.server.auth.sessions.remote_revocation import RemoteRevocation
from motherhaven.server.auth.sessions.tokens import Sessions
from motherhaven.server.auth.shares.links import KnownLinks
from motherhaven.server.auth.shares.routes import Shares
from motherhaven.server.auth.visible.cursor_seal import CursorSeal
from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.server.bot_logs import BotLogRoutes
from motherhaven.server.config import ServerConfig
from motherhaven.server.control.routes import Control
from motherhaven.server.control.watch import CommandWatch
from motherhaven.server.figures.ratios import DailyReturns
from motherhaven.server.health import add_health_routes
from motherhaven.server.http.compression import LEAST_COMPRESSED, LEVEL
from motherhaven.server.http.security import LOG, SecurityMiddleware
from motherhaven.server.ingest.routes import Ingest
from motherhaven.server.live.broadcaster import Broadcaster
from motherhaven.server.live.stream import Live
from motherhaven.server.page import Page
from motherhaven.server.reads.bill import BillReads
from motherhaven.server.reads.details import Details
from motherhaven.server.reads.export import Export
from motherhaven.server.reads.figures import Figures
from motherhaven.server.reads.legacy_api import LegacyApi
from motherhaven.server.reads.routes import Reads
from motherhaven.server.reads.scraped import ScrapedFigures
from motherhaven.server.refusals import Refusals
from motherhaven.server.unreadable import UnreadableWatch
from motherhaven.server.wire import schemas
from motherhaven.server.wire.problems import Problem, answer, internal_problem, problem_of
from motherhaven.stores.bot_logs import BotLogs
from motherhaven.stores.commands import CommandStore
from motherhaven.stores.protocol import Store

_TELEMETRY_OFF: Final = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(
    config: ServerConfig,
    store: Store,
    clock: Clock,
    *,
    manage_store: bool = True,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> FastAPI:
    """The ASGI application of one server.

    With `manage_store` the application's lifespan opens and closes the store.

    Raises:
        ConfigError: the settings would leave the server open to the network.
    """
    config.check()
    broadcaster = Broadcaster(store, clock, config.limits)
    keys = ApiKeyCache(store, clock, broadcaster.wake)
    uses, alerts = KeyUse(store, clock, random_bytes), _alerts(config, store, clock, random_bytes)
    seconds, tell = config.limits.heartbeat_seconds, broadcaster.tell_refusal
    unreadable = UnreadableWatch(store, clock, seconds, tell)
    watch = CommandWatch(store, CommandStore(store, random_bytes), broadcaster.ending)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if manage_store:
                await store.open()
                stack.push_async_callback(store.close)
            for task in (broadcaster, keys, uses, alerts, *app.state.linked, unreadable, watch):
                await stack.enter_async_context(task.running())
            yield

    app = FastAPI(
        title="Motherhaven",
        version=__version__,
        summary="Flight recorder, guard and window for LLM trading bots",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=_TELEMETRY_OFF,  # type: ignore[arg-type]  # a plain dict of its keys
    )
    app.state.broadcaster, app.state.keys, app.state.uses = broadcaster, keys, uses
    app.state.unreadable, app.state.command_watch = unreadable, watch
    _add_routes(app, config, store, clock, random_bytes)
    _add_error_handlers(app)
    _complete_openapi(app)
    return app


def _alerts(
    config: ServerConfig, store: Store, clock: Clock, random_bytes: Callable[[int], bytes]
) -> Alerts:
    name = f"the server {socket.gethostname()}:{config.port}"
    host = config.allowed_hosts[0] if config.allowed_hosts else None
    page = f"https://{host}" if host else f"http://localhost:{config.port}"
    return Alerts(store, clock, config.alert_targets, config.alert_disk, random_bytes, name, page)


def _add_routes(
    app: FastAPI,
    config: ServerConfig,
    store: Store,
    clock: Clock,
    random_bytes: Callable[[int], bytes],
) -> None:
    broadcaster: Broadcaster = app.state.broadcaster
    limits = config.limits
    routes = app.state.routes = Routes(app.router)
    routes.declare(str(app.openapi_url), READ)
    sessions, found = _callers(app, config, store, clock, random_bytes)
    logins, guesses = (
        Guesses(clock, free=free, first_seconds=limits.wrong_key_seconds, hold=hold)
        for hold in (limits.wrong_key_hold_seconds,)
        for free in (limits.login_attempts, limits.key_attempts)
    )
    judge = Authorizer(config, found, sessions, guesses)
    seal = CursorSeal(store, random_bytes)
    refusals = Refusals(store, clock, config.api_key, broadcaster.tell_refusal)
    Ingest(store, clock, IdSource(clock, random_bytes), limits, refusals).add_routes(routes)
    _add_reads(routes, store, VisibleReader(store, seal), clock)
    Live(broadcaster, clock, limits, seal).add_routes(routes)
    Login(config, found, judge, sessions, logins, app.state.ended.tell).add_routes(routes)
    Shares(store, clock, found, limits).add_routes(routes)
    watch: CommandWatch = app.state.command_watch
    Control(store, watch, clock, judge, logins, refusals, limits).add_routes(routes)
    BotLogRoutes(store, BotLogs(store, random_bytes), broadcaster.log_news, limits).add_routes(
        routes
    )
    add_health_routes(routes, store)
    # The page takes every path that is left, so it comes last.
    Page(config.page_dir, config.page_building).add_routes(routes)
    # Innermost, so that an answer is compressed once and a live stream never is.
    app.add_middleware(GZipMiddleware, minimum_size=LEAST_COMPRESSED, compresslevel=LEVEL)
    app.add_middleware(Places, limits=limits)
    app.add_middleware(
        AuthMiddleware,
        routes=routes,
        authenticator=found,
        authorizer=judge,
        uses=app.state.uses,
        refusals=refusals,
        seal=seal,
    )
    app.add_middleware(SecurityMiddleware)


def _callers(
    app: FastAPI,
    config: ServerConfig,
    store: Store,
    clock: Clock,
    random_bytes: Callable[[int], bytes],
) -> tuple[Sessions, Authenticator]:
    """What tells who makes a request."""
    broadcaster: Broadcaster = app.state.broadcaster
    sessions = app.state.sessions = Sessions(
        clock,
        config.api_key,
        secret=config.session_secret,
        seconds=config.session_seconds,
        random_bytes=random_bytes,
        revoked_path=config.revoked_path,
    )
    links = app.state.links = KnownLinks(store, clock, broadcaster.wake)
    ended = app.state.ended = RemoteRevocation(
        store, clock, sessions, broadcaster.wake, random_bytes, lambda: broadcaster.streams > 0
    )
    app.state.linked = (links, ended)
    return sessions, Authenticator(config, sessions, app.state.keys, ended, links)


def _add_reads(routes: Routes, store: Store, seen: VisibleReader, clock: Clock) -> None:
    returns = DailyReturns(seen)
    Reads(seen, clock, returns).add_routes(routes)
    Details(seen).add_routes(routes)
    Figures(seen, clock, returns).add_routes(routes)
    Export(seen).add_routes(routes)
    BillReads(store).add_routes(routes)
    ScrapedFigures(store, seen, clock).add_routes(routes)
    LegacyApi(seen).add_routes(routes)


def _add_error_handlers(app: FastAPI) -> None:
    async def on_error(_: Request, error: Exception) -> Response:
        if not isinstance(error, MotherhavenError):
            return answer(internal_problem())
        problem = problem_of(error)
        if problem.status >= 500:
            LOG.error("%s: %s", type(error).__name__, error)
        return answer(problem)

    async def on_wrong_query(_: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        place = ".".join(str(part) for part in found[0]["loc"][1:]) if found else "query"
        why = found[0]["msg"] if found else "wrong"
        return answer(Problem(422, "invalid_query", f"{place}: {why}", "correct it and ask again"))

    async def on_http(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        code, message = _HTTP.get(status, ("refused", f"refused with status {status}"))
        fix = "see /api/openapi.json for the routes and their methods"
        return answer(Problem(status, code, message, fix, headers))

    app.add_exception_handler(MotherhavenError, on_error)
    app.add_exception_handler(RequestValidationError, on_wrong_query)
    app.add_exception_handler(HTTPException, on_http)


_HTTP: Final = {
    404: ("not_found", "there is no such address"),
    405: ("method_not_allowed", "this address does not take that method"),
}


_MEDIA: Final = {
    f"{API}/live": "text/event-stream",
    f"{API}/login": "text/html",
    f"{API}/text/download": "text/plain",
    "/metrics": "text/plain",
}


def _complete_openapi(app: FastAPI) -> None:
    """Adds what the routes cannot say: schemas of bodies read by hand, and media types."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        components = document.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in schemas.extra_schemas().items():
            components.setdefault(name, schema)
        for path, media in _MEDIA.items():
            success = document["paths"][path]["get"]["responses"]["200"]
            success["content"] = {media: next(iter(success["content"].values()))}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it
