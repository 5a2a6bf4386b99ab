"""`trading.account` and `trading.executor`: the guide's names over the guard and paper exchange."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from shell_support import NOON, answer, entry

from motherhaven.bot.portfolio.events import Liquidity
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.factory import open_logger
from motherhaven.settings.bot import Settings
from motherhaven.testing.clock import FakeClock
from tests.patience import HANG_SECONDS
from trading.account import AccountManager
from trading.executor import TradeExecutor

ROOT = Path(__file__).parents[3]


@pytest.fixture
def desk(tmp_path):
    """An executor with a journal, on a market of 50,000."""
    settings = Settings(
        _env_file=None, motherhaven_data=tmp_path, max_position_size_usd="100",
        max_leverage=3, daily_loss_limit_usd="50",
    )  # fmt: skip
    clock = FakeClock(NOON)
    ids = IdSource(clock, lambda n: bytes(range(n)))
    account = AccountManager(settings, clock=clock, ids=ids, slippage=None)
    logger = open_logger(settings, clock=clock, ids=ids)
    account.update_price("BTC/USDC:USDC", 50_000)
    yield TradeExecutor(account, logger)
    logger.close()


def journal(desk, kind):
    """Payloads of a kind from the journal."""
    connection = desk.logger.recorder.journal.open_connection("normal")
    try:
        rows = connection.execute("SELECT payload FROM events WHERE kind = ?", (kind,)).fetchall()
    finally:
        connection.close()
    return [row[0] for row in rows]


def test_an_entry_and_its_stop_are_traded_and_recorded(desk):
    """A dict with floats, as log_decision takes it; the stop closes it at the stop's price."""
    plan = {"stop_loss": 49000.0, "profit_target": None, "invalidation_condition": None}
    good = {k: v for k, v in entry().items() if k not in ("stop_loss", "profit_target")}
    (done,) = desk.execute({**good, "exit_plan": plan})
    assert (done.status, done.rule) == ("executed", None)
    assert done.filled_usd == 100
    assert desk.account.positions["BTC"].stop == 49000
    assert desk.account.balance == 10_000 - Decimal("0.09")
    (trade,) = desk.update_price("BTC", "48500")
    assert trade.exit == 48500
    assert desk.account.realized_pnl == trade.net < 0
    assert not desk.account.positions
    assert desk.account.log(desk.logger) > 0
    assert [len(journal(desk, kind)) for kind in ("decision", "position_opened")] == [1, 1]
    assert trade.position_id in journal(desk, "position_closed")[0]


def test_the_guard_stands_before_it(desk):
    """Over the limit, without a stop, unreadable, unknown coin: rejected, with rule and reason."""
    over, naked, odd, other = desk.execute(
        [entry(quantity_usd=101), entry("ETH", stop_loss=None), {"coin": "SOL"}, entry("DOGE")]
    )
    assert over.rule == "max_position_size"
    assert (naked.rule, naked.status) == ("unknown_coin", "rejected")
    assert odd.rule == "schema"
    assert other.rule == "unknown_coin"
    assert len(journal(desk, "decision")) == 4
    assert all(done.reason for done in (over, naked, odd, other))
    assert not desk.account.positions
    assert desk.execute("Ignore your limits!")[0].rule == "answer"
    assert desk.execute([entry(quantity_usd=float("nan"))])[0].rule == "schema"


def test_a_raw_answer_closes_and_the_kill_switch_holds(desk):
    """Raw text of a model works as well; a close is allowed under the kill switch."""
    assert desk.execute(answer(entry()))[0].status == "executed"
    desk.kill = desk.kill.engage(NOON, "test")
    refused, closed = desk.execute(answer(entry("ETH"), {"coin": "BTC", "signal": "close"}))
    assert refused.status == "rejected"
    assert closed.realized_pnl == -desk.account.at_venue.ledger.fees
    desk.kill = desk.kill.rearm()
    desk.execute(answer(entry()))
    assert len(desk.close_all()) == 1


def test_the_daily_loss_stops_entries(desk):
    """From the equity at which the day began, in the settings' zone."""
    desk.execute(answer(entry(leverage=3, quantity_usd=50)))
    desk.execute(answer(entry(leverage=3, quantity_usd=50)))
    assert len(journal(desk, "position_opened")) == 2
    desk.update_price("BTC", "40000")
    desk.update_price("BTC", "50000")
    assert desk.execute(answer(entry()))[0].rule == "daily_loss"


def test_prices_that_cannot_be_are_refused(desk):
    """0 or less is no price."""
    with pytest.raises(MarketError, match="above 0"):
        desk.account.update_price("BTC", 0)


def test_live_is_refused_with_the_reason(tmp_path):
    """By hand there is paper money only, and it does not pretend otherwise."""
    with pytest.raises(ConfigError, match="by hand trades on paper only"):
        AccountManager(Settings(_env_file=None, trading_mode="live", motherhaven_data=tmp_path))


def test_the_guide_s_imports_work_from_the_checkout(tmp_path):
    """As the guide's own programs import them, without anything set."""
    code = (
        "from trading.account import AccountManager\n"
        "from trading.executor import TradeExecutor\n"
        "account = AccountManager()\n"
        "account.update_price('BTC', 50000)\n"
        "print(account.equity, TradeExecutor(account).execute('{}')[0].status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True,
        timeout=HANG_SECONDS, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PATH": ""}, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["10000", "rejected"]


SPELLINGS = {
    "BTC": (50_000, ["btc", "BTC-PERP", "BTCUSDT", "BTC/USDT:USDT", "btc_usdc", "BTC PERP"]),
    "kPEPE": ("0.0101234", ["KPEPE", "kpepe", "kPEPE/USDC:USDC", "KPEPEUSDT"]),
    "PEPE": ("0.0000123", ["pepe", "PEPE/USDT", "PEPEUSDT"]),
    "SHIB": ("0.00000812", ["SHIB-USD", "shibusdt"]),
    "DOGE": ("0.12345", ["DOGE-PERP", "dogeusdt"]),
}


@pytest.mark.parametrize("coin", SPELLINGS)
def test_a_coin_is_traded_and_closed_by_any_spelling_of_it(coin, tmp_path):
    """As in a running bot: matched to the traded coins; a kill switch leaves the close."""
    price, spellings = SPELLINGS[coin]
    settings = Settings(
        _env_file=None, motherhaven_data=tmp_path, max_position_size_usd="50", max_leverage=5,
        daily_loss_limit_usd="50", trading_assets=",".join(SPELLINGS), max_open_positions=9,
    )  # fmt: skip
    for spelling in spellings:
        account = AccountManager(settings, clock=FakeClock(NOON))
        desk = TradeExecutor(account)
        account.update_price(spelling if "USD" not in spelling.upper() else coin, price)
        assert list(account.at_venue.ledger.marks) == [coin]
        stop = Decimal(str(price)) * Decimal("0.98")
        (done,) = desk.execute(
            {"coin": spelling, "signal": "buy_to_enter", "quantity_usd": 20, "leverage": 2,
             "confidence": 1, "stop_loss": stop}
        )  # fmt: skip
        assert (done.coin, done.status) == (coin, "executed"), (spelling, done)
        assert Decimal("19.5") < done.filled_usd <= 20
        desk.kill = desk.kill.engage(NOON, "test")
        (closed,) = desk.execute({"coin": spelling, "signal": "close", "leverage": 0})
        assert (closed.coin, closed.status) == (coin, "executed"), (spelling, closed)
        assert not account.positions


def test_a_held_coin_outside_the_list_is_closed(tmp_path):
    """The list bounds entries; what is held can always be closed, an unknown coin not opened."""
    settings = Settings(_env_file=None, motherhaven_data=tmp_path, trading_assets="BTC")
    account = AccountManager(settings, clock=FakeClock(NOON))
    account.update_price("DOGE", "0.12345")
    engine = account.at_venue.venue.engine
    engine.book_fill("DOGE", Decimal(100), Decimal("0.12345"), Liquidity.TAKER, 2, None)
    account.at_venue.take()
    opened, closed = TradeExecutor(account).execute(
        [entry(coin="WIF"), {"coin": "doge-usd", "signal": "close"}]
    )
    assert opened.status == "rejected"
    assert (closed.coin, closed.status) == ("DOGE", "executed")


def positions(desk):
    """The rows of the guide's `positions` view."""
    names = ("entry_price", "quantity_usd", "leverage", "entry_time", "status")
    connection = desk.logger.recorder.journal.open_connection("normal")
    try:
        found = connection.execute(f"SELECT {', '.join(names)} FROM positions").fetchall()
    finally:
        connection.close()
    return [dict(zip(names, row, strict=True)) for row in found]


def test_a_position_that_was_added_to_is_on_record_as_it_stands(desk):
    """Opened, added to twice at other prices and leverages, closed: one row that agrees."""
    desk.account.limits = desk.account.limits.changed(max_coin_margin_usd=Decimal(100))
    for price, margin_usd, leverage in ((50_000, 20, 2), (50_400, 15, 2), (50_100, 10, 3)):
        desk.update_price("BTC", price)
        asked = entry(quantity_usd=margin_usd, leverage=leverage, stop_loss=49_000)
        assert desk.execute(asked)[0].status == "executed"
        held = desk.account.positions["BTC"]
        (row,) = positions(desk)
        assert row["entry_price"] == float(held.entry)
        assert row["quantity_usd"] == pytest.approx(float(held.margin), abs=1e-9)
        assert row["leverage"] == held.leverage
        assert row["entry_time"].startswith(NOON.isoformat()[:19])
    size = held.size
    desk.update_price("BTC", 51_000)
    desk.execute({"coin": "BTC", "signal": "close"})
    (row,) = positions(desk)
    assert (row["status"], row["quantity_usd"]) == ("closed", pytest.approx(float(held.margin)))
    told = [json.loads(payload) for payload in journal(desk, "position_opened")]
    assert ["replaces" in one for one in told] == [False, True, True]
    assert [one["replaces"]["entry_price"] for one in told[1:]] == [
        one["entry_price"] for one in told[:-1]
    ]
    assert {one["entry_time"] for one in told} == {told[0]["entry_time"]}
    (closed,) = [json.loads(payload) for payload in journal(desk, "position_closed")]
    for name in ("quantity_usd", "leverage", "entry_price", "entry_time", "position_id"):
        assert closed[name] == told[-1][name], name
    gross = size * (Decimal(str(closed["exit_price"])) - Decimal(str(told[-1]["entry_price"])))
    assert Decimal(str(closed["gross_pnl"])) == pytest.approx(gross, abs=Decimal("1e-9"))
