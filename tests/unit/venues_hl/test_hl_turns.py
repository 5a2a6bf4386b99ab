"""One action at a time, exits first; and what is left of the budget is theirs."""

import asyncio

import pytest
from hl_support import StepClock
from hl_venue import buy, sell, stop

from motherhaven.bot.execution.orders import Accepted, Rejected
from motherhaven.bot.venues.hyperliquid.budget import READ_AFTER, READ_EVERY, Budget
from motherhaven.bot.venues.hyperliquid.info import Allowance
from motherhaven.bot.venues.hyperliquid.refusals import Refused
from motherhaven.bot.venues.hyperliquid.turns import Turns
from motherhaven.contract.errors import ExchangeError


def test_who_is_urgent_goes_before_all_who_wait():
    """Each class in the order of its coming; the one under way is not disturbed."""
    turns, order = Turns(), []

    async def take(name, urgent):
        async with turns.turn(urgent=urgent):
            order.append(name)
            await asyncio.sleep(0)

    async def go():
        names = [("a", False), ("b", False), ("exit 1", True), ("c", False), ("exit 2", True)]
        await asyncio.gather(*(take(*one) for one in names))

    asyncio.run(go())
    assert order == ["a", "exit 1", "exit 2", "b", "c"]


def test_one_at_a_time():
    """Never two inside, whatever fails or is cancelled meanwhile."""
    turns, inside, most = Turns(), 0, 0

    async def take(n):
        nonlocal inside, most
        async with turns.turn(urgent=n % 3 == 0):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            if n % 5 == 0:
                raise ValueError(n)

    async def go():
        tasks = [asyncio.create_task(take(n)) for n in range(30)]
        await asyncio.sleep(0)
        for task in tasks[4::4]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(60), turns.turn(urgent=False):
            return most

    assert asyncio.run(go()) == 1


class Asked:
    """An account with so many requests used of 10,000."""

    def __init__(self, used, cap=10_000):
        self.used, self.cap, self.count = used, cap, 0

    async def allowance(self):
        """What the venue says."""
        self.count += 1
        if self.used is None:
            raise ExchangeError("no answer")
        return Allowance(self.used, self.cap)


def check(asked, items=1, clock=None):
    """One entry of so many requests."""
    budget = Budget(asked, clock or StepClock())
    asyncio.run(budget.check(items))
    return budget


def test_a_fifth_of_the_requests_is_kept_for_exits():
    """8,000 may be used by entries, the rest not; a batch counts each of its orders."""
    assert check(Asked(7_999)).left == 2_001
    for used, items in ((8_000, 1), (7_999, 2), (10_000, 1), (20_000, 1)):
        with pytest.raises(Refused) as told:
            check(Asked(used), items)
        assert told.value.code == "venue_budget"


def test_an_account_that_has_traded_much_keeps_2000():
    """A fifth of millions would stop entries for nothing."""
    check(Asked(997_999, 1_000_000))
    with pytest.raises(Refused):
        check(Asked(998_001, 1_000_000))


def test_it_is_read_again_by_time_and_by_use():
    """Not before each entry: the question costs of the address's weight."""
    clock, asked = StepClock(), Asked(0)
    budget = check(asked, clock=clock)
    for _ in range(3):
        asyncio.run(budget.check(1))
    assert asked.count == 1
    clock.step(READ_EVERY)
    asyncio.run(budget.check(1))
    budget.used(READ_AFTER)
    assert budget.left == 10_000 - READ_AFTER
    asyncio.run(budget.check(1))
    assert asked.count == 3


def test_what_is_not_known_is_not_spent():
    """An entry waits for the answer."""
    with pytest.raises(ExchangeError):
        check(Asked(None))


def test_exits_go_through_when_entries_do_not(desk):
    """The account has used up what entries may use."""
    venue = desk.open()
    desk.place(venue, buy(1))
    desk.fake.call(lambda: setattr(desk.fake.account().usage, "used", 9_000))
    desk.fake.step(READ_EVERY)
    (entry,) = desk.place(venue, buy(2))
    assert isinstance(entry, Rejected)
    assert entry.code == "venue_budget"
    outcomes = desk.place(venue, stop(3)) + desk.place(venue, sell(4))
    assert [type(one) for one in outcomes] == [Accepted, Accepted]
    assert venue.health().requests_left < 2_000
