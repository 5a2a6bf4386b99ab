"""Bybit linear perpetuals in a unified account."""

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

_FOUND: Final = (
    Lookup("fetch_open_orders", "orderLinkId"),
    Lookup("fetch_canceled_and_closed_orders", "orderLinkId"),
)

BYBIT: Final = Profile(
    venue="bybit",
    title="Bybit",
    needs_password=False,
    has_attached_stop=True,
    testnet="sandbox",
    ids=ClientIds(36),
    listings=({"limit": 50}, {"trigger": True, "limit": 50}),
    plain=_FOUND,
    trigger=_FOUND,
    triggers=Triggers(
        place={"triggerBy": "MarkPrice", "reduceOnly": True, "closeOnTrigger": True},
        kind=("stopOrderType",),
        direction="triggerDirection",
        cancel={},
    ),
    account=AccountFields(
        equity=("result", "list", 0, "totalEquity"),
        wallet=("result", "list", 0, "totalWalletBalance"),
        available=("result", "list", 0, "totalAvailableBalance"),
        used=("result", "list", 0, "totalInitialMargin"),
        maintenance=("result", "list", 0, "totalMaintenanceMargin"),
        unrealized=("result", "list", 0, "totalPerpUPL"),
    ),
    ledger=LedgerFields(
        type="type",
        amount="change",
        id="id",
        symbol="symbol",
        trade=frozenset({"TRADE", "LIQUIDATION", "ADL", "DELIVERY"}),
        funding=frozenset({"SETTLEMENT"}),
        page=50,
    ),
    fills=FillFields(
        page=100,
        window=timedelta(days=7),
        cloid="orderLinkId",
        realized="execPnl",
        liquidation=("execType", ("BustTrade", "AdlTrade", "Settle")),
    ),
    one_way=OneWay(
        Question("privateGetV5PositionList", {"category": "linear"}, symbol="symbol"),
        ("result", "list", 0, "positionIdx"),
        ("0",),
        "switch the position mode of USDT perpetuals to One-Way in the trading settings",
    ),
    permissions=Permissions(
        Question("privateGetV5UserQueryApi"),
        ("result", "permissions", "Wallet"),
        ("withdraw",),
    ),
    leverage=Leverage(
        account_mode=(
            Question("privateGetV5AccountInfo"), ("result", "marginMode"), "REGULAR_MARGIN"
        )
    ),
    refused={
        "10002": "venue_expired", "10003": "venue_key", "10004": "venue_key", "10005": "venue_key",
        "10006": "venue_rate", "10018": "venue_rate", "10010": "venue_key", "33004": "venue_key",
        "110007": "venue_margin", "110012": "venue_margin", "110004": "venue_margin",
        "110045": "venue_margin", "110044": "venue_margin", "110003": "venue_price_band",
        "110094": "venue_minimum", "110017": "venue_reduce_only", "110092": "venue_trigger",
        "110093": "venue_trigger", "110009": "venue_limit", "110013": "venue_leverage",
        "10001": "venue_tick", "110025": "venue_mode", "110028": "venue_mode",
        "110021": "venue_limit", "110090": "venue_limit", "170137": "venue_size",
    },
    unclear=frozenset({"10000", "10016", "10019", "110072"}),
    gone=frozenset({"110001", "110008", "110010", "110019", "170142"}),
    options={"brokerId": "", "recvWindow": 5000, "fetchMarkets": {"types": ["linear"]}},
    balance={"type": "unified"},
    positions={"settleCoin": "USDT", "limit": 200},
    code=(("retCode",),),
    left=("X-Bapi-Limit-Status", "X-Bapi-Limit"),
)  # fmt: skip
