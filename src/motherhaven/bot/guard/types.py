"""What the guard judges, by which limits, in which circumstances, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.market.instruments import FeeRates, MarketSpec
from motherhaven.contract.quick_init import quick_init
from motherhaven.contract.words import Word

ZERO: Final = Decimal(0)


class Signal(Word):
    """What a decision wants, in the wire's words."""

    BUY = "buy_to_enter"
    SELL = "sell_to_enter"
    HOLD = "hold"
    CLOSE = "close"

    def __init__(self, word: str) -> None:
        self.sign = {"buy_to_enter": 1, "sell_to_enter": -1}.get(word, 0)
        """+1 for a long entry, -1 for a short entry, 0 otherwise."""
        self.is_entry = self.sign != 0
        """Whether the signal opens or adds to a position."""


class Action(Word):
    """What a decision wants, in the model's words: two of them travel as another signal."""

    BUY = "buy_to_enter"
    SELL = "sell_to_enter"
    HOLD = "hold"
    ADJUST = "adjust"
    REDUCE = "reduce"
    CLOSE = "close"

    @property
    def signal(self) -> Signal:
        """The wire's signal: an adjustment is a hold, a part of a position is closed."""
        if self is Action.ADJUST:
            return Signal.HOLD
        return Signal.CLOSE if self is Action.REDUCE else Signal(self.value)


_ACTIONS: Final = {signal: Action(signal.value) for signal in Signal}
"""The action that a signal stands for by itself."""


@quick_init
@dataclass(frozen=True, slots=True)
class TradeDecision:
    """One decision for one coin, as a decider gave it.

    `quantity_usd` is margin in USD (notional = quantity_usd * leverage); `leverage` a
    whole number; `confidence` 0 to 1; prices in USD. `requires_stop` is False only for
    the buy-and-hold baseline, never for an answer of a model. `notes` says what was read
    otherwise than it was written, such as a confidence in percent. `analysis` is what the
    model saw in the coin before it decided. `close_fraction` is the part of the position that
    a close is about (above 0, at most 1), None for the whole; `adjusted_stop_loss` and
    `adjusted_profit_target` are what a hold moves the exits to, None for neither.
    """

    coin: str
    signal: Signal
    quantity_usd: Decimal = ZERO
    leverage: int = 1
    confidence: Decimal = ZERO
    stop_loss: Decimal | None = None
    profit_target: Decimal | None = None
    invalidation_condition: str | None = None
    justification: str = ""
    requires_stop: bool = True
    notes: tuple[str, ...] = ()
    analysis: str = ""
    close_fraction: Decimal | None = None
    adjusted_stop_loss: Decimal | None = None
    adjusted_profit_target: Decimal | None = None

    @property
    def adjusts(self) -> bool:
        """Whether it moves the exits of an open position."""
        if self.adjusted_stop_loss is None and self.adjusted_profit_target is None:
            return False
        return self.signal is Signal.HOLD

    @property
    def action(self) -> Action:
        """What it wants, in the model's words."""
        if self.adjusts:
            return Action.ADJUST
        part = self.close_fraction
        if part is not None and part < 1 and self.signal is Signal.CLOSE:
            return Action.REDUCE
        return _ACTIONS[self.signal]


@quick_init
@dataclass(frozen=True, slots=True)
class OpenPosition:
    """What the guard must know of a position: signed size, entry, leverage, resting exits.

    `stop`, `target` and `liquidation` are prices in USD, None where there is none;
    `liquidates` is the last of them, or what works it out, for few judgements ask for it.
    """

    size: Decimal
    entry: Decimal
    leverage: int
    stop: Decimal | None = None
    target: Decimal | None = None
    liquidates: Decimal | Callable[[], Decimal | None] | None = None

    @property
    def liquidation(self) -> Decimal | None:
        """The price in USD at which the position would be liquidated as it stands."""
        found = self.liquidates
        return found() if callable(found) else found

    @property
    def notional(self) -> Decimal:
        """What was bought or sold for, in USD."""
        return abs(self.size) * self.entry

    @property
    def margin(self) -> Decimal:
        """Margin that it was opened with, in USD."""
        return self.notional / self.leverage


@quick_init
@dataclass(frozen=True, slots=True)
class PendingEntry:
    """An entry that may still be executed: margin in USD and the leverage it sets."""

    coin: str
    margin: Decimal
    leverage: int


@quick_init
@dataclass(frozen=True, slots=True)
class RiskContext:
    """The circumstances of a judgement: plain data, gathered by the shell.

    `day_start_equity` is net of deposits since; None (not known) refuses entries.
    `available` is free margin in USD, None to derive it from equity and margins.
    `data_times` says how old each coin's newest closed candle or price is;
    a coin that is missing there is not checked for age only when the mapping is None.
    `open_candles` names coins whose data end in a candle that is not closed.
    `unknown_positions` names positions on the exchange that the bot did not open.
    `frozen` says by coin why nothing is opened there; `not_reconciled` why nothing is opened
    at all, None once books and venue were compared.
    `pending` are entries of earlier answers that are not executed yet. `taker` is the
    account's own fee rate for an entry, as a fraction of its notional.
    """

    now: datetime
    equity: Decimal
    day_start_equity: Decimal | None
    marks: Mapping[str, Decimal]
    positions: Mapping[str, OpenPosition] = field(default_factory=dict)
    specs: Mapping[str, MarketSpec] = field(default_factory=dict)
    available: Decimal | None = None
    data_times: Mapping[str, datetime] | None = None
    open_candles: frozenset[str] = frozenset()
    last_trades: Mapping[str, datetime] = field(default_factory=dict)
    trades_today: int = 0
    asked_at: datetime | None = None
    unknown_positions: tuple[str, ...] = ()
    frozen: Mapping[str, str] = field(default_factory=dict)
    not_reconciled: str | None = None
    pending: tuple[PendingEntry, ...] = ()
    kill_switch: bool = False
    live: bool = False
    armed: bool = False
    recording: bool = True
    taker: Decimal = FeeRates().taker


@quick_init
@dataclass(frozen=True, slots=True)
class Verdict:
    """The guard's answer to one decision.

    `rule` is None when allowed as asked; the name of the rule that refused or clamped
    it otherwise. `asked_usd` and `allowed_usd` are margin; `size` is the unsigned size
    in coin that may be ordered, from our own mark, floored to the lot (0 when nothing
    may; the live size of what is closed); `leverage` what may be set. `stop` and `target`
    are where exits may be moved to, None for those that stay.
    """

    coin: str | None
    signal: Signal | None
    allowed: bool
    rule: str | None
    reason: str
    asked_usd: Decimal = ZERO
    allowed_usd: Decimal = ZERO
    size: Decimal = ZERO
    leverage: int = 1
    index: int = 0
    stop: Decimal | None = None
    target: Decimal | None = None

    @property
    def acts(self) -> bool:
        """Whether something is to be done at the exchange."""
        if not self.allowed:
            return False
        return self.size > 0 or self.stop is not None or self.target is not None


@dataclass(frozen=True, slots=True)
class RejectedDecision:
    """A decision inside a readable answer that could not be taken, and why."""

    index: int
    coin: str | None
    signal: str | None
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """A model's raw answer after the strict parser.

    `error` is set when the whole answer is discarded, `code` is then the kind of fault;
    `truncated` when it was cut off. `indices` gives each decision's place in the answer.
    `analysis` is what the model wrote of the account as a whole, before it decided.
    """

    decisions: tuple[TradeDecision, ...] = ()
    rejected: tuple[RejectedDecision, ...] = ()
    error: str | None = None
    truncated: bool = False
    indices: tuple[int, ...] = ()
    code: str | None = None
    analysis: str = ""
