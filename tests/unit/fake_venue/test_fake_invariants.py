"""What holds at the fake venue after any sequence of actions, and for any body."""

from contextlib import suppress
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.jsonio import dumps
from motherhaven.testing.fake_venue import FakeVenue, sign
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.wire import to_ms
from tests.unit.fake_venue.kit import order, place, trigger

SIZES = st.sampled_from(["0.001", "0.02", "0.1", "0.5", "3"])
PRICES = st.integers(46_000, 54_000).map(str)
SWITCHES = st.sampled_from(["partial_fill", "ioc_shrunk", "normal_tpsl_dropped"])
HAPPENINGS = st.sampled_from(["liquidation", "adl", "external_close", "manual_stop_cancel"])


def limit(size: str, price: str, buy: bool, tif: str, reduce: bool) -> dict[str, Any]:
    """An order of any kind without a trigger."""
    return place(order(size, price, buy=buy, tif=tif, reduce=reduce))


def exit_of(price: str, tpsl: str, size: str, buy: bool) -> dict[str, Any]:
    """A stop or target of its own, or of the whole position."""
    grouping = "positionTpsl" if size == "0" else "na"
    return place(trigger(price, tpsl, size, buy=buy), grouping=grouping)


def entry(size: str, price: str, stop: str, buy: bool, tif: str) -> dict[str, Any]:
    """An entry with its stop."""
    first = order(size, price, buy=buy, tif=tif)
    return place(first, trigger(stop, "sl", size, buy=not buy), grouping="normalTpsl")


TIFS = st.sampled_from(["Ioc", "Gtc", "Alo"])
STEPS = st.one_of(
    st.builds(limit, SIZES, PRICES, st.booleans(), TIFS, st.booleans()),
    st.builds(entry, SIZES, PRICES, PRICES, st.booleans(), st.sampled_from(["Ioc", "Gtc"])),
    st.builds(
        exit_of, PRICES, st.sampled_from(["sl", "tp"]), st.sampled_from(["0", "0.02", "0.5"]),
        st.booleans(),
    ),
    st.builds(
        lambda leverage, cross: {
            "type": "updateLeverage", "asset": 0, "isCross": cross, "leverage": leverage,
        },
        st.integers(1, 40), st.booleans(),
    ),
    st.integers(0, 12).map(lambda n: ("cancel", n)),
    PRICES.map(lambda price: ("move", price)),
    SWITCHES.map(lambda name: ("switch", name)),
    HAPPENINGS.map(lambda name: ("switch", name)),
    st.just(("fund", "0.0001")),
)  # fmt: skip


class Bench:
    """A venue without a server, and what holds of its account."""

    def __init__(self) -> None:
        self.venue = FakeVenue()
        self.account: Account = self.venue.account()
        self.nonce = to_ms(self.venue.clock.now())
        self.told: list[tuple[str, Any]] = []
        self.account.told = lambda _, kind, news: self.told.append((kind, news))

    def send(self, action: dict[str, Any]) -> Any:
        """Sign and carry out an action."""
        self.nonce += 1
        body = dumps({
            "action": action, "nonce": self.nonce,
            "signature": sign(self.venue.key(), action, self.nonce),
        })  # fmt: skip
        seen = self.venue.state.ask(self.venue.state.unanswered("/exchange", body))
        assert seen.status == 200
        assert seen.verified
        return seen.reply

    def do(self, step: Any) -> None:
        """One step of a sequence."""
        if isinstance(step, dict):
            self.send(step)
            return
        what, value = step
        if what == "move":
            self.venue.move("BTC", value)
        elif what == "fund":
            self.venue.fund("BTC", value)
        elif what == "switch":
            with suppress(ConfigError):  # e.g. a close by hand below ten dollars
                self.venue.switch(value)
        else:
            oids = sorted(self.account.table.resting)
            oid = oids[value % len(oids)] if oids else 1
            self.send({"type": "cancel", "cancels": [{"a": 0, "o": oid}]})

    def check(self) -> None:
        """The tables say what the simulated venue has."""
        account = self.account
        held = {coin: one.size for coin, one in account.venue.positions().items()}
        assert {coin: size for coin, size in account.sizes.items() if size} == held
        known = {int(one.cloid.partition(".")[0]) for one in account.venue.open_orders()}
        assert set(account.table.resting) == known | set(account.parked)
        assert account.endings == {}
        snapshot = account.venue.account()
        signed = sum((one.size if one.buy else -one.size for one in account.fills), Decimal(0))
        assert signed == sum(held.values(), Decimal(0))
        assert sum((one.fee for one in account.fills), Decimal(0)) == snapshot.fees
        assert sum((one.closed for one in account.fills), Decimal(0)) == snapshot.realized
        for one in account.table.resting.values():
            assert one.filled < one.size or one.size == 0
        for coin, size in held.items():
            reducing = [
                one.left for one in account.table.resting.values()
                if one.coin == coin and one.reduce_only and one.trigger is None
            ]  # fmt: skip
            assert sum(reducing, Decimal(0)) <= abs(size)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, max_size=25))
def test_tables_and_engine_agree_after_anything(steps: list[Any]) -> None:
    """Positions, resting orders, fills, fees and profit are those of the simulated venue."""
    bench = Bench()
    for step in steps:
        bench.do(step)
        bench.check()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, max_size=20))
def test_what_is_told_adds_up_to_what_is_there(steps: list[Any]) -> None:
    """The last word of the stream about an order is its status; each fill is told once."""
    bench = Bench()
    for step in steps:
        bench.do(step)
    last = {news.oid: news.status for kind, news in bench.told if kind == "order"}
    table = bench.account.table
    assert last == {one.oid: one.status for one in [*table.ended.values(), *table.resting.values()]}
    assert [news for kind, news in bench.told if kind == "fill"] == bench.account.fills


def drawn(random: Random) -> Any:
    """A step at random: more of what fills than hypothesis tries."""
    size = random.choice(["0.001", "0.02", "0.1", "0.5", "3"])
    price, other, buy = (
        str(random.randint(46_000, 54_000)),
        str(random.randint(46_000, 54_000)),
        (random.random() < 0.5),
    )
    tif, leverage = random.choice(["Ioc", "Gtc", "Alo"]), random.randint(1, 40)
    kinds: list[tuple[int, Any]] = [
        (25, limit(size, price, buy, tif, random.random() < 0.5)),
        (15, entry(size, price, other, buy, random.choice(["Ioc", "Gtc"]))),
        (15, exit_of(price, random.choice(["sl", "tp"]), random.choice(["0", "0.02"]), buy)),
        (5, {"type": "updateLeverage", "asset": 0, "isCross": buy, "leverage": leverage}),
        (8, ("cancel", random.randint(0, 12))),
        (20, ("move", price)),
        (6, ("switch", random.choice(["partial_fill", "ioc_shrunk", "normal_tpsl_dropped"]))),
        (4, ("switch", random.choice(["liquidation", "adl", "external_close"]))),
        (2, ("fund", "0.0001")),
    ]
    return random.choices([one for _, one in kinds], [weight for weight, _ in kinds])[0]


def walked(seed: int) -> None:
    """Eighty steps at random, each checked."""
    random, bench = Random(seed), Bench()
    for _ in range(80):
        bench.do(drawn(random))
        bench.check()


@pytest.mark.parametrize("seed", range(25))
def test_long_walks_keep_tables_and_engine_together(seed: int) -> None:
    """Eighty steps each, with what fills, rests, is cut, cancelled and liquidated."""
    walked(seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 1_100))
def test_many_long_walks_keep_tables_and_engine_together(seed: int) -> None:
    """As above, a thousand times."""
    walked(seed)


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | TEXTS
    | st.sampled_from(["order", "noop", "cancel", "0x1", "1", "Ioc", "na", "BTC", "1h"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([
            "type", "orders", "grouping", "a", "b", "p", "s", "r", "t", "limit", "tif", "c", "o",
            "cancels", "asset", "isCross", "leverage", "action", "nonce", "signature", "v",
            "user", "coin", "oid", "startTime", "endTime", "req", "interval", "builder",
        ]),
        inner, max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=JSON, path=st.sampled_from(["/info", "/exchange"]))
def test_any_json_is_answered(value: Any, path: str) -> None:
    """Whatever is sent gets 200, 422 or the venue's null; nothing fails inside."""
    venue = FakeVenue()
    seen = venue.state.ask(venue.state.unanswered(path, dumps(value)))
    assert seen.status in (200, 422, 500)
    dumps(seen.reply)
    assert venue.account().fills == []


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=JSON)
def test_any_signed_action_is_answered(value: Any) -> None:
    """Fields of every type in a real envelope: read or refused, never a failure inside."""
    venue = FakeVenue()
    for action in (value, {"type": "order", "orders": [value], "grouping": "na"}):
        nonce = to_ms(venue.clock.now()) + 1
        body = {"action": action, "nonce": nonce, "signature": {"r": "0x1", "s": "0x1", "v": 27}}
        seen = venue.state.ask(venue.state.unanswered("/exchange", dumps(body)))
        assert seen.status in (200, 422)
