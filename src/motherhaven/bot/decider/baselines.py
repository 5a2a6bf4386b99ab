"""Deciders without a model: yardsticks that a model has to beat, with equal exposure.

Each enters with the whole allowed position size at leverage 1, so that their results
differ by what they decide and by nothing else.
"""

import hashlib
from abc import ABC, abstractmethod
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from operator import is_not
from typing import Final

from motherhaven.bot.decider.foresight import ABOVE, BELOW, COLD, Coming
from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.guard.types import Signal, TradeDecision
from motherhaven.bot.market.bar_series import BarSeries

STOP_DISTANCE: Final = Decimal("0.02")
TARGET_DISTANCE: Final = Decimal("0.04")
_FREE: Final = Decimal(0)
_HELD: Final = "bought once, held since; no stop by design"
_COLD: Final = "the averages are not warm yet"
_AGREE: Final = "the averages still agree with the position"
_NO_CROSSING: Final = "no crossing since the last decision"
_WAIT: Final = "chance says wait (random baseline)"
_SURE: Final = Decimal("0.6")
_ENTER_ODDS: Final = 1 / 24
_CLOSE_ODDS: Final = 1 / 40
_LOOKED_AHEAD: Final = 64


class _Base(ABC):
    """What the baselines share: they answer at once, and one coin at a time."""

    _name = ""
    _answer = Answer(latency_ms=0, cost_usd=_FREE)
    """The last answer: most are the same again, and an answer never changes."""

    @property
    def name(self) -> str:
        return self._name

    @property
    def is_model(self) -> bool:
        return False

    def propose(self, context: Context) -> tuple[TradeDecision, ...]:
        held, found = context.held, []
        for coin, series in context.series_by_coin.items():
            found.append(self._judge(context, series, held.get(coin)))
        return tuple(found)

    async def decide(self, context: Context) -> Answer:
        decisions, last = self.propose(context), self._answer.decisions
        # To hold is the same object each time: no need to look into it.
        if len(decisions) != len(last) or any(map(is_not, decisions, last)):
            self._answer = Answer(decisions=decisions, latency_ms=0, cost_usd=_FREE)
        return self._answer

    def holds(self, coming: Coming, held: Decimal | None) -> int:
        """As `Foreseeing`: nothing is known ahead."""
        return 0

    def why(self, coming: Coming, held: Decimal | None) -> str:
        """As `Foreseeing`."""
        return ""

    def pass_over(self, coming: Coming, count: int) -> None:
        """As `Foreseeing`."""
        return  # nothing is remembered from one decision to the next

    @abstractmethod
    def _judge(self, context: Context, series: BarSeries, held: Decimal | None) -> TradeDecision:
        """The decision for one coin; `held` is the signed size of its position."""


class BuyAndHold(_Base):
    """Buys each coin once and keeps it. The only decider that may hold without a stop."""

    _name = "buy-and-hold"

    def _judge(self, context: Context, series: BarSeries, held: Decimal | None) -> TradeDecision:
        if held is not None:
            return _hold(series.coin, _HELD)
        return TradeDecision(
            coin=series.coin,
            signal=Signal.BUY,
            quantity_usd=context.limits.max_position_size_usd,
            leverage=1,
            confidence=_SURE,
            justification="buy once and hold; no stop by design (baseline)",
            requires_stop=False,
        )

    def holds(self, coming: Coming, held: Decimal | None) -> int:
        """All of them, once the coin is bought."""
        return 0 if held is None else coming.count

    def why(self, coming: Coming, held: Decimal | None) -> str:
        """It was bought."""
        return _HELD


class EmaCross(_Base):
    """Follows the crossing of a fast and a slow average of closes, always with a stop."""

    _name = "ema-cross"

    def __init__(self) -> None:
        self._above: dict[str, bool] = {}

    def holds(self, coming: Coming, held: Decimal | None) -> int:
        """Until the averages are warm, cross, or cross against the position."""
        sides = coming.sides
        known = sides.lstrip(COLD)
        cold = len(sides) - len(known)
        if cold:
            return cold
        before = self._above.get(coming.coin, known[:1] == ABOVE)
        above = before if held is None else held > 0
        crossing = known.find(BELOW if above else ABOVE)
        return coming.count if crossing < 0 else crossing

    def why(self, coming: Coming, held: Decimal | None) -> str:
        """Cold averages, or none that crossed."""
        if coming.sides.startswith(COLD):
            return _COLD
        return _NO_CROSSING if held is None else _AGREE

    def pass_over(self, coming: Coming, count: int) -> None:
        """The side of the last decision is the one that the next is compared with."""
        last = coming.sides[count - 1 : count]
        if last == COLD:
            self._above.pop(coming.coin, None)
        else:
            self._above[coming.coin] = last == ABOVE

    def _judge(self, context: Context, series: BarSeries, held: Decimal | None) -> TradeDecision:
        fast, slow = series.averages
        if fast is None or slow is None:
            self._above.pop(series.coin, None)
            return _hold(series.coin, _COLD)
        above = fast > slow
        crossed = self._above.get(series.coin, above) is not above
        self._above[series.coin] = above
        if held is not None:
            if (held > 0) is above:
                return _hold(series.coin, _AGREE)
            return _close(series.coin, "the averages crossed against the position")
        if not crossed:
            return _hold(series.coin, _NO_CROSSING)
        signal = Signal.BUY if above else Signal.SELL
        word = "above" if above else "below"
        return _enter(context, series, signal, f"the fast average crossed {word} the slow one")


class RandomTrader(_Base):
    """Enters and leaves by seeded chance, with a stop: what luck alone brings.

    Its draws depend on seed, coin and time alone, so a restart changes nothing.
    """

    _name = "random"

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed

    def holds(self, coming: Coming, held: Decimal | None) -> int:
        """Until chance says otherwise; not looked for further than _LOOKED_AHEAD decisions."""
        odds = _ENTER_ODDS if held is None else _CLOSE_ODDS
        most = min(coming.count, _LOOKED_AHEAD)
        for number in range(most):
            if self._draw(coming.coin, coming.first + number * coming.every)[0] < odds:
                return number
        return most

    def why(self, coming: Coming, held: Decimal | None) -> str:
        """Chance."""
        return _WAIT

    def _judge(self, context: Context, series: BarSeries, held: Decimal | None) -> TradeDecision:
        chance, coin_side = self._draw(series.coin, context.now)
        if held is not None:
            if chance < _CLOSE_ODDS:
                return _close(series.coin, "chance says close (random baseline)")
            return _hold(series.coin, _WAIT)
        if chance >= _ENTER_ODDS:
            return _hold(series.coin, _WAIT)
        signal = Signal.BUY if coin_side else Signal.SELL
        return _enter(context, series, signal, "chance says enter (random baseline)")

    def _draw(self, coin: str, now: datetime) -> tuple[float, bool]:
        text = f"{self._seed}|{coin}|{int(now.timestamp())}"
        number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
        return (number >> 1) / (1 << 63), bool(number & 1)


@lru_cache(maxsize=1024)
def _hold(coin: str, why: str) -> TradeDecision:
    return TradeDecision(coin=coin, signal=Signal.HOLD, justification=why)


def _close(coin: str, why: str) -> TradeDecision:
    return TradeDecision(coin=coin, signal=Signal.CLOSE, confidence=_SURE, justification=why)


def _enter(context: Context, series: BarSeries, signal: Signal, why: str) -> TradeDecision:
    mark, sign = series.last.close, signal.sign
    step = series.spec.price_step(mark)
    stop = mark * (1 - sign * STOP_DISTANCE)
    target = mark * (1 + sign * TARGET_DISTANCE)
    # Rounded towards the mark: a stop never further away, a target never harder to reach.
    inward, outward = (ROUND_CEILING, ROUND_FLOOR) if sign > 0 else (ROUND_FLOOR, ROUND_CEILING)
    return TradeDecision(
        coin=series.coin,
        signal=signal,
        quantity_usd=context.limits.max_position_size_usd,
        leverage=1,
        confidence=_SURE,
        stop_loss=(stop / step).to_integral_value(inward) * step,
        profit_target=(target / step).to_integral_value(outward) * step,
        invalidation_condition=f"{STOP_DISTANCE:%} against the entry",
        justification=why,
    )
