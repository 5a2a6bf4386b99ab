"""The rehearsal on the test network: trades whose fills the venue itself told of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from motherhaven.contract import private
from motherhaven.contract.errors import ConfigError, InvalidJson
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.times import format_time

FILE: Final = "testnet_trades.json"
NEEDED: Final = 10
_VERSION: Final = 1
_KEPT: Final = 100
_MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class VerifiedTrade:
    """A position from opening to end on the test network; `fills` are the venue's ids of them."""

    venue: str
    position_id: str
    coin: str
    closed_at: datetime
    fills: tuple[str, ...]


class TestnetTrades:
    """The record of them in the data folder: all bots of this folder share it."""

    __test__ = False

    def __init__(self, data: Path) -> None:
        self.path = data / FILE

    def count(self, venue: str) -> int:
        """How many different verified trades there were at `venue`; 0 where none is readable."""
        return len({one["position_id"] for one in self._read() if one["venue"] == venue})

    def add(self, trades: Iterable[VerifiedTrade]) -> None:
        """Keep trades; one that is known, or without a fill that the venue told of, adds nothing.

        Raises:
            ConfigError: the file cannot be written.
        """
        known = self._read()
        names = {one["position_id"] for one in known}
        new = [one for one in trades if one.fills and one.position_id not in names]
        if not new:
            return
        rows = [*known, *map(_row, new)][-_KEPT:]
        try:
            private.make_folder(self.path.parent)
            private.replace(self.path, dumps({"version": _VERSION, "trades": rows}))
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be written ({error.strerror})") from None

    def _read(self) -> list[dict[str, Any]]:
        try:
            with self.path.open("rb") as file:
                known = loads(file.read(_MOST_BYTES))
        except (OSError, InvalidJson):
            return []
        rows = known.get("trades") if isinstance(known, dict) else None
        wanted = {"venue", "position_id", "coin", "closed_at", "fills"}
        if not isinstance(rows, list) or known.get("version") != _VERSION:
            return []
        return [one for one in rows if isinstance(one, dict) and wanted <= set(one)]


def _row(trade: VerifiedTrade) -> dict[str, Any]:
    return {
        "venue": trade.venue,
        "position_id": trade.position_id,
        "coin": trade.coin,
        "closed_at": format_time(trade.closed_at),
        "fills": list(trade.fills),
    }
