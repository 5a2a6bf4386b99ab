"""The switches of the fake exchange: which are on, and for how many requests."""

from collections.abc import Mapping
from typing import Any, TypeVar

from motherhaven.testing.fake_binance.faults import FAULTS
from motherhaven.testing.fake_venue.switches import check_name, made

Fault = TypeVar("Fault")


class Switches:
    """Switches that are on."""

    def __init__(self) -> None:
        self._armed: dict[type, tuple[Any, int | None]] = {}

    def arm(self, name: str, times: int | None, arguments: Mapping[str, Any]) -> None:
        """Switch on for so many times, None until it is switched off; 0 switches off.

        Raises:
            ConfigError: there is no such switch, or it has no such argument.
        """
        check_name(name, FAULTS)
        kind = FAULTS[name]
        self._armed.pop(kind, None)
        if times != 0:
            self._armed[kind] = (made(kind, name, arguments), times)

    def on(self, kind: type[Fault]) -> Fault | None:
        """What is switched on of this kind, without using it up."""
        found = self._armed.get(kind)
        return None if found is None else found[0]

    def take(self, kind: type[Fault]) -> Fault | None:
        """What is switched on of this kind, for this once."""
        found = self._armed.pop(kind, None)
        if found is None:
            return None
        fault, left = found
        if left is None or left > 1:
            self._armed[kind] = (fault, None if left is None else left - 1)
        taken: Fault = fault
        return taken
