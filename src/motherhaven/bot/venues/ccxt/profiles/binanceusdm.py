"""Binance USDⓈ-M futures. Stops live at its Algo service: its plain calls never show them.

A stop that closes the position ("closePosition") cannot be replaced new-first: a second one in
the same direction is refused (-4130). Stops here have a size and are reduce-only instead.
"""

from datetime import timedelta
from typing import Final

from motherhaven.bot.venues.ccxt.profile import (
    AccountFields,
    ClientIds,
    FillFields,
    LedgerFields,
    Leverage,
    Lookup,
    OneWay,
    Permissions,
    Profile,
    Question,
    Triggers,
)

BINANCE: Final = Profile(
    venue="binanceusdm",
    title="Binance USDⓈ-M futures",
    needs_password=False,
    has_attached_stop=False,
    testnet="demo",
    ids=ClientIds(36),
    listings=({}, {"trigger": True}),
    plain=(Lookup("fetch_order"),),
    trigger=(Lookup("fetch_order", params={"trigger": True}),),
    triggers=Triggers(
        place={"workingType": "MARK_PRICE", "reduceOnly": True},
        kind=("orderType",),
        order_of=("actualOrderId",),
    ),
    account=AccountFields(
        equity=("totalMarginBalance",),
        wallet=("totalWalletBalance",),
        available=("availableBalance",),
        used=("totalInitialMargin",),
        maintenance=("totalMaintMargin",),
        unrealized=("totalUnrealizedProfit",),
    ),
    ledger=LedgerFields(
        type="incomeType",
        amount="income",
        id="tranId",
        symbol="symbol",
        trade=frozenset({"REALIZED_PNL", "COMMISSION"}),
        funding=frozenset({"FUNDING_FEE"}),
    ),
    fills=FillFields(
        page=1000,
        kept=timedelta(days=179),
        by_symbol=True,
        realized="realizedPnl",
        liquidation=("clientOrderId", ("autoclose-", "adl_autoclose", "settlement_autoclose-")),
    ),
    one_way=OneWay(
        Question("fapiPrivateGetPositionSideDual"),
        ("dualSidePosition",),
        ("False", "false"),
        "set the position mode to One-way in the futures preferences",
    ),
    permissions=Permissions(
        Question("sapiGetAccountApiRestrictions"),
        ("enableWithdrawals",),
        ("true",),
        on_test=False,
    ),
    leverage=Leverage("fetch_leverages", set_mode=True),
    refused={
        "-1003": "venue_rate", "-1015": "venue_rate", "-1021": "venue_expired",
        "-5028": "venue_expired", "-1022": "venue_key", "-2014": "venue_key", "-2015": "venue_key",
        "-1111": "venue_tick", "-4014": "venue_tick", "-4023": "venue_size", "-4003": "venue_size",
        "-4004": "venue_size", "-4005": "venue_size", "-1013": "venue_tick",
        "-4164": "venue_minimum", "-2018": "venue_margin", "-2019": "venue_margin",
        "-4050": "venue_margin", "-4051": "venue_margin", "-2027": "venue_limit",
        "-2028": "venue_leverage", "-2021": "venue_trigger", "-4120": "venue_api",
        "-2022": "venue_reduce_only", "-4118": "venue_reduce_only", "-4130": "venue_trigger",
        "-4061": "venue_mode", "-4016": "venue_price_band", "-4024": "venue_price_band",
        "-4131": "venue_price_band", "-4045": "venue_limit", "-5021": "venue_no_match",
        "-5022": "venue_no_match",
    },
    unclear=frozenset({"-1000", "-1001", "-1006", "-1007", "-1008", "-4116", "-4111", "-4112"}),
    gone=frozenset({"-2011", "-2013"}),
    options={
        "fetchCurrencies": False, "warnOnFetchOpenOrdersWithoutSymbol": False,
        "defaultTimeInForce": "GTC", "recvWindow": 5000,
        "broker": {"spot": "", "margin": "", "future": "", "swap": "", "delivery": "",
                   "inverse": "", "option": ""},
    },
    recv_window="recvWindow",
    used=("X-MBX-USED-WEIGHT-1M", 2400),
    tiers_at_once=True,
)  # fmt: skip
