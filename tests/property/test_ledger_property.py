"""The margin ledger on random histories: identities, invariants, a second implementation."""

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, localcontext
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motherhaven.bot.market.instruments import FeeRates
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FlowReason,
    Liquidity,
    MarginMode,
    Trade,
)
from motherhaven.bot.portfolio.fold import fold_equity
from motherhaven.bot.portfolio.ledger import Ledger
from motherhaven.contract.errors import OrderRejected
from motherhaven.contract.exact import exact
from tests.examples import examples
from tests.property.second_ledger import SecondLedger

D = Decimal
T0 = datetime(2026, 1, 1, tzinfo=UTC)
DEPOSIT = D(1_000_000)
CENTRE = {"BTC": D(50_000), "ETH": D(3_000), "SOL": D(150)}
COINS = st.sampled_from(sorted(CENTRE))

PRICE = st.integers(5_000, 15_000).map(lambda n: D(n) / 10_000)
SIZE = st.integers(1, 2_000_000).map(lambda n: D(n) / 100_000)
FILL = st.tuples(
    st.just("fill"),
    COINS,
    st.builds(lambda size, sign: size * sign, SIZE, st.sampled_from([1, -1])),
    PRICE,
    st.integers(1, 20),
    st.sampled_from(["cross", "isolated"]),
    st.sampled_from(["taker", "maker"]),
)
CLOSE = st.tuples(st.just("close"), COINS, PRICE)
MARK = st.tuples(st.just("mark"), COINS, PRICE)
FUND = st.tuples(st.just("fund"), COINS, PRICE, st.integers(-400, 400).map(lambda n: D(n) / 10_000))
CASH = st.tuples(st.just("cash"), st.integers(-1_500_000, 500_000).filter(bool))
LEVER = st.tuples(st.just("lever"), COINS, st.integers(1, 20))
MARGIN = st.tuples(st.just("margin"), COINS, st.integers(-100_000, 100_000).filter(bool))
HISTORY = st.lists(
    st.one_of(FILL, FILL, FILL, MARK, FUND, CLOSE, CASH, LEVER, MARGIN), min_size=1, max_size=30
)

MANY = settings(
    max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class Pair:
    """Both ledgers side by side, with the records that the first one gave."""

    def __init__(self):
        ids = count(1)
        self.first = Ledger(FeeRates(), lambda: f"P{next(ids)}")
        self.first.deposit(DEPOSIT)
        self.second = SecondLedger(DEPOSIT)
        self.fills, self.payments, self.trades, self.moved = [], [], [], []
        self.now = T0

    def step(self, op):
        """Do one operation on both."""
        self.now += timedelta(minutes=1)
        kind, coin = op[0], op[1]
        if kind == "fill":
            self.fill(coin, *op[2:])
        elif kind == "close":
            held = self.first.holdings.get(coin)
            if held:
                self.fill(coin, -held.size, op[2], held.leverage, held.mode.value, "taker")
        elif kind == "mark":
            self.first.mark(coin, CENTRE[coin] * op[2])
            self.second.mark[coin] = CENTRE[coin] * op[2]
        elif kind in ("cash", "lever", "margin"):
            self.move(kind, *op[1:])
        else:
            oracle = CENTRE[coin] * op[2]
            paid = self.first.apply_funding(coin, op[3], oracle, self.now)
            if paid:
                self.payments.append(paid)
            self.second.pay_funding(coin, op[3], oracle)

    def move(self, kind, *given):
        """Money or margin on both, which agree on whether it may move."""
        try:
            if kind == "cash":
                moved = self.first.cash_flow(D(given[0]), FlowReason.TRANSFER, self.now)
            elif kind == "lever":
                if given[0] not in self.first.holdings:
                    return
                moved = self.first.set_leverage(*given, self.now)
            else:
                moved = self.first.move_margin(given[0], D(given[1]), self.now)
            done = True
        except OrderRejected:
            moved, done = None, False
        if moved is not None:
            self.moved.append(moved)
        verbs = {"cash": "move_cash", "lever": "set_leverage", "margin": "move_margin"}
        with localcontext(Context(prec=80)):
            assert getattr(self.second, verbs[kind])(*given) == done

    def fill(self, coin, size, price, leverage, mode, liquidity):
        """One execution on both; an open position keeps its margin mode."""
        held = self.first.holdings.get(coin)
        mode = held.mode.value if held else mode
        price = CENTRE[coin] * price
        out = self.first.fill(
            coin,
            size,
            price,
            time=self.now,
            reason=FillReason.ENTRY,
            liquidity=Liquidity(liquidity),
            leverage=leverage,
            mode=MarginMode(mode),
        )
        self.fills += [event for event in out if isinstance(event, Fill)]
        self.trades += [event for event in out if isinstance(event, Trade)]
        self.second.trade(coin, size, price, leverage, mode, liquidity)


def near(a, b):
    """Equal but for quotients, which carry 24 digits here and 80 there."""
    return abs(a - b) <= D("1e-9")


@MANY
@given(HISTORY)
def test_both_equity_identities_hold_exactly(history):
    """equity = deposits + realized - fees + funding + unrealized = cross + buckets + uPnL."""
    pair = Pair()
    for op in history:
        pair.step(op)
        with localcontext(Context(prec=300)):
            shot = pair.first.snapshot(pair.now)
            assert shot.wallet == shot.deposits + shot.realized - shot.fees + shot.funding
            assert shot.equity == shot.wallet + shot.unrealized == pair.first.equity()
            isolated = [p for p in shot.positions.values() if p.bucket is not None]
            assert shot.equity == shot.cross_value + sum(p.bucket + p.unrealized for p in isolated)
            assert shot.available == shot.cross_value - shot.used


@MANY
@given(HISTORY)
def test_the_fold_over_fills_agrees_to_the_last_digit(history):
    """Cash and coins alone give the same equity after every step: identity_error is 0."""
    pair = Pair()
    for op in history:
        pair.step(op)
        flows = [one for one in pair.moved if isinstance(one, CashFlow)]
        folded = fold_equity(pair.fills, pair.payments, [DEPOSIT, *flows], pair.first.marks)
        assert folded == pair.first.equity()


@MANY
@given(HISTORY)
def test_the_second_ledger_agrees(history):
    """An independent implementation gives the same account, positions and margins."""
    pair = Pair()
    for op in history:
        pair.step(op)
        with localcontext(Context(prec=80)):
            first, second = pair.first, pair.second
            assert near(first.equity(), second.equity())
            assert near(first.wallet(), second.wallet())
            assert near(first.realized, second.realized)
            assert first.fees == second.fees
            assert near(first.used(), second.used())
            assert near(first.cross_value(), second.cross_value())
            assert set(first.holdings) == set(second.open)
            for coin, p in second.open.items():
                held = first.holdings[coin]
                assert held.size == p["size"]
                assert near(held.entry, p["entry"])
                assert near(held.bucket, p["bucket"])
                assert near(
                    held.maintenance(first.marks[coin]), second.maintenance(coin, first.marks[coin])
                )


@MANY
@given(HISTORY)
def test_liquidation_is_where_the_health_is_gone(history):
    """At its liquidation price a position has exactly its maintenance left (in its tier).

    While healthy, a long's price lies below the mark and a short's above.
    """
    pair = Pair()
    for op in history:
        pair.step(op)
        with localcontext(Context(prec=80)):
            for coin, held in pair.first.holdings.items():
                mark = pair.first.marks[coin]
                price = pair.first.liquidation(coin)
                healthy = pair.second.health(coin, mark) > D("1e-9")
                if price is None:
                    assert held.size > 0
                    continue
                assert price > 0
                if healthy:
                    assert (price < mark) == (held.size > 0)
                same_tier = held.tiers._band(abs(held.size) * mark) is held.tiers._band(
                    abs(held.size) * price
                )
                if same_tier:
                    assert abs(pair.second.health(coin, price)) < D("1e-6")


@MANY
@given(HISTORY)
def test_reductions_keep_the_entry_and_additions_realize_nothing(history):
    """A reduce never changes the entry, an add never realizes, a close leaves nothing."""
    pair = Pair()
    for op in history:
        before = {c: (h.size, h.entry) for c, h in pair.first.holdings.items()}
        realized = pair.first.realized
        known = len(pair.fills)
        pair.step(op)
        fills = pair.fills[known:]
        if len(fills) == 1:
            fill = fills[0]
            size, entry = before.get(fill.coin, (D(0), D(0)))
            held = pair.first.holdings.get(fill.coin)
            if size * fill.size < 0:
                assert held is None or held.entry == entry
                with exact():
                    assert fill.realized == pair.first.realized - realized
            else:
                assert pair.first.realized == realized
                assert fill.realized == 0
        for held in pair.first.holdings.values():
            assert held.entry > 0
            assert held.size != 0
    for coin in list(pair.first.holdings):
        pair.step(("close", coin, D(1)))
    assert not pair.first.holdings
    assert pair.first.unrealized() == pair.first.used() == pair.first.maintenance() == 0
    assert pair.first.equity() == pair.first.wallet() == pair.first.cross_value()


@MANY
@given(HISTORY)
def test_an_isolated_position_loses_at_most_its_bucket(history):
    """Closing at any price takes at most the bucket's share out of the wallet."""
    pair = Pair()
    for op in history:
        held = pair.first.holdings.get(op[1])
        bucket = held.bucket if held and held.isolated else None
        wallet, known = pair.first.wallet(), len(pair.fills)
        pair.step(op)
        fills = pair.fills[known:]
        if bucket is not None and len(fills) == 1 and op[0] == "close":
            assert pair.first.wallet() - wallet >= -bucket - D("1e-9")
        if bucket is None and op[0] == "close" and any(fill.absorbed for fill in fills):
            assert pair.first.cross_value() <= 0


@MANY
@given(HISTORY)
def test_replaying_the_records_gives_the_same_state(history):
    """Fills and funding, in the order of their numbers, rebuild the ledger exactly."""
    pair = Pair()
    for op in history:
        pair.step(op)
    again = Ledger(FeeRates(), lambda: "never asked")
    again.deposit(DEPOSIT)
    again.replay(reversed(pair.fills), pair.payments, pair.moved)
    for coin, held in pair.first.holdings.items():
        if not held.isolated:  # its terms on record tell a cross position's leverage
            again.holdings[coin].leverage = held.leverage
    for coin, mark in pair.first.marks.items():
        again.mark(coin, mark)
    assert again.snapshot(T0) == pair.first.snapshot(T0)
    assert again.seq == pair.first.seq


@MANY
@given(HISTORY)
def test_trades_add_up_to_the_account(history):
    """Net of all finished trades plus what is open is what the account gained."""
    pair = Pair()
    for op in history:
        pair.step(op)
    with localcontext(Context(prec=300)):
        held = sum((h.realized - h.fees + h.funding for h in pair.first.holdings.values()), D(0))
        gained = pair.first.wallet() - pair.first.deposits
        assert sum((t.net for t in pair.trades), D(0)) + held == gained
