"""The paper venue by the venue's rules: marks and mids, margin that moves, money that moves."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.execution.orders import OrderIntent, OrderKind, Rejected
from motherhaven.bot.market.instruments import MarketSpec, Prices, Tier, default_spec
from motherhaven.bot.portfolio.events import CashFlow, Fill, FillReason, MarginMode, Side
from motherhaven.bot.portfolio.margin import MarginTiers
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.bot.venues.simulated.scenario import run_scenario
from motherhaven.contract.errors import NoPrice, OrderRejected

D = Decimal
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def paper(mark="50000", mid=None, oracle=None, deposit="10000"):
    """An engine with prices of BTC."""
    engine = PaperEngine(
        PaperConfig(D(deposit), next_open=False), NOW, {"BTC": default_spec("BTC")}
    )
    tell(engine, mark, mid, oracle)
    return engine


def tell(engine, mark, mid=None, oracle=None):
    """Prices of BTC; the fills that they cause."""
    mark = D(mark)
    prices = Prices("BTC", mark, D(mid or mark), D(oracle or mark), engine.now + MINUTE)
    return [one for one in engine.on_prices(prices) if isinstance(one, Fill)]


def enter(engine, size="0.1", leverage=10, mode=MarginMode.CROSS, side=Side.BUY):
    """An entry; its fill."""
    engine.place([OrderIntent("BTC", side, D(size), leverage=leverage, mode=mode)])
    return next(one for one in engine.take_events() if isinstance(one, Fill))


def rest(engine, kind, price):
    """A stop or target for the whole long."""
    intent = OrderIntent("BTC", Side.SELL, D(0), kind, D(price), reduce_only=True)
    assert not isinstance(engine.place([intent])[0], Rejected)


# --- mark, mid, oracle ---------------------------------------------------------------


def test_takers_trade_at_the_mid_and_the_account_stands_at_the_mark():
    """A fill is at the mid; the next mark decides margin and unrealized profit."""
    engine = paper("50000", "50100")
    assert enter(engine).price == 50_100
    tell(engine, "50200", "50000")
    held = engine.account().positions["BTC"]
    assert (held.mark, held.unrealized) == (50_200, 10)
    assert engine.account().used == 502
    assert engine.taker_price("BTC", Side.SELL, D("0.1")) == 50_000
    with pytest.raises(NoPrice, match="ETH"):
        engine.taker_price("ETH", Side.SELL, D("0.1"))


@pytest.mark.parametrize(
    ("mark", "mid", "price"), [("48990", "49020", 49_020), ("49010", "48900", None)]
)
def test_a_stop_triggers_by_the_mark_and_fills_at_the_mid(mark, mid, price):
    """The mid alone triggers nothing."""
    engine = paper()
    enter(engine)
    rest(engine, OrderKind.STOP, "49000")
    fills = tell(engine, mark, mid)
    assert [one.price for one in fills] == ([] if price is None else [price])


@pytest.mark.parametrize(
    ("mark", "mid", "price"),
    [("52010", "52020", 52_000), ("52010", "51990", 51_990), ("51990", "52010", None)],
)
def test_a_target_triggers_by_the_mark_and_is_never_better_than_its_price(mark, mid, price):
    """At its price, or at the mid where that is worse."""
    engine = paper()
    enter(engine)
    rest(engine, OrderKind.TARGET, "52000")
    fills = tell(engine, mark, mid)
    assert [one.price for one in fills] == ([] if price is None else [price])


def test_a_limit_is_filled_by_the_mid():
    """It lies in the book, where no mark is."""
    engine = paper()
    engine.place([OrderIntent("BTC", Side.BUY, D("0.1"), OrderKind.LIMIT, D(49_000), leverage=5)])
    assert tell(engine, "48900", "49100") == []
    assert [one.price for one in tell(engine, "49100", "48900")] == [49_000]


def test_the_mark_liquidates_and_the_mid_does_not():
    """Isolated, ten times: gone by the mark, filled at the mid, no more than the bucket lost."""
    engine = paper()
    enter(engine, mode=MarginMode.ISOLATED)
    bound = engine.ledger.liquidation("BTC")
    assert tell(engine, bound + 10, bound - 400) == []
    done = tell(engine, bound - 10, bound + 5)
    assert [(one.price, one.reason) for one in done] == [(bound + 5, FillReason.LIQUIDATION)]


def test_funding_is_paid_on_the_oracle():
    """Not on the mark, until a feed tells none."""
    engine = paper()
    enter(engine)
    tell(engine, "50000", "50000", "40000")
    assert engine.on_funding("BTC", D("0.0001"), engine.oracle("BTC"), NOW).amount == D("-0.4")
    tell(engine, "50000")
    assert engine.oracle("BTC") == 50_000


# --- losses have an end ---------------------------------------------------------------


def test_a_gap_past_bankruptcy_is_taken_by_the_venue():
    """Equity 0, the rest an event of its own and on the fill."""
    steps = [
        {"fill": {"coin": "BTC", "size": "1", "price": "50000", "leverage": 10}},
        {"bar": {"coin": "BTC", "open": "30000", "high": "30000", "low": "30000",
                 "close": "30000"}},
    ]  # fmt: skip
    found = run_scenario({"deposit": "10000", "steps": steps})
    assert (found["equity"], found["wallet"], found["positions"]) == ("0", "0", {})
    shortfall, fill = found["events"][-2:]
    # 20,000 lost and fees of 22.5 + 13.5, of 10,000.
    assert shortfall == {"step": 2, "type": "shortfall", "coin": "BTC", "amount": "10036"}
    assert (fill["reason"], fill["absorbed"]) == ("liquidation", "10036")


def test_a_ruined_cross_account_loses_all_its_cross_positions_and_no_bucket():
    """What is left above 0 after one liquidation may not carry the rest; isolated stays."""
    steps = [
        {"fill": {"coin": "SOL", "size": "10", "price": "150", "leverage": 2,
                  "mode": "isolated"}},
        {"fill": {"coin": "ETH", "size": "10", "price": "3000", "leverage": 10}},
        {"fill": {"coin": "BTC", "size": "1", "price": "50000", "leverage": 10}},
        {"bar": {"coin": "BTC", "open": "30000", "high": "30000", "low": "30000",
                 "close": "30000"}},
    ]  # fmt: skip
    found = run_scenario({"deposit": "10000", "steps": steps})
    assert set(found["positions"]) == {"SOL"}
    assert found["equity"] == found["positions"]["SOL"]["bucket"] == "749.325"
    assert found["available"] == "0"


def test_a_stop_gapped_past_bankruptcy_ends_at_zero_too():
    """Whatever closes the position."""
    steps = [
        {"fill": {"coin": "BTC", "size": "1", "price": "50000", "leverage": 10}},
        {"protect": {"coin": "BTC", "stop": "49000"}},
        {"bar": {"coin": "BTC", "open": "20000", "high": "20000", "low": "20000",
                 "close": "20000"}},
    ]  # fmt: skip
    found = run_scenario({"deposit": "10000", "steps": steps})
    assert found["equity"] == "0"
    assert found["events"][-1]["absorbed"] == "20031.5"


# --- leverage and margin of an open position ------------------------------------------


def test_an_isolated_position_gives_and_takes_margin_with_its_leverage():
    """More leverage frees down to the initial margin; less takes what is missing."""
    engine = paper()
    enter(engine, leverage=5, mode=MarginMode.ISOLATED)
    before = engine.ledger.equity()
    assert engine.ledger.holdings["BTC"].bucket == D("997.75")
    engine.set_leverage("BTC", 10, MarginMode.ISOLATED)
    assert engine.ledger.holdings["BTC"].bucket == 500
    engine.set_leverage("BTC", 2, MarginMode.ISOLATED)
    assert engine.ledger.holdings["BTC"].bucket == 2_500
    assert engine.ledger.equity() == before


def test_less_leverage_needs_margin_that_is_there():
    """Refused in the venue's words, and nothing has changed."""
    engine = paper(deposit="1010")
    enter(engine, leverage=5, mode=MarginMode.ISOLATED)
    account = engine.account()
    with pytest.raises(OrderRejected, match="sufficient margin available to decrease leverage"):
        engine.set_leverage("BTC", 4, MarginMode.ISOLATED)
    assert engine.account() == account
    enter_cross = paper(deposit="600")
    enter(enter_cross)
    with pytest.raises(OrderRejected, match="sufficient margin available to decrease leverage"):
        enter_cross.set_leverage("BTC", 5, MarginMode.CROSS)
    assert enter_cross.set_leverage("BTC", 20, MarginMode.CROSS).leverage == 20


def test_profit_in_a_position_is_not_taken_out_with_its_margin():
    """More leverage after a gain frees the bucket at most."""
    engine = paper()
    enter(engine, leverage=5, mode=MarginMode.ISOLATED)
    tell(engine, "70000")
    engine.set_leverage("BTC", 40, MarginMode.ISOLATED)
    assert engine.ledger.holdings["BTC"].bucket == 0


def test_margin_of_an_isolated_position_can_be_moved():
    """In, as far as it is available; out, as far as the venue's requirement allows."""
    engine = paper()
    enter(engine, leverage=5, mode=MarginMode.ISOLATED)
    engine.update_isolated_margin("BTC", D(100))
    assert engine.ledger.holdings["BTC"].bucket == D("1097.75")
    engine.update_isolated_margin("BTC", D("-97.75"))
    for amount in ("-0.01", "9000"):
        with pytest.raises(OrderRejected, match="Insufficient margin"):
            engine.update_isolated_margin("BTC", D(amount))
    cross = paper()
    enter(cross)
    with pytest.raises(OrderRejected, match="does not use isolated margin"):
        cross.update_isolated_margin("BTC", D(1))


# --- money in and out ------------------------------------------------------------------


def test_deposits_and_withdrawals_are_events_once_each():
    """A known external id changes nothing."""
    engine = paper()
    first = engine.deposit(D(500), "a")
    assert first == CashFlow(1, D(500), "deposit", engine.now, "a")
    assert engine.deposit(D(500), "a") is None
    assert engine.withdraw(D(200), "b").amount == -200
    assert engine.take_events()[0] == first
    assert (engine.account().deposits, engine.account().equity) == (10_300, 10_300)


def test_no_more_is_taken_out_than_is_free():
    """The initial margin stays, and a tenth of the notional whatever the leverage."""
    engine = paper()
    enter(engine, size="1", leverage=40)
    with pytest.raises(OrderRejected, match="Insufficient balance"):
        engine.withdraw(engine.ledger.withdrawable() + D("0.01"))
    with pytest.raises(OrderRejected, match="above 0"):
        engine.withdraw(D(0))
    assert engine.ledger.withdrawable() == D("4977.5")
    engine.withdraw(D("4977.5"))
    assert engine.ledger.withdrawable() == 0


def test_a_scenario_moves_money_and_margin():
    """Steps of their own; what the venue refuses is an event."""
    steps = [
        {"fill": {"coin": "BTC", "size": "0.1", "price": "50000", "leverage": 5,
                  "mode": "isolated"}},
        {"leverage": {"coin": "BTC", "leverage": 10}},
        {"isolated_margin": {"coin": "BTC", "amount": "100"}},
        {"withdraw": "1000"},
        {"withdraw": "100000"},
        {"prices": {"coin": "BTC", "mark": "51000", "oracle": "40000"}},
        {"funding": {"coin": "BTC", "rate": "0.0001"}},
    ]  # fmt: skip
    found = run_scenario({"deposit": "10000", "steps": steps})
    assert found["positions"]["BTC"]["bucket"] == "599.6"
    assert (found["deposits"], found["funding"], found["unrealized"]) == ("9000", "-0.4", "100")
    assert found["equity"] == "9097.35"
    assert [one["type"] for one in found["events"]] == ["fill", "withdrawal", "rejected", "funding"]


# --- orders too small ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "price", "taken"),
    [("0.00019", None, False), ("0.0002", None, True), ("0.00019", "53000", True),
     ("0.0002", "49000", False)],
)  # fmt: skip
def test_the_smallest_order_is_by_its_limit_price(size, price, taken):
    """10 USD by limit price and size, for openings."""
    engine = paper()
    bound = None if price is None else D(price)
    kind = OrderKind.MARKET if bound is None or bound > 50_000 else OrderKind.LIMIT
    outcome = engine.place([OrderIntent("BTC", Side.BUY, D(size), kind, bound, leverage=1)])[0]
    assert isinstance(outcome, Rejected) is not taken


@pytest.mark.parametrize(
    ("size", "taken"), [("0.0001", False), ("0.0003", True), ("0.0004", True), ("9", True)]
)
@pytest.mark.parametrize("kind", list(OrderKind))
def test_partial_closes_have_the_minimum_and_whole_ones_do_not(size, taken, kind):
    """Every kind of reduce-only order alike, an oversized one being the whole."""
    engine = paper()
    enter(engine, size="0.0004")
    price = {"market": None, "limit": D(51_000), "stop": D(49_000), "target": D(51_000)}[kind]
    sold = OrderIntent("BTC", Side.SELL, D(size), kind, price, reduce_only=True)
    assert isinstance(engine.place([sold])[0], Rejected) is not taken
    small = paper()
    enter(small, size="0.0002")
    tell(small, "40000")
    below = {"market": None, "limit": D(41_000), "stop": D(39_000), "target": D(41_000)}[kind]
    whole = OrderIntent("BTC", Side.SELL, D("0.0002"), kind, below, reduce_only=True)
    assert not isinstance(small.place([whole])[0], Rejected)


# --- precision ---------------------------------------------------------------------------


@pytest.mark.parametrize("decimals", range(7))
@pytest.mark.parametrize("exponent", range(-6, 31, 3))
def test_rounding_gives_legal_prices_and_sizes_of_any_magnitude(decimals, exponent):
    """5 significant figures, 6 - szDecimals decimals, integers always; no size is too large."""
    spec = MarketSpec("X", decimals)
    price = D("1.23456789012345678901234567890123456789").scaleb(exponent)
    for up in (True, False):
        rounded = spec.round_price(price, up=up)
        assert rounded == 0 or spec.is_legal_price(rounded)
        assert (rounded >= price) if up else (rounded <= price)
        assert -min(rounded.normalize().as_tuple().exponent, 0) <= 6 - decimals
    assert spec.is_legal_price(D(1_234_567))
    size = spec.floor_size(price)
    assert size <= price
    assert not size or spec.is_legal_size(size)
    assert spec.is_legal_price(price) is (price == price.to_integral_value())


def test_tiers_with_rates_of_their_own_are_taken():
    """Binance's BTC: 0.4 % to 50,000 USD, 0.5 % to 600,000, less 50 USD."""
    table = (Tier(D(0), 125, D("0.004")), Tier(D(50_000), 100, D("0.005")))
    tiers = MarginTiers.of(MarketSpec("BTC", tiers=table, max_leverage=125))
    assert tiers.maintenance(D(50_000)) == 200
    assert tiers.maintenance(D(100_000)) == 450
    assert tiers.max_leverage(D(100_000)) == 100
