"""One suite for every venue: what the simulated one and each live adapter must do alike.

A venue's tests bring a `Subject` (a venue with one coin whose price they can move) and run
every function of CASES on a fresh one:

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
    def test_mine(case): case(my_subject())

An asynchronous adapter is run through `VenueBridge`, which is how the core sees it. A case
raises AssertionError where the venue behaves otherwise. An order whose answer is lost is
asked about by its cloid and never sent again, as the bot does it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.commands import CancelOrders
from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderClosed,
    OrderIntent,
    OrderKind,
    OrderState,
    Rejected,
)
from motherhaven.bot.portfolio.events import Fill, FillReason, MarginMode, Side
from motherhaven.bot.portfolio.own_books import OwnBooks
from motherhaven.contract.errors import OrderRejected
from motherhaven.testing.venue_subject import (
    LONG_AGO,
    PRICE,
    SIZE,
    ZERO,
    Case,
    Subject,
    buy,
    cloid,
    one,
    opened,
    sell,
    sent,
    trigger,
)

# --- orders ---------------------------------------------------------------------------


def an_accepted_order_is_in_every_answer(subject: Subject) -> None:
    """Outcome, status by cloid, fill, position and account tell one story."""
    outcome = opened(subject)
    assert outcome.filled == SIZE
    assert outcome.average is not None
    status = subject.venue.order_by_cloid(cloid(1))
    assert status is not None
    assert (status.state, status.filled) == (OrderState.FILLED, SIZE)
    (fill,) = subject.venue.fills(LONG_AGO)
    assert (fill.size, fill.cloid, fill.price) == (SIZE, cloid(1), outcome.average)
    position = subject.venue.positions()[subject.coin]
    assert (position.size, position.entry) == (SIZE, outcome.average)
    account = subject.venue.account()
    assert account.fees == fill.fee > 0
    assert account.equity == account.wallet + account.unrealized


def a_repeated_cloid_changes_nothing(subject: Subject) -> None:
    """The same order again gives the first outcome; so does another one with its cloid."""
    first = opened(subject)
    assert one(subject, buy(subject)) == first
    assert one(subject, buy(subject, size=2 * SIZE)) == first
    assert subject.venue.positions()[subject.coin].size == SIZE


def an_order_that_never_was_is_none(subject: Subject) -> None:
    """Not known is told apart from rejected."""
    assert subject.venue.order_by_cloid(cloid(999)) is None


def outcomes_come_one_by_one_in_order(subject: Subject) -> None:
    """One bad order does not spoil its neighbours."""
    bad = buy(subject, size=ZERO, number=2)
    outcomes = sent(subject, [buy(subject), bad, buy(subject, number=3)])
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]
    assert subject.venue.positions()[subject.coin].size == 2 * SIZE


def sizes_off_the_lot_are_refused(subject: Subject) -> None:
    """A size with too many decimals is refused, never rounded up."""
    spec = subject.venue.specs()[subject.coin]
    outcome = one(subject, buy(subject, size=SIZE + spec.lot / 2))
    assert isinstance(outcome, Rejected)
    assert outcome.reason
    assert not subject.venue.positions()


def prices_off_the_tick_are_refused(subject: Subject) -> None:
    """A limit between two ticks is refused."""
    spec = subject.venue.specs()[subject.coin]
    price = PRICE - spec.price_step(PRICE) / 2
    intent = OrderIntent(
        subject.coin, Side.BUY, SIZE, OrderKind.LIMIT, price, leverage=5, cloid=cloid(1)
    )
    assert isinstance(one(subject, intent), Rejected)
    assert not subject.venue.open_orders()


def orders_below_the_minimum_are_refused(subject: Subject) -> None:
    """One lot is worth less than the venue's minimum notional."""
    spec = subject.venue.specs()[subject.coin]
    size = spec.floor_size(spec.min_notional / PRICE / 2)
    assert size > 0, "choose a coin whose lot is worth less than half the minimum"
    assert isinstance(one(subject, buy(subject, size=size)), Rejected)
    assert not subject.venue.positions()


def orders_beyond_the_margin_are_refused(subject: Subject) -> None:
    """An entry that the account cannot carry has no effect."""
    account = subject.venue.account()
    spec = subject.venue.specs()[subject.coin]
    size = spec.floor_size(account.available * 6 / PRICE)
    assert isinstance(one(subject, buy(subject, size=size)), Rejected)
    assert subject.venue.account().equity == account.equity


def a_market_order_never_fills_beyond_its_bound(subject: Subject) -> None:
    """Immediate or cancel: past its worst price nothing fills and nothing rests."""
    intent = OrderIntent(
        subject.coin, Side.BUY, SIZE, price=PRICE * Decimal("0.9"), leverage=5, cloid=cloid(1)
    )
    assert isinstance(one(subject, intent), Rejected)
    assert not subject.venue.positions()
    assert not subject.venue.open_orders()


# --- reductions -----------------------------------------------------------------------


def reduce_only_never_opens_or_grows(subject: Subject) -> None:
    """Without a position and on its own side it is refused; beyond its size it is shrunk."""
    assert isinstance(one(subject, sell(subject, SIZE, 7)), Rejected)
    opened(subject)
    same = OrderIntent(subject.coin, Side.BUY, SIZE, reduce_only=True, cloid=cloid(8))
    assert isinstance(one(subject, same), Rejected)
    assert subject.venue.positions()[subject.coin].size == SIZE
    shrunk = one(subject, sell(subject, 2 * SIZE, 9))
    assert isinstance(shrunk, Accepted), shrunk
    assert shrunk.filled == SIZE
    assert not subject.venue.positions()


def a_reduction_keeps_the_entry_and_realizes(subject: Subject) -> None:
    """Half is closed: entry unchanged, the fill's realized is gross of its fee."""
    opened(subject)
    entry = subject.venue.positions()[subject.coin].entry
    subject.move(PRICE * Decimal("1.01"))
    assert isinstance(one(subject, sell(subject, SIZE / 2, 2)), Accepted)
    position = subject.venue.positions()[subject.coin]
    assert (position.size, position.entry) == (SIZE / 2, entry)
    fill = subject.venue.fills(LONG_AGO)[-1]
    assert fill.realized == SIZE / 2 * (fill.price - entry)


def closing_everything_leaves_nothing(subject: Subject) -> None:
    """No position, no exit that rests for it, and equity is the wallet."""
    opened(subject)
    one(subject, trigger(subject, OrderKind.STOP, PRICE * Decimal("0.98"), 2))
    assert isinstance(one(subject, sell(subject, SIZE, 3)), Accepted)
    assert not subject.venue.positions()
    assert not subject.venue.open_orders()
    account = subject.venue.account()
    assert (account.unrealized, account.used) == (ZERO, ZERO)
    assert account.equity == account.wallet


# --- protection -----------------------------------------------------------------------


def stops_and_targets_rest_with_their_entry(subject: Subject) -> None:
    """Parent and children in one call; both triggers show and belong to the position."""
    stop = trigger(subject, OrderKind.STOP, PRICE * Decimal("0.98"), 2)
    target = trigger(subject, OrderKind.TARGET, PRICE * Decimal("1.04"), 3)
    outcomes = sent(subject, [buy(subject), stop, target], Grouping.NORMAL_TPSL)
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 3
    resting = {order.cloid: order for order in subject.venue.open_orders()}
    assert set(resting) == {cloid(2), cloid(3)}
    assert all(order.reduce_only for order in resting.values())
    position = subject.venue.positions()[subject.coin]
    assert (position.stop, position.target) == (stop.price, target.price)


def a_refused_entry_takes_its_children_with_it(subject: Subject) -> None:
    """No orphan stop rests without a position."""
    stop = trigger(subject, OrderKind.STOP, PRICE * Decimal("0.98"), 2)
    outcomes = sent(subject, [buy(subject, size=ZERO), stop], Grouping.NORMAL_TPSL)
    assert isinstance(outcomes[0], Rejected)
    assert not any(isinstance(one, Accepted) and one.resting for one in outcomes)
    assert not subject.venue.open_orders()


def a_stop_closes_the_position_and_ends_the_target(subject: Subject) -> None:
    """One cancels the other; the fill says that it was the stop."""
    stops_and_targets_rest_with_their_entry(subject)
    subject.move(PRICE * Decimal("0.97"))
    assert not subject.venue.positions()
    assert not subject.venue.open_orders()
    status = subject.venue.order_by_cloid(cloid(2))
    assert status is not None
    assert status.state is OrderState.FILLED
    assert subject.venue.fills(LONG_AGO)[-1].realized < 0


def a_trigger_on_the_wrong_side_is_refused(subject: Subject) -> None:
    """A stop of a long above the mark would act at once."""
    opened(subject)
    outcome = one(subject, trigger(subject, OrderKind.STOP, PRICE * Decimal("1.02"), 2))
    assert isinstance(outcome, Rejected)
    assert subject.venue.positions()[subject.coin].size == SIZE


def cancelling_is_told_apart_from_nothing_to_cancel(subject: Subject) -> None:
    """A resting order is canceled once; after that there is nothing there."""
    opened(subject)
    one(subject, trigger(subject, OrderKind.STOP, PRICE * Decimal("0.98"), 2))
    (first,) = subject.venue.submit([CancelOrders((cloid(2),))])
    (second,) = subject.venue.submit([CancelOrders((cloid(2),))])
    assert isinstance(first, Accepted)
    assert isinstance(second, Rejected)
    status = subject.venue.order_by_cloid(cloid(2))
    assert status is not None
    assert status.state is OrderState.CANCELED


# --- settings and reads ---------------------------------------------------------------


def leverage_is_read_back_and_bounded(subject: Subject) -> None:
    """What is set is returned; beyond the coin's maximum is refused."""
    most = subject.venue.specs()[subject.coin].max_leverage
    setting = subject.venue.set_leverage(subject.coin, 3, MarginMode.CROSS)
    assert (setting.coin, setting.leverage, setting.mode) == (subject.coin, 3, MarginMode.CROSS)
    for leverage in (0, most + 1):
        try:
            subject.venue.set_leverage(subject.coin, leverage, MarginMode.CROSS)
        except OrderRejected:
            continue
        raise AssertionError(f"leverage {leverage} was taken; the coin allows 1 to {most}")


def the_margin_mode_does_not_change_under_a_position(subject: Subject) -> None:
    """An open cross position cannot become isolated by a setting."""
    opened(subject)
    try:
        subject.venue.set_leverage(subject.coin, 5, MarginMode.ISOLATED)
    except OrderRejected:
        return
    raise AssertionError("the margin mode was changed while a position is open")


def prices_and_markets_know_the_coin(subject: Subject) -> None:
    """Decimal prices above 0 for coins it knows, and nothing for others."""
    prices = subject.venue.prices([subject.coin, "NOSUCHCOIN"])
    assert set(prices) == {subject.coin}
    found = prices[subject.coin]
    assert min(found.mark, found.mid, found.oracle) > 0
    assert found.time.tzinfo is not None


# --- events and the books -------------------------------------------------------------


def each_event_is_told_once(subject: Subject) -> None:
    """A fill, an order that ended: in `drain` once, in order, and never again."""
    opened(subject)
    (fill,) = subject.venue.drain()
    assert isinstance(fill, Fill)
    assert (fill.coin, fill.size, fill.cloid) == (subject.coin, SIZE, cloid(1))
    one(subject, trigger(subject, OrderKind.STOP, PRICE * Decimal("0.98"), 2))
    subject.venue.submit([CancelOrders((cloid(2),))])
    (ended,) = subject.venue.drain()
    assert isinstance(ended, OrderClosed)
    assert (ended.cloid, ended.state) == (cloid(2), OrderState.CANCELED)
    assert not subject.venue.drain()


def a_liquidation_is_a_fill_with_its_reason(subject: Subject) -> None:
    """The venue closes an isolated position that has lost its margin, and says why."""
    if not subject.venue.capabilities.isolated:
        return
    bound = PRICE * Decimal("1.05")
    entry = OrderIntent(
        subject.coin, Side.BUY, SIZE, price=bound, leverage=5, mode=MarginMode.ISOLATED,
        cloid=cloid(1),
    )  # fmt: skip
    assert isinstance(one(subject, entry), Accepted)
    subject.venue.drain()
    subject.move(PRICE * Decimal("0.7"))
    fills = [event for event in subject.venue.drain() if isinstance(event, Fill)]
    assert [(fill.reason, fill.size) for fill in fills] == [(FillReason.LIQUIDATION, -SIZE)]
    assert not subject.venue.positions()


def the_fold_of_its_events_is_its_account(subject: Subject) -> None:
    """Books that know nothing but the events come to what the venue says, to the last digit."""
    venue = subject.venue
    before = venue.account()
    books = OwnBooks(venue.fees(), lambda: "ours", {subject.coin: venue.spec(subject.coin)})
    books.deposit(before.wallet)
    stop = trigger(subject, OrderKind.STOP, PRICE * Decimal("0.98"), 2)
    sent(subject, [buy(subject), stop], Grouping.NORMAL_TPSL)
    subject.move(PRICE * Decimal("1.01"))
    one(subject, sell(subject, SIZE / 2, 3))
    _fold(subject, books)
    subject.move(PRICE * Decimal("0.97"))
    _fold(subject, books)
    assert venue.account().realized != ZERO


def _fold(subject: Subject, books: OwnBooks) -> None:
    for event in subject.venue.drain():
        if not isinstance(event, OrderClosed):
            books.apply(event)
    marks = subject.venue.prices([subject.coin])
    books.mark(subject.coin, marks[subject.coin].mark)
    theirs, time = subject.venue.account(), marks[subject.coin].time
    ours = books.snapshot(time)
    for name in ("equity", "wallet", "realized", "fees", "funding", "unrealized", "available"):
        assert getattr(ours, name) == getattr(theirs, name), name
    sizes = [{c: (p.size, p.entry) for c, p in one.positions.items()} for one in (ours, theirs)]
    assert sizes[0] == sizes[1]


CASES: Final[Sequence[Case]] = (
    an_accepted_order_is_in_every_answer,
    a_repeated_cloid_changes_nothing,
    an_order_that_never_was_is_none,
    outcomes_come_one_by_one_in_order,
    sizes_off_the_lot_are_refused,
    prices_off_the_tick_are_refused,
    orders_below_the_minimum_are_refused,
    orders_beyond_the_margin_are_refused,
    a_market_order_never_fills_beyond_its_bound,
    reduce_only_never_opens_or_grows,
    a_reduction_keeps_the_entry_and_realizes,
    closing_everything_leaves_nothing,
    stops_and_targets_rest_with_their_entry,
    a_refused_entry_takes_its_children_with_it,
    a_stop_closes_the_position_and_ends_the_target,
    a_trigger_on_the_wrong_side_is_refused,
    cancelling_is_told_apart_from_nothing_to_cancel,
    leverage_is_read_back_and_bounded,
    the_margin_mode_does_not_change_under_a_position,
    prices_and_markets_know_the_coin,
    each_event_is_told_once,
    a_liquidation_is_a_fill_with_its_reason,
    the_fold_of_its_events_is_its_account,
)
"""Every case; each wants a fresh subject."""
