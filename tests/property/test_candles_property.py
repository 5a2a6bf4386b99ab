"""Candles on random reports: whatever the order of arrival, the bot's last word counts."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motherhaven.contract.views import Candle
from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.sqlite import SqliteStore
from tests.conformance.stores.kit import START, Bot, StillClock
from tests.examples import examples

PRICE = st.decimals("0.000000000001", "999999999999.999999999999", allow_nan=False, places=12)
ROW = st.tuples(st.integers(0, 8), PRICE, PRICE, PRICE, PRICE, st.none() | PRICE)
REPORT = st.tuples(st.sampled_from(["BTC", "ETH"]), st.lists(ROW, max_size=5), st.booleans())


def start_of(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def written(row: Any, *, as_number: bool) -> list[Any]:
    """The row on the wire, its start in one of the two forms."""
    moment = start_of(row[0])
    start = int(moment.timestamp() * 1000) if as_number else moment.isoformat()
    return [start, *(None if value is None else str(value) for value in row[1:])]


def expected(reports: list[Any], coin: str) -> dict[datetime, tuple[Any, ...]]:
    """Each start's row in the last report that has it; within a report the last one."""
    known: dict[datetime, tuple[Any, ...]] = {}
    for name, rows, _ in reports:
        if name == coin:
            known |= {start_of(row[0]): row[1:] for row in rows}
    return dict(sorted(known.items()))


def shown(rows: list[Candle]) -> dict[datetime, tuple[Any, ...]]:
    return {row.time: (row.open, row.high, row.low, row.close, row.volume) for row in rows}


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(max_examples=examples(40), deadline=None)
@given(
    reports=st.lists(REPORT, max_size=8),
    order=st.randoms(use_true_random=False),
    cut=st.integers(1, 5),
    limit=st.integers(1, 4),
)
def test_candles_are_the_last_report_in_any_order_of_arrival(
    kind: str, reports: list[Any], order: Any, cut: int, limit: int
) -> None:
    """Exact prices, one candle for each start, pages that join; repeats change nothing."""
    bot = Bot()
    events = [
        bot.candles(number, *(written(row, as_number=form) for row in rows), coin=coin)
        for number, (coin, rows, form) in enumerate(reports)
    ]
    arriving = events + events[::2]
    order.shuffle(arriving)

    async def check(store: Store) -> None:
        await store.open()
        try:
            for at in range(0, len(arriving), cut):
                await store.append(arriving[at : at + cut])
            for coin in ("BTC", "ETH"):
                found: list[Candle] = []
                start, end = START, start_of(8)
                while page := await store.candles("bot-a", coin, start=start, end=end, limit=limit):
                    assert len(page) <= limit
                    found += page
                    start = page[-1].time + timedelta(microseconds=1)
                inside = {k: v for k, v in expected(reports, coin).items() if k < end}
                assert shown(found) == inside
                assert list(shown(found)) == list(inside)
                assert all(isinstance(row.open, Decimal) for row in found)
        finally:
            await store.close()

    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        store: Store = MemoryStore() if kind == "memory" else SqliteStore(path, clock=StillClock())
        asyncio.run(check(store))
