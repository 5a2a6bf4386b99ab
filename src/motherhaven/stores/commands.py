"""The commands to bots that a server was given: numbered without a gap, each id once.

They stand in shared records, which every store keeps and every server of it sees, and are
changed by compare-and-set. How far a bot is with a command is not here: the bot tells it in
events. What a bot has fetched long ago leaves only its id and a digest, so that the same id
cannot become a second command.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from motherhaven.contract.control import MAX_SEQ, Command, read_command
from motherhaven.contract.errors import ContractError, StoreCorrupt, StoreUnavailable
from motherhaven.contract.jsonio import dumps
from motherhaven.contract.times import format_time, parse_instant
from motherhaven.stores.shared import MAX_CHARS, SharedRecords, put_own_record

SHARDS: Final = tuple(f"commands-{digit}" for digit in "0123456789abcdef")
"""The records that hold the commands; a bot's are in one of them."""

NEWS: Final = "commands-news"
"""A record that changes with each command: who waits for one looks at it alone."""

MOST_WAITING: Final = 64
"""Commands of one bot that may still be fetched."""

KEPT: Final = timedelta(hours=50)
"""So long an id is known; ids that are older are refused, see `server.control`."""

_MOST_PAST: Final = 400
_GONE_AFTER: Final = timedelta(hours=1)
_ATTEMPTS: Final = 20
_SPARE: Final = 2_000

RandomBytes = Callable[[int], bytes]


class TooManyCommands(StoreUnavailable):
    """A bot has as many commands as one may have that it has not fetched yet."""


class OtherCommand(ContractError):
    """A command of this id is known, and it asks for something else."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A command of the store with the digest of what was asked."""

    command: Command
    digest: str


@dataclass(frozen=True, slots=True)
class BotCommands:
    """A bot's commands by `seq`, and the highest `seq` that was ever given.

    `past` has the id, digest and time of those that may no longer be fetched.
    """

    seq: int = 0
    waiting: tuple[Kept, ...] = ()
    past: tuple[tuple[str, str, datetime], ...] = ()

    def find(self, command_id: str) -> Kept | None:
        """The command of this id, if it may still be fetched."""
        return next((one for one in self.waiting if one.command.id == command_id), None)


@dataclass(frozen=True, slots=True)
class Added:
    """What `add` made, or what was there before; None: it was, and is over since long."""

    command: Command | None
    fresh: bool


def shard_of(bot_id: str) -> str:
    """The record that holds a bot's commands."""
    return SHARDS[hashlib.sha256(bot_id.encode()).digest()[0] % len(SHARDS)]


def digest_of(command: Command, bot_id: str, seconds: int) -> str:
    """What makes a command another one under the same id: not who sends it, nor when."""
    told = [bot_id, command.name, dict(command.args), command.reason, seconds]
    return hashlib.sha256(dumps(told)).hexdigest()[:32]


class CommandStore:
    """The commands of all bots in one store; safe from several servers at once."""

    def __init__(
        self, store: SharedRecords, random_bytes: RandomBytes = secrets.token_bytes
    ) -> None:
        self._store = store
        self._random = random_bytes

    async def add(
        self, bot_id: str, command: Command, digest: str, now: datetime, *, spare: int = 0
    ) -> Added:
        """Keep a command under the bot's next `seq`, durably, unless its id is known.

        `spare`: so many more than MOST_WAITING are taken, for what must always get through.

        Raises:
            OtherCommand: the id is known with another digest.
            TooManyCommands: the bot has not fetched MOST_WAITING others.
            StoreUnavailable: the store cannot be written now.
        """
        added: list[Added] = []

        def change(bots: dict[str, BotCommands]) -> bool:
            known = bots.get(bot_id, BotCommands())
            before = _before(known, command.id, digest)
            added[:] = [before or Added(replace(command, seq=known.seq + 1), fresh=True)]
            if before is not None:
                return False
            made = added[0].command
            assert made is not None
            kept = _trimmed(known, now)
            if len(kept.waiting) >= MOST_WAITING + spare or len(kept.past) >= _MOST_PAST:
                raise TooManyCommands(f"{bot_id[:60]} has too many commands; wait or halt it")
            waiting = (*kept.waiting, Kept(made, digest))
            bots[bot_id] = replace(kept, seq=made.seq, waiting=waiting)
            return True

        await self._change(bot_id, change, now)
        if added[0].fresh:
            await self._tell()
        return added[0]

    async def of(self, bot_id: str) -> BotCommands:
        """A bot's commands; none for a bot that never had one."""
        record = await self._store.get_shared_record(shard_of(bot_id))
        bots = _read(record.text) if record else {}
        return bots.get(bot_id, BotCommands())

    async def raise_seq(self, bot_id: str, seq: int, now: datetime) -> None:
        """The bot knows commands up to `seq`, so that the next one must have a higher one.

        A store that was restored from a backup learns that way what it had given before.
        """

        def change(bots: dict[str, BotCommands]) -> bool:
            known = bots.get(bot_id, BotCommands())
            bots[bot_id] = replace(known, seq=max(known.seq, min(seq, MAX_SEQ - 1)))
            return known.seq < seq

        await self._change(bot_id, change, now)

    async def news(self) -> int:
        """A number that grows with each command to any bot."""
        record = await self._store.get_shared_record(NEWS)
        return record.revision if record else 0

    async def _tell(self) -> None:
        """Let those who wait look: after the command is kept, so that they find it."""
        for _ in range(_ATTEMPTS):
            record = await self._store.get_shared_record(NEWS)
            revision = record.revision if record else None
            if await self._store.put_shared_record(NEWS, self._random(8).hex(), revision):
                return

    async def _change(
        self, bot_id: str, change: Callable[[dict[str, BotCommands]], bool], now: datetime
    ) -> None:
        name = shard_of(bot_id)
        for _ in range(_ATTEMPTS):
            record = await self._store.get_shared_record(name)
            bots = _read(record.text) if record else {}
            if not change(bots):
                return
            text = _write(bots, self._random(8).hex())
            if len(text) > MAX_CHARS - _SPARE:
                text = _write(
                    {bot: _trimmed(known, now) for bot, known in bots.items()},
                    self._random(8).hex(),
                )
            if len(text) > MAX_CHARS:
                raise TooManyCommands("too many commands wait to be fetched; try again later")
            if await put_own_record(self._store, name, text, record.revision if record else None):
                return
        raise StoreUnavailable("others change the commands at the same time; try again")


def merged(ours: str, there: str) -> str:
    """One record of two that were copied into one store; no id is lost, no `seq` given twice.

    Raises:
        StoreCorrupt: one of them is damaged.
    """
    bots = _read(there)
    for bot_id, mine in _read(ours).items():
        known = bots.get(bot_id, BotCommands())
        taken = {one.command.seq for one in known.waiting}
        ids = {one.command.id for one in known.waiting} | {past[0] for past in known.past}
        fresh = [one for one in mine.waiting if one.command.id not in ids]
        free = [one for one in fresh if one.command.seq not in taken]
        waiting = sorted((*known.waiting, *free), key=lambda one: one.command.seq)
        past = {one[0]: one for one in (*mine.past, *known.past)}
        bots[bot_id] = BotCommands(
            max(known.seq, mine.seq), tuple(waiting), tuple(past.values())[-_MOST_PAST:]
        )
    return _write(bots, "merged")


def _before(known: BotCommands, command_id: str, digest: str) -> Added | None:
    kept = known.find(command_id)
    digests = {one[0]: one[1] for one in known.past}
    if kept is not None:
        digests[command_id] = kept.digest
    if command_id not in digests:
        return None
    if digests[command_id] != digest:
        raise OtherCommand(
            f"command {command_id} was given before and asks for something else; give each new "
            "command an id of its own"
        )
    return Added(kept.command if kept else None, fresh=False)


def _trimmed(known: BotCommands, now: datetime) -> BotCommands:
    """Without the commands that expired long ago, of which the ids are remembered a while."""
    waiting, past = [], [one for one in known.past if now - one[2] < KEPT]
    for one in known.waiting:
        expires, issued = one.command.expires_at or now, one.command.issued_at or now
        if now - expires < _GONE_AFTER:
            waiting.append(one)
        elif now - issued < KEPT:
            past.append((one.command.id, one.digest, issued))
    return BotCommands(known.seq, tuple(waiting), tuple(past))


def _write(bots: Mapping[str, BotCommands], token: str) -> str:
    told = {
        bot_id: {
            "seq": known.seq,
            "waiting": [one.command.encoded() | {"digest": one.digest} for one in known.waiting],
            "past": [[name, digest, format_time(at)] for name, digest, at in known.past],
        }
        for bot_id, known in bots.items()
    }
    return json.dumps(
        {"bots": told, "token": token}, ensure_ascii=False, separators=(",", ":"), default=str
    )


def _read(text: str) -> dict[str, BotCommands]:
    """The bots of a record.

    Raises:
        StoreCorrupt: it is not a record of commands.
    """
    try:
        return {bot_id: _bot_of(told) for bot_id, told in json.loads(text)["bots"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, ContractError) as error:
        raise StoreCorrupt(
            f"the store's record of commands is damaged ({type(error).__name__}); restore a backup"
        ) from None


def _bot_of(told: Any) -> BotCommands:
    return BotCommands(
        int(told["seq"]),
        tuple(
            Kept(read_command({k: v for k, v in one.items() if k != "digest"}), str(one["digest"]))
            for one in told["waiting"]
        ),
        tuple((str(name), str(digest), parse_instant(at)) for name, digest, at in told["past"]),
    )
