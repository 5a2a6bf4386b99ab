"""What figures need of decisions: when what was signalled, and how sure the model was."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Signal(NamedTuple):
    """A decision as comparisons count it."""

    id: str
    time: datetime
    coin: str
    signal: str
    model: str | None


def stated_confidence(confidence: Decimal | float | None, model: str | None) -> float | None:
    """The confidence that a decision stated, in [0, 1]; None where it stated none.

    A fixed rule has no confidence; the wire wants a number, so it sends 0.
    """
    if confidence is None or (model is None and confidence == 0):
        return None
    return float(confidence)
