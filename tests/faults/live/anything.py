"""Anything that happens to a live bot, drawn at random: trades both ways, faults, hands, deaths."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from random import Random

from livewire import LiveWire
from test_dies_at_each_write import Deadly, Died

from motherhaven.bot.execution.timers import Timers
from motherhaven.bot.running.live import LiveLoop
from motherhaven.contract.errors import ConfigError

D = Decimal
OTHERS = {"ETH": D(2_000), "SOL": D(100)}
BARE_AT_MOST = timedelta(seconds=5)
STEPS = (1, 1, 1, 2, 1, 4, 1, 10)
FAULTS = {
    "drop_reply": {"only": ["order", "order", "cancel", "updateLeverage"], "before": [False, True]},
    "half_body": {"only": ["order", "cancel"]},
    "rate_limited": {"only": [
        "order", "cancel", "orderStatus", "clearinghouseState", "frontendOpenOrders",
        "userFillsByTime", "activeAssetData",
    ]},
    "delay_visibility": {"seconds": [1.0, 3.0]},
    "partial_fill": {"fraction": ["0.1", "0.5", "0.9"]},
    "ioc_shrunk": {}, "upgrade_window": {}, "unknown_status": {}, "forgetful_order_status": {},
    "silent_socket": {}, "no_replay": {},
}  # fmt: skip
HAPPENINGS = {
    "external_close": {"fraction": ["0.3", "1"]},
    "external_open": {"size": ["0.01", "-0.01", "0.1", "-0.1"], "coin": ["BTC", "ETH"]},
    "manual_stop_cancel": {}, "liquidation": {}, "adl": {"fraction": ["0.3", "1"]},
    "mode_switch": {"mode": ["unifiedAccount", "disabled"]},
    "deposit": {"amount": ["-50", "100"]}, "clock_skew": {"seconds": [-5, 0, 5]},
    "restart": {"seconds": [0.0, 2.0]},
}  # fmt: skip
BRINGS_DOWN = ("restart",)
REDUCES = {"cancel", "cancelByCloid", "noop"}


class Anything:
    """A bot in three coins, turned as its own loop turns it, under whatever is drawn."""

    def __init__(self, folder, seed):
        self.wire, self.random = LiveWire(folder, others=OTHERS), Random(seed)
        self.told, self.bare, self.barest = [], {}, {}
        self.killed_at = None
        self.wire.reconcile()
        self.new_loop()

    def new_loop(self):
        """The loop of this life of the bot."""
        self.loop = LiveLoop(self.wire.cycle, Timers())
        self.turn()

    # --- time goes by ---------------------------------------------------------------------

    def turn(self):
        """What the bot's own loop does four times a second."""
        asyncio.run(self.loop.turn(self.wire.now))
        self.wire.killer.obey_latch(self.wire.now)
        self.wire.cycle.flush()

    def pass_time(self, steps=STEPS):
        """Seconds go by; each position is looked at before and after each turn."""
        for seconds in steps:
            for coin in self.wire.prices:
                self.drift(coin, 4)
            self.wire.step(seconds)
            self.look()
            self.turn()
            self.look()

    def drift(self, coin, most):
        """A price that goes so many thousandths up or down at most."""
        spec = self.wire.fake.state.market.specs[coin]
        price = self.wire.prices[coin] * (1 + D(self.random.randint(-most, most)) / 1000)
        self.wire.move(spec.round_price(price, up=True), coin)

    def look(self):
        """By the venue's own state: how long each position that we opened was without its stop."""
        wire = self.wire
        if wire.fake.state.down:
            self.bare.clear()
            return
        for coin in wire.prices:
            if not wire.fake.call(lambda coin=coin: is_bare(wire.fake.account(), coin)):
                self.bare.pop(coin, None)
                continue
            since = self.bare.setdefault(coin, wire.now)
            if wire.now - since > self.barest.get(coin, timedelta(0)):
                self.barest[coin] = wire.now - since
            assert wire.now - since <= BARE_AT_MOST, (coin, since, wire.now, self.told)

    # --- what happens ---------------------------------------------------------------------

    def once(self):
        """One thing, or two at once, then some time."""
        what = self.random.choice(
            ["trade", "trade", "trade", "fault", "fault", "faults", "hand", "hand", "price",
             "life", "death", "death", "kill"]
        )  # fmt: skip
        if self.killed_at is not None and self.random.random() < 0.5:
            self.arm()
        if what in ("fault", "faults"):
            for _ in range(1 if what == "fault" else 2):
                self.throw(self.random.choice(list(FAULTS)), FAULTS)
        if what == "hand" or self.random.random() < 0.15:
            self.throw(self.random.choice(list(HAPPENINGS)), HAPPENINGS)
        if what in ("trade", "fault", "faults"):
            self.trade()
        elif what == "price":
            self.drift(self.random.choice(list(self.wire.prices)), 40)
        elif what == "life":
            self.live_again()
        elif what == "death":
            self.die()
        elif what == "kill":
            self.kill()
        self.look()
        self.pass_time(STEPS[: self.random.randint(1, len(STEPS))])
        if self.random.random() < 0.7:
            self.calm()

    def throw(self, name, known):
        """A switch, with arguments that are drawn."""
        given = {key: self.random.choice(values) for key, values in known[name].items()}
        times = self.random.choice([1, 1, 2]) if known is FAULTS else 1
        self.told.append((name, times, given))
        with suppress(ConfigError):  # too small a part, or money that is not free
            self.wire.fake.switch(name, times, **given)

    def trade(self):
        """A decision in one coin or in two: opens, adds, closes in part or whole, tightens."""
        made = [
            self.decision(coin)
            for coin in self.random.sample(list(self.wire.prices), self.random.choice([1, 1, 2]))
        ]
        self.told.append(made)
        asyncio.run(self.loop.before_cycle(self.wire.now))
        self.wire.decide(*made)

    def decision(self, coin):
        """What a model might say of a coin, whatever is open there."""
        random, size = self.random, self.wire.fake.account().sizes.get(coin, D(0))
        price, because = self.wire.prices[coin], {"coin": coin, "justification": "because"}
        what = random.choice(["open", "close", "reduce", "tighten"]) if size else "open"
        if what == "close":
            return {**because, "signal": "close"}
        if what == "reduce":
            return {**because, "signal": "reduce", "close_fraction": random.choice([0.3, 0.7])}
        if what == "tighten":
            near = 1 - D("0.012") if size > 0 else 1 + D("0.012")
            return {**because, "signal": "hold", "adjusted_stop_loss": float(price * near)}
        long = size > 0 if size else random.random() < 0.5
        sign = 1 if long else -1
        stop = price * (1 - sign * D(random.choice(["0.02", "0.03"])))
        return {
            **because, "signal": "buy_to_enter" if long else "sell_to_enter",
            "quantity_usd": random.choice([30, 100]), "leverage": random.choice([1, 2, 3]),
            "confidence": 0.8, "stop_loss": float(stop),
            "profit_target": float(price * (1 + sign * D("0.04"))),
        }  # fmt: skip

    def die(self):
        """The process dies at a write to its disk while it trades, or soon after."""
        deadly = Deadly(self.wire, self.random.randint(1, 12), after=self.random.random() < 0.5)
        self.told.append(("death", deadly.left, deadly.after))
        with suppress(Died):
            self.trade()
            self.turn()
        deadly.off()
        self.live_again()

    def live_again(self):
        """The process ends, and some time later another one begins."""
        self.told.append("life")
        self.wire.end()
        self.wire.fake.step(self.random.choice([0, 1, 2]))
        while self.wire.fake.state.down:  # a start that fails is tried again by whoever runs it
            self.wire.fake.step(1)
        self.wire.begin()
        self.new_loop()

    def kill(self):
        """The bot is killed, with or without closing everything."""
        flatten = self.random.random() < 0.5
        self.told.append(("kill", flatten))
        self.wire.killer.latch.engage(self.wire.now, "test", flatten=flatten)
        self.killed_at = self.killed_at or len(self.wire.fake.requests)
        self.turn()

    def arm(self):
        """Somebody ends the kill; until then nothing was signed but what reduces."""
        if self.killed_at is not None:
            for one in self.wire.fake.requests[self.killed_at :]:
                if one.path == "/exchange" and one.kind not in REDUCES:
                    assert one.kind == "order", (one.kind, self.told)
                    assert all(order["r"] for order in one.action["orders"]), self.told
        self.killed_at = None
        self.wire.arm()

    def calm(self):
        """What was switched on is off; a mode that halts the bot ends, and it starts again."""
        fake = self.wire.fake
        for name in FAULTS:
            fake.switch(name, 0)
        if fake.account().mode != "disabled":
            fake.switch("mode_switch", mode="disabled")
            self.live_again()
        if self.random.random() < 0.7:
            self.arm()

    # --- the end --------------------------------------------------------------------------

    def judge(self):
        """Each order went out once, and venue, books and journal are the same."""
        wire = self.wire
        self.calm()
        self.arm()
        for _ in range(4):
            self.pass_time()
            done = wire.settle()
            if done.failed is None and not wire.trader.account.orders.unknown:
                break
        told, orders = (self.told, wire.codes(done)), wire.trader.account.orders
        assert (done.failed, orders.unknown, orders.surprises) == (None, [], []), told
        assert max(Counter(one for one in wire.sent() if one).values(), default=0) <= 1, told
        assert wire.equal() == 0, told
        table, sizes = wire.fake.account().table, wire.fake.account().sizes
        left = [one for one in table.resting.values() if one.cloid and not sizes.get(one.coin)]
        assert not left, (left, told)
        before = account_of(wire)
        wire.end()
        wire.begin()
        wire.reconcile()
        assert account_of(wire) == before, (account_of(wire), before, told)


def account_of(wire):
    """What the books say, and where exits belong."""
    shot = wire.trader.account.snapshot()
    held = {coin: (one.size, one.entry) for coin, one in shot.positions.items()}
    return shot.wallet, shot.deposits, held, dict(exits_of(wire, shot.positions))


def exits_of(wire, positions):
    """Where stop and target of each position belong, on the market's grid."""
    for coin, one in wire.trader.account.wanted.items():
        if coin in positions:
            long, spec = positions[coin].size > 0, wire.fake.state.market.specs[coin]
            stop = one.stop and spec.round_price(one.stop, up=long)
            yield coin, (stop, one.target and spec.round_price(one.target, up=not long))


def is_bare(account, coin):
    """Whether a position that an order of ours has opened is not wholly covered by stops."""
    size = account.sizes.get(coin, D(0))
    if not size or not opened_by_us(account, coin):
        return False
    stops = [
        one for one in account.table.resting.values()
        if one.coin == coin and one.trigger is not None and one.trigger.tpsl == "sl"
        and one.buy is (size < 0)
    ]  # fmt: skip
    return not any(not one.size for one in stops) and sum(o.left for o in stops) < abs(size)


def opened_by_us(account, coin):
    """Whether the fill that began the position, or turned it, was of an order with our id."""
    for fill in reversed(account.fills):
        change = fill.size if fill.buy else -fill.size
        turned = fill.start and (fill.start > 0) != (fill.start + change > 0)
        if fill.coin == coin and (not fill.start or (turned and fill.start + change)):
            return fill.cloid is not None
    return False
