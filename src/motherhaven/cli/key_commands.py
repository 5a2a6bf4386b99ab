"""`motherhaven keys`: keys of single bots, straight in the store."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from motherhaven.cli.output import clear_errors, emit, say
from motherhaven.contract.errors import ConfigError

app = typer.Typer(
    name="keys", help="Keys of single bots: made, listed and revoked.", no_args_is_help=True
)

STORE = Annotated[
    str | None, typer.Option("--store", help="Store URL; default: MOTHERHAVEN_STORE.")
]
_Answer = TypeVar("_Answer")


def _with_store(url: str | None, deed: Callable[..., Awaitable[_Answer]]) -> _Answer:
    """Run `deed` on the open store, with the time now."""
    from motherhaven.settings import SystemClock, load_server_settings
    from motherhaven.stores import open_store  # commands load only what they use

    clock = SystemClock()
    place = url or load_server_settings().store_url
    if place.partition(":")[0].strip().lower() == "memory":
        raise ConfigError("memory: forgets keys at exit; name the server's store with --store")
    store = open_store(place, clock=clock, data_dir=Path())

    async def run() -> _Answer:
        await store.open()
        try:
            return await deed(store, clock.now())
        finally:
            await store.close()

    return asyncio.run(run())


@app.command()
@clear_errors
def create(
    name: Annotated[str, typer.Option("--name", help="What people call it.")],
    bot: Annotated[
        str | None, typer.Option("--bot", help="The only bot, by id, that it may send for.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="ingest, read or control; several are named one by one."),
    ] = None,
    store: STORE = None,
) -> None:
    """Make a key and print it, this one time."""
    from motherhaven.server.keyring import SCOPES  # commands load only what they use
    from motherhaven.server.keystore import create_key

    wanted = scope or ["ingest"]
    strange = [one for one in wanted if one not in SCOPES]
    if strange:
        raise ConfigError(f"--scope {strange[0][:40]!r}: choose from {', '.join(SCOPES)}")
    scopes = tuple(one for one in SCOPES if one in wanted)
    key, secret = _with_store(
        store, lambda s, now: create_key(s, now, name=name, bot_id=bot, scopes=scopes)
    )
    say(f"Key {key.id} ({key.name}): {', '.join(key.scopes)}; bot: {key.bot_id or 'any'}.")
    say("It is shown only now. Give it to the bot as MOTHERHAVEN_API_KEY:")
    emit(secret)


@app.command("list")
@clear_errors
def list_(store: STORE = None) -> None:
    """All keys, without their secrets."""
    from motherhaven.server.keystore import list_keys  # commands load only what they use

    keys = _with_store(store, lambda s, _: list_keys(s))
    if not keys:
        say("There are no keys of single bots; the shared LLM_BOT_API_KEY works without one.")
    for key in keys:
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC" if key.revoked_at else "active"
        made = f"made {key.created_at:%Y-%m-%d %H:%M} UTC"
        bot = f"bot {key.bot_id or 'any'}"
        emit("  ".join((key.id, key.name, bot, ",".join(key.scopes), made, state)))


@app.command()
@clear_errors
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id; see `keys list`.")],
    store: STORE = None,
) -> None:
    """End a key for good; servers refuse it within two seconds, open streams too."""
    from motherhaven.server.keystore import revoke_key  # commands load only what they use

    key = _with_store(store, lambda s, now: revoke_key(s, now, key_id))
    say(f"Key {key.id} ({key.name}) is revoked.")
