"""Between database rows and the plain rows of `stores.states`. Decimals are exact text."""

import json
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.events import PositionMark
from motherhaven.contract.views import Execution
from motherhaven.stores.keys import Key, Pointer
from motherhaven.stores.records import Record
from motherhaven.stores.rejected import UNKNOWN
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
    "e.time, e.recorded, e.received, CAST(e.payload AS BLOB)"
)
"""The columns of a Record, from events e joined with bots b."""

BOT: Final = (
    "id, name, mode, decider, market, first_seen, last_seen, last_decision, "
    "status_n, status_epoch, status_seq, status_recorded, "
    "account_n, account_epoch, account_seq, account_recorded, totals"
)
_POSITION: Final = (
    "id, ref, mode, coin, side, quantity, leverage, entry_price, "
    "entry_time, entry_epoch, entry_seq, entry_n, opened, "
    "exit_time, exit_epoch, exit_seq, exit_n, size, exit_price, realized, gross, fees, funding, "
    "reason, entry_decision_id, exit_decision_id, stop_loss, profit_target, liquidation_price"
)
POSITION_COLUMNS: Final = f"bot, {_POSITION}"
POSITION: Final = ", ".join(f"p.{name}" for name in _POSITION.split(", "))
"""The columns of a position, from positions p, without its bot."""

_WHOLE: Final = {field.name for field in fields(Totals) if field.type in (int, "int")}

Row = Sequence[Any]


def text(value: Decimal | None) -> str | None:
    """An exact decimal as text without an exponent."""
    return None if value is None else format(value, "f")


def decimal(value: str | None) -> Decimal | None:
    """The decimal in a column."""
    return None if value is None else Decimal(value)


def record_of(row: Row) -> Record:
    """A Record from the columns RECORD."""
    return Record(*row[:12])


def totals_text(totals: Totals) -> str:
    """Totals as JSON: counts as numbers, money as exact text."""
    pairs = ((field.name, getattr(totals, field.name)) for field in fields(Totals))
    told = {name: value for name, value in pairs if value is not None}
    return json.dumps({n: text(v) if isinstance(v, Decimal) else v for n, v in told.items()})


def totals_of(value: str) -> Totals:
    """Totals from JSON."""
    told = json.loads(value)
    pairs: dict[str, Any] = {n: v if n in _WHOLE else Decimal(v) for n, v in told.items()}
    return Totals(**pairs)


def bot_of(row: Row) -> BotState:
    """A bot from the columns BOT."""
    bot_id, name, mode, decider, market, first, last, decision = row[:8]
    return BotState(
        id=bot_id,
        name=name,
        mode=mode,
        decider=decider,
        market=market,
        first_seen=first,
        last_seen=last,
        last_decision=decision,
        status=None if row[8] is None else Pointer(*row[8:12]),
        account=None if row[12] is None else Pointer(*row[12:16]),
        totals=totals_of(row[16]),
    )


def bot_values(bot: BotState) -> tuple[Any, ...]:
    """The values of the columns BOT."""
    none = (None, None, None, None)
    return (
        bot.id, bot.name, bot.mode, bot.decider, bot.market, bot.first_seen, bot.last_seen,
        bot.last_decision, *(bot.status or none), *(bot.account or none), totals_text(bot.totals),
    )  # fmt: skip


def position_of(bot_id: str, row: Row) -> PositionState:
    """A position from the columns POSITION."""
    return PositionState(
        bot_id=bot_id,
        id=row[0],
        ref=row[1],
        mode=row[2],
        coin=row[3],
        side=row[4],
        quantity=Decimal(row[5]),
        leverage=Decimal(row[6]),
        entry_price=Decimal(row[7]),
        entry=Key(*row[8:12]),
        opened=bool(row[12]),
        exit=None if row[16] is None else Key(*row[13:17]),
        size=decimal(row[17]),
        exit_price=decimal(row[18]),
        realized=decimal(row[19]),
        gross=decimal(row[20]),
        fees=decimal(row[21]),
        funding=decimal(row[22]),
        reason=row[23],
        entry_decision_id=row[24],
        exit_decision_id=row[25],
        stop_loss=decimal(row[26]),
        profit_target=decimal(row[27]),
        liquidation_price=decimal(row[28]),
    )


def position_values(state: PositionState) -> tuple[Any, ...]:
    """The values of the columns POSITION."""
    return (
        state.id, state.ref, state.mode, state.coin, state.side,
        text(state.quantity), text(state.leverage), text(state.entry_price),
        *state.entry, int(state.opened), *(state.exit or (None, None, None, None)),
        text(state.size), text(state.exit_price), text(state.realized), text(state.gross),
        text(state.fees), text(state.funding), state.reason, state.entry_decision_id,
        state.exit_decision_id, text(state.stop_loss), text(state.profit_target),
        text(state.liquidation_price),
    )  # fmt: skip


def executed_of(row: Row) -> Executed:
    """An execution from (n, epoch, seq, recorded, execution)."""
    return Executed(Pointer(*row[:4]), Execution.model_validate_json(row[4]))


def marked_of(row: Row) -> Marked:
    """A mark from (n, epoch, seq, recorded, time, mark)."""
    return Marked(Pointer(*row[:4]), row[4], PositionMark.model_validate_json(row[5]))


def bucket_of(row: Row) -> Bucket:
    """A bucket from (time, epoch, seq, n, last, low, high)."""
    last = Decimal(row[4])
    low = last if row[5] is None else Decimal(row[5])
    return Bucket(Key(*row[:4]), last, low, last if row[6] is None else Decimal(row[6]))


def bucket_values(bucket: Bucket) -> tuple[Any, ...]:
    """The values of those columns; most fine buckets hold one value only."""
    last, low, high = bucket.last, bucket.low, bucket.high
    spread = (None if low == last else text(low), None if high == last else text(high))
    return (*bucket.at, text(last), *spread)


def candle_of(row: Row) -> CandleState:
    """A candle from (n, epoch, seq, recorded, interval, open, high, low, close, volume)."""
    first, high, low, last = (Decimal(value) for value in row[5:9])
    return CandleState(Pointer(*row[:4]), row[4], first, high, low, last, decimal(row[9]))


def candle_values(candle: CandleState) -> tuple[Any, ...]:
    """The values of those columns."""
    return (*candle.at, candle.interval, *(text(value) for value in candle[2:]))


def error_of(row: Row) -> ErrorState:
    """An error from (time, epoch, seq, no, event_id, bot id, kind, message, decision_id)."""
    return ErrorState(Key(*row[:4]), row[4], row[5] or UNKNOWN, *row[6:9])
