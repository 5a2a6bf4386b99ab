"""What a server knows of its bots between two looks, where each look is billed: pure."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

from motherhaven.contract.events import Event
from motherhaven.contract.views import BotRow
from motherhaven.server.alerts.halts import Halts, fold_halts
from motherhaven.server.alerts.rules import Facts, troubles
from motherhaven.server.alerts.state import AlertState, advance
from motherhaven.stores.protocol import Tail

_JUDGED: Final = ("status", "interval_seconds", "quarantined")
"""The fields of a heartbeat that rules judge."""


class Known:
    """The rows and the shared state as of the last look, with what was followed since.

    It only says whether a look is worth its price: what is told comes from the look.
    """

    def __init__(self) -> None:
        self.state: AlertState | None = None
        self._rows: dict[str, BotRow] = {}
        self._is_strange = False

    @property
    def cursor(self) -> str | None:
        """Where to follow from; None before a look."""
        return None if self.state is None else self.state.cursor

    def looked(self, state: AlertState, rows: Iterable[BotRow]) -> None:
        """A look read these, and wrote `state` where it differs from what is kept."""
        self.state, self._rows = state, {row.id: row for row in rows}
        self._is_strange = False

    def settled(self, kept: AlertState) -> None:
        """The shared state was written again, without what was sent."""
        self.state = self.onto(kept)

    def doubt(self) -> None:
        """Another server wrote something that is not known here."""
        self._is_strange = True

    def forget(self) -> None:
        """What was followed has a gap; the next look reads all anew."""
        self.state = None

    def onto(self, kept: AlertState) -> AlertState:
        """The shared state as kept, with what was followed here since: no event is read twice."""
        if self.state is None:
            return kept
        return replace(kept, cursor=self.state.cursor, halts=self.state.halts)

    def hear(self, tail: Tail) -> None:
        """More of the log, in its order."""
        if self.state is None:
            return
        events = [one.event for one in tail.events]
        halts = fold_halts(cast("Halts", self.state.halts), events)
        told = cast("dict[str, dict[str, str]]", halts)
        self.state = replace(self.state, cursor=tail.cursor, halts=told)
        for event in events:
            if event.kind == "status" and event.received_at is not None:
                self._beat(event, event.received_at)

    def facts(self, facts: Facts) -> Facts:
        """`facts` with the bots and halts that are known."""
        halts = None if self.state is None else cast("Halts", self.state.halts)
        told = frozenset() if self.state is None else frozenset(self.state.told)
        return replace(facts, bots=tuple(self._rows.values()), halts=halts, told=told)

    def wants_look(self, facts: Facts, proof_seconds: float) -> bool:
        """Whether a look would find something to tell, to send or to prove."""
        state, now = self.state, facts.now.timestamp()
        if state is None or self._is_strange or now - state.written >= proof_seconds:
            return True
        if any(note.due <= now for note in state.waiting):
            return True
        after = advance(state, troubles(self.facts(facts)), now)
        return (after.told, after.waiting, after.held) != (state.told, state.waiting, state.held)

    def _beat(self, event: Event, received_at: datetime) -> None:
        row = self._rows.get(event.bot_id)
        try:
            payload = json.loads(event.payload)
            told: dict[str, Any] = {name: payload.get(name) for name in _JUDGED}
            if row is None or row.status is None or row.status.status != told["status"]:
                raise ValueError  # a look reads the row
            before = row.status.model_dump()
            status = type(row.status).model_validate(
                {**before, **told, "time": event.time, "received_at": received_at}
            )
        except (ValueError, AttributeError, TypeError):
            self._is_strange = True
            return
        self._rows[event.bot_id] = row.model_copy(update={"status": status})
