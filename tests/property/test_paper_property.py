"""The paper exchange on random bars and orders: legal, never growing, never twice, exact."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motherhaven.bot.execution.orders import Grouping, OrderIntent, OrderKind
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.market.instruments import Bar, default_spec
from motherhaven.bot.portfolio.events import Fill, FillReason, MarginMode, Side
from motherhaven.bot.portfolio.fold import EquityFold
from motherhaven.bot.venues.simulated.calm import NOWHERE, far_from_liquidation
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.contract.exact import exact
from tests.examples import examples

D = Decimal
T0 = datetime(2026, 1, 1, tzinfo=UTC)
MANY = settings(
    max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
SPECS = {coin: default_spec(coin) for coin in ("BTC", "ETH")}
CENTRE = {"BTC": 50_000, "ETH": 3_000}

BAR = st.tuples(
    st.just("bar"),
    st.sampled_from(["BTC", "ETH"]),
    st.lists(st.integers(-300, 300), min_size=4, max_size=4),
)
ORDER = st.tuples(
    st.just("order"),
    st.sampled_from(["BTC", "ETH"]),
    st.sampled_from(list(Side)),
    st.sampled_from(
        [OrderKind.MARKET, OrderKind.MARKET, OrderKind.LIMIT, OrderKind.STOP, OrderKind.TARGET]
    ),
    st.integers(1, 4000),
    st.integers(-300, 300),
    st.booleans(),
    st.integers(1, 25),
    st.booleans(),
    st.integers(0, 30),
)
FUND = st.tuples(st.just("fund"), st.sampled_from(["BTC", "ETH"]), st.integers(-100, 100))
HISTORY = st.lists(st.one_of(BAR, BAR, ORDER, ORDER, FUND), min_size=2, max_size=40)


class World:
    """A paper engine with random input, its fills folded independently."""

    def __init__(self, next_open, slippage):
        config = PaperConfig(D(10_000), slippage=slippage, next_open=next_open)
        self.engine = PaperEngine(config, T0, SPECS)
        self.fold = EquityFold()
        self.fold.deposit(D(10_000))
        self.fills = []
        self.at = dict(CENTRE)
        self.now = T0

    def step(self, op):
        """One operation, its events folded."""
        if op[0] == "bar":
            coin, moves = op[1], op[2]
            points = [D(self.at[coin]) * (10_000 + move) / 10_000 for move in moves]
            points = [point.quantize(D("0.1")) for point in points]
            bar = Bar(coin, self.now, points[0], max(points), min(points), points[-1], D(1))
            self.now += timedelta(minutes=1)
            events = self.engine.on_bar(bar)
        elif op[0] == "fund":
            rate = D(op[2]) / 10_000
            paid = self.engine.on_funding(op[1], rate, D(CENTRE[op[1]]), self.now)
            if paid:
                self.fold.funding(paid)
            events = self.engine.take_events()
        else:
            self.order(*op[1:])
            events = self.engine.take_events()
        for event in events:
            if isinstance(event, Fill):
                self.fills.append(event)
                self.fold.fill(event)

    def order(self, coin, side, kind, size, move, reduce_only, leverage, isolated, name):
        """Place an order; few names, so that cloids repeat."""
        spec = SPECS[coin]
        price = spec.round_price(D(CENTRE[coin]) * (10_000 + move) / 10_000, up=True)
        unit = D(size) * spec.lot * (1 if coin == "BTC" else 10)
        trigger = kind in (OrderKind.STOP, OrderKind.TARGET)
        intent = OrderIntent(
            coin,
            side,
            D(0) if trigger and size % 2 else unit,
            kind,
            None if kind is OrderKind.MARKET else price,
            reduce_only or trigger,
            leverage,
            MarginMode.ISOLATED if isolated else MarginMode.CROSS,
            f"0x{name:032x}",
        )
        return self.engine.place([intent])


SLIPPAGE = st.sampled_from([None, Slippage(D("0.0002"), D("0.05"), D(2_000_000))])


@MANY
@given(HISTORY, st.booleans(), SLIPPAGE)
def test_the_account_stays_exact_and_every_fill_legal(history, next_open, slippage):
    """After each step the fold over fills agrees, and fills lie on the size grid."""
    world = World(next_open, slippage)
    for op in history:
        world.step(op)
        engine = world.engine
        assert engine.ledger.equity() == world.fold.equity(engine.ledger.marks)
        account = engine.account()
        with exact():
            assert account.equity == account.wallet + account.unrealized
    for fill in world.fills:
        assert SPECS[fill.coin].is_legal_size(abs(fill.size))
        if slippage and fill.liquidity == "taker" and fill.reason is not FillReason.LIQUIDATION:
            assert SPECS[fill.coin].is_legal_price(fill.price)


@MANY
@given(HISTORY, st.booleans())
def test_reduce_only_never_grows_a_position(history, next_open):
    """No stop, target, close or liquidation leaves more, or the other side, of a position."""
    world = World(next_open, None)
    held = {"BTC": D(0), "ETH": D(0)}
    for op in history:
        known = len(world.fills)
        world.step(op)
        for fill in world.fills[known:]:
            before, after = held[fill.coin], held[fill.coin] + fill.size
            if fill.reason is not FillReason.ENTRY:
                assert abs(after) < abs(before)
                assert after * before >= 0
            held[fill.coin] = after
    now = {coin: h.size for coin, h in world.engine.ledger.holdings.items()}
    assert {coin: size for coin, size in held.items() if size} == now


@MANY
@given(HISTORY, ORDER, st.booleans())
def test_a_repeated_cloid_changes_nothing(history, order, next_open):
    """Sending an order again gives its outcome again; account and orders stay as they are."""
    world = World(next_open, None)
    for op in history:
        world.step(op)
    world.step(order)
    engine = world.engine
    before = engine.account(), engine.open_orders(), len(world.fills)
    first = engine.order_by_cloid(f"0x{order[9]:032x}")
    outcome = world.order(*order[1:])[0]
    assert engine.take_events() == []
    assert (engine.account(), engine.open_orders(), len(world.fills)) == before
    assert engine.order_by_cloid(outcome.cloid) == first


@MANY
@given(
    st.sampled_from([1, -1]),
    st.lists(st.integers(9_300, 10_700), min_size=4, max_size=4),
    st.integers(1, 500),
    st.integers(1, 500),
    st.integers(1, 20),
)
def test_one_bar_takes_the_worst_exit_it_can(side, points, stop_gap, target_gap, leverage):
    """Against a plain reading of the rules: open through, else nearest of stop and
    liquidation, else target; never better than the target's price but at a gap."""
    engine = PaperEngine(PaperConfig(D(10_000)), T0, SPECS)
    flat = Bar("BTC", T0, D(10_000), D(10_000), D(10_000), D(10_000), D(1))
    engine.on_bar(flat)
    way_in, way_out = (Side.BUY, Side.SELL) if side > 0 else (Side.SELL, Side.BUY)
    stop, target = D(10_000 - side * stop_gap), D(10_000 + side * target_gap)
    engine.place(
        [
            OrderIntent("BTC", way_in, D("0.9"), leverage=leverage, mode=MarginMode.ISOLATED),
            OrderIntent("BTC", way_out, D(0), OrderKind.STOP, stop, reduce_only=True),
            OrderIntent("BTC", way_out, D(0), OrderKind.TARGET, target, reduce_only=True),
        ],
        Grouping.NORMAL_TPSL,
    )
    engine.on_bar(flat)
    liquidation = engine.ledger.liquidation("BTC")
    opening, high, low, close = D(points[0]), D(max(points)), D(min(points)), D(points[-1])
    events = engine.on_bar(Bar("BTC", T0, opening, high, low, close, D(1)))
    fills = [(e.price, e.reason) for e in events if isinstance(e, Fill)]
    dies_first = liquidation is not None and side * (liquidation - stop) > 0
    floor = liquidation if dies_first else stop
    reason = FillReason.LIQUIDATION if dies_first else FillReason.STOP
    worst = low if side > 0 else high
    best = high if side > 0 else low
    if side * (opening - floor) <= 0:
        expected = [(opening, reason)]
    elif side * (opening - target) >= 0:
        expected = [(opening, FillReason.TARGET)]
    elif side * (worst - floor) <= 0:
        expected = [(floor, reason)]
    elif side * (best - target) >= 0:
        expected = [(target, FillReason.TARGET)]
    else:
        expected = []
    assert fills == expected
    assert engine.ledger.marks["BTC"] == close
    assert not engine.ledger.holdings or not expected
    if expected:
        assert engine.open_orders() == []


@MANY
@given(HISTORY, st.booleans(), st.sampled_from(["BTC", "ETH"]), st.integers(1, 200_000))
def test_far_from_liquidation_is_never_said_when_it_is_near(history, next_open, coin, at):
    """The quick check in floats may say "work it out", but never hides a liquidation."""
    world = World(next_open, None)
    for op in history:
        world.step(op)
    ledger = world.engine.ledger
    holding = ledger.holdings.get(coin)
    if holding is None:
        return
    price = D(CENTRE[coin]) * at / 100_000
    if far_from_liquidation(ledger, coin, price):
        liquidation = ledger.liquidation(coin)
        if liquidation is not None:
            assert (price - liquidation) * holding.size > 0


@MANY
@given(HISTORY, st.booleans(), SLIPPAGE)
def test_passing_over_quiet_bars_changes_nothing(history, next_open, slippage):
    """An engine that looks at every bar closely books the same fills and the same account."""
    quick, close = World(next_open, slippage), World(next_open, slippage)
    close.engine._matcher._band = lambda coin, version: NOWHERE
    for op in history:
        quick.step(op)
        close.step(op)
        assert quick.fills == close.fills
        assert quick.engine.account() == close.engine.account()
        assert str(quick.engine.ledger.equity()) == str(close.engine.ledger.equity())
