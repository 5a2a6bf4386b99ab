"""A live bot at the fake venue: from a fill to its verified stop, and what a day of it asks.

The seconds are those at the venue: from the answer that says "filled" to the answer to the
question that shows the stop at rest. The floor signs and sends the stop and asks, bare. The day
runs on a clock that is stepped; `--full` runs all of it, else two hours stand for it.
"""

import statistics
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import benchmarks
from motherhaven.bot.decider import baselines
from motherhaven.bot.venues.hyperliquid.weight import ALLOWED
from motherhaven.testing.fake_venue import FakeVenue

Figure = tuple[str, float, str]
BUSY_MINUTES: Final = 90
DAY_MINUTES: Final = 1_440
PART_MINUTES: Final = 120
BARE: Final = 40
FIRST_BUDGET: Final = 10_000
"""Requests that the venue gives an address at first; one more comes for each USD traded."""
_HANG: Final = 3_600.0
_ODDS: Final = ("_ENTER_ODDS", "_CLOSE_ODDS")


def run(rounds: int) -> Iterator[Figure]:
    """Percentiles over all rounds, then the counts of a day."""
    took: list[float] = []
    asked: list[int] = []
    floors: list[float] = []
    for _ in range(rounds):
        seconds, requests = _to_stops()
        took += seconds
        asked += requests
        floors += _bare()
    took.sort()
    middle, late = statistics.median(took), took[int(0.99 * len(took))]
    yield "fill to verified stop, p50", 1000 * middle, f"ms, {len(took)} entries"
    yield "fill to verified stop, p99", 1000 * late, "ms, goal <= 1000"
    yield "the same / bare stop and question", middle / statistics.median(floors), "at p50"
    yield "requests from fill to that", statistics.median(asked), "each a round trip"
    yield from _day()


# --- seconds --------------------------------------------------------------------------------


class _Stamped(deque[Any]):
    """Requests with the moment at which each was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    def append(self, one: Any) -> None:
        self.moments.append(time.perf_counter())
        super().append(one)


def _to_stops() -> tuple[list[float], list[int]]:
    """Seconds and requests from each entry's fill to its verified stop, of a busy bot."""
    before = [getattr(baselines, name) for name in _ODDS]
    limits = {"max_trades_per_day": 1_000, "entry_cooldown_seconds": 0}
    with tempfile.TemporaryDirectory() as name:
        bot = _bot(Path(name), limits=limits)
        seen = bot.fake.state.requests = _Stamped()
        try:
            baselines._ENTER_ODDS, baselines._CLOSE_ODDS = 0.9, 0.5  # type: ignore[misc]
            bot.run(BUSY_MINUTES, _HANG)
        finally:
            baselines._ENTER_ODDS, baselines._CLOSE_ODDS = before  # type: ignore[misc]
    took, asked = [], []
    names = [one.name for one in bot.fake.state.market.listings]
    for number, asset in _entries(seen):
        later = range(number + 1, len(seen))
        verified = next((n for n in later if _shows_stop(seen[n], names[asset])), None)
        if verified is not None:  # else the run was over
            took.append(seen.moments[verified] - seen.moments[number])
            asked.append(verified - number)
    return took, asked


def _entries(seen: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Which requests were entries that filled, and of which market."""
    for number, one in enumerate(seen):
        if one.kind != "order" or not one.reply:
            continue
        (order, *_), (status, *_) = one.action["orders"], _statuses(one.reply)
        if not order["r"] and "t" in order and "limit" in order["t"] and "filled" in status:
            yield number, order["a"]


def _statuses(reply: Any) -> list[Any]:
    found: list[Any] = reply["response"]["data"]["statuses"]
    return found


def _shows_stop(one: Any, coin: str) -> bool:
    """Whether an answer has a stop of this coin at rest."""
    return one.kind == "frontendOpenOrders" and any(
        row["coin"] == coin and row["orderType"].startswith("Stop") for row in one.reply or ()
    )


def _bare() -> list[float]:
    """Seconds from a fill to a stop that was sent and asked for with nothing around it."""
    kit, took = import_module("tests.unit.fake_venue.kit"), []
    with FakeVenue() as fake:
        seen = fake.state.requests = _Stamped()
        client = kit.Client(fake)
        for _ in range(BARE):
            client.place(kit.order("0.01", "52000"))
            filled = len(seen) - 1
            client.place(kit.trigger("49000", "sl", "0.01", buy=False))
            client.ask("frontendOpenOrders")
            took.append(seen.moments[-1] - seen.moments[filled])
            client.place(kit.order("0.01", "48000", buy=False, reduce=True))
        client.close()
    return took


# --- a day ----------------------------------------------------------------------------------


def _day() -> Iterator[Figure]:
    minutes = DAY_MINUTES if benchmarks.FULL else PART_MINUTES
    with tempfile.TemporaryDirectory() as name:
        bot = _bot(Path(name)).run(minutes, _HANG)
    a_minute = sorted(one.total() for one in bot.weights().values())
    whole = sum(a_minute) * DAY_MINUTES / minutes
    yield "weight a minute, median", statistics.median(a_minute), f"of {ALLOWED}, three coins"
    yield "weight of the busiest minute", a_minute[-1], f"of {ALLOWED}"
    told = "" if benchmarks.FULL else f", from {minutes} minutes"
    yield "weight a day", whole, f"by all questions and orders{told}"
    yield "share of what the venue allows", whole / (ALLOWED * DAY_MINUTES), "of the weight"
    sent = [one for one in bot.requests if one.path == "/exchange"]
    items = sum(len(one.action.get("orders") or one.action.get("cancels") or "1") for one in sent)
    traded = sum(float(one.size * one.price) for one in bot.fake.account().fills)
    days = minutes / DAY_MINUTES
    allowed = FIRST_BUDGET + traded / days
    yield "requests of the address a day", items / days, "orders, cancels, leverages"
    yield "share of its budget", items / days / allowed, f"{traded / days:.0f} USD traded"


def _bot(folder: Path, **options: Any) -> Any:
    kit = import_module("tests.live_minutes")
    return kit.Minutes(folder, decider="random", seconds=5, deaf=False, walks=True, **options)
