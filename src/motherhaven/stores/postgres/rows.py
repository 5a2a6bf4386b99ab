"""Between database rows and the plain rows of `stores.states`."""

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from motherhaven.contract.events import PositionMark
from motherhaven.contract.views import Execution
from motherhaven.stores.keys import Key, Pointer, micros, moment
from motherhaven.stores.records import Record
from motherhaven.stores.states import (
    BotState,
    Bucket,
    CandleState,
    ErrorState,
    Executed,
    Marked,
    PositionState,
    Totals,
)

RECORD: Final = (
    "e.n, e.event_id, b.id, e.bot_name, e.mode, e.kind, e.epoch, e.seq, "
    "e.time, e.recorded, e.received, e.payload"
)
"""The columns of a Record, from events e joined with bots b."""

_BIG: Final = "bigint"
_TIME: Final = "timestamptz"
_MONEY: Final = "numeric"
_TEXT: Final = "text"
_TOTALS: Final = {
    total.name: _BIG if total.type in (int, "int") else _MONEY for total in fields(Totals)
}

BOT: Final = {
    "id": _TEXT, "name": _TEXT, "mode": _TEXT, "decider": _TEXT, "market": _TEXT,
    "first_seen": _TIME, "last_seen": _TIME, "last_decision": _TIME,
    "status_n": _BIG, "status_epoch": _BIG, "status_seq": _BIG, "status_recorded": _TIME,
    "account_n": _BIG, "account_epoch": _BIG, "account_seq": _BIG, "account_recorded": _TIME,
} | _TOTALS  # fmt: skip
"""The columns of a bot, and their types."""

POSITION: Final = {
    "id": _TEXT, "ref": _TEXT, "mode": _TEXT, "coin": _TEXT, "side": _TEXT,
    "quantity": _MONEY, "leverage": _MONEY, "entry_price": _MONEY,
    "entry_time": _TIME, "entry_epoch": _BIG, "entry_seq": _BIG, "entry_n": _BIG,
    "opened": "boolean",
    "exit_time": _TIME, "exit_epoch": _BIG, "exit_seq": _BIG, "exit_n": _BIG,
    "size": _MONEY, "exit_price": _MONEY, "realized": _MONEY, "gross": _MONEY, "fees": _MONEY,
    "funding": _MONEY, "reason": _TEXT, "entry_decision_id": _TEXT, "exit_decision_id": _TEXT,
    "stop_loss": _MONEY, "profit_target": _MONEY, "liquidation_price": _MONEY,
}  # fmt: skip
"""The columns of a position without its bot, and their types."""

BUCKET: Final = {
    "time": _TIME, "epoch": _BIG, "seq": _BIG, "n": _BIG,
    "last": _MONEY, "low": _MONEY, "high": _MONEY,
}  # fmt: skip
"""The columns of a rollup's bucket, and their types."""

CANDLE: Final = {
    "n": _BIG, "epoch": _BIG, "seq": _BIG, "recorded": _TIME, "interval": "int",
    "open": _MONEY, "high": _MONEY, "low": _MONEY, "close": _MONEY, "volume": _MONEY,
}  # fmt: skip
"""The columns of a candle, and their types."""

_LAST_MICROSECOND: Final = micros(datetime.max.replace(tzinfo=UTC))
_NONE: Final = (None, None, None, None)

Row = Sequence[Any]


def columns(of: dict[str, str], alias: str) -> str:
    """The columns `of` for a SELECT from `alias`."""
    return ", ".join(f"{alias}.{name}" for name in of)


def key_of(text: str) -> bytes:
    """What stands for a text of any length in an index."""
    return hashlib.sha256(text.encode()).digest()[:16]


def key_values(key: Key) -> tuple[Any, ...]:
    """An order key for a comparison in SQL; a forged time is held within the calendar."""
    return (moment(min(key.time, _LAST_MICROSECOND)), *key[1:])


def record_of(row: Row) -> Record:
    """A Record from the columns RECORD."""
    n, event_id, bot_id, bot_name, mode, kind, epoch, seq, time, recorded, received, payload = row
    return Record(
        n, event_id, bot_id, bot_name, mode, kind, epoch, seq,
        micros(time), micros(recorded), micros(received), payload.encode(),
    )  # fmt: skip


def bot_of(row: Row) -> BotState:
    """A bot from the columns BOT."""
    bot_id, name, mode, decider, market, first, last, decision = row[:8]
    return BotState(
        id=bot_id,
        name=name,
        mode=mode,
        decider=decider,
        market=market,
        first_seen=micros(first),
        last_seen=micros(last),
        last_decision=None if decision is None else micros(decision),
        status=_pointer(row[8:12]),
        account=_pointer(row[12:16]),
        totals=Totals(**dict(zip(_TOTALS, row[16:], strict=True))),
    )


def bot_values(bot: BotState) -> tuple[Any, ...]:
    """The values of the columns BOT."""
    decision = None if bot.last_decision is None else moment(bot.last_decision)
    return (
        bot.id, bot.name, bot.mode, bot.decider, bot.market, moment(bot.first_seen),
        moment(bot.last_seen), decision, *pointer_values(bot.status),
        *pointer_values(bot.account), *(getattr(bot.totals, name) for name in _TOTALS),
    )  # fmt: skip


def _pointer(row: Row) -> Pointer | None:
    return None if row[0] is None else pointer_of(row)


def pointer_of(row: Row) -> Pointer:
    """A Pointer from (n, epoch, seq, recorded)."""
    n, epoch, seq, recorded = row
    return Pointer(n, epoch, seq, micros(recorded))


def pointer_values(pointer: Pointer | None) -> tuple[Any, ...]:
    """The values of (n, epoch, seq, recorded)."""
    return _NONE if pointer is None else (*pointer[:3], moment(pointer.recorded))


def position_of(bot_id: str, row: Row) -> PositionState:
    """A position from the columns POSITION."""
    values: dict[str, Any] = dict(zip(POSITION, row[: len(POSITION)], strict=True))
    entry, left = (
        [values.pop(f"{which}_{part}") for part in ("time", "epoch", "seq", "n")]
        for which in ("entry", "exit")
    )
    return PositionState(
        bot_id=bot_id,
        entry=_key_of(entry),
        exit=None if left[0] is None else _key_of(left),
        **values,
    )


def _key_of(row: Row) -> Key:
    time, epoch, seq, n = row
    return Key(micros(time), epoch, seq, n)


def position_values(state: PositionState) -> tuple[Any, ...]:
    """The values of the columns POSITION."""
    return (
        state.id, state.ref, state.mode, state.coin, state.side, state.quantity, state.leverage,
        state.entry_price, *key_values(state.entry), state.opened,
        *(_NONE if state.exit is None else key_values(state.exit)),
        *(getattr(state, name) for name in tuple(POSITION)[17:]),
    )  # fmt: skip


def executed_of(row: Row) -> Executed:
    """An execution from (n, epoch, seq, recorded, execution)."""
    return Executed(pointer_of(row[:4]), Execution.model_validate_json(row[4]))


def marked_of(row: Row) -> Marked:
    """A mark from (n, epoch, seq, recorded, time, mark)."""
    return Marked(pointer_of(row[:4]), micros(row[4]), PositionMark.model_validate_json(row[5]))


def bucket_of(row: Row) -> Bucket:
    """A bucket from the columns BUCKET."""
    return Bucket(_key_of(row[:4]), *row[4:7])


def candle_of(row: Row) -> CandleState:
    """A candle from the columns CANDLE."""
    return CandleState(pointer_of(row[:4]), *row[4:])


def candle_values(candle: CandleState) -> tuple[Any, ...]:
    """The values of the columns CANDLE."""
    return (*pointer_values(candle.at), *candle[1:])


def error_of(row: Row) -> ErrorState:
    """An error from (time, epoch, seq, no, event_id, bot id, kind, message, decision_id)."""
    return ErrorState(_key_of(row[:4]), *row[4:9])
