"""Our own orders: recorded before they are sent, asked about when lost, forgotten late."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.execution import own_orders, states
from motherhaven.bot.execution.orders import Accepted, OrderIntent, OrderKind, OrderState, Unknown
from motherhaven.bot.execution.orders import OrderStatus as Status
from motherhaven.bot.execution.own_orders import OwnOrders
from motherhaven.bot.execution.port import Capabilities
from motherhaven.bot.execution.resolve import Inquiries, outcome_of
from motherhaven.bot.execution.states import Stage
from motherhaven.bot.portfolio.events import Fill, FillReason, Liquidity, Side
from motherhaven.contract.errors import ExchangeError, JournalError

D = Decimal
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def plan(number=1, coin="BTC", kind=OrderKind.MARKET, price=None, reduce_only=False, side=None):
    """An order of one coin."""
    side = side or (Side.SELL if reduce_only else Side.BUY)
    intent = OrderIntent(coin, side, D(1), kind, price, reduce_only=reduce_only)
    return states.planned(intent, f"0x{number}", NOW, f"d{number}", NOW + timedelta(seconds=15))


def filled(number, size=1):
    """A fill of an order."""
    return Fill(
        1, "BTC", D(size), D(50_000), D(0), Liquidity.TAKER, D(0), FillReason.ENTRY, "P", NOW,
        f"0x{number}",
    )  # fmt: skip


def test_a_plan_is_recorded_before_it_may_be_sent():
    """Where an entry cannot be recorded it must not go; what reduces a position goes anyway."""
    told = []

    def full(record):
        told.append(record.state)
        raise JournalError("the disk is full")

    orders = OwnOrders(full)
    with pytest.raises(JournalError):
        orders.plan(plan())
    assert orders.find("0x1") is None
    orders.plan(plan(2, reduce_only=True))
    assert orders.find("0x2").state is Stage.SENT
    assert told == [Stage.PLANNED, Stage.PLANNED]


def test_orders_whose_plans_nobody_keeps_are_on_their_way_as_others():
    """The same states of the same orders, whoever reads them; an id is used once."""
    intents = [
        OrderIntent("BTC", Side.BUY, D(1), cloid="0x1", deadline=NOW),
        OrderIntent("BTC", Side.SELL, D(0), OrderKind.STOP, D(9), reduce_only=True, cloid="0x2"),
        OrderIntent("ETH", Side.SELL, D(2), OrderKind.LIMIT, D(7)),
    ]
    told = []
    kept, silent = OwnOrders(told.append), OwnOrders()
    for orders in (kept, silent):
        orders.plan_all(intents, NOW, "d1")
        orders.answered([Accepted("0x2", resting=True)])
        orders.plan_all(intents[:2], NOW, "d2")
    assert [record.state for record in told] == [Stage.PLANNED] * 3
    for cloid in ("0x1", "0x2"):
        assert silent.find(cloid) == kept.find(cloid) is not None
    assert silent.known() == kept.known() == {"0x1", "0x2", ""}
    assert silent.resting() == kept.resting() != []


@pytest.mark.parametrize("plans_only", [True, False])
def test_which_states_are_told(plans_only):
    """In this process one event an order; elsewhere each state once."""
    told = []
    orders = OwnOrders(lambda record: told.append(record.state.value), plans_only=plans_only)
    orders.plan(plan())
    orders.plan(plan())
    orders.answered([Accepted("0x1", D(1), D(50_000))])
    orders.filled(filled(1))
    more = [] if plans_only else ["acknowledged", "filled"]
    assert told == ["planned", *more]


def test_an_unknown_order_blocks_its_coin_and_two_block_all():
    """Only entries ask; the block ends when it is known what became of the order."""
    orders = OwnOrders()
    for number, coin in ((1, "BTC"), (2, "ETH")):
        orders.plan(plan(number, coin))
        orders.answered([Unknown(f"0x{number}", "timeout")])
        assert coin in orders.blocks(coin)
        assert (orders.blocks("SOL") is None) is (number == 1)
    orders.answered([Accepted("0x1", D(1), D(50_000))])
    assert orders.blocks("BTC") is None
    assert [record.cloid for record in orders.unknown] == ["0x2"]


def test_impossible_news_stops_entries():
    """A fill of a refused order is no state of ours: nothing is entered until it is cleared up."""
    orders = OwnOrders()
    orders.plan(plan())
    orders.filled(filled(1))
    orders.filled(filled(1))
    assert "is filled with 1 of 1 filled, and the venue sent a fill of 1" in orders.blocks("SOL")
    orders.filled(filled(99))
    assert len(orders.surprises) == 1


def test_exits_of_a_position_that_was_turned_protect_nothing():
    """The stop of a long sells: it is none of the short that somebody has made of it."""
    orders = OwnOrders()
    stop = plan(1, kind=OrderKind.STOP, price=D(48), reduce_only=True, side=Side.SELL)
    orders.plan(replace(stop, size=D(0)))
    orders.answered([Accepted("0x1", resting=True)])
    assert orders.covers("BTC", D(1))
    assert not orders.covers("BTC", D(-1))
    assert orders.exits("BTC", long=False) == (None, None)


def test_the_nearest_exits_are_those_that_rest():
    """For a long the highest stop and the lowest target, for a short the other way round."""
    orders = OwnOrders()
    prices = [(OrderKind.STOP, 48), (OrderKind.STOP, 49), (OrderKind.TARGET, 60),
              (OrderKind.TARGET, 55)]  # fmt: skip
    for number, (kind, price) in enumerate(prices * 2):
        side = Side.SELL if number < 4 else Side.BUY
        orders.plan(plan(number, kind=kind, price=D(price), reduce_only=True, side=side))
        orders.answered([Accepted(f"0x{number}", resting=True)])
    assert orders.exits("BTC", long=True) == (49, 55)
    assert orders.exits("BTC", long=False) == (48, 60)
    assert orders.exits("ETH", long=True) == (None, None)
    assert len(orders.resting()) == len(orders.resting("BTC")) == 8


def test_what_was_on_its_way_is_unknown_to_the_next_process():
    """Planned or sent: the venue may have it; what was known stays known."""
    orders = OwnOrders()
    rests = states.answered(states.sent(plan(3)), Accepted("0x3", resting=True))
    orders.adopt([plan(1), states.sent(plan(2)), rests])
    assert [record.cloid for record in orders.unknown] == ["0x1", "0x2"]
    assert [record.cloid for record in orders.resting("BTC")] == ["0x3"]


def test_ended_orders_are_forgotten_late_and_others_never(monkeypatch):
    """Memory is bounded; what still may change is kept."""
    monkeypatch.setattr(own_orders, "KEPT", 10)
    orders = OwnOrders()
    orders.plan(plan(0))
    for number in range(1, 40):
        orders.plan(plan(number))
        orders.answered([Accepted(f"0x{number}", D(1), D(1))])
        orders.filled(filled(number))
    assert orders.find("0x0") is not None
    assert orders.find("0x1") is None
    assert orders.find("0x39").state is Stage.FILLED


class Asked:
    """A venue that answers questions as told; an ExchangeError is raised."""

    def __init__(self, *answers, outlives=True, burnt=None):
        self.answers = list(answers)
        self.capabilities = Capabilities(outlives_process=outlives, burns=burnt is not None)
        self.burnt = iter(burnt or ())
        self.tried = 0
        self.found = []

    def order_by_cloid(self, cloid):
        """The next answer."""
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fills(self, since):
        """No fills but those put there."""
        return self.found

    def open_orders(self, coin=None):
        """Nothing rests."""
        return []

    def burn(self, cloid):
        """The next answer to using up its nonce."""
        self.tried += 1
        answer = next(self.burnt)
        if isinstance(answer, Exception):
            raise answer
        return answer


LOST = states.lost(states.sent(plan()), "timeout")
SILENT = ExchangeError("no answer")


def at(seconds):
    """A moment after the order was planned."""
    return NOW + timedelta(seconds=seconds)


def test_questions_come_at_growing_pauses():
    """0.5, 1, 2, 4, 8 seconds, and then each 8."""
    inquiries = Inquiries(Asked(*[SILENT] * 9))
    moments, now = [], 0.0
    while len(moments) < 8:
        if inquiries.due(LOST, at(now)):
            moments.append(now)
            assert inquiries.ask(LOST, at(now)) is LOST
        now += 0.5
    assert moments == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 23.5, 31.5]


@pytest.mark.parametrize(
    ("looks", "proven"),
    [
        ([(1, None), (30, None)], False),
        ([(19.9, None), (21.8, None)], False),
        ([(20, None), (21.9, None)], False),
        ([(20, None), (22, None)], True),
        ([(20, SILENT), (22, None)], False),
        ([(20, None), (22, SILENT), (30, None)], True),
    ],
)
def test_it_never_landed_only_when_proven(looks, proven):
    """After its deadline and a margin, two looks that found nothing, two seconds apart."""
    inquiries = Inquiries(Asked(*[answer for _, answer in looks]))
    for second, _ in looks:
        found = inquiries.ask(LOST, at(second))
    assert (found.state is Stage.NEVER_LANDED) is proven
    assert isinstance(outcome_of(found), Unknown) is not proven


@pytest.mark.parametrize(
    ("answers", "burnt", "tried", "proven"),
    [
        ((None, None), [True], 1, True),
        ((SILENT, None), [True], 1, True),
        ((None, SILENT), [], 0, False),
        ((None, None, None), [False], 1, False),
        ((None, None, None), [SILENT, True], 2, True),
        ((None, None, None), [SILENT, SILENT], 2, False),
    ],
    ids=["taken back", "after silence", "not after a failed look", "used", "again", "unclear"],
)
def test_its_nonce_is_used_up_from_the_second_look_on(answers, burnt, tried, proven):
    """Only right after a look that found nothing; "it had been used" is never asked twice."""
    venue = Asked(*answers, burnt=burnt)
    inquiries = Inquiries(venue)
    for number in range(len(answers)):
        found = inquiries.ask(LOST, at(number))
    assert (found.state is Stage.NEVER_LANDED, venue.tried) == (proven, tried)


def test_past_its_deadline_no_nonce_is_used_up():
    """Looks cost nothing then, and prove the same."""
    venue = Asked(burnt=[])
    inquiries = Inquiries(venue)
    states_found = [inquiries.ask(LOST, at(second)).state for second in (30, 31, 33)]
    assert states_found == [Stage.UNKNOWN, Stage.UNKNOWN, Stage.NEVER_LANDED]


def test_an_order_that_filled_in_part_is_not_taken_back():
    """It is there; what its end is, the venue says."""
    part = states.filled(LOST, D("0.5"))
    inquiries = Inquiries(Asked(burnt=[]))
    assert [inquiries.ask(part, at(second)) for second in (0, 1)] == [part, part]


def test_a_venue_of_this_process_forgets_nothing():
    """What it does not know it never had, at once."""
    found = Inquiries(Asked(None, outlives=False)).ask(LOST, NOW)
    assert found.state is Stage.NEVER_LANDED


def test_a_fill_proves_an_order_that_its_status_does_not_know():
    """Some venues forget ended orders: the fills still carry its id."""
    venue = Asked(None)
    venue.found = [replace(filled(1), cloid="0x1"), filled(7)]
    found = Inquiries(venue).ask(LOST, NOW)
    assert outcome_of(found) == Accepted("0x1", D(1), D(50_000))


def test_the_venues_word_ends_the_questions():
    """Its status is the outcome."""
    venue = Asked(SILENT, Status("0x1", "BTC", OrderState.REJECTED, reason="no margin"))
    inquiries = Inquiries(venue)
    assert inquiries.ask(LOST, NOW) is LOST
    assert inquiries.ask(LOST, at(1)).state is Stage.REFUSED
