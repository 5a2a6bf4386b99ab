"""Counting what callers have taken, under several bounds at once."""

from collections.abc import Sequence
from typing import NamedTuple


class Bound(NamedTuple):
    """At most `most` are taken under `name`; `whose` says in a message whose bound it is."""

    name: str
    most: int
    whose: str


class Bounds:
    """Takes a place under all bounds or under none. Holds only what is taken now."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def take(self, bounds: Sequence[Bound]) -> Bound | None:
        """Take one place; gives the bound that is reached, and then takes none."""
        for bound in bounds:
            if self._taken.get(bound.name, 0) >= bound.most:
                return bound
        for bound in bounds:
            self._taken[bound.name] = self._taken.get(bound.name, 0) + 1
        return None

    def give(self, bounds: Sequence[Bound]) -> None:
        """Give back a place that was taken under the same bounds."""
        for bound in bounds:
            left = self._taken[bound.name] - 1
            if left:
                self._taken[bound.name] = left
            else:
                del self._taken[bound.name]

    def taken(self, name: str) -> int:
        """How many places are taken under a name."""
        return self._taken.get(name, 0)


def part(total: int, share: float) -> int:
    """A share of `total`, at least 1."""
    return max(1, int(total * share))
