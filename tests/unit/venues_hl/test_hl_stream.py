"""The stream over a real socket: hints come at once, and what was missed is read after it."""

import asyncio
from decimal import Decimal

from hl_venue import COIN, buy, number, stop

from motherhaven.bot.execution.orders import OrderClosed
from motherhaven.bot.portfolio.events import CashFlow, Fill, FillReason, FundingPayment
from motherhaven.bot.venues.hyperliquid.following import HEARD_WITHIN, POLL, POLL_DEAF
from motherhaven.bot.venues.hyperliquid.stream_state import SILENT_AFTER
from motherhaven.testing.venue_subject import PRICE
from tests.patience import until


async def heard_all(desk, venue):
    """Drain until the stream is open and all that it began with was heard."""
    await venue.drain()
    await until(lambda: desk.fake.state.stream.connections == 1, "the stream is open")
    await until(lambda: venue.health().heard_at is not None, "the stream has spoken")
    await until(lambda: venue._following.hinted, "a hint")
    await venue.drain()


async def told(venue, kind):
    """Drain, with the clock standing still, until something of this kind is told."""
    found = []
    while not found:
        await until(lambda: venue._following.hinted, "a hint of the stream")
        found = [one for one in await venue.drain() if isinstance(one, kind)]
    return found


def test_a_stop_that_fires_is_told_by_the_stream(desk):
    """Without waiting for the next poll: the clock stands still."""
    venue = desk.open()
    desk.place(venue, buy())
    desk.place(venue, stop(2))

    async def go():
        await heard_all(desk, venue)
        desk.fake.move(COIN, PRICE * Decimal("0.97"))
        return await told(venue, Fill)

    (fill,) = [one for one in desk.run(go()) if one.cloid == number(2)]
    assert (fill.reason, fill.size) == (FillReason.STOP, Decimal("-0.01"))


def test_money_that_moves_is_told_by_the_stream(desk):
    """Funding and deposits, each once."""
    venue = desk.open()
    desk.place(venue, buy())

    async def go():
        await heard_all(desk, venue)
        desk.fake.step(1)
        desk.fake.fund(COIN, "0.0001")
        paid = await told(venue, FundingPayment)
        desk.fake.step(1)
        desk.fake.switch("deposit", amount=Decimal(7))
        return paid, await told(venue, CashFlow)

    paid, flows = desk.run(go())
    assert [one.amount for one in paid] == [Decimal("-0.05")]
    assert [one.amount for one in flows] == [7]


def test_what_happened_while_it_was_cut_off_is_told_once(desk):
    """A new connection replays nothing: the lists are read, and each thing comes once."""
    venue = desk.open()
    desk.place(venue, buy())
    desk.place(venue, stop(2))

    async def go():
        await heard_all(desk, venue)
        await venue.drain()
        desk.fake.switch("no_replay", times=None)
        desk.fake.switch("silent_socket", times=None)
        desk.fake.move(COIN, PRICE * Decimal("0.97"))
        before = venue.health().reconnects
        desk.fake.step(SILENT_AFTER)
        await until(lambda: venue.health().reconnects > before, "the stream is opened anew")
        desk.fake.switch("silent_socket", times=0)
        found = []
        for _ in range(5):
            found += await venue.drain()
            desk.fake.step(POLL)
        return found

    found = desk.run(go())
    assert [one.cloid for one in found if isinstance(one, Fill)] == [number(2)]


def test_orders_that_others_cancel_are_told(desk):
    """At the venue's page: the word of the venue, and our cloid."""
    venue = desk.open()
    desk.place(venue, buy())
    desk.place(venue, stop(2))

    async def go():
        await heard_all(desk, venue)
        desk.fake.switch("manual_stop_cancel")
        return await told(venue, OrderClosed)

    (closed,) = desk.run(go())
    assert closed.cloid == number(2)
    assert closed.reason


def test_it_ends_with_the_adapter(desk):
    """No task and no socket are left."""
    venue = desk.open()

    async def go():
        await heard_all(desk, venue)
        await venue.close()
        await until(lambda: desk.fake.state.stream.connections == 0, "the socket is closed")
        return [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]

    assert desk.run(go()) == []


def test_the_venue_is_asked_less_while_the_stream_speaks(desk):
    """Every 15 s without it, every 60 s with it: the questions cost of the address's weight."""
    following = desk.open()._following
    assert following._pause() == POLL_DEAF
    following.heard_at = desk.fake.clock.now()
    assert following._pause() == POLL
    desk.fake.step(HEARD_WITHIN.total_seconds())
    assert following._pause() == POLL_DEAF
