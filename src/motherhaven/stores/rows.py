"""Between the plain rows of `states` and the values that a database keeps, column by column.

As it stands here, times are microseconds and money is exact decimal text; an adapter whose
database has types of its own for them overrides the few methods at the top.
"""

import json
from collections.abc import Callable, Sequence
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

BOT: Final = (
    "id", "name", "mode", "decider", "market", "first_seen", "last_seen", "last_decision",
    "status_n", "status_epoch", "status_seq", "status_recorded",
    "account_n", "account_epoch", "account_seq", "account_recorded", "orders",
)  # fmt: skip
"""The columns of a bot; those of its totals follow."""

POSITION: Final = (
    "id", "ref", "mode", "coin", "side", "quantity", "leverage", "entry_price",
    "entry_time", "entry_epoch", "entry_seq", "entry_n", "opened",
    "exit_time", "exit_epoch", "exit_seq", "exit_n", "size", "exit_price", "realized", "gross",
    "fees", "funding", "reason", "entry_decision_id", "exit_decision_id",
    "stop_loss", "profit_target", "liquidation_price", "entered", "exited",
)  # fmt: skip
"""The columns of a position, without its bot."""

SPREAD: Final = ("last", "low", "high")
"""The columns of a bucket's equity."""

BUCKET: Final = ("time", "epoch", "seq", "n", *SPREAD)
"""The columns of a rollup's bucket."""

CANDLE: Final = (
    "n", "epoch", "seq", "recorded", "interval", "open", "high", "low", "close", "volume",
)  # fmt: skip
"""The columns of a candle."""

WHOLE: Final = frozenset(field.name for field in fields(Totals) if field.type in (int, "int"))
"""The totals that count; the others are money."""

NONE: Final = (None, None, None, None)
"""The values of a Key or a Pointer that is not there."""

Row = Sequence[Any]


class Rows:
    """Both ways for each kind of row. Times are microseconds, money is exact text."""

    totals: tuple[str, ...] = ("totals",)
    """The columns of a bot's totals."""

    spread_apart: bool = True
    """A bucket's low and high are left out where they are the last value: most are."""

    def at(self, micros: int) -> Any:
        """A time as it is kept."""
        return micros

    def micros(self, kept: Any) -> int:
        """A kept time in microseconds."""
        return int(kept)

    def amount(self, value: Decimal | None) -> Any:
        """Money as it is kept: here as text without an exponent."""
        return None if value is None else format(value, "f")

    money: Callable[[Any], Decimal] = staticmethod(Decimal)
    """Kept money. The type itself: a call between would take as long again."""

    def flag(self, value: bool) -> Any:
        """Yes or no as it is kept: here 1 or 0."""
        return int(value)

    def payload(self, kept: Any) -> bytes:
        """A kept payload."""
        return bytes(kept)

    def totals_values(self, totals: Totals) -> tuple[Any, ...]:
        """The values of the totals: here one JSON text, money exact as text."""
        pairs = ((field.name, getattr(totals, field.name)) for field in fields(Totals))
        told = {name: value for name, value in pairs if value is not None}
        return (
            json.dumps(
                {n: self.amount(v) if isinstance(v, Decimal) else v for n, v in told.items()}
            ),
        )

    def totals_of(self, row: Row) -> Totals:
        """Totals from their columns."""
        told = json.loads(row[0])
        pairs: dict[str, Any] = {n: v if n in WHOLE else Decimal(v) for n, v in told.items()}
        return Totals(**pairs)

    def money_or_none(self, kept: Any) -> Decimal | None:
        """Kept money that may be missing."""
        return None if kept is None else self.money(kept)

    def key_of(self, row: Row) -> Key:
        """A Key from (time, epoch, seq, n)."""
        return Key(*row)

    def key_values(self, key: Key | None) -> tuple[Any, ...]:
        """The values of (time, epoch, seq, n)."""
        return key or NONE

    def pointer_of(self, row: Row) -> Pointer:
        """A Pointer from (n, epoch, seq, recorded)."""
        return Pointer(*row)

    def pointer_values(self, pointer: Pointer | None) -> tuple[Any, ...]:
        """The values of (n, epoch, seq, recorded)."""
        return pointer or NONE

    def record_of(self, row: Row) -> Record:
        """A Record from its fields in order, and nothing after them."""
        return Record(*row)

    def bot_of(self, row: Row) -> BotState:
        """A bot from the columns BOT and its totals."""
        bot_id, name, mode, decider, market, first, last, decision = row[:8]
        return BotState(
            id=bot_id,
            name=name,
            mode=mode,
            decider=decider,
            market=market,
            first_seen=self.micros(first),
            last_seen=self.micros(last),
            last_decision=None if decision is None else self.micros(decision),
            status=None if row[8] is None else self.pointer_of(row[8:12]),
            account=None if row[12] is None else self.pointer_of(row[12:16]),
            orders=json.loads(row[16] or "{}"),
            totals=self.totals_of(row[17:]),
        )

    def bot_values(self, bot: BotState) -> tuple[Any, ...]:
        """The values of the columns BOT and of the totals."""
        decision = None if bot.last_decision is None else self.at(bot.last_decision)
        return (
            bot.id, bot.name, bot.mode, bot.decider, bot.market, self.at(bot.first_seen),
            self.at(bot.last_seen), decision, *self.pointer_values(bot.status),
            *self.pointer_values(bot.account), json.dumps(bot.orders, separators=(",", ":")),
            *self.totals_values(bot.totals),
        )  # fmt: skip

    def position_of(self, bot_id: str, row: Row) -> PositionState:
        """A position from the columns POSITION."""
        size, exit_price, realized, gross, fees, funding = map(self.money_or_none, row[17:23])
        stop_loss, profit_target, liquidation_price = map(self.money_or_none, row[26:29])
        entry = self.key_of(row[8:12])
        exited = None if row[16] is None else self.key_of(row[13:17])
        return PositionState(
            bot_id=bot_id,
            id=row[0],
            ref=row[1],
            mode=row[2],
            coin=row[3],
            side=row[4],
            quantity=self.money(row[5]),
            leverage=self.money(row[6]),
            entry_price=self.money(row[7]),
            entry=entry,
            entered=entry.time if row[29] is None else self.micros(row[29]),
            opened=bool(row[12]),
            exit=exited,
            exited=exited and (exited.time if row[30] is None else self.micros(row[30])),
            size=size,
            exit_price=exit_price,
            realized=realized,
            gross=gross,
            fees=fees,
            funding=funding,
            reason=row[23],
            entry_decision_id=row[24],
            exit_decision_id=row[25],
            stop_loss=stop_loss,
            profit_target=profit_target,
            liquidation_price=liquidation_price,
        )

    def position_values(self, state: PositionState) -> tuple[Any, ...]:
        """The values of the columns POSITION."""
        amount = self.amount
        return (
            state.id, state.ref, state.mode, state.coin, state.side,
            amount(state.quantity), amount(state.leverage), amount(state.entry_price),
            *self.key_values(state.entry), self.flag(state.opened), *self.key_values(state.exit),
            amount(state.size), amount(state.exit_price), amount(state.realized),
            amount(state.gross), amount(state.fees), amount(state.funding), state.reason,
            state.entry_decision_id, state.exit_decision_id, amount(state.stop_loss),
            amount(state.profit_target), amount(state.liquidation_price),
            self.at(state.entered), None if state.exited is None else self.at(state.exited),
        )  # fmt: skip

    def executed_of(self, row: Row) -> Executed:
        """An execution from (n, epoch, seq, recorded, execution)."""
        return Executed(self.pointer_of(row[:4]), Execution.model_validate_json(row[4]))

    def marked_of(self, row: Row) -> Marked:
        """A mark from (n, epoch, seq, recorded, time, mark)."""
        mark = PositionMark.model_validate_json(row[5])
        return Marked(self.pointer_of(row[:4]), self.micros(row[4]), mark)

    def marked_values(self, marked: Marked) -> tuple[Any, ...]:
        """The values of those columns."""
        mark = marked.mark.model_dump_json(exclude_unset=True)
        return (*self.pointer_values(marked.at), self.at(marked.time), mark)

    def bucket_of(self, row: Row) -> Bucket:
        """A bucket from the columns BUCKET."""
        return Bucket(self.key_of(row[:4]), *self.spread_of(*row[4:7]))

    def spread_of(self, last: Any, low: Any, high: Any) -> tuple[Decimal, Decimal, Decimal]:
        """A bucket's equity at the end, lowest and highest from the columns SPREAD."""
        equity = self.money(last)
        return (
            equity,
            equity if low is None else self.money(low),
            equity if high is None else self.money(high),
        )

    def bucket_values(self, bucket: Bucket) -> tuple[Any, ...]:
        """The values of the columns BUCKET."""
        last, low, high = bucket.last, bucket.low, bucket.high
        spread = (
            None if self.spread_apart and low == last else self.amount(low),
            None if self.spread_apart and high == last else self.amount(high),
        )
        return (*self.key_values(bucket.at), self.amount(last), *spread)

    def candle_of(self, row: Row) -> CandleState:
        """A candle from the columns CANDLE."""
        first, high, low, last = map(self.money, row[5:9])
        at, volume = self.pointer_of(row[:4]), self.money_or_none(row[9])
        return CandleState(at, row[4], first, high, low, last, volume)

    def candle_values(self, candle: CandleState) -> tuple[Any, ...]:
        """The values of the columns CANDLE."""
        money = map(self.amount, candle[2:])
        return (*self.pointer_values(candle.at), candle.interval, *money)

    def error_of(self, row: Row) -> ErrorState:
        """An error from its key, event_id, bot id, kind, message, decision_id, `at` and code."""
        key = self.key_of(row[:4])
        at = key.time if row[9] is None else self.micros(row[9])
        kind, message, decision_id = row[6:9]
        return ErrorState(key, at, row[4], row[5] or UNKNOWN, kind, message, decision_id, row[10])


PLAIN: Final = Rows()
