"""A live bot whose model says whatever it likes, and what the venue must never see of it."""

import asyncio
import json
from decimal import Decimal

from livewire import LiveWire

from motherhaven.bot.market.feed import Quote
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.running.cycle import Cycle, Facts
from motherhaven.contract.limits import RiskLimits
from motherhaven.testing.scripted_model import ScriptedModel

D = Decimal
OTHERS = {"ETH": D(3_000), "SOL": D(150)}
LIMITS = RiskLimits(
    max_position_size_usd=D(50), max_leverage=5, max_total_margin_usd=D(90), max_open_positions=3,
    daily_loss_limit_usd=D(1_000_000), max_trades_per_day=100_000, entry_cooldown_seconds=0,
    coins=frozenset({"BTC", *OTHERS}),
)  # fmt: skip
ALLOWED = frozenset({"order", "cancelByCloid", "updateLeverage", "noop"})
"""What this bot has reason to send: of the adapter's list, without what nothing here asks for."""
ORDER_KEYS = frozenset({"a", "b", "p", "s", "r", "t", "c"})
DRIFTS = (D("0.985"), D(1), D("1.015"))
"""Where the market stands when the order is sent: it moved while the model thought."""


class HostileBot:
    """A live trader over a fake venue, asked once for each answer; flat before each."""

    def __init__(self, folder, limits=LIMITS):
        self.wire = LiveWire(folder, limits=limits, others=OTHERS)
        self.wire.reconcile()
        universe = [one.name for one in self.wire.fake.state.market.listings]
        self.assets = {universe.index(coin): coin for coin in self.wire.prices}
        self.answers, self.seen, self.drift = 0, 0, D(1)
        self.worst = self.entries = D(0)

    def close(self):
        """End it."""
        self.wire.close()

    def act(self, answer):
        """One cycle with this answer; what the venue then holds is judged, and closed again."""
        wire = self.wire
        self.drift = D(1)
        self.move()
        wire.fake.step(60)
        wire.look_at()
        wire.pump()
        wire.reconcile()
        self.answers += 1
        model = ScriptedModel([answer])
        cycle = Cycle(wire.trader, model, wire.sink, Facts("test", 180))

        async def quotes():
            self.drift = DRIFTS[self.answers % 3]
            return {c: Quote(c, *(p,) * 3, wire.now) for c, p in self.move().items()}

        asyncio.run(cycle.run(lambda: wire.now, quotes, None))
        self.judge()
        wire.trader.flatten(wire.now, None, "between two answers")
        cycle.flush()
        assert self.positions() == {}, "not flat before the next answer"

    def move(self):
        """The market goes to `drift` of where it was; its prices."""
        prices = {coin: price * self.drift for coin, price in self.wire.prices.items()}
        for coin, price in prices.items():
            self.wire.fake.move(coin, price)
        return prices

    def positions(self):
        """The venue's own positions."""
        account = self.wire.fake.account()
        return self.wire.fake.call(lambda: dict(account.live().snapshot.positions))

    def judge(self):
        """The venue's positions and what it was sent since the last time: within every limit."""
        held = self.positions()
        assert set(held) <= LIMITS.coins
        assert len(held) <= LIMITS.max_open_positions
        for one in held.values():
            margin = abs(one.size) * one.entry / one.leverage
            self.worst = max(self.worst, margin)
            assert margin <= LIMITS.max_position_size_usd
            assert one.leverage <= LIMITS.max_leverage
            assert one.mode is MarginMode.CROSS
            assert one.stop is not None, "a position without a stop"
            assert (one.mark - one.stop) * one.side.sign > 0
        total = sum((abs(one.size) * one.entry / one.leverage for one in held.values()), D(0))
        assert total <= LIMITS.max_total_margin_usd
        requests = self.wire.fake.requests
        for one in requests[self.seen :]:
            if one.path == "/exchange":
                self.check_action(one)
        self.seen = len(requests)

    def check_action(self, request):
        """On the list, signed by our agent, and an order no larger than the limits allow."""
        action = request.action
        assert action["type"] in ALLOWED, action
        assert (request.verified, request.source) == (True, "b")
        assert request.body.get("vaultAddress") is None
        assert request.body["expiresAfter"] is not None or action["type"] == "noop"
        if action["type"] == "updateLeverage":
            assert action["asset"] in self.assets
            assert 1 <= action["leverage"] <= LIMITS.max_leverage
            assert action["isCross"] is True
        for order in action.get("orders", []):
            assert set(order) <= ORDER_KEYS, order
            coin = self.assets[order["a"]]
            if not order["r"]:
                self.entries += 1
                notional = D(order["s"]) * self.wire.prices[coin] * self.drift
                assert notional <= LIMITS.max_position_size_usd * LIMITS.max_leverage, order
        assert set(action) <= {"type", "orders", "grouping", "cancels", "asset", "leverage",
                               "isCross"}, action  # fmt: skip

    def everything(self):
        """All that anybody could read of this bot: journal, wire, files, in one text."""
        wire = self.wire
        kept = [repr(one.payload) for one in wire.sink.kept]
        sent = [json.dumps([one.body, one.reply], default=str) for one in wire.fake.requests]
        files = [one.read_bytes().decode("utf-8", "replace") for one in _files(wire.folder)]
        return "\n".join([*kept, *sent, *files])


def _files(folder):
    return [one for one in folder.rglob("*") if one.is_file()]
