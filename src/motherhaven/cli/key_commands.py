"""`motherhaven keys`: keys of single bots, straight in the store."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from motherhaven.cli.output import clear_errors, emit, say
from motherhaven.contract.display import for_terminal
from motherhaven.contract.errors import ConfigError

if TYPE_CHECKING:
    from motherhaven.contract.views import BotRow
    from motherhaven.server.auth.keys.cache import ApiKey
    from motherhaven.stores import Store

app = typer.Typer(
    rich_markup_mode=None,
    name="keys",
    help="Keys of single bots and readers: made, listed, replaced and revoked.",
    no_args_is_help=True,
)

STORE = Annotated[
    str | None, typer.Option("--store", help="Store URL; default: MOTHERHAVEN_STORE.")
]
KEY_ID = Annotated[str, typer.Argument(metavar="ID", help="The key's id; see `keys list`.")]
_Answer = TypeVar("_Answer")


def _with_store(
    url: str | None, operation: Callable[["Store", datetime], Awaitable[_Answer]]
) -> _Answer:
    """Run `operation` on the open store, with the time now."""
    import asyncio  # commands load only what they use

    from motherhaven.settings import SystemClock, load_server_settings
    from motherhaven.stores import open_store

    clock = SystemClock()
    place = url or load_server_settings().store_url
    if place.partition(":")[0].strip().lower() == "memory":
        raise ConfigError("memory: forgets keys at exit; name the server's store with --store")
    store = open_store(place, clock=clock, data_dir=Path())

    async def run() -> _Answer:
        await store.open()
        try:
            return await operation(store, clock.now())
        finally:
            await store.close()

    return asyncio.run(run())


@app.command()
@clear_errors
def create(
    name: Annotated[str, typer.Option("--name", help="What people call it.")],
    bot: Annotated[
        str | None,
        typer.Option("--bot", help="The only bot, by id or name, that it sends for and sees."),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="ingest, read or control; several are named one by one."),
    ] = None,
    allow_live: Annotated[
        bool, typer.Option("--allow-live", help="Let the bot of --bot call itself live.")
    ] = False,
    store: STORE = None,
) -> None:
    """Make a key and print it, this one time."""
    from motherhaven.server.auth.keys.api_keys import create_key
    from motherhaven.server.auth.keys.cache import SCOPES  # commands load only what they use

    wanted = scope or ["ingest"]
    strange = [one for one in wanted if one not in SCOPES]
    if strange:
        raise ConfigError(f"--scope {strange[0][:40]!r}: choose from {', '.join(SCOPES)}")
    scopes = tuple(one for one in SCOPES if one in wanted)

    async def make(opened: "Store", now: datetime) -> "tuple[ApiKey, str]":
        bot_id = None if bot is None else _bot_id(bot, await opened.bots())
        return await create_key(
            opened, now, name=name, bot_id=bot_id, scopes=scopes, live=allow_live
        )

    _tell_new(*_with_store(store, make))


def _bot_id(given: str, bots: "list[BotRow]") -> str:
    """The id of the bot that is meant: by its id, or by a name that only one bot has."""
    if any(row.id == given for row in bots):
        return given
    named = [row.id for row in bots if row.name == given]
    if len(named) > 1:
        raise ConfigError(f"--bot {given!r}: {len(named)} bots are called so: {', '.join(named)}")
    if named:
        return named[0]
    say(f"No bot with the id or name {given!r} has reported yet: taken as the id of one to come.")
    return given


def _tell_new(key: "ApiKey", secret: str) -> None:
    name = for_terminal(key.name)
    say(f"Key {key.id} ({name}): {', '.join(key.scopes)}; bot: {key.bot_id or 'any'}.")
    say("It is shown only now; the store keeps its SHA-256. Servers know it within two seconds.")
    if key.bot_id is not None and not key.live:
        say("Its bot is shown as live only with a key made with --allow-live.")
    if "ingest" in key.scopes:
        say("For a bot: MOTHERHAVEN_API_KEY in its .env.")
    if "read" in key.scopes:
        say("For reading: enter it on the dashboard's key page, or send it as x-api-key.")
    if "control" in key.scopes:
        say("For commands: MOTHERHAVEN_CONTROL_KEY for `motherhaven control`; with the scope read")
        say("too it signs in on the dashboard, which asks for it again before a command.")
    emit(secret)


@app.command("list")
@clear_errors
def list_(store: STORE = None) -> None:
    """All keys, without their secrets, and when each was last used."""
    from motherhaven.server.auth.keys.api_keys import list_keys
    from motherhaven.server.auth.keys.use import last_uses  # commands load only what they use

    async def read(opened: "Store", _: datetime) -> list[str]:
        names = {row.id: row.name for row in await opened.bots()}
        uses = await last_uses(opened)
        return [_line(key, uses.get(key.id), names) for key in await list_keys(opened)]

    lines = _with_store(store, read)
    if not lines:
        say("There are no keys of single bots; the shared LLM_BOT_API_KEY works without one.")
    for line in lines:
        emit(line)


def _line(key: "ApiKey", used: datetime | None, names: dict[str, str | None]) -> str:
    bot = f"bot {key.bot_id}" if key.bot_id else "any bot"
    if key.bot_id and names.get(key.bot_id):
        bot += f" ({for_terminal(names[key.bot_id])})"
    return "  ".join(
        (
            key.id,
            for_terminal(key.name),
            bot,
            ",".join(key.scopes) + (" live" if key.live else ""),
            f"made {_minute(key.created_at)}",
            f"last used {_minute(used)}" if used else "never used",
            f"revoked {_minute(key.revoked_at)}" if key.revoked_at else "active",
        )
    )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


@app.command()
@clear_errors
def bots(store: STORE = None) -> None:
    """The bots that have reported to the store, by the id that `create --bot` takes."""
    from motherhaven.stores.names import namesakes  # commands load only what they use

    rows = _with_store(store, lambda opened, _: opened.bots())
    if not rows:
        say("No bot has reported to this store yet.")
    same = namesakes(rows)
    for row in rows:
        name = for_terminal(row.name or "-")
        marks = ["AMBIGUOUS: another bot has this name"] if row.id in same else []
        emit("  ".join((row.id, name, row.mode, f"last seen {_minute(row.last_seen)}", *marks)))


@app.command()
@clear_errors
def rotate(key_id: KEY_ID, store: STORE = None) -> None:
    """Make a new key like an old one, which goes on working until it is revoked."""
    from motherhaven.server.auth.keys.api_keys import rotate_key  # commands load only what they use

    made = _with_store(store, lambda opened, now: rotate_key(opened, now, key_id))
    say(f"When it is in use (`motherhaven keys list`), run: motherhaven keys revoke {key_id}")
    _tell_new(*made)


@app.command()
@clear_errors
def revoke(key_id: KEY_ID, store: STORE = None) -> None:
    """End a key for good; servers refuse it within two seconds, sessions and streams too."""
    from motherhaven.server.auth.keys.api_keys import revoke_key  # commands load only what they use

    key = _with_store(store, lambda opened, now: revoke_key(opened, now, key_id))
    say(f"Key {key.id} ({for_terminal(key.name)}) is revoked.")
