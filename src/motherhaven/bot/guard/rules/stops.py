"""Rules about stop and target: a model's prices may protect an entry, never size it."""

from decimal import Decimal
from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.liquidation import liquidation_alone
from motherhaven.bot.guard.rule import Rule, percent, rule
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import plain


@rule(
    advice="Ask for stop_loss in the prompt; entries without one are refused.",
    prompt="every entry needs a stop_loss",
)
def stop_missing(entry: EntryCheck) -> str | None:
    """Every entry needs a stop; only the buy-and-hold baseline is exempt, visibly."""
    if entry.decision.stop_loss is None and entry.decision.requires_stop:
        return "an entry needs a stop_loss"
    return None


@rule(
    advice="Give the model the current mark in its prompt; the stop lay on the wrong side of it.",
    prompt="a stop_loss lies below the price for a long, above it for a short",
    on_adjust=True,
)
def stop_side(entry: EntryCheck) -> str | None:
    """The stop must lie on the losing side of our mark."""
    stop, sign = entry.stop, entry.decision.signal.sign
    if stop is None or (entry.mark - stop) * sign > 0:
        return None
    need = "below" if sign > 0 else "above"
    return f"stop_loss {stop} must be {need} the mark {entry.mark}"


@rule(
    advice="Give the model the current mark in its prompt; the target lay on the wrong side of it.",
    prompt="a profit_target, if given, lies on the other side of the price",
    on_adjust=True,
)
def target_side(entry: EntryCheck) -> str | None:
    """The target must lie on the winning side of our mark."""
    target, sign = entry.target, entry.decision.signal.sign
    if target is None or (target - entry.mark) * sign > 0:
        return None
    need = "above" if sign > 0 else "below"
    return f"profit_target {target} must be {need} the mark {entry.mark}"


@rule(
    advice="Give the model the current mark in its prompt; its price was too far away from it.",
    prompt=lambda limits: (
        "a stop_loss or profit_target more than "
        f"{percent(limits.price_band)} away from the mark is rejected"
    ),
    on_adjust=True,
)
def price_band(entry: EntryCheck) -> str | None:
    """A price far from our own mark was invented."""
    decision, band = entry.decision, entry.limits.price_band
    prices = (("stop_loss", decision.stop_loss), ("profit_target", decision.profit_target))
    for name, price in prices:
        if price is not None and abs(price - entry.mark) > band * entry.mark:
            return f"{name} {price} is more than {percent(band)} away from the mark {entry.mark}"
    return None


def _widening_line(limits: RiskLimits) -> str | None:
    if limits.stop_may_widen:
        return None
    return (
        "a stop is only tightened: an adjust, or an entry that adds to a position, with a "
        "stop_loss farther from the price than the one in place is rejected"
    )


@rule(
    advice="Nothing, if a stop should only be tightened; else set STOP_MAY_WIDEN=true.",
    prompt=_widening_line,
    on_adjust=True,
)
def stop_widened(entry: EntryCheck) -> str | None:
    """An entry that adds to a position, or an adjust, must not take its stop farther away."""
    held, stop, sign = entry.held, entry.stop, entry.decision.signal.sign
    if held is None or held.stop is None or stop is None or entry.limits.stop_may_widen:
        return None
    if held.size * sign <= 0 or (stop - held.stop) * sign >= 0:
        return None
    return (
        f"stop_loss {stop} is wider than the stop {plain(held.stop)} that is in place; a stop is "
        "only tightened (STOP_MAY_WIDEN=true allows more)"
    )


def _adjusted_beyond_liquidation(entry: EntryCheck) -> str | None:
    """A stop that was tightened is better than before, whatever the liquidation price is."""
    held, stop, sign = entry.held, entry.stop, entry.decision.signal.sign
    price = None if held is None else held.liquidation
    if held is None or stop is None or price is None:
        return None
    if held.stop is not None and (stop - held.stop) * sign >= 0:
        return None
    if (stop - price) * sign >= entry.limits.stop_liquidation_buffer * entry.mark:
        return None
    return f"stop_loss {stop} is beyond, or too near to, the liquidation price {price:.6g}"


@rule(
    advice="Ask for a nearer stop or less leverage, so that the stop acts before the liquidation.",
    prompt=lambda limits: (
        "a stop_loss lies at least "
        f"{percent(limits.stop_liquidation_buffer)} of the price inside the liquidation price"
    ),
    on_adjust=_adjusted_beyond_liquidation,
)
def stop_beyond_liquidation(entry: EntryCheck) -> str | None:
    """The stop must act before the liquidation would, with a buffer between them."""
    stop = entry.stop
    price = liquidation_estimate(entry)
    if stop is None or price is None:
        return None
    sign = entry.decision.signal.sign
    if (stop - price) * sign < entry.limits.stop_liquidation_buffer * entry.mark:
        return (
            f"stop_loss {stop} is beyond, or too near to, the liquidation price "
            f"{price:.6g} at {entry.leverage}x"
        )
    return None


def liquidation_estimate(entry: EntryCheck) -> Decimal | None:
    """Where the coin's position, with this entry in it, would be liquidated on its own margin."""
    leverage = entry.leverage
    notional = entry.allocation.notional(entry.decision.coin)
    notional += entry.decision.quantity_usd * leverage
    sign = entry.decision.signal.sign
    return liquidation_alone(entry.mark, sign, leverage, entry.spec, notional)


RULES: Final[tuple[Rule, ...]] = (
    stop_missing,
    stop_side,
    target_side,
    price_band,
    stop_widened,
    stop_beyond_liquidation,
)
