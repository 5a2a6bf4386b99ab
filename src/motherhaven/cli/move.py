"""`motherhaven migrate`, `backup`, `restore` and `prune`: whole stores, moved and kept small."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from motherhaven.cli.output import emit, say
from motherhaven.contract.errors import ConfigError, StoreError
from motherhaven.server.auth.keys.api_keys import list_keys
from motherhaven.server.shared_state_merge import SHARED_RECORDS, merged
from motherhaven.settings import SystemClock, load_server_settings
from motherhaven.stores import Store, open_store
from motherhaven.stores.archive import ArchiveSource, write_archive
from motherhaven.stores.capabilities import Adopting
from motherhaven.stores.moving import StoreSource, Tally, copy, differing_bots, tally

_KEEP: Final = re.compile(r"([1-9][0-9]{0,4})([hdwy])")
_TOLD_ROWS: Final = 5
_UNITS: Final = {"h": 1, "d": 24, "w": 24 * 7, "y": 24 * 365}


def migrate(origin: str, target: str, *, partial: bool) -> None:
    """Copy every event of one store to another, and prove it by counts and hashes.

    Raises:
        ConfigError: a URL is wrong, or the target holds something else.
        StoreError: a store cannot work now, or the copy is not equal.
    """
    if origin == target:
        raise ConfigError("migrate: --from and --to are the same store")
    asyncio.run(_migrate(origin, target, partial=partial))


async def _migrate(origin: str, target: str, *, partial: bool) -> None:
    async with opened(origin, existing=True) as ours, opened(target) as theirs:
        source = StoreSource(ours, SHARED_RECORDS)
        before = await copy(source, theirs, progress("copied"), merged)
        there = await tally(StoreSource(theirs))
        here = await tally(source, limit=there.events)
        _check_equal(here, there)
        if before:
            say(f"{before} events were there from an earlier run.")
        _emit_tally("migrated", there)
        await _tell_keys("there", theirs)
        differing = differing_bots(await ours.bots(), await theirs.bots())
        if differing:
            _tell_partial(differing, partial=partial)


def _check_equal(here: Tally, there: Tally) -> None:
    if here.manifest() != there.manifest():
        raise StoreError(
            f"the copy is not equal: {here.manifest()} was read, {there.manifest()} is there; "
            "is something else writing to the target? Empty it and start again"
        )


def _tell_partial(differing: list[str], *, partial: bool) -> None:
    """What the log no longer holds could not be copied, or came in meanwhile."""
    text = (
        f"the totals of {len(differing)} bots differ ({', '.join(differing[:3])} …): the source "
        "has dropped old events by retention, so that older feeds, trades and curves stay there; "
        "or events came in meanwhile (then run the same command again)"
    )
    if not partial:
        raise StoreError(f"{text}. All that its log holds was copied; --partial accepts that")
    say(f"warning: {text}")


def backup(file: Path, store: str | None) -> None:
    """Write everything that a store holds to one file.

    Raises:
        ConfigError: the file exists already or cannot be written.
        StoreError: the store cannot work now.
    """
    if file.exists():
        raise ConfigError(f"backup: {file} exists already; name a new file")
    asyncio.run(_backup(file, store))


async def _backup(file: Path, store: str | None) -> None:
    async with opened(store, existing=True) as ours:
        try:
            total = await write_archive(
                StoreSource(ours, SHARED_RECORDS), file, SystemClock().now(), progress("saved")
            )
        except OSError as error:
            raise ConfigError(f"backup: {file} cannot be written: {error}") from error
        _emit_tally("saved", total)
        await _tell_keys("saved as hashes", ours)


def restore(file: Path, store: str | None) -> None:
    """Bring a backup back into an empty store, and prove it by counts and hashes.

    Raises:
        ContractError: the backup is damaged; nothing was restored.
        ConfigError: the file cannot be read, or the store holds something else.
        StoreError: the store cannot work now, or the copy is not equal.
    """
    asyncio.run(_restore(file, store))


async def _restore(file: Path, store: str | None) -> None:
    source = ArchiveSource(file)
    try:
        here = source.check()
    except OSError as error:
        raise ConfigError(f"restore: {file} cannot be read: {error}") from error
    async with opened(store) as target:
        await copy(source, target, progress("restored"), merged)
        for name, why in list(source.unreadable.items())[:_TOLD_ROWS]:
            say(f"warning: event {name} of the backup cannot be read and was left out: {why}")
        if len(source.unreadable) > _TOLD_ROWS:
            say(f"warning: {len(source.unreadable)} events in all cannot be read")
        there = await tally(StoreSource(target))
        _check_equal(here, there)
        _emit_tally("restored", there)
        await _tell_keys("there", target)


async def _tell_keys(where: str, store: Store) -> None:
    """Say what became of the keys: they travel without their secrets, LLM_BOT_API_KEY does not."""
    keys = await list_keys(store)
    active = sum(key.revoked_at is None for key in keys)
    say(f"{active} active and {len(keys) - active} revoked keys of single bots are {where}.")
    say("LLM_BOT_API_KEY and the settings are in no store: take .env.local along yourself.")


def prune(keep: str, store: str | None) -> None:
    """Drop prompts, answers and raw events that are older than `keep`.

    Raises:
        ConfigError: `keep` is no duration.
        StoreError: the store cannot work now.
    """
    match = _KEEP.fullmatch(keep)
    if match is None:
        raise ConfigError(f"--keep {keep!r}: write a number and h, d, w or y, e.g. --keep 90d")
    age = timedelta(hours=int(match[1]) * _UNITS[match[2]])
    asyncio.run(_prune(age, store))


async def _prune(age: timedelta, store: str | None) -> None:
    before = SystemClock().now() - age
    async with opened(store, existing=True) as ours:
        dropped = await ours.prune(before)
    emit(f"pruned {dropped} events received before {before:%Y-%m-%d %H:%M} UTC")
    say("Their prompts and answers are gone; decisions, trades, totals and curves stay.")


def adopt(store: str | None) -> None:
    """Take in the documents that an old server, or an old bot, wrote beside this one.

    Raises:
        ConfigError: the store is of a kind that never has such documents.
        StoreError: the store cannot work now; run it again, nothing counts twice.
    """
    asyncio.run(_adopt(store))


async def _adopt(store: str | None) -> None:
    async with opened(store, existing=True) as ours:
        if not isinstance(ours, Adopting):
            raise ConfigError(
                "adopt: only a Firestore project has documents of an old server; name it with "
                "--store firestore://PROJECT. A bot's database file: motherhaven import FILE"
            )
        count = await ours.adopt()
    emit(f"adopted {count} documents")
    say("They stay as they are. What had been adopted before counts once.")


@asynccontextmanager
async def opened(url: str | None, *, existing: bool = False) -> AsyncIterator[Store]:
    """The store `url` (None: the server's own), open; `existing` makes no new file.

    Raises:
        ConfigError: there is no such store.
        StoreError: it cannot be opened.
    """
    settings = load_server_settings()
    chosen = url or settings.store_url
    if existing:
        _check_exists(chosen)
    store = open_store(chosen, clock=SystemClock(), data_dir=Path(), firestore=settings.firestore)
    await store.open()
    try:
        if existing and isinstance(store, Adopting):
            await store.adopted()  # a copy made meanwhile would lack what is still to come
        yield store
        _tell_unreadable(store)
    finally:
        await store.close()


def _tell_unreadable(store: Store) -> None:
    """Say what a command left out, because nobody can read it."""
    count = store.unreadable.count()
    for row in store.unreadable.news()[:_TOLD_ROWS]:
        say(f"warning: {row.name} of bot {row.bot_id} cannot be read and was left out: {row.why}")
    if count > _TOLD_ROWS:
        say(f"warning: {count} rows in all cannot be read and were left out")


def _check_exists(url: str) -> None:
    if not is_there(url):
        file = unquote(url.removeprefix("sqlite:///"))
        raise ConfigError(f"there is no store at {file}; name one, e.g. sqlite:///data/server.db")


def is_there(url: str) -> bool:
    """Whether a store can be at `url`: only for a file can this be told before it is opened."""
    return not url.startswith("sqlite:///") or Path(unquote(url[len("sqlite:///") :])).exists()


def progress(verb: str) -> "Progress":
    """Says now and then how far a command is."""
    return Progress(verb)


class Progress:
    """Called with a count; says it every 1,000."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._next = 1_000

    def __call__(self, count: int) -> None:
        if count >= self._next:
            say(f"{self._verb} {count} events …")
            self._next = count - count % 1_000 + 1_000


def _emit_tally(verb: str, total: Tally) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(total.kinds.items()))
    emit(f"{verb} {total.events} events" + (f" ({kinds})" if kinds else ""))
    emit(f"sha256 {total.sha256}")
