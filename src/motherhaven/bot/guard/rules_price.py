"""Rules about the model's prices: they may protect an entry, never size it."""

from decimal import Decimal

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.bot.guard.liquidation import liquidation_alone
from motherhaven.contract.money import plain


def stop_missing(case: EntryCheck) -> str | None:
    """Every entry needs a stop; only the buy-and-hold baseline is exempt, visibly."""
    if case.decision.stop_loss is None and case.decision.requires_stop:
        return "an entry needs a stop_loss"
    return None


def stop_side(case: EntryCheck) -> str | None:
    """The stop must lie on the losing side of our mark."""
    stop, sign = case.stop, case.decision.signal.sign
    if stop is None or (case.mark - stop) * sign > 0:
        return None
    need = "below" if sign > 0 else "above"
    return f"stop_loss {stop} must be {need} the mark {case.mark}"


def target_side(case: EntryCheck) -> str | None:
    """The target must lie on the winning side of our mark."""
    target, sign = case.target, case.decision.signal.sign
    if target is None or (target - case.mark) * sign > 0:
        return None
    need = "above" if sign > 0 else "below"
    return f"profit_target {target} must be {need} the mark {case.mark}"


def price_band(case: EntryCheck) -> str | None:
    """A price far from our own mark was invented."""
    for name in ("stop_loss", "profit_target"):
        price: Decimal | None = getattr(case.decision, name)
        if price is not None and abs(price - case.mark) > case.limits.price_band * case.mark:
            return (
                f"{name} {price} is more than {plain(case.limits.price_band * 100)} % "
                f"away from the mark {case.mark}"
            )
    return None


def stop_beyond_liquidation(case: EntryCheck) -> str | None:
    """The stop must act before the liquidation would, with a buffer between them."""
    stop = case.stop
    price = liquidation_estimate(case)
    if stop is None or price is None:
        return None
    sign = case.decision.signal.sign
    if (stop - price) * sign < case.limits.stop_buffer * case.mark:
        return (
            f"stop_loss {stop} is beyond, or too near to, the liquidation price "
            f"{price:.6g} at {case.leverage}x"
        )
    return None


def stop_widened(case: EntryCheck) -> str | None:
    """An entry that adds to a position must not take its stop farther away."""
    held, stop, sign = case.held, case.stop, case.decision.signal.sign
    if held is None or held.stop is None or stop is None or case.limits.stop_may_widen:
        return None
    if held.size * sign <= 0 or (stop - held.stop) * sign >= 0:
        return None
    return (
        f"stop_loss {stop} is wider than the stop {plain(held.stop)} that is in place; a stop is "
        "only tightened (STOP_MAY_WIDEN=true allows more)"
    )


def liquidation_estimate(case: EntryCheck) -> Decimal | None:
    """Where the coin's position, with this entry in it, would be liquidated on its own margin."""
    leverage = case.leverage
    notional = case.allocation.notional(case.decision.coin)
    notional += case.decision.quantity_usd * leverage
    sign = case.decision.signal.sign
    return liquidation_alone(case.mark, sign, leverage, case.spec, notional)
