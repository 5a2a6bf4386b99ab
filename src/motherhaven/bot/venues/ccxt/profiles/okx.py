"""OKX linear swaps. Sizes on the wire are contracts; its client ids take letters and digits."""

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

_CONFIG: Final = Question("privateGetAccountConfig")

OKX: Final = Profile(
    venue="okx",
    title="OKX",
    needs_password=True,
    has_attached_stop=True,
    testnet="sandbox",
    ids=ClientIds(32, prefixed=False),
    listings=(
        {"limit": 100},
        {"trigger": True, "ordType": "conditional", "limit": 100},
        {"trigger": True, "ordType": "trigger", "limit": 100},
        {"trigger": True, "ordType": "oco", "limit": 100},
        {"trailing": True, "limit": 100},
    ),
    plain=(Lookup("fetch_order"),),
    trigger=(Lookup("fetch_order", params={"trigger": True}),),
    triggers=Triggers(
        place={"reduceOnly": True, "tdMode": "cross"},
        stop={"slTriggerPxType": "mark"},
        target={"tpTriggerPxType": "mark"},
        id_key="algoClOrdId",
        told_id="algoClOrdId",
        order_of=("ordIdList", 0),
    ),
    account=AccountFields(
        equity=("data", 0, "details", 0, "eq"),
        wallet=("data", 0, "details", 0, "cashBal"),
        available=("data", 0, "details", 0, "availEq"),
        used=("data", 0, "details", 0, "imr"),
        maintenance=("data", 0, "details", 0, "mmr"),
        unrealized=("data", 0, "details", 0, "upl"),
    ),
    ledger=LedgerFields(
        type="type",
        amount="balChg",
        id="billId",
        symbol="instId",
        trade=frozenset({"2", "3", "4", "5", "9"}),
        funding=frozenset({"8"}),
        page=100,
    ),
    fills=FillFields(
        page=100,
        window=timedelta(days=90),
        cloid="clOrdId",
        realized="fillPnl",
        liquidation=("subType", ("100", "101", "102", "103", "104", "105", "125", "126")),
    ),
    one_way=OneWay(
        _CONFIG,
        ("data", 0, "posMode"),
        ("net_mode",),
        "set the position mode to Net in the trade settings",
    ),
    permissions=Permissions(_CONFIG, ("data", 0, "perm"), ("withdraw",)),
    leverage=Leverage(),
    refused={
        "50011": "venue_rate", "50013": "venue_rate", "50061": "venue_rate",
        "50102": "venue_expired", "50112": "venue_expired", "50105": "venue_key",
        "50111": "venue_key", "50113": "venue_key", "50119": "venue_key", "50120": "venue_key",
        "51008": "venue_margin", "51119": "venue_margin", "51127": "venue_margin",
        "51131": "venue_margin", "51004": "venue_limit", "51005": "venue_size",
        "51121": "venue_size", "51020": "venue_minimum", "51006": "venue_price_band",
        "51137": "venue_price_band", "51138": "venue_price_band", "51169": "venue_reduce_only",
        "51170": "venue_reduce_only", "51277": "venue_trigger", "51278": "venue_trigger",
        "51279": "venue_trigger", "51280": "venue_trigger", "51000": "venue_tick",
        "51010": "venue_mode", "59102": "venue_leverage",
    },
    unclear=frozenset({"50001", "50004", "50026", "51016", "51149", "51054"}),
    gone=frozenset({"51001", "51400", "51401", "51402", "51410", "51603", "51620"}),
    options={
        "brokerId": "", "fetchMarkets": {"types": ["swap"]},
        "fetchLedger": {"method": "privateGetAccountBillsArchive"},
    },
    order={"tdMode": "cross"},
    balance={"type": "trading", "ccy": "USDT"},
    code=(("data", 0, "sCode"), ("code",)),
)  # fmt: skip
