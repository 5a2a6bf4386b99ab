"""ccxt's own recorded answers, read by our parser; the folder ccxt/static/response has them."""

import asyncio
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from ccxt_wire import Exchange, market

from motherhaven.bot.venues.ccxt import read
from motherhaven.bot.venues.ccxt.wire import load, quiet, settle
from motherhaven.contract.errors import ExchangeError

FOLDER = os.environ.get("MOTHERHAVEN_TEST_DATA")
STATIC = Path(FOLDER or "/nonexistent") / "ccxt" / "static"
NAMES = {"binanceusdm": "binance", "bybit": "bybit", "okx": "okx", "bitget": "bitget"}
CALLS = ("fetchOpenOrders", "fetchOrder", "fetchOrders", "fetchClosedOrders")
needs_data = pytest.mark.skipif(
    not (STATIC / "response").is_dir(),
    reason="MOTHERHAVEN_TEST_DATA has no ccxt/static/response (ccxt's ts/src/test/static)",
)


def recorded(venue):
    """Unified orders that ccxt says its recorded answers mean."""
    raw = json.loads((STATIC / "response" / f"{NAMES[venue]}.json").read_text(encoding="utf-8"))
    for call in CALLS:
        for one in raw["methods"].get(call, ()):
            parsed = one["parsedResponse"]
            yield from parsed if isinstance(parsed, list) else [parsed]


@needs_data
@pytest.mark.parametrize("venue", NAMES)
def test_recorded_orders_are_read_or_refused(venue):
    """Every recorded order of a linear swap gives its own digits, or an ExchangeError: no other."""
    profile, read_so_far = Exchange(venue, Path(), lambda _: None).profile, 0
    for raw in recorded(venue):
        symbol = str(raw.get("symbol"))
        if not symbol.endswith(":USDT"):
            continue
        coin = symbol.split("/")[0]
        markets = read.Markets(profile, {symbol: market(venue, symbol=symbol, base=coin)})
        try:
            found = read.order(profile, markets, raw)
        except ExchangeError:
            continue
        read_so_far += 1
        assert found.coin == coin
        contract = markets.of(coin).contract
        assert found.size == Decimal(str(raw["amount"] or 0)) * contract
        assert found.filled == Decimal(str(raw["filled"] or 0)) * contract
    assert read_so_far


@pytest.mark.parametrize("venue", NAMES)
def test_ccxts_client_takes_our_options(venue):
    """The pinned ccxt still has what the adapter leans on: without it a promise would break."""
    profile = Exchange(venue, Path(), lambda _: None).profile

    async def act():
        made = quiet(load(venue))({"apiKey": "k", "secret": "c2VjcmV0", "password": "p"})
        settle(profile, made)
        try:
            assert made.safe_number({"a": "0.10"}, "a") == "0.10"
            assert made.options["maxRetriesOnFailure"] == 0
            assert made.amount_to_precision("X", "1.23456789012345678") == "1.23456789012345678"
            for name in ("fetch_ledger", "fetch_my_trades", "fetch_positions", "set_leverage"):
                assert callable(getattr(made, name))
            for question in (profile.one_way.ask, profile.permissions.ask):
                assert callable(getattr(made, question.method))
        finally:
            await made.close()

    asyncio.run(act())
