"""POST /info about one account: what it has, what rests, what was filled and paid."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.portfolio.account import AccountSnapshot, Position
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.contract.exact import exact, quotient
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.admission import affordable
from motherhaven.testing.fake_venue.orders import VenueOrder, long_form, short_form, with_status
from motherhaven.testing.fake_venue.wire import to_ms, wire

ZERO: Final = Decimal(0)
FILLS_PAGE: Final = 2_000
LEDGER_PAGE: Final = 2_000
FUNDING_PAGE: Final = 500
_POOLED: Final = ("unifiedAccount", "portfolioMargin")

Ask = Mapping[str, Any]


def clearinghouse_state(account: Account, _: Ask) -> dict[str, Any]:
    """Balances and positions; with pooled balances only the margin that is posted."""
    snapshot = account.view().snapshot
    cross = [one for one in snapshot.positions.values() if one.mode is MarginMode.CROSS]
    isolated = [one for one in snapshot.positions.values() if one.mode is MarginMode.ISOLATED]
    with exact():
        posted = sum((own_margin(one) for one in isolated), ZERO)
        equity, value = snapshot.equity, snapshot.cross_value
        if account.mode in _POOLED:
            equity, value = snapshot.used + posted, snapshot.used
        summary = _summary(equity, [*cross, *isolated], snapshot.used + posted)
        cross_summary = _summary(value, cross, snapshot.used)
        needed = sum((one.maintenance for one in cross), ZERO)
        free = _withdrawable(account, snapshot, cross)
    return {
        "marginSummary": summary,
        "crossMarginSummary": cross_summary,
        "crossMaintenanceMarginUsed": wire(needed),
        "withdrawable": wire(ZERO if account.mode in _POOLED else free),
        "assetPositions": [
            {"type": "oneWay", "position": _position(account, one)}
            for one in snapshot.positions.values()
        ],
        "time": to_ms(account.inside.now),
    }


def spot_state(account: Account, _: Ask) -> dict[str, Any]:
    """Balances beside the perpetuals: all of the money where balances are pooled."""
    snapshot = account.view().snapshot
    total = snapshot.wallet if account.mode in _POOLED else ZERO
    hold = snapshot.used if account.mode in _POOLED else ZERO
    usdc = {
        "coin": "USDC", "token": 0, "total": wire(total), "hold": wire(hold), "entryNtl": "0.0",
    }  # fmt: skip
    return {"balances": [usdc]}


def _summary(value: Decimal, positions: Sequence[Position], used: Decimal) -> dict[str, Any]:
    notional = sum((abs(one.size) * one.mark for one in positions), ZERO)
    net = sum((one.size * one.mark for one in positions), ZERO)
    return {
        "accountValue": wire(value),
        "totalNtlPos": wire(notional),
        "totalRawUsd": wire(value - net),
        "totalMarginUsed": wire(used),
    }


def own_margin(position: Position) -> Decimal:
    """What an isolated position has of its own, in USD."""
    return (position.bucket or ZERO) + position.unrealized


def _withdrawable(
    account: Account, snapshot: AccountSnapshot, cross: Sequence[Position]
) -> Decimal:
    """What may be taken out: resting entries need their margin too."""
    notional = sum((abs(one.size) * one.mark for one in cross), ZERO)
    resting = ZERO
    for order in account.table.resting.values():
        if not order.reduce_only and order.trigger is None:
            leverage = Decimal(account.leverage(order.coin).leverage)
            resting += quotient(order.left * order.price, leverage)
    kept = max(snapshot.used + resting, notional / 10)
    return max(snapshot.cross_value - kept, ZERO)


def _position(account: Account, one: Position) -> dict[str, Any]:
    leverage: dict[str, Any] = {"type": one.mode.value, "value": one.leverage}
    with exact():
        value = abs(one.size) * one.mark
        used = quotient(value, Decimal(one.leverage))
        if one.mode is MarginMode.ISOLATED:
            leverage["rawUsd"] = wire(own_margin(one) - one.size * one.mark)
            used = own_margin(one)
    paid = wire(-one.funding)
    return {
        "coin": one.coin,
        "szi": wire(one.size),
        "leverage": leverage,
        "entryPx": wire(one.entry),
        "positionValue": wire(value),
        "unrealizedPnl": wire(one.unrealized),
        "returnOnEquity": wire(one.roe),
        "liquidationPx": None if one.liquidation is None else wire(one.liquidation),
        "marginUsed": wire(used),
        "maxLeverage": account.market.specs[one.coin].max_leverage,
        "cumFunding": {"allTime": paid, "sinceOpen": paid, "sinceChange": paid},
    }


def open_orders(account: Account, _: Ask) -> list[Any]:
    """What rests, without what makes a trigger a trigger: newest first."""
    return [short_form(one) for one in _resting(account)]


def frontend_open_orders(account: Account, _: Ask) -> list[Any]:
    """What rests, triggers as such; children of an unfilled parent are in it and beside it."""
    resting = _resting(account)
    return [
        long_form(one, [long_form(child, []) for child in resting if child.parent == one.oid])
        for one in resting
    ]


def _resting(account: Account) -> list[VenueOrder]:
    return list(reversed(account.view().table.resting.values()))


def order_status(account: Account, ask: Ask) -> dict[str, Any]:
    """What became of an order by oid or cloid, as long as the venue remembers it."""
    table, name = account.view().table, ask.get("oid")
    found = None
    if isinstance(name, int):
        found = table.find(name)
    elif isinstance(name, str):
        found = table.find_cloid(name[:42].lower())
    if found is None:
        return {"status": "unknownOid"}
    return {"status": "order", "order": with_status(found)}


def historical_orders(account: Account, _: Ask) -> list[Any]:
    """The orders that are remembered, newest first."""
    return [with_status(one) for one in list(account.view().table.newest_first())[:FILLS_PAGE]]


def user_fills(account: Account, _: Ask) -> list[Any]:
    """The newest fills, newest first."""
    return [fill.form() for fill in reversed(account.view().fills[-FILLS_PAGE:])]


def user_fills_by_time(account: Account, ask: Ask) -> list[Any]:
    """Fills of a time, oldest first, a page of them; `reversed` begins with the newest."""
    forms = (fill.form() for fill in account.view().fills)
    return _page(forms, ask, FILLS_PAGE)


def user_funding(account: Account, ask: Ask) -> list[Any]:
    """Funding of a time, oldest first, a page of it."""
    return _page(account.view().funding, ask, FUNDING_PAGE)


def ledger_updates(account: Account, ask: Ask) -> list[Any]:
    """Deposits and withdrawals of a time, oldest first."""
    return _page(account.view().ledger, ask, LEDGER_PAGE)


def _page(forms: Any, ask: Ask, most: int) -> list[Any]:
    since, until = ask.get("startTime") or 0, ask.get("endTime")
    found = [
        one for one in forms if since <= one["time"] and (until is None or one["time"] <= until)
    ]
    if ask.get("reversed"):
        found.reverse()
    return found[:most]


def user_fees(account: Account, _: Ask) -> dict[str, Any]:
    """The account's own fee rates."""
    taker, maker = wire(account.fees.taker), wire(account.fees.maker)
    none = {"bpsOfMaxSupply": "0.0", "discount": "0.0"}
    return {
        "dailyUserVlm": [],
        "feeSchedule": {
            "cross": taker, "add": maker, "spotCross": taker, "spotAdd": maker,
            "tiers": {"vip": [], "mm": []}, "referralDiscount": "0.04",
            "stakingDiscountTiers": [none],
        },
        "userCrossRate": taker,
        "userAddRate": maker,
        "userSpotCrossRate": taker,
        "userSpotAddRate": maker,
        "activeReferralDiscount": "0.0",
        "trial": None,
        "feeTrialEscrow": "0.0",
        "nextTrialAvailableTimestamp": None,
        "stakingLink": None,
        "activeStakingDiscount": none,
    }  # fmt: skip


def user_rate_limit(account: Account, _: Ask) -> dict[str, Any]:
    """What the account has used of its requests."""
    usage = account.usage
    return {
        "cumVlm": wire(usage.volume),
        "nRequestsUsed": usage.used,
        "nRequestsCap": usage.most,
        "nRequestsSurplus": 0,
    }


def user_abstraction(account: Account, _: Ask) -> str:
    """How balances are kept."""
    return account.mode


def active_asset_data(account: Account, ask: Ask) -> dict[str, Any] | None:
    """Leverage and mode of a coin as they are set, and how much could be traded."""
    coin = ask.get("coin")
    if not isinstance(coin, str) or coin not in account.market.specs:
        return None
    setting, prices = account.leverage(coin), account.market.prices[coin]
    most = [affordable(account, coin, side, prices.mark) for side in (Side.BUY, Side.SELL)]
    leverage: dict[str, Any] = {"type": setting.mode.value, "value": setting.leverage}
    held = account.view().snapshot.positions.get(coin)
    with exact():
        if setting.mode is MarginMode.ISOLATED:
            raw = own_margin(held) - held.size * held.mark if held is not None else ZERO
            leverage["rawUsd"] = wire(raw)
        free = [wire(quotient(size * prices.mark, Decimal(setting.leverage))) for size in most]
    return {
        "user": account.address,
        "coin": coin,
        "leverage": leverage,
        "maxTradeSzs": [wire(size) for size in most],
        "availableToTrade": free,
        "markPx": wire(prices.mark),
    }


QUESTIONS: Final[Mapping[str, Callable[[Account, Ask], Any]]] = {
    "clearinghouseState": clearinghouse_state,
    "spotClearinghouseState": spot_state,
    "openOrders": open_orders,
    "frontendOpenOrders": frontend_open_orders,
    "orderStatus": order_status,
    "historicalOrders": historical_orders,
    "userFills": user_fills,
    "userFillsByTime": user_fills_by_time,
    "userFunding": user_funding,
    "userNonFundingLedgerUpdates": ledger_updates,
    "userFees": user_fees,
    "userRateLimit": user_rate_limit,
    "userAbstraction": user_abstraction,
    "activeAssetData": active_asset_data,
}
