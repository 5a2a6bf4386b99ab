"""The same bars and orders at the simulated venue and at the fake venue give the same account."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from random import Random

import pytest

from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderKind
from motherhaven.bot.execution.port import Venue
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.portfolio.events import Fill, MarginMode, Side
from motherhaven.bot.running.venues import PAPER, open_venue
from motherhaven.contract.money import plain
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.fake_venue import FakeVenue
from tests.unit.fake_venue.kit import Client, order, trigger

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RATE = Decimal("0.00003")
FOLDER = os.environ.get("MOTHERHAVEN_TEST_DATA")


@dataclass(frozen=True)
class Plan:
    """An entry of `size` BTC with a stop and a target, or a close of what is there."""

    buy: bool
    size: Decimal
    bound: Decimal
    stop: Decimal
    target: Decimal


def walk(seed: int, number: int) -> list[Bar]:
    """Bars of a random walk around 50,000 USD, on the market's own ticks."""
    random, price, bars = Random(seed), 50_000, []
    for minute in range(number):
        opened = price
        path = [opened := opened + random.randint(-150, 150) for _ in range(4)]
        first, price = price, path[-1]
        high, low = max(first, *path), min(first, *path)
        values = [Decimal(value) for value in (first, high, low, price)]
        bars.append(Bar("BTC", START + minute * MINUTE, *values, Decimal(1)))
    return bars


def recorded(path: Path, number: int) -> list[Bar]:
    """The first bars of a file: timestamp_ms,open,high,low,close,volume."""
    bars = []
    with path.open(encoding="utf-8") as rows:
        for row in islice(rows, 1, number + 1):
            stamp, *values = row.strip().split(",")
            start = datetime.fromtimestamp(int(stamp) / 1000, tz=UTC)
            bars.append(Bar("BTC", start, *(Decimal(value) for value in values)))
    return bars


def plans(bars: Sequence[Bar]) -> Iterator[Plan | None]:
    """What is done after each bar: now and then an entry or a close."""
    random = Random(7)
    for bar in bars:
        if random.random() > 0.05:
            yield None
            continue
        buy, price = random.random() < 0.5, bar.close
        sign = 1 if buy else -1
        away = [Decimal(int(price * Decimal(part) / 1000)) for part in (3, 5, 50)]
        near = Decimal(int(price))
        yield Plan(
            buy, Decimal(random.randint(1, 40)).scaleb(-2), near + sign * away[2],
            near - sign * away[0], near + sign * away[1],
        )  # fmt: skip


class Simulated:
    """The simulated venue, by the port."""

    def __init__(self, now: datetime) -> None:
        names, self._cloids = count(1), count(1)
        self.venue: Venue = open_venue(PAPER, VenueSetup(now, lambda: f"P{next(names)}"))

    def enter(self, plan: Plan) -> None:
        """An entry with its exits."""
        side, other = (Side.BUY, Side.SELL) if plan.buy else (Side.SELL, Side.BUY)
        entry = OrderIntent(
            "BTC", side, plan.size, price=plan.bound, leverage=20, mode=MarginMode.CROSS
        )
        exits = [
            OrderIntent("BTC", other, plan.size, kind, price, reduce_only=True)
            for kind, price in ((OrderKind.STOP, plan.stop), (OrderKind.TARGET, plan.target))
        ]
        self.venue.submit([PlaceOrders((entry, *exits), Grouping.NORMAL_TPSL)])

    def close(self, plan: Plan, held: Decimal) -> None:
        """A close at the market."""
        side = Side.SELL if held > 0 else Side.BUY
        intent = OrderIntent("BTC", side, abs(held), price=plan.bound, reduce_only=True)
        self.venue.submit([PlaceOrders((intent,))])


def over_the_wire(client: Client, plan: Plan, held: Decimal) -> None:
    """The same at the fake venue, signed."""
    bound, size = plain(plan.bound), plain(plan.size)
    if held:
        close = order(plain(abs(held)), bound, buy=held < 0, reduce=True)
        assert "filled" in client.place(close)[0]
        return
    statuses = client.place(
        order(size, bound, buy=plan.buy),
        trigger(plain(plan.stop), "sl", size, buy=not plan.buy),
        trigger(plain(plan.target), "tp", size, buy=not plan.buy),
        grouping="normalTpsl",
    )
    assert "filled" in statuses[0], statuses


def same(bars: Sequence[Bar]) -> tuple[int, int]:
    """Run both side by side; how many fills and how many finished round trips there were."""
    simulated = Simulated(bars[0].start)
    inside = simulated.venue.stepped
    assert inside is not None
    with FakeVenue(clock=FakeClock(bars[0].start)) as fake:
        client = Client(fake)
        fake.set_rate("BTC", RATE)
        oracle = Decimal(50_000)
        for bar, plan in zip(bars, plans(bars), strict=True):
            if bar.end.minute == 0:
                inside.on_funding("BTC", RATE, oracle, bar.end)
            inside.on_bar(bar)
            fake.bar(bar)
            oracle = bar.close
            held = inside.sizes().get("BTC", Decimal(0))
            if plan is not None:
                bound = plan.bound
                if held and (bound > bar.close) != (held < 0):
                    bound = 2 * Decimal(int(bar.close)) - bound
                wanted = replace(plan, bound=bound)
                over_the_wire(client, wanted, held)
                if held:
                    simulated.close(wanted, held)
                else:
                    simulated.enter(wanted)
            theirs = fake.account().venue.account()
            assert theirs.equity == simulated.venue.account().equity, bar.end
        fills = [one for one in simulated.venue.drain() if isinstance(one, Fill)]
        told = fake.account().fills
        client.close()
    assert [(one.time, abs(one.size), one.price, one.fee, one.realized) for one in fills] == [
        (one.time, one.size, one.price, one.fee, one.closed) for one in told
    ]
    return len(told), sum(one.direction.startswith("Close") for one in told)


def test_generated_bars_give_the_same_account() -> None:
    """A thousand bars, with stops, targets, closes and funding: equal to the last digit."""
    fills, closes = same(walk(3, 1_000))
    assert fills > 40
    assert closes > 20


@pytest.mark.skipif(FOLDER is None, reason="MOTHERHAVEN_TEST_DATA names no folder of bars")
def test_recorded_bars_give_the_same_account() -> None:
    """Two days of a real market: equal to the last digit."""
    path = Path(str(FOLDER)) / "btc-perp-2022-01.csv"
    fills, _ = same(recorded(path, 2_880))
    assert fills > 100
