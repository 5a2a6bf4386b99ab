"""A polled mark that lies within the calm prices changes nothing: as if it were looked at."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderKind
from motherhaven.bot.market.instruments import Prices
from motherhaven.bot.portfolio.events import Fill, MarginMode, Side
from motherhaven.bot.venues.simulated.calm import NOWHERE
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine

START = datetime(2026, 2, 1, tzinfo=UTC)
D = Decimal


def entry(chance: random.Random, price: Decimal, number: int) -> list[OrderIntent]:
    """An entry at high leverage with stop and target near the price, or far from it."""
    side = chance.choice((Side.BUY, Side.SELL))
    away = Side.SELL if side is Side.BUY else Side.BUY
    near, far = chance.choice((5, 20, 150)), chance.choice((5, 20, 150))
    mode = chance.choice((MarginMode.CROSS, MarginMode.ISOLATED))
    stop, target = price - side.sign * near * 10, price + side.sign * far * 10
    first = OrderIntent("BTC", side, D("0.2"), leverage=40, mode=mode, cloid=f"0x{number}")
    exits = [
        OrderIntent("BTC", away, D(0), kind, at, reduce_only=True, cloid=f"0x{number}{kind.value}")
        for kind, at in ((OrderKind.STOP, stop), (OrderKind.TARGET, target))
    ]
    return [first, *exits[: chance.choice((0, 1, 2))]]


def run(seed: int, *, closely: bool) -> tuple[list[Fill], int]:
    """The fills of a random walk of marks, and how many of them ended a position."""
    chance, price = random.Random(seed), D(50_000)
    paper = PaperEngine(PaperConfig(D(1_000), next_open=False), START)
    if closely:
        paper._matcher.calm = lambda _coin: NOWHERE
    fills: list[Fill] = []
    for number in range(300):
        price += chance.randrange(-60, 61)
        time = START + timedelta(seconds=number)
        mid = price + chance.choice((0, 0, 0, 1))
        events = paper.on_prices(Prices("BTC", price, mid, price, time))
        if "BTC" not in paper.ledger.holdings and chance.random() < 0.2:
            paper.place(entry(chance, price, number), Grouping.NORMAL_TPSL)
            events += paper.take_events()
        fills += [one for one in events if isinstance(one, Fill)]
    return fills, sum(one.reason.value not in ("entry", "close") for one in fills)


@pytest.mark.parametrize("seed", range(30))
def test_marks_within_the_calm_are_as_if_looked_at(seed: int) -> None:
    """The same fills at the same prices: stops, targets and liquidations alike."""
    assert run(seed, closely=False) == run(seed, closely=True)


def test_the_walks_reach_stops_targets_and_liquidations() -> None:
    """Equal fills are not equal idleness."""
    reasons = {one.reason.value for seed in range(30) for one in run(seed, closely=False)[0]}
    assert {"entry", "stop", "target", "liquidation"} <= reasons
