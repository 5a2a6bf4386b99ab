"""What a decider sees and what it answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple, Protocol

from motherhaven.bot.decider.briefing import Briefing
from motherhaven.bot.guard.types import RejectedDecision, Signal, TradeDecision
from motherhaven.bot.market.bar_series import BarSeries
from motherhaven.bot.portfolio.account import AccountSnapshot
from motherhaven.bot.portfolio.events import Trade
from motherhaven.contract.errors import DeciderError
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.quick_init import quick_init


@quick_init
@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an earlier decision, fed back to the decider as data.

    `told` is its text, or what makes it: most deciders never read one.
    """

    time: datetime
    coin: str
    signal: str
    told: str | Callable[[], str]

    @property
    def result(self) -> str:
        """What became of it, in one line."""
        return self.told if isinstance(self.told, str) else self.told()


class Context(NamedTuple):
    """Everything a decider may know at `now`.

    `series_by_coin` has only coins whose data are fresh; `held` gives the signed sizes of the
    open positions; `look` the whole account. `trades` and `outcomes` are the newest few, oldest
    first; `guidance` is the user's own text, None when there is none; `brief` gives what
    else a model is told.
    """

    now: datetime
    series_by_coin: Mapping[str, BarSeries]
    held: Mapping[str, Decimal]
    look: Callable[[], AccountSnapshot]
    limits: RiskLimits
    trades: Sequence[Trade] = ()
    outcomes: Sequence[Outcome] = ()
    funding: Mapping[str, Decimal] = MappingProxyType({})
    guidance: str | None = None
    brief: Callable[[], Briefing] = Briefing

    @property
    def account(self) -> AccountSnapshot:
        """The account as it stands when this is read; worked out only then."""
        return self.look()

    def open_candles(self, now: datetime) -> frozenset[str]:
        """Coins whose newest bar is not over at `now`: its prices may still change."""
        series = self.series_by_coin.items()
        return frozenset(coin for coin, one in series if one.end > now)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One of the answers that a question got: its raw text, and why it was refused, if it was.

    `thinking` is what the model thought before it, where its provider tells.
    """

    raw: str
    refused: str | None = None
    thinking: str | None = None


@quick_init
@dataclass(frozen=True, slots=True)
class Answer:
    """A decider's answer with its whole provenance.

    `failure` is set when there is no usable answer: then nothing may be traded, and
    `raw` keeps what came all the same; `attempts` has each answer by itself, oldest first.
    `latency_ms` in milliseconds, `cost_usd` in USD (None when nothing was asked; 0 for a
    baseline), `cost_basis` whether by settings, price table or fallback. `model` is what
    answered, `model_asked` what was asked for. `analysis` is what the model wrote of the whole
    account, `thinking` what it thought before, over all attempts.
    """

    decisions: tuple[TradeDecision, ...] = ()
    rejected: tuple[RejectedDecision, ...] = ()
    failure: DeciderError | None = None
    raw: str | None = None
    system_prompt: str | None = None
    user_prompt: str | None = None
    model: str | None = None
    model_asked: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    cost_usd: Decimal | None = None
    cost_basis: str | None = None
    latency_ms: int | None = None
    finish_reason: str | None = None
    attempts: tuple[Attempt, ...] = ()
    analysis: str | None = None
    thinking: str | None = None

    @property
    def holds(self) -> bool:
        """Whether it is usable and asks for nothing at all."""
        if self.failure is not None or self.rejected or not self.decisions:
            return False
        for decision in self.decisions:  # asked at every bar of a replay
            if decision.signal is not Signal.HOLD or decision.adjusts:
                return False
        return True


class Decider(Protocol):
    """Proposes; the guard disposes. A baseline is never passed off as a model."""

    @property
    def name(self) -> str:
        """What is shown to people, e.g. "ema-cross" or "anthropic:claude-sonnet-5-5"."""
        ...

    @property
    def is_model(self) -> bool:
        """Whether a language model answers."""
        ...

    async def decide(self, context: Context) -> Answer:
        """An answer for the coins of `context`; never raises for a bad or missing answer."""
        ...


class Baseline(Protocol):
    """A decider that needs no waiting: what replays and demos call directly."""

    @property
    def name(self) -> str:
        """The baseline's name."""
        ...

    @property
    def is_model(self) -> bool:
        """Always False."""
        ...

    def propose(self, context: Context) -> tuple[TradeDecision, ...]:
        """One decision for each coin of `context`, in its order."""
        ...

    async def decide(self, context: Context) -> Answer:
        """The same as an answer."""
        ...
