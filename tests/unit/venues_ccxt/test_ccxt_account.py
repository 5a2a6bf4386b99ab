"""What is made of each exchange's own answers: money, positions, fills, funding, rights."""

from datetime import timedelta
from decimal import Decimal

import pytest
from ccxt_account import AccountAnswers
from ccxt_answers import venues
from ccxt_wire import NOW, Exchange

from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.execution.orders import Accepted, OrderIntent
from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import FillReason, MarginMode, Side

CLOID = f"0x{7:032x}"
ENTRY = OrderIntent(
    "BTC", Side.BUY, Decimal("0.01"), price=Decimal(50_500), leverage=5, cloid=CLOID
)
HOUR_AGO = NOW - timedelta(hours=1)


def asked(venue, folder, work, **given):
    """The result of a question to an exchange, and the exchange."""
    exchange = Exchange(venue, folder, AccountAnswers(venue, **given))
    return exchange.run(work), exchange


@pytest.mark.parametrize("venue", venues())
def test_money_is_the_exchanges_own_digits(venue, tmp_path):
    """Equity, wallet and what is free, from the raw texts; nothing goes through a float."""
    account, _ = asked(venue, tmp_path, lambda adapter: adapter.account(), held=True)
    assert (account.equity, account.wallet) == (Decimal("1000.5"), Decimal("1000.25"))
    assert (account.available, account.unrealized) == (900, Decimal("0.25"))
    assert account.positions["BTC"].size == Decimal("0.01")


@pytest.mark.parametrize("venue", venues())
def test_a_position_is_in_coin_with_its_leverage(venue, tmp_path):
    """Contracts are coins here, entry and liquidation as told, leverage read where it is not."""
    positions, _ = asked(venue, tmp_path, lambda adapter: adapter.positions(), held=True)
    found = positions["BTC"]
    assert (found.size, found.entry, found.leverage) == (Decimal("0.01"), Decimal("50000.1"), 5)
    assert (found.mode, found.liquidation) == (MarginMode.CROSS, 41_000)


@pytest.mark.parametrize("venue", venues())
def test_a_fill_leads_back_to_our_order(venue, tmp_path):
    """By its own field, or by the order that it belongs to; price, fee and id as told."""

    async def work(adapter):
        (outcome,) = await adapter.submit([PlaceOrders((ENTRY,))])
        assert isinstance(outcome, Accepted), outcome
        return await adapter.fills(HOUR_AGO)

    (fill,), _ = asked(venue, tmp_path, work)
    assert (fill.coin, fill.size, fill.price) == ("BTC", Decimal("0.01"), Decimal("50000.1"))
    assert (fill.fee, fill.cloid, fill.reason) == (Decimal("0.25"), CLOID, FillReason.ENTRY)
    assert (fill.leverage, fill.time) == (5, NOW)
    assert fill.external_id == f"{venue}:BTC:5"


@pytest.mark.parametrize("venue", venues())
def test_funding_and_transfers_are_told_apart_from_trades(venue, tmp_path):
    """What was paid is negative; a trade's own money is in its fill and not told twice."""

    async def work(adapter):
        return await adapter.funding(HOUR_AGO), await adapter.cash_flows(HOUR_AGO)

    (funding, flows), _ = asked(venue, tmp_path, work)
    assert [(one.coin, one.amount) for one in funding] == [("BTC", Decimal("-0.05"))]
    assert [one.amount for one in flows] == [-30]
    assert flows[0].external_id.startswith(f"{venue}:")


@pytest.mark.parametrize("venue", venues())
def test_leverage_is_read_back(venue, tmp_path):
    """What the exchange has already is not set again."""
    found, exchange = asked(
        venue, tmp_path, lambda adapter: adapter.set_leverage("BTC", 5, MarginMode.CROSS)
    )
    assert found == LeverageSetting("BTC", 5, MarginMode.CROSS)
    assert not exchange.sent()


@pytest.mark.parametrize("venue", venues())
def test_the_account_says_what_is_wrong_with_it(venue, tmp_path):
    """Hedge mode and a key that may withdraw, each with its remedy; a sound one has no problem."""
    sound, _ = asked(venue, tmp_path / "a", lambda adapter: adapter.identity())
    assert sound.problems == ()
    assert (sound.venue, sound.network) == (f"ccxt:{venue}", "mainnet")
    wrong, _ = asked(
        venue, tmp_path / "b", lambda adapter: adapter.identity(), withdraws=True, hedged=True
    )
    assert {one.code for one in wrong.problems} == {"venue_mode", "venue_withdrawal"}
