"""`motherhaven serve`: the server and its page."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from motherhaven.cli.keys import session_secret
from motherhaven.cli.move import is_there
from motherhaven.cli.output import say
from motherhaven.cli.page import PageBuild, page_build
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ConfigError
from motherhaven.server import ServerConfig, run_server
from motherhaven.server.alerts.send import targets_of
from motherhaven.server.auth.keys.api_keys import list_keys
from motherhaven.server.auth.sessions.sign_in_links import SignInLinks
from motherhaven.server.auth.sessions.tokens import shared_secret
from motherhaven.server.config import is_loopback
from motherhaven.server.forwarding import trusted_proxies
from motherhaven.settings import ServerSettings, SystemClock, load_server_settings
from motherhaven.stores import is_on_this_machine, open_store

KEY_ADVICE = (
    "No LLM_BOT_API_KEY is set: bots cannot deliver records (they get 401). Put\n"
    "  LLM_BOT_API_KEY=your-secret-api-key-12345\n"
    "into .env.local (or the environment), the same as the bot's MOTHERHAVEN_API_KEY, and\n"
    "restart; or make a key for one bot: motherhaven keys create --name NAME --scope ingest"
)


EXAMPLE_KEY = "your-secret-api-key-12345"
LOGIN = "/api/llm-bot/login"
EXAMPLE_WARNING = (
    "WARNING: LLM_BOT_API_KEY is the guide's example, which everyone can read, and this server\n"
    "listens beyond this machine. Set one of your own, e.g. the output of openssl rand -base64 32."
)


def serve(
    host: str, port: int, store_url: str | None, *, open_reading: bool, dev_proxy: bool
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        ConfigError: a setting is wrong, the port is in use, or the address is not safe.
        StoreUnavailable: the store cannot be opened.
    """
    settings = load_server_settings()
    url = store_url or settings.store_url
    clock = SystemClock()
    links = SignInLinks(clock)
    own_keys = 0 if settings.llm_bot_api_key else _active_keys(url, clock)
    with page_build() as page:
        config = server_config(
            settings,
            host,
            port,
            open_reading=open_reading,
            dev_proxy=dev_proxy,
            page=page,
            data_dir=settings.motherhaven_data,
            store_url=url,
            bot_keys=own_keys > 0,
            take_link=links.take,
        )
        config.check()
        read_url = settings.motherhaven_store_read or None
        store = open_store(
            url,
            clock=clock,
            data_dir=Path(),
            read_url=read_url,
            firestore=settings.firestore,
        )
        _say_keys(config, own_keys)

        def ready(address: str) -> None:
            say(f"Motherhaven is at {address}/llm-bot  (store: {_shown(url)}; Ctrl-C ends it)")
            if config.api_key and not open_reading:
                say(f"Sign in with one click (works once): {address}{LOGIN}?link={links.new()}")
            elif own_keys and not open_reading:
                say("Reading needs a key: the page asks for it once.")

        run_server(config, store, clock, on_ready=ready)


def _say_keys(config: ServerConfig, own_keys: int) -> None:
    """Say how the server may be opened, where that is not the plain case."""
    if own_keys:
        say(f"LLM_BOT_API_KEY is not set; {own_keys} keys of single bots open this server.")
    elif config.api_key is None:
        say(KEY_ADVICE)
    if config.api_key == EXAMPLE_KEY and not is_loopback(config.host):
        say(EXAMPLE_WARNING)


def _active_keys(url: str, clock: Clock) -> int:
    """How many keys of single bots the store has that are not revoked.

    Raises:
        ConfigError: the URL names no store.
        StoreError: the store cannot be opened.
    """
    if url.startswith("memory:") or not is_there(url):
        return 0
    store = open_store(url, clock=clock, data_dir=Path())

    async def count() -> int:
        await store.open()
        try:
            return sum(key.revoked_at is None for key in await list_keys(store))
        finally:
            await store.close()

    return asyncio.run(count())


def server_config(
    settings: ServerSettings,
    host: str,
    port: int,
    *,
    open_reading: bool,
    page: PageBuild,
    data_dir: Path,
    store_url: str,
    dev_proxy: bool = False,
    api_key: str | None = None,
    bot_keys: bool = False,
    take_link: Callable[[str], bool] = lambda _: False,
) -> ServerConfig:
    """The server's configuration from settings and options.

    Where servers on several machines may share the store, its key signs their sessions, so
    that a sign-in on one is good for all; else a secret in `data_dir` does, whatever the key.

    Raises:
        ConfigError: reading is to be open beyond this machine.
    """
    _refuse_wide_open(host, open_reading=open_reading)
    key = api_key or settings.llm_bot_api_key
    is_alone = is_on_this_machine(store_url)
    secret = session_secret(data_dir) if is_alone or key is None else shared_secret(key)
    return ServerConfig(
        host=host,
        port=port,
        api_key=key,
        bot_keys=bot_keys,
        open_reading=open_reading,
        dev_proxy=dev_proxy,
        allowed_hosts=settings.extra_hosts,
        proxies=trusted_proxies(
            settings.motherhaven_trusted_proxies, settings.motherhaven_client_address_header
        ),
        session_secret=secret,
        revoked_path=data_dir / "sessions_ended",
        page_dir=page.folder,
        page_building=page.running,
        take_link=take_link,
        alert_targets=targets_of(
            settings.motherhaven_alert_url, allow_local=settings.motherhaven_alert_allow_local
        ),
        alert_disk=data_dir if is_alone else None,
    )


def _refuse_wide_open(host: str, *, open_reading: bool) -> None:
    if open_reading and host not in {"127.0.0.1", "localhost", "::1"}:
        raise ConfigError(
            f"--open lets everyone on this machine read without the key; it cannot go with "
            f"--host {host}. Leave --open out, or listen on 127.0.0.1"
        )


def _shown(url: str) -> str:
    """A store's URL without user and password."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
