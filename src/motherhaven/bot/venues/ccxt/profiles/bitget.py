"""Bitget USDT futures of a classic account."""

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

_PLANS: Final = {"trigger": True, "planType": "profit_loss"}
_USDT: Final = {"productType": "USDT-FUTURES"}

BITGET: Final = Profile(
    venue="bitget",
    title="Bitget",
    needs_password=True,
    has_attached_stop=True,
    testnet="demo",
    ids=ClientIds(40),
    listings=(
        {"limit": 100},
        {**_PLANS, "limit": 100},
        {"trigger": True, "planType": "normal_plan", "limit": 100},
        {"trailing": True, "limit": 100},
    ),
    plain=(Lookup("fetch_order"),),
    trigger=(
        Lookup("fetch_open_orders", "clientOid", _PLANS),
        Lookup("fetch_canceled_and_closed_orders", "clientOid", _PLANS),
    ),
    triggers=Triggers(
        stop={"planType": "loss_plan"},
        target={"planType": "profit_plan"},
        kind=("planType",),
        always_reduce=True,
        order_of=("executeOrderId",),
        cancel={"trigger": True, "planType": "profit_loss"},
    ),
    account=AccountFields(
        equity=(0, "accountEquity"),
        wallet=(),
        available=(0, "crossedMaxAvailable"),
        used=(),
        maintenance=(),
        unrealized=(0, "unrealizedPL"),
    ),
    ledger=LedgerFields(
        type="businessType",
        amount="amount",
        id="billId",
        symbol="symbol",
        trade=frozenset(
            {
                "open_long", "open_short", "close_long", "close_short", "buy", "sell",
                "force_close_long", "force_close_short", "force_buy", "force_sell",
                "burst_long_loss_query", "burst_short_loss_query",
            }
        ),
        funding=frozenset({"contract_settle_fee"}),
        page=100,
    ),
    fills=FillFields(
        page=100,
        window=timedelta(days=7),
        by_symbol=True,
        realized="profit",
        liquidation=("tradeSide", ("burst_", "reduce_", "delivery_")),
    ),
    one_way=OneWay(
        Question(
            "privateMixGetV2MixAccountAccount", {**_USDT, "marginCoin": "USDT"}, symbol="symbol"
        ),
        ("data", "posMode"),
        ("one_way_mode",),
        "switch the position mode of USDT futures to One-way in the trading settings",
    ),
    permissions=Permissions(
        Question("privateSpotGetV2SpotAccountInfo"),
        ("data", "authorities"),
        ("wow", "withdraw"),
    ),
    leverage=Leverage(set_mode=True),
    refused={
        "429": "venue_rate", "30007": "venue_rate", "40008": "venue_expired",
        "40004": "venue_expired", "40005": "venue_expired", "40006": "venue_key",
        "40009": "venue_key", "40011": "venue_key", "40012": "venue_key", "40014": "venue_key",
        "40018": "venue_key", "40037": "venue_key", "40754": "venue_margin",
        "40762": "venue_margin", "43012": "venue_margin", "40774": "venue_mode",
        "45110": "venue_minimum", "45111": "venue_minimum", "45115": "venue_tick",
        "45117": "venue_size", "22002": "venue_reduce_only", "40757": "venue_reduce_only",
        "40793": "venue_reduce_only", "40830": "venue_trigger", "40831": "venue_trigger",
        "40832": "venue_trigger", "40836": "venue_trigger", "40915": "venue_trigger",
        "40917": "venue_trigger", "40797": "venue_leverage", "45047": "venue_leverage",
    },
    unclear=frozenset({"40010", "40015", "40200", "40725", "45001", "40786"}),
    gone=frozenset({"40109", "40768", "43001", "43004", "43025", "45057"}),
    options={"broker": "", "fetchMarkets": {"types": ["swap"]}},
    balance=_USDT,
    positions=_USDT,
)  # fmt: skip
