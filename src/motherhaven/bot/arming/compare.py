"""Whether a bot would trade with more than was armed: another account, signer or mode, a limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from motherhaven.bot.arming.record import ArmingRecord, Standing

Looser = Literal["higher", "lower", "true"]

LOOSER: Final[Mapping[str, Looser]] = {
    "max_position_size_usd": "higher",
    "max_leverage": "higher",
    "daily_loss_limit_usd": "higher",
    "max_coin_margin_usd": "higher",
    "max_total_margin_usd": "higher",
    "max_open_positions": "higher",
    "max_trades_per_day": "higher",
    "min_confidence": "lower",
    "entry_cooldown_seconds": "lower",
    "stop_liquidation_buffer": "lower",
    "price_band": "higher",
    "max_data_age_seconds": "higher",
    "max_answer_age_seconds": "higher",
    "clamp_entries": "true",
    "stop_may_widen": "true",
    "model_daily_cost_usd": "higher",
}
"""In which direction each limit allows more; one that is off allows most."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was armed: a code of contract.reasons, and the words.

    `foreign` says that it is another account's record: then nothing of it may be closed either.
    """

    code: str
    text: str
    foreign: bool = False


def change_of(record: ArmingRecord, now: Standing) -> Change | None:
    """What differs from what was armed, the gravest first; None where nothing allows more."""
    armed_at = (record.venue, record.network, record.account)
    if armed_at != (now.venue, now.network, now.account):
        return Change(
            "account_changed",
            f"{record.account} at {record.venue} ({record.network}) was armed, and this is "
            f"{now.account} at {now.venue} ({now.network})",
            foreign=True,
        )
    if record.signer != now.signer:
        told = f"the signer was {record.signer} and is {now.signer}"
        return Change("signer_changed", told)
    if record.mode != now.mode:
        told = f"the account's mode was {record.mode!r} and is {now.mode!r}"
        return Change("account_mode_changed", told)
    raised = raised_limits(record, now)
    if raised:
        return Change("limit_raised", f"a limit allows more than was armed: {'; '.join(raised)}")
    return None


def raised_limits(record: ArmingRecord, now: Standing) -> list[str]:
    """Each limit that allows more than was armed, in words."""
    told = [
        f"{name.upper()} was {record.limits[name] or 'off'} and is {now.limits[name] or 'off'}"
        for name in LOOSER
        if _allows_more(LOOSER[name], record.limits[name], now.limits[name])
    ]
    known = {coin.casefold() for coin in record.coins}
    more = [coin for coin in now.coins if coin.casefold() not in known]
    if record.coins and (more or not now.coins):
        told.append(f"coins were added: {', '.join(sorted(more)) or 'all'}")
    return told


def _allows_more(looser: Looser, before: str | None, now: str | None) -> bool:
    if before == now or before is None:
        return False
    if now is None:
        return True
    if looser == "true":
        return now == "true"
    return (Decimal(now) > Decimal(before)) is (looser == "higher")
