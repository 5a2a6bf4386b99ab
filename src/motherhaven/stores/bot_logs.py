"""The last lines of each bot's log: a bounded ring in a shared record, and no part of the record.

Every store keeps shared records and every server sees them. A line is dropped when newer ones
need its place; nothing of this is moved, backed up or counted.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from motherhaven.contract.errors import ContractError, StoreUnavailable
from motherhaven.contract.log_lines import MAX_KEPT, LogBatch, LogLine, read_line
from motherhaven.stores.shared import MAX_CHARS, SharedRecords, put_own_record

RandomBytes = Callable[[int], bytes]

_ATTEMPTS: Final = 10
_SPARE: Final = 2_000


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line with its number: 1 for the bot's first, one more with each."""

    number: int
    line: LogLine


@dataclass(frozen=True, slots=True)
class BotLog:
    """What is kept of a bot's log, oldest first.

    `run` and `done`: the process that sent last, and how many of its lines are known. `lost`: so
    many lines that process dropped before they could be sent. `number`: of the newest line.
    """

    run: str = ""
    done: int = 0
    lost: int = 0
    number: int = 0
    lines: tuple[KeptLine, ...] = ()


def record_of(bot_id: str) -> str:
    """The shared record of a bot's log."""
    return f"log-{hashlib.sha256(bot_id.encode()).hexdigest()[:40]}"


class BotLogs:
    """The logs of all bots in one store; safe from several servers at once."""

    def __init__(
        self, store: SharedRecords, random_bytes: RandomBytes = secrets.token_bytes
    ) -> None:
        self._store = store
        self._random = random_bytes

    async def of(self, bot_id: str) -> BotLog:
        """A bot's log; empty where it sent none, or where its record cannot be read.

        Raises:
            StoreError: the store does not answer.
        """
        record = await self._store.get_shared_record(record_of(bot_id))
        return BotLog() if record is None else _read(record.text, bot_id)

    async def add(self, bot_id: str, batch: LogBatch) -> int:
        """Keep what of a batch is not known yet; how many lines that were.

        Raises:
            StoreError: not kept; sending it again is harmless.
        """
        name = record_of(bot_id)
        for _ in range(_ATTEMPTS):
            record = await self._store.get_shared_record(name)
            known = BotLog() if record is None else _read(record.text, bot_id)
            fresh = _fresh(known, batch)
            if not fresh and batch.lost == known.lost and batch.run == known.run:
                return 0
            text = _write(_after(known, batch, fresh), bot_id, self._random(8).hex())
            if await put_own_record(self._store, name, text, record.revision if record else None):
                return len(fresh)
        raise StoreUnavailable("others change this log at the same time; try again")


def _fresh(known: BotLog, batch: LogBatch) -> tuple[LogLine, ...]:
    """The lines of a batch that were not kept before: a repeated request changes nothing."""
    if batch.run != known.run:
        return batch.lines
    return batch.lines[max(0, known.done - batch.first) :]


def _after(known: BotLog, batch: LogBatch, fresh: tuple[LogLine, ...]) -> BotLog:
    end = batch.first + len(batch.lines)
    done = max(end, known.done) if batch.run == known.run else end
    numbered = (KeptLine(n, one) for n, one in enumerate(fresh, known.number + 1))
    lines = (*known.lines, *numbered)[-MAX_KEPT:]
    return BotLog(batch.run, done, batch.lost, known.number + len(fresh), lines)


def _write(log: BotLog, bot_id: str, token: str) -> str:
    """A record's text, without the oldest lines where all would not fit."""
    rows = [_text([kept.number, *kept.line.encoded()]) for kept in log.lines]
    room, first = MAX_CHARS - _SPARE, len(rows)
    while first > 0 and room >= len(rows[first - 1]) + 1:
        first -= 1
        room -= len(rows[first]) + 1
    head = {"bot": bot_id, "run": log.run, "done": log.done, "lost": log.lost, "token": token,
            "number": log.number}  # fmt: skip
    return f'{_text(head)[:-1]},"lines":[{",".join(rows[first:])}]}}'


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read(text: str, bot_id: str) -> BotLog:
    """The log in a record. One that is damaged is worth nothing, so it begins anew."""
    try:
        told = json.loads(text)
        if told["bot"] != bot_id:
            return BotLog()
        lines = tuple(KeptLine(int(n), read_line(rest)) for n, *rest in told["lines"])
        return BotLog(
            str(told["run"]), int(told["done"]), int(told["lost"]), int(told["number"]), lines
        )
    except (ValueError, KeyError, TypeError, ContractError):
        return BotLog()
