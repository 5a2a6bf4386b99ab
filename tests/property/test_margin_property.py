"""Margin on random accounts: liquidation prices on every tier, losses that have an end."""

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, localcontext

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motherhaven.bot.execution.orders import OrderIntent
from motherhaven.bot.market.instruments import Bar, MarketSpec, Tier, default_spec
from motherhaven.bot.portfolio.events import CashFlow, Fill, FillReason, MarginMode, Shortfall, Side
from motherhaven.bot.portfolio.fold import EquityFold
from motherhaven.bot.portfolio.margin import MarginTiers
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.contract.errors import OrderRejected
from motherhaven.contract.exact import exact

D = Decimal
T0 = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SPECS = {coin: default_spec(coin) for coin in ("BTC", "ETH", "SOL")}
CENTRE = {"BTC": D(50_000), "ETH": D(3_000), "SOL": D(150)}


@st.composite
def tables(draw):
    """Rising tiers, by the venue's rule or with rates of their own."""
    count = draw(st.integers(1, 5))
    lowers = sorted(draw(st.sets(st.integers(1, 400), min_size=count - 1, max_size=count - 1)))
    most = sorted(draw(st.sets(st.integers(2, 100), min_size=count, max_size=count)), reverse=True)
    rated = draw(st.booleans())
    bounds = [D(0), *(D(lower) * 100_000 for lower in lowers)]
    rates = [D(draw(st.integers(5, 9))) / (10 * D(leverage)) for leverage in most]
    rates = [max(rates[: n + 1]) for n in range(count)]
    return tuple(
        Tier(lower, leverage, rate if rated else None)
        for lower, leverage, rate in zip(bounds, most, rates, strict=True)
    )


@MANY
@given(
    tables(),
    st.sampled_from([1, -1]),
    st.integers(1, 2_000_000),
    st.integers(1, 1_000_000),
    st.integers(-200, 1_200),
)
def test_at_the_liquidation_price_the_value_is_the_maintenance(table, side, size, mark, share):
    """By substitution, whatever tier the price and the mark lie in; none where no price fits."""
    tiers = MarginTiers.of(MarketSpec("X", 2, table[0].max_leverage, table))
    size, mark = D(side * size) / 100, D(mark) / 100
    value = abs(size) * mark * share / 1_000
    with localcontext(Context(prec=200)):
        free = value - tiers.maintenance(abs(size) * mark)
        price = tiers.liquidation(size, mark, free)

        def health(at):
            return value + size * (at - mark) - tiers.maintenance(abs(size) * at)

        scale = D("1e-15") * (abs(size) * mark + abs(value) + 1)
        if price is None:
            assert side > 0
            assert health(D(0)) > -scale
        else:
            assert abs(health(price)) < scale


@MANY
@given(tables(), st.integers(0, 100_000_000))
def test_maintenance_is_the_tiers_added_up(table, notional):
    """Slice by slice, without deductions: continuous where two tiers meet."""
    with localcontext(Context(prec=200)):
        tiers = MarginTiers.of(MarketSpec("X", 2, table[0].max_leverage, table))
        notional = D(notional)
        total = D(0)
        uppers = [*(tier.lower for tier in table[1:]), None]
        for tier, upper in zip(table, uppers, strict=True):
            rate = tier.rate if tier.rate is not None else 1 / D(2 * tier.max_leverage)
            piece = (notional if upper is None else min(notional, upper)) - tier.lower
            total += max(piece, D(0)) * rate
        assert abs(tiers.maintenance(notional) - total) < D("1e-12")


COINS = st.sampled_from(sorted(CENTRE))
ENTER = st.tuples(
    st.just("enter"), COINS, st.sampled_from(list(Side)), st.integers(1, 99), st.integers(1, 20),
    st.booleans(),
)  # fmt: skip
GAP = st.tuples(st.just("gap"), COINS, st.integers(200, 40_000))
MOVE = st.tuples(st.just("gap"), COINS, st.integers(9_700, 10_300))
CASH = st.tuples(st.just("cash"), st.integers(-8_000, 4_000), st.integers(0, 6))
LEVER = st.tuples(st.just("lever"), COINS, st.integers(1, 20))
MARGIN = st.tuples(st.just("margin"), COINS, st.integers(-500, 500))
FUND = st.tuples(st.just("fund"), COINS, st.integers(-400, 400))
HISTORY = st.lists(st.one_of(ENTER, ENTER, GAP, MOVE, CASH, LEVER, MARGIN, FUND), max_size=30)


class Account:
    """A paper engine through gaps and cash flows, its records folded independently."""

    def __init__(self):
        self.engine = PaperEngine(PaperConfig(D(10_000), next_open=False), T0, SPECS)
        self.fold = EquityFold()
        self.fold.deposit(D(10_000))
        self.records, self.payments, self.shortfalls = [], [], []
        self.now = T0
        for coin in CENTRE:
            self.bar(coin, CENTRE[coin])

    def bar(self, coin, price):
        """The price jumps there, with nothing in between."""
        self.now += MINUTE
        self.engine.on_bar(Bar(coin, self.now - MINUTE, price, price, price, price, D(1)))

    def step(self, op):
        """One operation; the venue may refuse it."""
        engine, kind = self.engine, op[0]
        try:
            if kind == "enter":
                _, coin, side, share, leverage, isolated = op
                mode = MarginMode.ISOLATED if isolated else MarginMode.CROSS
                value = max(engine.ledger.available(), D(0)) * leverage * share / 100
                size = SPECS[coin].floor_size(value / engine.ledger.marks[coin])
                engine.place([OrderIntent(coin, side, size, leverage=leverage, mode=mode)])
            elif kind == "gap":
                self.now += MINUTE
                price = CENTRE[op[1]] * op[2] / 10_000
                start = self.now - MINUTE
                self.take(engine.on_bar(Bar(op[1], start, price, price, price, price, D(1))))
            elif kind == "cash":
                verb = engine.deposit if op[1] > 0 else engine.withdraw
                verb(abs(D(op[1])), f"x{op[2]}" if op[2] else None)
            elif kind == "lever":
                held = engine.ledger.holdings.get(op[1])
                if held is not None:
                    engine.set_leverage(op[1], op[2], held.mode)
            elif kind == "margin":
                engine.update_isolated_margin(op[1], D(op[2]))
            else:
                rate = D(op[2]) / 100_000
                paid = engine.on_funding(op[1], rate, CENTRE[op[1]], self.now)
                if paid:
                    self.payments.append(paid)
                    self.fold.funding(paid)
        except OrderRejected:
            pass
        self.take(engine.take_events())

    def take(self, events):
        """Fold what happened."""
        for event in events:
            if isinstance(event, Fill):
                self.records.append(event)
                self.fold.fill(event)
            elif isinstance(event, Shortfall):
                self.shortfalls.append(event)
            elif isinstance(event, CashFlow):
                self.records.append(event)
                self.fold.deposit(event.amount)
            elif hasattr(event, "position_id") and hasattr(event, "amount"):
                self.records.append(event)


@MANY
@given(HISTORY)
def test_no_account_ends_below_zero_and_the_records_tell_it_all(history):
    """After a gap a cross account that was liquidated has 0 or more, an isolated loss has its end,
    what the venue bore is told, and the records rebuild the account to the last digit."""
    account = Account()
    for op in history:
        before = {c: h.bucket for c, h in account.engine.ledger.holdings.items() if h.isolated}
        wallet = account.engine.ledger.wallet()
        known = len(account.records)
        account.step(op)
        ledger = account.engine.ledger
        assert ledger.equity() == account.fold.equity(ledger.marks)
        fills = [one for one in account.records[known:] if isinstance(one, Fill)]
        if op[0] == "gap":
            cross = any(not held.isolated for held in ledger.holdings.values())
            liquidated = bool(fills) and fills[-1].reason is FillReason.LIQUIDATION
            if not cross or (liquidated and fills[-1].mode is MarginMode.CROSS):
                assert ledger.cross_value() >= 0
            with exact():
                lost = wallet - ledger.wallet()
            if op[1] in before and op[1] not in ledger.holdings and len(fills) == 1:
                assert lost <= max(before[op[1]], D(0)) + D("1e-15")
    told = sum((one.amount for one in account.shortfalls), D(0))
    booked = [one.absorbed for one in account.records if isinstance(one, Fill)]
    with exact():
        assert told == sum(booked, D(0))
    again = PaperEngine(PaperConfig(D(10_000), next_open=False), T0, SPECS)
    fills = [one for one in account.records if isinstance(one, Fill)]
    moved = [one for one in account.records if not isinstance(one, Fill)]
    again.resume(fills, account.payments, moved)
    again.ledger.marks.update(account.engine.ledger.marks)
    for coin, held in account.engine.ledger.holdings.items():
        if not held.isolated:  # no record of the ledger tells it: the position's terms do
            again.ledger.holdings[coin].leverage = held.leverage
    again.now = account.engine.now
    first, second = account.engine.account(), again.account()
    assert first == second


@MANY
@given(st.sampled_from([1, -1]), st.integers(1, 20))
def test_a_gap_past_bankruptcy_leaves_a_cross_account_with_nothing(side, leverage):
    """One cross position, a gap far beyond: equity 0, the rest told as a shortfall."""
    account = Account()
    way = Side.BUY if side > 0 else Side.SELL
    account.step(("enter", "BTC", way, 95, leverage, False))
    account.step(("gap", "BTC", 1 if side > 0 else 10_000_000))
    if leverage > 1 or side < 0:
        assert account.engine.ledger.equity() == 0
        assert account.shortfalls
        assert not account.engine.ledger.holdings
