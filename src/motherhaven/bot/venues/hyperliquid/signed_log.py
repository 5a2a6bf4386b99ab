"""What was signed, durable before it is sent: nonces, the bytes, and the orders inside.

One JSON line an action, in a file of one signer at one network, and a line for each answer.
After a restart an order is known by its cloid, can be sent again byte for byte, or its
nonce can be used up by something harmless.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.execution.orders import Accepted, OrderIntent, OrderKind, Outcome, Rejected
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract import private
from motherhaven.contract.errors import ExchangeError, InvalidJson, InvalidMoney
from motherhaven.contract.jsonio import dumps, loads_own
from motherhaven.contract.money import plain, to_decimal

KEPT: Final = 5_000
"""Signed actions that are kept when the file is opened for writing."""


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order as it was signed. `size` is unsigned; 0 is the whole position."""

    cloid: str
    coin: str
    kind: OrderKind
    side: Side
    size: Decimal
    reduce_only: bool
    price: Decimal | None = None

    @classmethod
    def of(cls, intent: OrderIntent) -> "SignedOrder":
        """The order that an intent becomes."""
        return cls(
            intent.cloid or "", intent.coin, intent.kind, intent.side, intent.size,
            intent.reduce_only, intent.price,
        )  # fmt: skip


@dataclass(slots=True)
class SignedAction:
    """One signed action: the bytes that were sent, and until when the venue takes them (ms)."""

    nonce: int
    kind: str
    body: bytes
    expires_at: int | None
    orders: tuple[SignedOrder, ...] = ()
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.body).hexdigest()


class SignedLog:
    """The file of one signer. Read it freely; write only while holding the signer's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self.last_nonce = 0
        self._actions: dict[int, SignedAction] = {}
        self._by_cloid: dict[str, tuple[int, SignedOrder]] = {}

    def read(self) -> None:
        """Take in what the file has; a last line that was cut off was never sent.

        Raises:
            ExchangeError: a line in the middle cannot be read.
        """
        self.last_nonce = 0
        self._actions.clear()
        self._by_cloid.clear()
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise ExchangeError(f"{self._path} cannot be read: {error}") from error
        for number, line in enumerate(data.split(b"\n")[:-1], 1):
            try:
                self._take(loads_own(line))
            except (InvalidJson, InvalidMoney, KeyError, TypeError, ValueError) as error:
                raise ExchangeError(
                    f"{self._path}, line {number} is damaged ({type(error).__name__}): it says "
                    "what was signed. Compare the account's orders and positions with the bot's, "
                    "then set the file aside"
                ) from None

    def open(self) -> None:
        """Read the file again, keep its newest actions, and be ready to write.

        Raises:
            ExchangeError: it cannot be read or written.
        """
        self.read()
        try:
            private.make_folder(self._path.parent)
            self._rewrite()
            self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise ExchangeError(
                f"{self._path} cannot be written ({error}); nothing is sent that is not on disk: "
                "look at the free space and permissions of its folder"
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def signed(self, action: SignedAction) -> None:
        """Put an action on disk; only after that may it be sent.

        Raises:
            ExchangeError: it is not on disk.
        """
        self._write([_line_of(action)], durable=True)
        self._keep(action)

    def answered(self, nonce: int, outcomes: Sequence[Outcome]) -> None:
        """Note what became of an action's orders; only for questions, so it may be lost.

        Raises:
            ExchangeError: the file cannot be written.
        """
        action = self._actions.get(nonce)
        if action is None:
            return
        known = {one.cloid: one for one in outcomes if one.cloid}
        action.outcomes.update(known)
        told = [_told(one) for one in known.values() if not _is_unknown(one)]
        if told:
            self._write([dumps({"answer": nonce, "told": told})], durable=False)

    def action_of(self, cloid: str) -> SignedAction | None:
        """The newest action that this order travelled in."""
        found = self._by_cloid.get(cloid)
        return None if found is None else self._actions.get(found[0])

    def order(self, cloid: str) -> SignedOrder | None:
        """The order with this cloid, None when this signer never signed one."""
        found = self._by_cloid.get(cloid)
        return None if found is None else found[1]

    def outcome(self, cloid: str) -> Outcome | None:
        """The last answer to an order, None where none is on record."""
        action = self.action_of(cloid)
        return None if action is None else action.outcomes.get(cloid)

    def _keep(self, action: SignedAction) -> None:
        self._actions[action.nonce] = action
        self.last_nonce = max(self.last_nonce, action.nonce)
        for order in action.orders:
            self._by_cloid[order.cloid] = action.nonce, order

    def _take(self, line: Any) -> None:
        if "answer" in line:
            action = self._actions.get(int(line["answer"]))
            if action is not None:
                action.outcomes.update({one["cloid"]: _untold(one) for one in line["told"]})
            return
        action = SignedAction(
            int(line["nonce"]), str(line["kind"]), str(line["body"]).encode(), line["expires_at"],
            tuple(_order(one) for one in line["orders"]),
        )  # fmt: skip
        if action.digest != line["digest"]:
            raise ValueError("the digest is another one")
        self._keep(action)

    def _write(self, lines: Iterable[bytes], *, durable: bool) -> None:
        if self._handle is None:
            raise ExchangeError(f"{self._path} is not open; nothing is sent without it")
        data = b"".join(line + b"\n" for line in lines)
        try:
            if os.write(self._handle, data) != len(data):
                raise OSError("only a part was written")
            if durable:
                os.fsync(self._handle)
        except OSError as error:
            raise ExchangeError(
                f"{self._path} cannot be written ({error}); nothing is sent that is not on disk: "
                "look at the free space and permissions of its folder"
            ) from error

    def _rewrite(self) -> None:
        """Leave out what is old or was cut off, in one step."""
        for nonce in sorted(self._actions)[:-KEPT]:
            for order in self._actions.pop(nonce).orders:
                if self._by_cloid[order.cloid][0] == nonce:
                    del self._by_cloid[order.cloid]
        lines: list[bytes] = []
        for action in self._actions.values():
            lines.append(_line_of(action))
            if action.outcomes:
                told = [_told(one) for one in action.outcomes.values()]
                lines.append(dumps({"answer": action.nonce, "told": told}))
        fresh = self._path.with_suffix(".new")
        private.write(fresh, b"".join(line + b"\n" for line in lines))
        _sync(fresh)
        fresh.replace(self._path)
        _sync(self._path.parent)  # else a crash may bring the old file back, without new lines


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _line_of(action: SignedAction) -> bytes:
    orders = [
        {
            "cloid": one.cloid, "coin": one.coin, "kind": one.kind.value, "side": one.side.value,
            "size": plain(one.size), "reduce_only": one.reduce_only,
            "price": None if one.price is None else plain(one.price),
        }
        for one in action.orders
    ]  # fmt: skip
    return dumps(
        {
            "nonce": action.nonce,
            "kind": action.kind,
            "body": action.body.decode(),
            "digest": action.digest,
            "expires_at": action.expires_at,
            "orders": orders,
        }
    )


def _order(one: Any) -> SignedOrder:
    price = one["price"]
    return SignedOrder(
        str(one["cloid"]), str(one["coin"]), OrderKind(one["kind"]), Side(one["side"]),
        to_decimal(one["size"]), bool(one["reduce_only"]),
        None if price is None else to_decimal(price),
    )  # fmt: skip


def _is_unknown(outcome: Outcome) -> bool:
    return not isinstance(outcome, Accepted | Rejected)


def _told(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Accepted):
        average = None if outcome.average is None else plain(outcome.average)
        return {
            "cloid": outcome.cloid, "filled": plain(outcome.filled), "average": average,
            "resting": outcome.resting, "oid": outcome.oid, "nonce": outcome.nonce,
        }  # fmt: skip
    code = outcome.code if isinstance(outcome, Rejected) else None
    return {"cloid": outcome.cloid, "reason": outcome.reason, "code": code}


def _untold(one: Any) -> Outcome:
    if "reason" in one:
        return Rejected(one["cloid"], one["reason"], one["code"])
    average = one["average"]
    return Accepted(
        one["cloid"], to_decimal(one["filled"]), None if average is None else to_decimal(average),
        bool(one["resting"]), one["oid"], one["nonce"],
    )  # fmt: skip
