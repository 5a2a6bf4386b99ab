"""Events that were refused alone without a verdict: when each is sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.wire import payload_sha256
from motherhaven.recorder.sending.outbox import PendingEvent
from motherhaven.recorder.sending.responses import Result

DELAYS: Final = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Seconds before each further try; the last one repeats."""

PROOF: Final = len(DELAYS)
"""Refusals of one event, each while the server took others, that show that it is the event."""


@dataclass(slots=True)
class _Suspect:
    tries: int
    proofs: int
    due: float


class Suspects:
    """Keeps count in memory: after a restart each is due at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[int, _Suspect] = {}

    def refused(self, seq: int, *, proof: bool = True) -> int:
        """One more refusal; how many there were with `proof` that the server took others."""
        found = self._known.setdefault(seq, _Suspect(0, 0, 0.0))
        found.tries += 1
        found.proofs += proof
        found.due = self._clock.monotonic() + DELAYS[min(found.tries, len(DELAYS)) - 1]
        return found.proofs

    def tries(self, seq: int) -> int:
        """How often the event was refused."""
        found = self._known.get(seq)
        return 0 if found is None else found.tries

    def forget(self, seq: int) -> None:
        """The event is settled."""
        self._known.pop(seq, None)

    def due(self, seqs: tuple[int, ...]) -> list[int]:
        """Which of `seqs` may be sent now: those never refused together, else one alone."""
        now = self._clock.monotonic()
        fresh = [seq for seq in seqs if seq not in self._known]
        if fresh:
            return fresh
        return [seq for seq in seqs if self._known[seq].due <= now][:1]

    def wait(self, seqs: tuple[int, ...]) -> float | None:
        """Seconds until one of `seqs` is due; None without any."""
        now = self._clock.monotonic()
        dues = [self._known[seq].due if seq in self._known else now for seq in seqs]
        return max(0.0, min(dues) - now) if dues else None


def damaged(batch: Sequence[PendingEvent]) -> dict[str, Result]:
    """Verdicts on events whose bytes changed on the disk: they must not travel as if they
    were what was recorded."""
    reason = "its bytes in the journal do not match their hash: check the disk"
    return {
        event.event_id: Result("rejected", reason)
        for event in batch
        if payload_sha256(event.payload) != event.sha256
    }
