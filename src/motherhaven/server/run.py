"""Running a server: bind first, say clearly what is in the way, end within seconds."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any, Final, Self

import uvicorn

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError, MotherhavenError, StoreUnavailable
from motherhaven.server.app import create_app
from motherhaven.server.config import ServerConfig
from motherhaven.server.live.broadcaster import Broadcaster
from motherhaven.server.live.memory import MemoryRelease
from motherhaven.server.protocol import bounded_protocol
from motherhaven.stores.protocol import Store

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_OTHER_FILES: Final = 128
_BACKLOG: Final = 1_024
_SEND_BUFFER_BYTES: Final = 128 * 1024
"""What the system holds of answers that a client does not read. Left to itself that grows to
megabytes for each client, and it takes as long until it shows that nobody reads."""
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 60.0
_COLLECT_AFTER: Final = 10_000


def run_server(
    config: ServerConfig,
    store: Store,
    clock: Clock,
    *,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; calls `on_ready` with the address once it listens.

    Returns after a clean end: answers finished, streams ended, the store closed.

    Raises:
        ConfigError: the address cannot be used, or settings would leave it open.
        StoreUnavailable: the store cannot be opened.
    """

    def ready(url: str) -> None:
        spare_collector()
        if on_ready is not None:
            on_ready(url)

    _run(serve(config, store, clock, on_ready=ready))


def spare_collector() -> None:
    """Keep the garbage collector off what lives as long as this process, and call it less.

    A batch makes thousands of objects that no cycle holds; looking through them and all
    loaded modules for cycles again and again took a tenth of the processor's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run on the loop that uvicorn would choose, which is uvloop where there is one."""
    factory = uvicorn.Config("", lifespan="off", log_config=None).get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


async def serve(
    config: ServerConfig,
    store: Store,
    clock: Clock,
    *,
    on_ready: Callable[[str], None] | None = None,
    on_created: Callable[[uvicorn.Server, Broadcaster], None] | None = None,
) -> None:
    """As run_server, in a running loop; `on_created` gets the server and its broadcaster."""
    sockets = bind(config)
    try:
        app = create_app(config, store, clock, manage_store=False)
        await store.open()
    except BaseException:
        for one in sockets:
            one.close()
        raise
    broadcaster: Broadcaster = app.state.broadcaster
    server = _Server(uvicorn_config(app, config), broadcaster.close)
    if on_created is not None:
        on_created(server, broadcaster)
    if on_ready is not None:
        server.on_started = lambda: on_ready(address(config, sockets))
    try:
        await server.serve(sockets)
    finally:
        await store.close()


def bind(config: ServerConfig) -> list[socket.socket]:
    """Sockets that listen on the host and port; both loopback families for localhost.

    Raises:
        ConfigError: the port is in use or not allowed, or the host is not ours.
    """
    config.check()
    hosts = ["127.0.0.1", "::1"] if config.host == "localhost" else [config.host]
    bound = [_listen(hosts[0], config.port)]
    for host in hosts[1:]:
        try:
            bound.append(_listen(host, bound[0].getsockname()[1]))
        except ConfigError:
            if _in_use(host, config.port):
                bound[0].close()
                raise
    return bound


def address(config: ServerConfig, sockets: list[socket.socket]) -> str:
    """The URL under which a browser on this machine finds the server."""
    port = sockets[0].getsockname()[1]
    host = config.host
    if host in {"", "0.0.0.0", "::", "127.0.0.1", "::1"}:  # noqa: S104 - compared, not bound
        host = "localhost" if host != "::1" else "[::1]"
    return f"http://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, place = found[0]
        one = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(
            f"{host!r} is not an address of this machine ({error.strerror or error}); "
            "use 127.0.0.1, or an address that this machine has"
        ) from None
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        # Connections that are accepted have it from here.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        one.bind(place)
        one.listen(_BACKLOG)
        one.setblocking(False)
    except OSError as error:
        one.close()
        raise ConfigError(_why_not(host, port, error)) from None
    return one


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is in use by another program; stop that program "
            f"(on Linux `ss -ltnp 'sport = :{port}'` names it) or choose another port, "
            f"e.g. --port {port + 1 if port < 65_535 else 3000}"
        )
    if error.errno == errno.EACCES:
        return f"port {port} needs special rights; choose one from 1024 on, e.g. --port 3000"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; use 127.0.0.1 or one that it has"
    return f"cannot listen on {host} port {port}: {error.strerror}; choose another --port"


def _in_use(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def uvicorn_config(app: object, config: ServerConfig) -> uvicorn.Config:
    """uvicorn's settings: bounded, quiet, trusting no proxy."""
    limits = replace(config.limits, connections=_affordable(config.limits.connections))
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # FastAPI is an ASGI application
        http=bounded_protocol(limits, MemoryRelease()),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=max(1, round(limits.shutdown_seconds)),
    )


def _affordable(connections: int) -> int:
    """As many connections as this process may have open files for, asking for more first."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, min(connections, soft - _OTHER_FILES))
    return connections


class _Server(uvicorn.Server):
    """Ends the live streams first, so that a shutdown waits for none of them."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams
        self.on_started: Callable[[], None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, and return: the store is still to be closed.

        uvicorn would raise the signal again here and so cut that short.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in _SIGNALS}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.on_started is not None:
            self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


class ServerThread:
    """A server in a thread of its own, for tests and for programs that do more than serve.

    A context manager; `url` is its address while it runs.
    """

    def __init__(self, config: ServerConfig, store: Store, clock: Clock) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._error: MotherhavenError | None = None
        self._thread = threading.Thread(target=self._run, name="motherhaven-server", daemon=True)
        self.url = ""
        self.broadcaster: Broadcaster

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it listens.

        Raises:
            MotherhavenError: what kept it from starting.
        """
        self._thread.start()
        started = self._ready.wait(_START_SECONDS)
        if self._error is not None:
            raise self._error
        if not started:
            raise StoreUnavailable(f"the server did not start within {_START_SECONDS:g} s")

    def stop(self) -> None:
        """Stop and wait until it has ended; safe to repeat.

        Raises:
            StoreUnavailable: it has not ended after a minute; its thread is left behind.
        """
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise StoreUnavailable(
                f"the server did not end within {_STOP_SECONDS:g} s; something keeps it busy: "
                "end the process"
            )

    def _run(self) -> None:
        def ready(url: str) -> None:
            self.url = url
            self._ready.set()

        def created(server: uvicorn.Server, broadcaster: Broadcaster) -> None:
            self._server = server
            self.broadcaster = broadcaster

        try:
            _run(serve(self._config, self._store, self._clock, on_ready=ready, on_created=created))
        except MotherhavenError as error:
            self._error = error
        finally:
            self._ready.set()
