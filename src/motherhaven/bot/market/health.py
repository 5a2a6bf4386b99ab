"""Which coins of a feed are left out for now, why, and when they are tried again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

PAUSE: Final = timedelta(seconds=30)
"""How long a coin whose data failed is not asked for."""
SILENCE: Final = timedelta(minutes=5)
"""How long a coin may have no bar before it counts as broken."""


class CoinHealth:
    """One coin that fails is set aside alone; the others go on, and it comes back."""

    def __init__(self) -> None:
        self._unlisted: dict[str, str] = {}
        self._failed: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._silent: dict[str, str] = {}
        self._heard: dict[str, datetime] = {}

    @property
    def set_aside(self) -> Mapping[str, str]:
        """The coins that are left out, each with the reason in words."""
        failed = {coin: why for (coin, _), (why, _) in self._failed.items()}
        return {**self._silent, **failed, **self._unlisted}

    def is_listed(self, coin: str) -> bool:
        """Whether the venue trades the coin."""
        return coin not in self._unlisted

    def is_due(self, coin: str, kind: str, now: datetime) -> bool:
        """Whether the coin's data of that kind are to be asked for."""
        if coin in self._unlisted:
            return False
        failed = self._failed.get((coin, kind))
        return failed is None or now >= failed[1]

    def lists(self, coin: str, why_not: str | None) -> None:
        """The venue trades the coin, or does not for the reason given."""
        if why_not is None:
            self._unlisted.pop(coin, None)
        else:
            self._unlisted[coin] = why_not

    def fails(self, coin: str, kind: str, why: str, now: datetime) -> None:
        """The coin's data of one kind cannot be had or cannot be true."""
        self._failed[coin, kind] = (why, now + PAUSE)

    def works(self, coin: str, kind: str) -> None:
        """The coin's data of one kind are there and can be true."""
        self._failed.pop((coin, kind), None)

    def hears(self, coin: str, newest: datetime | None, since: datetime, until: datetime) -> None:
        """What a look from `since` to `until` brought: the end of the newest bar, or none."""
        last = self._heard.setdefault(coin, since) if newest is None else newest
        self._heard[coin] = last
        if newest is not None:
            self._silent.pop(coin, None)
        elif until - last > SILENCE:
            self._silent[coin] = f"the market has no candles of it since {last:%Y-%m-%d %H:%M} UTC"
