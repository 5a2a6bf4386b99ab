"""What the tests of the Hyperliquid adapter share: a clock, a worthless key, recorded answers."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"
ACCOUNT = "0x00000000000000000000000000000000000000aa"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FOLDER = os.environ.get("MOTHERHAVEN_TEST_DATA")
needs_data = pytest.mark.skipif(
    FOLDER is None, reason="MOTHERHAVEN_TEST_DATA names no folder of recorded answers"
)


class StepClock:
    """Time that moves only when a test says so."""

    def __init__(self, now=NOW):
        self.at = now
        self.seconds = 1_000.0

    def now(self):
        """The time of day."""
        return self.at

    def monotonic(self):
        """Seconds that only go forward."""
        return self.seconds

    def step(self, seconds):
        """Let time pass."""
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


def recorded(name):
    """The recorded pairs of request and response of one file."""
    return json.loads((Path(FOLDER) / "hyperliquid" / f"{name}.json").read_text())


def cloid(number):
    """A client order id."""
    return f"0x{number:032x}"
