"""Where the exits of positions belong, as the journal has it: asked by an entry, moved since.

What was asked counts from the moment at which the order may have landed: a process that died
before it knew must not leave a position that nobody sees to.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from motherhaven.bot.execution.account import WantedExits
from motherhaven.bot.execution.orders import OrderKind
from motherhaven.bot.portfolio.events import Fill, FillReason
from motherhaven.contract.events.order import OrderRecorded

_EXITS = (OrderKind.STOP, OrderKind.TARGET)


@dataclass(slots=True)
class Protection:
    """The stop and target that a position had, last known.

    `wanted` is where they belong, as its entry asked or as they were moved since: None where no
    decision of ours opened it, a stop of None where none was asked for.
    """

    stop: Decimal | None
    target: Decimal | None
    wanted: WantedExits | None = None

    def now(self, stop: Decimal | None, target: Decimal | None) -> "Protection":
        """The same as told later.

        An exit that is missing still belongs where it was. One that is told as before is no news:
        it may be the old one of a position to which an entry with other exits was added.
        """
        asked = self.wanted
        if asked is not None:
            asked = WantedExits(
                _newest(stop, self.stop, asked.stop),
                _newest(target, self.target, asked.target),
                asked.decision_id,
            )
        return Protection(stop, target, asked)

    def moved(self, kind: OrderKind, price: Decimal, decision_id: str) -> WantedExits:
        """Where exits belong once a decision has sent one to `price`, whoever opened it."""
        known = self.wanted or WantedExits(None, None)
        stop = price if kind is OrderKind.STOP else known.stop
        target = price if kind is OrderKind.TARGET else known.target
        return WantedExits(stop, target, decision_id)


def _newest(
    told: Decimal | None, told_before: Decimal | None, asked: Decimal | None
) -> Decimal | None:
    return asked if told is None or (told == told_before and asked is not None) else told


@dataclass(slots=True)
class SavedMoves:
    """Adjustments that were begun: by decision, what its position's exits were before it.

    `places` names the open position of each coin.
    """

    places: dict[str, str] = field(default_factory=dict)
    before: dict[str, WantedExits | None] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def begin(self, decision_id: str) -> None:
        """A decision that moves exits was allowed."""
        self.before[decision_id] = None

    def end(self, decision_id: str) -> None:
        """What became of it is on record."""
        self.before.pop(decision_id, None)
        self._begun.discard(decision_id)

    def reported(
        self, known: Protection, stop: Decimal | None, target: Decimal | None
    ) -> Protection:
        """The exits that an account names; while a move is under way they may be the old ones."""
        wanted = known.wanted
        if wanted is not None and wanted.decision_id in self._begun:
            return Protection(stop, target, wanted)
        return known.now(stop, target)

    def sent(self, body: OrderRecorded, known: Protection) -> None:
        """An exit is on its way: from here on that is where it belongs, unless it is refused."""
        decision_id, kind = body.decision_id, OrderKind(body.kind)
        if decision_id not in self.before or kind not in _EXITS or body.price is None:
            return
        if body.state == "refused":
            known.wanted = self.before[decision_id]
        elif body.state == "planned":
            if decision_id not in self._begun:
                self._begun.add(decision_id)
                self.before[decision_id] = known.wanted
            known.wanted = known.moved(kind, body.price, decision_id)


def asked_by_fills(
    fills: Iterable[Fill],
    position_id: str,
    decision_of: Callable[[str | None], str | None],
    asked: Mapping[str, WantedExits],
) -> WantedExits | None:
    """Where a position's newest entry wanted its exits; None where no decision is known for it."""
    for fill in fills:
        if fill.position_id == position_id and fill.reason is FillReason.ENTRY:
            return asked.get(decision_of(fill.cloid) or "")
    return None
