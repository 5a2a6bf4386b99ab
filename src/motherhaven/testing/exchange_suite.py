"""One suite for every exchange: what paper and each live venue must do alike.

A venue's tests bring a `Venue` (an exchange with one coin whose price they can move) and
run every function of CASES on a fresh one:

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
    def test_paper(case): asyncio.run(case(paper_venue()))

A case raises AssertionError where the venue behaves otherwise.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from motherhaven.bot.execution.orders import (
    Accepted,
    Grouping,
    OrderIntent,
    OrderKind,
    OrderState,
    Outcome,
    Rejected,
)
from motherhaven.bot.execution.port import Exchange
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.contract.errors import OrderRejected

ZERO: Final = Decimal(0)
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
PRICE: Final = Decimal(50_000)
SIZE: Final = Decimal("0.01")


class Venue(Protocol):
    """An exchange under test: flat, its `coin` at PRICE, at least 5,000 USD available."""

    @property
    def exchange(self) -> Exchange:
        """The exchange."""
        ...

    @property
    def coin(self) -> str:
        """The coin to trade, in the exchange's own spelling."""
        ...

    async def move(self, price: Decimal) -> None:
        """Let the market go to `price`: mark, and what rests on the way."""
        ...


Case = Callable[[Venue], Awaitable[None]]


def cloid(number: int) -> str:
    """A client order id as venues want it: 0x and 32 hexadecimal digits."""
    return f"0x{number:032x}"


def buy(venue: Venue, size: Decimal = SIZE, number: int = 1) -> OrderIntent:
    """A market entry at 5x, bounded 5 % above PRICE."""
    bound = PRICE * Decimal("1.05")
    return OrderIntent(
        venue.coin, Side.BUY, size, price=bound, leverage=5, mode=MarginMode.CROSS,
        cloid=cloid(number),
    )  # fmt: skip


def sell(venue: Venue, size: Decimal, number: int) -> OrderIntent:
    """A reduce-only market order."""
    return OrderIntent(venue.coin, Side.SELL, size, reduce_only=True, cloid=cloid(number))


def trigger(venue: Venue, kind: OrderKind, price: Decimal, number: int) -> OrderIntent:
    """A stop or target of a long, for its whole size."""
    return OrderIntent(
        venue.coin, Side.SELL, ZERO, kind, price, reduce_only=True, cloid=cloid(number)
    )


async def one(venue: Venue, intent: OrderIntent) -> Outcome:
    """The single outcome of a single order."""
    outcomes = await venue.exchange.place([intent])
    assert len(outcomes) == 1, "place returns one outcome per intent"
    return outcomes[0]


async def opened(venue: Venue) -> Accepted:
    """A long of SIZE."""
    outcome = await one(venue, buy(venue))
    assert isinstance(outcome, Accepted), outcome
    return outcome


# --- orders ---------------------------------------------------------------------------


async def an_accepted_order_is_in_every_answer(venue: Venue) -> None:
    """Outcome, status by cloid, fill, position and account tell one story."""
    outcome = await opened(venue)
    assert outcome.filled == SIZE
    assert outcome.average is not None
    status = await venue.exchange.order_by_cloid(cloid(1))
    assert status is not None
    assert (status.state, status.filled) == (OrderState.FILLED, SIZE)
    (fill,) = await venue.exchange.fills(LONG_AGO)
    assert (fill.size, fill.cloid, fill.price) == (SIZE, cloid(1), outcome.average)
    position = (await venue.exchange.positions())[venue.coin]
    assert (position.size, position.entry) == (SIZE, outcome.average)
    account = await venue.exchange.account()
    assert account.fees == fill.fee > 0
    assert account.equity == account.wallet + account.unrealized


async def a_repeated_cloid_changes_nothing(venue: Venue) -> None:
    """The same order again gives the first outcome; so does another one with its cloid."""
    first = await opened(venue)
    assert await one(venue, buy(venue)) == first
    assert await one(venue, buy(venue, size=2 * SIZE)) == first
    assert (await venue.exchange.positions())[venue.coin].size == SIZE


async def an_order_that_never_was_is_none(venue: Venue) -> None:
    """Not known is told apart from rejected."""
    assert await venue.exchange.order_by_cloid(cloid(999)) is None


async def outcomes_come_one_by_one_in_order(venue: Venue) -> None:
    """One bad order does not spoil its neighbours."""
    bad = buy(venue, size=ZERO, number=2)
    outcomes = await venue.exchange.place([buy(venue), bad, buy(venue, number=3)])
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]
    assert (await venue.exchange.positions())[venue.coin].size == 2 * SIZE


async def sizes_off_the_lot_are_refused(venue: Venue) -> None:
    """A size with too many decimals is refused, never rounded up."""
    spec = (await venue.exchange.markets())[venue.coin]
    outcome = await one(venue, buy(venue, size=SIZE + spec.lot / 2))
    assert isinstance(outcome, Rejected)
    assert outcome.reason
    assert not await venue.exchange.positions()


async def prices_off_the_tick_are_refused(venue: Venue) -> None:
    """A limit between two ticks is refused."""
    spec = (await venue.exchange.markets())[venue.coin]
    price = PRICE - spec.price_step(PRICE) / 2
    intent = OrderIntent(
        venue.coin, Side.BUY, SIZE, OrderKind.LIMIT, price, leverage=5, cloid=cloid(1)
    )
    assert isinstance(await one(venue, intent), Rejected)
    assert not await venue.exchange.open_orders()


async def orders_below_the_minimum_are_refused(venue: Venue) -> None:
    """One lot is worth less than the venue's minimum notional."""
    spec = (await venue.exchange.markets())[venue.coin]
    size = spec.floor_size(spec.min_notional / PRICE / 2)
    assert size > 0, "choose a coin whose lot is worth less than half the minimum"
    assert isinstance(await one(venue, buy(venue, size=size)), Rejected)
    assert not await venue.exchange.positions()


async def orders_beyond_the_margin_are_refused(venue: Venue) -> None:
    """An entry that the account cannot carry has no effect."""
    account = await venue.exchange.account()
    spec = (await venue.exchange.markets())[venue.coin]
    size = spec.floor_size(account.available * 6 / PRICE)
    assert isinstance(await one(venue, buy(venue, size=size)), Rejected)
    assert (await venue.exchange.account()).equity == account.equity


async def a_market_order_never_fills_beyond_its_bound(venue: Venue) -> None:
    """Immediate or cancel: past its worst price nothing fills and nothing rests."""
    intent = OrderIntent(
        venue.coin, Side.BUY, SIZE, price=PRICE * Decimal("0.9"), leverage=5, cloid=cloid(1)
    )
    assert isinstance(await one(venue, intent), Rejected)
    assert not await venue.exchange.positions()
    assert not await venue.exchange.open_orders()


# --- reductions -----------------------------------------------------------------------


async def reduce_only_never_opens_or_grows(venue: Venue) -> None:
    """Without a position and on its own side it is refused; beyond its size it is shrunk."""
    assert isinstance(await one(venue, sell(venue, SIZE, 7)), Rejected)
    await opened(venue)
    same = OrderIntent(venue.coin, Side.BUY, SIZE, reduce_only=True, cloid=cloid(8))
    assert isinstance(await one(venue, same), Rejected)
    assert (await venue.exchange.positions())[venue.coin].size == SIZE
    shrunk = await one(venue, sell(venue, 2 * SIZE, 9))
    assert isinstance(shrunk, Accepted), shrunk
    assert shrunk.filled == SIZE
    assert not await venue.exchange.positions()


async def a_reduction_keeps_the_entry_and_realizes(venue: Venue) -> None:
    """Half is closed: entry unchanged, the fill's realized is gross of its fee."""
    await opened(venue)
    entry = (await venue.exchange.positions())[venue.coin].entry
    await venue.move(PRICE * Decimal("1.01"))
    assert isinstance(await one(venue, sell(venue, SIZE / 2, 2)), Accepted)
    position = (await venue.exchange.positions())[venue.coin]
    assert (position.size, position.entry) == (SIZE / 2, entry)
    fill = (await venue.exchange.fills(LONG_AGO))[-1]
    assert fill.realized == SIZE / 2 * (fill.price - entry)


async def closing_everything_leaves_nothing(venue: Venue) -> None:
    """No position, no resting order, and equity is the wallet."""
    await opened(venue)
    await one(venue, trigger(venue, OrderKind.STOP, PRICE * Decimal("0.98"), 2))
    outcomes = await venue.exchange.close_all()
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert not await venue.exchange.positions()
    assert not await venue.exchange.open_orders()
    account = await venue.exchange.account()
    assert (account.unrealized, account.used) == (ZERO, ZERO)
    assert account.equity == account.wallet


# --- protection -----------------------------------------------------------------------


async def stops_and_targets_rest_with_their_entry(venue: Venue) -> None:
    """Parent and children in one call; both triggers show and belong to the position."""
    stop = trigger(venue, OrderKind.STOP, PRICE * Decimal("0.98"), 2)
    target = trigger(venue, OrderKind.TARGET, PRICE * Decimal("1.04"), 3)
    outcomes = await venue.exchange.place([buy(venue), stop, target], Grouping.NORMAL_TPSL)
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 3
    resting = {order.cloid: order for order in await venue.exchange.open_orders()}
    assert set(resting) == {cloid(2), cloid(3)}
    assert all(order.reduce_only for order in resting.values())
    position = (await venue.exchange.positions())[venue.coin]
    assert (position.stop, position.target) == (stop.price, target.price)


async def a_refused_entry_takes_its_children_with_it(venue: Venue) -> None:
    """No orphan stop rests without a position."""
    stop = trigger(venue, OrderKind.STOP, PRICE * Decimal("0.98"), 2)
    outcomes = await venue.exchange.place([buy(venue, size=ZERO), stop], Grouping.NORMAL_TPSL)
    assert [type(outcome) for outcome in outcomes] == [Rejected, Rejected]
    assert not await venue.exchange.open_orders()


async def a_stop_closes_the_position_and_ends_the_target(venue: Venue) -> None:
    """One cancels the other; the fill says that it was the stop."""
    await stops_and_targets_rest_with_their_entry(venue)
    await venue.move(PRICE * Decimal("0.97"))
    assert not await venue.exchange.positions()
    assert not await venue.exchange.open_orders()
    status = await venue.exchange.order_by_cloid(cloid(2))
    assert status is not None
    assert status.state is OrderState.FILLED
    assert (await venue.exchange.fills(LONG_AGO))[-1].realized < 0


async def a_trigger_on_the_wrong_side_is_refused(venue: Venue) -> None:
    """A stop of a long above the mark would act at once."""
    await opened(venue)
    outcome = await one(venue, trigger(venue, OrderKind.STOP, PRICE * Decimal("1.02"), 2))
    assert isinstance(outcome, Rejected)
    assert (await venue.exchange.positions())[venue.coin].size == SIZE


async def cancelling_is_told_apart_from_nothing_to_cancel(venue: Venue) -> None:
    """A resting order is canceled once; after that there is nothing there."""
    await opened(venue)
    await one(venue, trigger(venue, OrderKind.STOP, PRICE * Decimal("0.98"), 2))
    (first,) = await venue.exchange.cancel([cloid(2)])
    (second,) = await venue.exchange.cancel([cloid(2)])
    assert isinstance(first, Accepted)
    assert isinstance(second, Rejected)
    status = await venue.exchange.order_by_cloid(cloid(2))
    assert status is not None
    assert status.state is OrderState.CANCELED


# --- settings and reads ---------------------------------------------------------------


async def leverage_is_read_back_and_bounded(venue: Venue) -> None:
    """What is set is returned; beyond the coin's maximum is refused."""
    most = (await venue.exchange.markets())[venue.coin].max_leverage
    setting = await venue.exchange.set_leverage(venue.coin, 3, MarginMode.CROSS)
    assert (setting.coin, setting.leverage, setting.mode) == (venue.coin, 3, MarginMode.CROSS)
    for leverage in (0, most + 1):
        try:
            await venue.exchange.set_leverage(venue.coin, leverage, MarginMode.CROSS)
        except OrderRejected:
            continue
        raise AssertionError(f"leverage {leverage} was taken; the coin allows 1 to {most}")


async def the_margin_mode_does_not_change_under_a_position(venue: Venue) -> None:
    """An open cross position cannot become isolated by a setting."""
    await opened(venue)
    try:
        await venue.exchange.set_leverage(venue.coin, 5, MarginMode.ISOLATED)
    except OrderRejected:
        return
    raise AssertionError("the margin mode was changed while a position is open")


async def prices_and_markets_know_the_coin(venue: Venue) -> None:
    """Decimal prices above 0 for coins it knows, and nothing for others."""
    prices = await venue.exchange.prices([venue.coin, "NOSUCHCOIN"])
    assert set(prices) == {venue.coin}
    found = prices[venue.coin]
    assert min(found.mark, found.mid, found.oracle) > 0
    assert found.time.tzinfo is not None


async def candles_are_closed_and_in_order(venue: Venue) -> None:
    """Oldest first, none that is still open."""
    bars = await venue.exchange.candles(venue.coin, timedelta(minutes=1), 10)
    assert [bar.start for bar in bars] == sorted(bar.start for bar in bars)
    time = (await venue.exchange.account()).time
    assert all(bar.end <= time for bar in bars)


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
    candles_are_closed_and_in_order,
)
"""Every case; each wants a fresh venue."""
