"""Every order that was put on the wire, on disk before it left: the exchange is asked by market.

A cloid does not say in which market its order is, nor whether it is a stop, and exchanges take
the id of an order that has ended a second time. So each is written here first; one that is
found here is never sent again.
"""

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.execution.orders import OrderIntent, OrderKind
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract import private
from motherhaven.contract.errors import ExchangeError

NAME: Final = "orders-{venue}.jsonl"
KEPT: Final = timedelta(days=120)
"""Exchanges forget an order that ended before that."""
LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class SentOrder:
    """An order of ours as it was sent; `oid` once the exchange has told it."""

    cloid: str
    coin: str
    kind: OrderKind
    side: Side
    size: Decimal
    reduce_only: bool
    time: datetime
    oid: str | None = None

    @property
    def trigger(self) -> bool:
        """Whether it is a stop or a target."""
        return self.kind in (OrderKind.STOP, OrderKind.TARGET)


class SentRegister:
    """The orders of one account, appended to a file of its folder and kept in memory."""

    def __init__(self, folder: Path, venue: str, now: datetime) -> None:
        """Read what earlier processes sent; what is older than KEPT is dropped from the file.

        Raises:
            ExchangeError: the file cannot be read or written.
        """
        self._path = folder / NAME.format(venue=venue)
        self._by_cloid: dict[str, SentOrder] = {}
        self._by_oid: dict[str, str] = {}
        self._torn = False
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            stale = self._read(now)
            if stale:
                self._rewrite()
        except OSError as error:
            raise ExchangeError(self._unusable(error)) from error

    def find(self, cloid: str) -> SentOrder | None:
        """What was sent under this cloid."""
        return self._by_cloid.get(cloid)

    def by_oid(self, oid: str) -> SentOrder | None:
        """The order that the exchange knows by this id."""
        cloid = self._by_oid.get(oid)
        return None if cloid is None else self._by_cloid.get(cloid)

    def orders(self) -> list[SentOrder]:
        """All of them, oldest first."""
        return list(self._by_cloid.values())

    def coins(self, since: datetime) -> set[str]:
        """Markets in which something was sent at or after `since`."""
        return {one.coin for one in self._by_cloid.values() if one.time >= since}

    def add(self, cloid: str, intent: OrderIntent, size: Decimal, now: datetime) -> SentOrder:
        """Put an order on disk that is about to be sent.

        Raises:
            ExchangeError: it cannot be written, so it must not be sent.
        """
        order = SentOrder(
            cloid, intent.coin, intent.kind, intent.side, size, intent.reduce_only, now
        )
        self._append(order)
        return order

    def named(self, cloid: str, oid: str) -> None:
        """The exchange's id of an order, also that of the one that a trigger became."""
        known = self._by_cloid.get(cloid)
        if known is None or oid in self._by_oid:
            return
        self._append(replace(known, oid=oid))

    def _append(self, order: SentOrder) -> None:
        line = ("\n" if self._torn else "") + json.dumps(_to_json(order)) + "\n"
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            self._torn = False
        except OSError as error:
            self._torn = True  # a part may be there: the next order has a line of its own
            raise ExchangeError(self._unusable(error)) from error
        self._keep(order)

    def _keep(self, order: SentOrder) -> None:
        self._by_cloid[order.cloid] = order
        if order.oid is not None:
            self._by_oid[order.oid] = order.cloid

    def _read(self, now: datetime) -> bool:
        if not self._path.exists():
            return False
        stale = False
        with self._path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                order = _from_json(line)
                if order is None or order.time < now - KEPT:
                    stale = True  # a line that a crash cut short, or an old one
                else:
                    self._keep(order)
        return stale

    def _rewrite(self) -> None:
        named = [replace(self._by_cloid[one], oid=oid) for oid, one in self._by_oid.items()]
        orders = [*named, *self._by_cloid.values()]
        lines = "".join(json.dumps(_to_json(order)) + "\n" for order in orders)
        # In one step and for good: a crash must not bring back a file without newer lines.
        private.replace(self._path, lines.encode())

    def _unusable(self, error: OSError) -> str:
        return (
            f"{self._path}: the list of sent orders cannot be used ({error.strerror}); free disk "
            "space or mend the folder's permissions, nothing is sent until then"
        )


def _to_json(order: SentOrder) -> dict[str, Any]:
    return {
        "cloid": order.cloid, "coin": order.coin, "kind": order.kind.value,
        "side": order.side.value, "size": str(order.size), "reduce_only": order.reduce_only,
        "time": order.time.isoformat(), "oid": order.oid,
    }  # fmt: skip


def _from_json(line: str) -> SentOrder | None:
    try:
        raw = json.loads(line[:LONGEST])
        return SentOrder(
            str(raw["cloid"]), str(raw["coin"]), OrderKind(raw["kind"]), Side(raw["side"]),
            Decimal(str(raw["size"])[:40]), raw["reduce_only"] is True,
            datetime.fromisoformat(raw["time"]).astimezone(UTC),
            None if raw["oid"] is None else str(raw["oid"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, InvalidOperation):
        return None
