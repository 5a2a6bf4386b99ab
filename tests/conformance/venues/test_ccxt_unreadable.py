"""Orders in an exchange's lists that cannot be read: a stranger's is told, ours stays unknown."""

from decimal import Decimal

import pytest
from ccxt_subject import CcxtSubject

from motherhaven.bot.execution.orders import OrderKind
from motherhaven.contract.errors import ExchangeError
from motherhaven.testing.fake_binance.reading import Reading
from motherhaven.testing.venue_subject import PRICE, cloid, one, opened, trigger

STOP = PRICE * Decimal("0.98")
WRONG = [
    ("algoStatus", "QUARANTINED"), ("side", "HOLD"),
    ("triggerPrice", "high"), ("createTime", -5),
]  # fmt: skip


@pytest.fixture
def subject(tmp_path):
    """The adapter against an exchange that has a long and its stop."""
    made = CcxtSubject(tmp_path)
    opened(made)
    one(made, trigger(made, OrderKind.STOP, STOP, 2))
    yield made
    made.close()


def listed(monkeypatch, field, value, **theirs):
    """The list of stops has one more row, or with no id of its own our row is changed."""
    tell = Reading._open

    def told(reading, kept, params):
        rows = tell(reading, kept, params)
        if kept is not reading._state.algos:
            return rows
        return [*(rows if theirs else []), *({**row, **theirs, field: value} for row in rows)]

    monkeypatch.setattr(Reading, "_open", told)


@pytest.mark.parametrize("named", ["somebody", cloid(99)], ids=["their word", "a form like ours"])
@pytest.mark.parametrize(("field", "value"), WRONG, ids=[field for field, _ in WRONG])
def test_a_strangers_order_takes_nothing_from_the_others(subject, monkeypatch, field, value, named):
    """Our stop is still seen; the other one is told as unread, and is neither stop nor target."""
    listed(monkeypatch, field, value, algoId=777, clientAlgoId=named)
    found = {order.oid: order for order in subject.venue.open_orders(subject.coin)}
    theirs = found.pop("777")
    assert theirs.unread
    assert (theirs.coin, theirs.kind) == (subject.coin, OrderKind.LIMIT)
    assert not theirs.reduce_only
    (ours,) = found.values()
    assert (ours.cloid, ours.kind, ours.price, ours.unread) == (
        cloid(2),
        OrderKind.STOP,
        STOP,
        None,
    )
    assert subject.venue.positions()[subject.coin].stop == STOP
    subject.move(PRICE)
    if named != "somebody":
        with pytest.raises(ExchangeError):
            subject.venue.order_by_cloid(named)


@pytest.mark.parametrize(("field", "value"), WRONG, ids=[field for field, _ in WRONG])
def test_ours_that_cannot_be_read_leaves_the_list_unread(subject, monkeypatch, field, value):
    """Nothing is taken for gone, or for protection, by it."""
    listed(monkeypatch, field, value)
    with pytest.raises(ExchangeError):
        subject.venue.open_orders(subject.coin)


def test_a_row_without_an_id_leaves_the_list_unread(subject, monkeypatch):
    """Whose it is cannot be told."""
    listed(monkeypatch, "algoStatus", "QUARANTINED", algoId=None, clientAlgoId=None)
    with pytest.raises(ExchangeError):
        subject.venue.open_orders(subject.coin)
