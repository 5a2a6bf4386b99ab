"""A live bot under one switch of the fake venue, turned as its own loop turns it."""

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from random import Random

from livewire import CLOSE, COIN, PRICE, entry

from motherhaven.bot.execution.timers import Timers
from motherhaven.bot.running.live import LiveLoop
from motherhaven.testing.fake_venue.happenings import HAPPENINGS
from motherhaven.testing.fake_venue.switches import FAULTS

D = Decimal
NEVER_ACTS = "normal_tpsl_dropped"
"""It waits for an entry that is grouped with its exits, which the adapter never sends."""
SOMETIMES_OPEN = "upgrade_window"
"""It refuses every entry, so one is there before: what it does to exits is seen too."""
NEEDS_POSITION = ("external_close", "liquidation", "adl", "manual_stop_cancel")
ASKED_ABOUT = ("unknown_status", "forgetful_order_status")
"""Act where it is asked what became of an order: its reply is dropped along with them."""
BARE_AT_MOST = timedelta(seconds=5)
"""For so long a position of ours may be without its stop, by the venue's own state."""
MOST = 1_000
STEPS = (1, 1, 1, 1, 1, 1, 2, 4, 8, 10, 30)
"""Seconds between two turns of the loop after a decision: a minute in all."""


def arguments(name, random):
    """Arguments of a switch, drawn where it takes any that matter."""
    if name in ("drop_reply", "half_body"):
        more = {"before": random.random() < 0.5} if name == "drop_reply" else {}
        return {"only": random.choice(["order", "order", "cancel", "updateLeverage"]), **more}
    if name == "rate_limited":
        return {"only": random.choice(["order", "orderStatus", "clearinghouseState"])}
    if name == "partial_fill":
        return {"fraction": random.choice(["0.1", "0.5", "0.9"])}
    if name in ("adl", "external_close"):
        return {"fraction": random.choice(["0.3", "1"])}
    if name == "external_open":
        return {"coin": COIN, "size": "0.001"}
    if name == "deposit":
        return {"amount": random.choice(["-50", "100"])}
    if name == "clock_skew":
        return {"seconds": random.choice([-5, 5])}
    return {}


class Watched:
    """A bot under one switch, and how long its position was without a stop at the longest."""

    def __init__(self, wire, name, seed):
        self.wire, self.name, self.random = wire, name, Random(seed)
        self.bare_since, self.barest = None, timedelta(0)
        self.rounds = self.acted = 0
        self.loop = LiveLoop(wire.cycle, Timers())
        self.turn()

    # --- time goes by ---------------------------------------------------------------------

    def turn(self):
        """What the bot's own loop does four times a second."""
        wire = self.wire
        asyncio.run(self.loop.turn(wire.now))
        wire.killer.obey_latch(wire.now)
        wire.cycle.flush()

    def pass_time(self, steps=STEPS):
        """Seconds go by, and the position is looked at before and after each turn."""
        for seconds in steps:
            self.wire.move(PRICE + 25 * self.random.randint(-8, 8))
            self.wire.step(seconds)
            self.is_covered()
            self.turn()
            self.is_covered()

    def is_covered(self):
        """By the venue's own state: a position of ours without a stop is bare since its first."""
        wire, account = self.wire, self.wire.fake.account()

        def bare():
            triggers = [one.trigger for one in account.table.resting.values()]
            stops = [one for one in triggers if one is not None and one.tpsl == "sl"]
            return bool(account.sizes.get(COIN)) and not stops

        if not wire.fake.call(bare) or COIN not in wire.trader.account.wanted:
            self.bare_since = None
            return
        self.bare_since = self.bare_since or wire.now
        self.barest = max(self.barest, wire.now - self.bare_since)

    # --- a round --------------------------------------------------------------------------

    def once(self):
        """The switch before or after a decision, which is of this round's kind; then time."""
        wire, random, name = self.wire, self.random, self.name
        self.rounds += 1
        wire.arm()
        opens = name in NEEDS_POSITION or (name == SOMETIMES_OPEN and random.random() < 0.5)
        if opens and not wire.held:
            self.decide()
        first = random.random() < 0.5
        if name not in HAPPENINGS or first:
            self.throw()
        self.decide()
        if name in HAPPENINGS and not first:
            self.throw()
        self.is_covered()
        self.pass_time()
        self.count()
        self.mend()

    def decide(self):
        """Open what is closed; close, tighten or leave alone what is open."""
        wire, random = self.wire, self.random
        asyncio.run(self.loop.before_cycle(wire.now))
        stop = max((one.price for one in self.resting() if one.price), default=D(0))
        if not wire.held:
            wire.decide(entry(stop=random.choice(["0.97", "0.98"])))
        elif random.random() < 0.6 or stop >= PRICE * D("0.99"):
            wire.decide(CLOSE)
        else:
            wire.decide({
                "coin": COIN, "signal": "hold", "justification": "tighter",
                "adjusted_stop_loss": float(stop + PRICE / 500),
            })  # fmt: skip
        wire.cycle.flush()

    def resting(self):
        """The stops of ours by the bot's own books: no request is spent on it."""
        known = self.wire.trader.account.orders.resting(COIN)
        return [one for one in known if one.kind.value == "stop"]

    def throw(self):
        """The switch, with what makes it act."""
        wire, random, name = self.wire, self.random, self.name
        if name in ASKED_ABOUT or (name == "rate_limited" and random.random() < 0.5):
            wire.fake.switch("drop_reply", 1, only="order")
        if name == "drop_reply" and random.random() < 0.3:  # then it is a stop's
            wire.fake.switch("manual_stop_cancel")
        if name == "no_replay":
            wire.fake.switch("restart")
        if name in NEEDS_POSITION and not wire.held:
            return
        self.times = MOST if name == "silent_socket" else random.choice([1, 1, 2, 3])
        if name in HAPPENINGS:
            self.times = 1
            self.acted += 1
        wire.fake.switch(name, self.times, **arguments(name, random))

    def count(self):
        """Whether the switch was there for something, by what is left of it."""
        if self.name in FAULTS:
            armed = self.wire.fake.state.switches._armed.get(FAULTS[self.name])
            self.acted += armed is None or armed.left < self.times

    def mend(self):
        """What the switch has changed for good is as before."""
        wire = self.wire
        for name in FAULTS:
            wire.fake.switch(name, 0)
        if self.name == "mode_switch":  # the bot asks for a new start, and gets it
            wire.fake.switch("mode_switch", mode="disabled")
            wire.end()
            wire.begin()
            self.loop = LiveLoop(wire.cycle, Timers())
            self.turn()


def run(wire, name, times, seed):
    """Throw a switch until it has acted so many times; judge what is there in the end."""
    watched = Watched(wire, name, seed)
    while watched.acted < times:
        watched.once()
        if name == NEVER_ACTS:
            watched.acted = watched.rounds
        assert watched.rounds < 8 * times + 20, (name, watched.rounds, watched.acted)
    watched.pass_time()
    judge(wire, (name, seed))
    orders = len(wire.sent())
    print(
        f"{name}: acted {watched.acted} times in {watched.rounds} rounds (seed {seed}), {orders} "
        f"orders, {len(wire.told('fill'))} fills, {watched.barest.total_seconds():g} s bare at most"
    )
    assert orders >= times // 2, (name, orders)
    return watched.barest


def judge(wire, told):
    """Each order went out once, nothing is unknown, and the books are the venue's."""
    for _ in range(3):
        done = wire.settle()
        if done.failed is None and not wire.trader.account.orders.unknown:
            break
    told = (*told, wire.codes(done))
    assert (done.failed, wire.trader.account.orders.unknown) == (None, []), told
    assert max(Counter(one for one in wire.sent() if one).values(), default=0) <= 1, told
    assert wire.booked == wire.held, told
    assert wire.equal() == 0, told
