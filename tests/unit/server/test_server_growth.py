"""The base of a return, moved by money that comes in and goes out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from motherhaven.metrics import EquityPoint, Flow
from motherhaven.server.figures.growth import BaseStep, in_buckets, moved

D = Decimal
START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
changes = st.lists(st.integers(-50, 80), min_size=1, max_size=12)
amounts = st.lists(st.integers(-90, 300), min_size=1, max_size=12)


@given(changes, amounts)
def test_the_return_is_the_product_of_the_returns_between_flows(percents, flows):
    """Equity over the base is that, whatever share of the account comes in or goes out."""
    equity, growth, points, paid = D(1_000), D(1), [], []
    for number, (percent, share) in enumerate(zip(percents, flows, strict=False)):
        equity *= 1 + D(percent) / 100
        growth *= 1 + D(percent) / 100
        points.append(EquityPoint(START + number * HOUR, equity))
        amount = equity * share / 100
        equity += amount
        paid.append(Flow(START + number * HOUR + HOUR / 2, amount))
    base = moved(D(1_000), points, paid)[-1]
    assert abs(equity / base - growth) < D("1e-9")


def test_two_flows_without_a_report_between_them():
    """The second finds what the first left."""
    flows = [Flow(START + HOUR, D(-500)), Flow(START + 2 * HOUR, D(500))]
    assert moved(D(1_000), [EquityPoint(START, D(1_000))], flows) == [1_000, 500, 1_000]


def test_a_flow_without_an_equity_before_it_is_a_payment():
    """Nothing is known: the capital grows by what came in; so it does from nothing."""
    assert moved(D(1_000), [], [Flow(START, D(250))])[-1] == 1_250
    assert moved(D(0), [EquityPoint(START, D(0))], [Flow(START + HOUR, D(250))])[-1] == 250


def test_steps_stand_at_the_begin_of_their_buckets():
    """Those before the start are one; of several in a bucket the last holds."""
    steps = [
        BaseStep(START - HOUR, D(100)),
        BaseStep(START + HOUR / 4, D(200)),
        BaseStep(START + HOUR / 2, D(300)),
        BaseStep(START + 3 * HOUR, D(400)),
    ]
    found = in_buckets(steps, START, 3_600)
    assert [(step.time, step.base) for step in found] == [(START, 300), (START + 3 * HOUR, 400)]
    assert in_buckets(steps[:1], START, 3_600) == (BaseStep(START, D(100)),)
