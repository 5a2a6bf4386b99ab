"""How each position's protection goes on in time: since when it stands so, and how long it lacked.

Its events are written when the state, its reason or the stop changes, not at each look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.protection import Cover, Protection
from motherhaven.contract.events import protection as protection_event
from motherhaven.contract.events.base import Payload

_DIGITS: Final = Decimal("0.000001")
NO_TIME: Final = timedelta(0)
_COUNTS: Final = dict.fromkeys(sorted(state.value for state in Cover), 0)


@dataclass(slots=True)
class _Known:
    """One position: how it stands, since when, and for how long it was not protected."""

    found: Protection
    since: datetime
    looked_at: datetime
    lacked: timedelta = NO_TIME


class ProtectionWatch:
    """The protection of all open positions of one bot."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def follow(self, found: Mapping[str, Protection], now: datetime) -> list[Payload]:
        """Take a new audit; returns the payloads of what has changed by it."""
        told = []
        fresh: dict[str, _Known] = {}
        for one in found.values():
            known = self._known.get(one.position_id)
            if known is None:
                known = _Known(one, now, now)
                changed = True
            else:
                changed = _changed(known.found, one)
                if known.found.state is not Cover.PROTECTED:
                    known.lacked += max(now - known.looked_at, NO_TIME)
                if known.found.state is not one.state:
                    known.since = now
                known.found, known.looked_at = one, now
            fresh[one.position_id] = known
            if changed:
                told.append(_payload(known, now))
        self._known = fresh
        return told

    @property
    def holds(self) -> bool:
        """Whether a position is followed."""
        return bool(self._known)

    def summary(self, now: datetime) -> dict[str, Any] | None:
        """Counts by state, and each position that is not protected; None without positions."""
        if not self._known:
            return None
        lacking: list[dict[str, Any]] = []
        told: dict[str, Any] = {"lacking": lacking, **_COUNTS}
        for known in self._known.values():
            told[known.found.state.value] += 1
            if known.found.state is not Cover.PROTECTED:
                lacking.append(
                    {
                        "coin": known.found.coin,
                        "position_id": known.found.position_id,
                        "reason_code": known.found.code,
                        "seconds": int((now - known.since).total_seconds()),
                        "state": known.found.state.value,
                    }
                )
        return told


def _changed(before: Protection, now: Protection) -> bool:
    return (before.state, before.code, before.stop, before.inside, before.orphans) != (
        now.state, now.code, now.stop, now.inside, now.orphans,
    )  # fmt: skip


def _payload(known: _Known, now: datetime) -> Payload:
    one = known.found
    return protection_event.encode(
        now,
        coin=one.coin,
        position_id=one.position_id,
        size=one.size,
        covered=one.covered,
        state=one.state.value,
        stop=one.stop,
        since=known.since,
        reason_code=one.code,
        stop_inside_liquidation=one.inside,
        stop_distance=_fraction(one.to_stop),
        liquidation_distance=_fraction(one.to_liquidation),
        worst_fill=_fraction(one.worst_fill),
        at_risk_usd=_fraction(one.at_risk),
        orphans=one.orphans,
        warnings=one.warnings,
        snapshot_age_seconds=None if one.age is None else one.age.total_seconds(),
        unprotected_seconds=known.lacked.total_seconds(),
    )


def _fraction(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_DIGITS)
