"""The switches of a fake venue: which are on, for how often, and with what arguments."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from random import Random
from typing import Any, Final, TypeVar

from motherhaven.contract.errors import ConfigError, InvalidMoney
from motherhaven.contract.money import to_decimal
from motherhaven.contract.similar import closest
from motherhaven.testing.fake_venue import faults

Fault = TypeVar("Fault")
_MOST_TEXT: Final = 80

FAULTS: Final[Mapping[str, type]] = {
    "drop_reply": faults.DropReply,
    "half_body": faults.HalfBody,
    "rate_limited": faults.RateLimited,
    "delay_visibility": faults.DelayVisibility,
    "partial_fill": faults.PartialFill,
    "ioc_shrunk": faults.IocShrunk,
    "normal_tpsl_dropped": faults.NormalTpslDropped,
    "upgrade_window": faults.UpgradeWindow,
    "unknown_status": faults.UnknownStatus,
    "forgetful_order_status": faults.ForgetfulOrderStatus,
    "silent_socket": faults.SilentSocket,
    "no_replay": faults.NoReplay,
}
"""Every switch that waits for a request, by its name."""


@dataclass(slots=True)
class _Armed:
    fault: Any
    left: int | None


class Switches:
    """Switches that are on; `random` is seeded, for those that draw a number."""

    def __init__(self, seed: int = 0) -> None:
        self.random = Random(seed)  # noqa: S311 - faults, not secrets
        self._armed: dict[type, _Armed] = {}

    def arm(self, name: str, times: int | None, arguments: Mapping[str, Any]) -> None:
        """Switch on for so many times, None until it is switched off; 0 switches off.

        Raises:
            ConfigError: there is no such switch, or it has no such argument.
        """
        kind = FAULTS[name]
        if times == 0:
            self._armed.pop(kind, None)
            return
        self._armed[kind] = _Armed(made(kind, name, arguments), times)

    def on(self, kind: type[Fault]) -> Fault | None:
        """What is switched on of this kind, without using it up."""
        armed = self._armed.get(kind)
        return armed.fault if armed else None

    def take(self, kind: type[Fault]) -> Fault | None:
        """What is switched on of this kind, for this once."""
        armed = self._armed.get(kind)
        if armed is None:
            return None
        if armed.left is not None:
            armed.left -= 1
            if armed.left <= 0:
                del self._armed[kind]
        fault: Fault = armed.fault
        return fault

    def armed(self) -> list[str]:
        """The names of those that are on."""
        return [name for name, kind in FAULTS.items() if kind in self._armed]


def made(kind: type, name: str, arguments: Mapping[str, Any]) -> Any:
    """A switch with its arguments.

    Raises:
        ConfigError: it has no such argument, or a value is not what it must be.
    """
    known = {field.name: field.default for field in fields(kind)}
    given = {}
    for argument, value in arguments.items():
        if argument not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise ConfigError(f"the switch {name} has no argument {argument!r}; {takes}")
        given[argument] = _read(known[argument], value, f"the switch {name}: {argument}")
    return kind(**given)


def _read(default: object, value: object, what: str) -> object:
    """An argument as its default is: a number, a truth or a text."""
    if isinstance(default, bool):
        if str(value).lower() not in ("true", "false"):
            raise ConfigError(f"{what} must be true or false")
        return str(value).lower() == "true"
    if isinstance(default, Decimal | float):
        try:
            number = to_decimal(value, what)
        except InvalidMoney as error:
            raise ConfigError(str(error)) from None
        return float(number) if isinstance(default, float) else number
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise ConfigError(f"{what} must be a text of at most {_MOST_TEXT} characters")
    return value


def check_name(name: str, known: Mapping[str, type]) -> None:
    """See that there is such a switch.

    Raises:
        ConfigError: there is none.
    """
    if name not in known:
        meant = closest(name, known)
        advice = f"did you mean {meant}?" if meant else f"choose one of {', '.join(sorted(known))}"
        raise ConfigError(f"there is no switch {json.dumps(name[:40])}; {advice}")
