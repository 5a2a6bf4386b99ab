"""The channels of the stream: what each begins with, and what an event looks like on it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from motherhaven.bot.market.instruments import Level
from motherhaven.bot.portfolio.events import FundingPayment
from motherhaven.contract.exact import exact, quotient
from motherhaven.testing.fake_venue import info_market
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.market import Market
from motherhaven.testing.fake_venue.orders import VenueOrder, short_form
from motherhaven.testing.fake_venue.records import WireFill, funding_form
from motherhaven.testing.fake_venue.signing import transaction_hash
from motherhaven.testing.fake_venue.wire import to_ms, wire

Message = dict[str, Any]
NOT_THE_USERS: Final = ("marginCanceled", "liquidatedCanceled", "selfTradeCanceled")
"""Statuses of cancels that userEvents tells as nonUserCancel."""


def message(channel: str, data: Any) -> Message:
    """A message of a channel."""
    return {"channel": channel, "data": data}


# --- markets --------------------------------------------------------------------------------


def bbo(market: Market, coin: str, now: datetime) -> Message:
    """The best bid and ask."""
    bids, asks = market.book(coin)
    sides = [_level(side[0]) if side else None for side in (bids, asks)]
    return message("bbo", {"coin": coin, "time": to_ms(now), "bbo": sides})


def _level(level: Level) -> Message:
    return {"px": wire(level.price), "sz": wire(level.size), "n": 1}


def context(market: Market, coin: str, _: datetime) -> Message:
    """Mark, oracle and funding."""
    return message("activeAssetCtx", {"coin": coin, "ctx": info_market.context(market, coin)})


def book(market: Market, coin: str, now: datetime) -> Message:
    """The book."""
    return message("l2Book", info_market.l2_book(market, {"coin": coin}, now))


def mids(market: Market, now: datetime) -> Message:
    """The mid of every coin."""
    return message("allMids", {"mids": info_market.all_mids(market, {}, now)})


def trade(market: Market, coin: str, now: datetime, number: int) -> Message:
    """A trade at the mark, as one that others made."""
    with exact():
        price = market.prices[coin].mark
        size = market.specs[coin].floor_size(quotient(info_market.TRADE_USD, price))
    one = {
        "coin": coin,
        "side": "B" if number % 2 else "A",
        "px": wire(price),
        "sz": wire(max(size, market.specs[coin].lot)),
        "hash": transaction_hash(f"trade {number}"),
        "time": to_ms(now),
        "tid": number,
        "users": ["0x" + "0" * 40] * 2,
    }
    return message("trades", [one])


def candle(market: Market, coin: str, label: str) -> Message | None:
    """The candle that is running; closed only once a later one comes."""
    bars = info_market.joined(market.bars[coin], info_market.INTERVALS[label])
    return message("candle", info_market.candle(bars[-1], label)) if bars else None


MARKET_CHANNELS: Final[Mapping[str, Callable[[Market, str, datetime], Message]]] = {
    "bbo": bbo,
    "activeAssetCtx": context,
    "l2Book": book,
}
"""Channels of one coin that begin with what is, and go on with each change of it."""


# --- accounts -------------------------------------------------------------------------------


def order_update(order: VenueOrder) -> Message:
    """A change of an order."""
    stamp = to_ms(order.changed_at or order.placed_at)
    told = {"order": short_form(order), "status": order.status, "statusTimestamp": stamp}
    return message("orderUpdates", [told])


def user_events(account: Account, kind: str, news: Any) -> list[Message]:
    """What userEvents tells of an event; it comes on the channel "user"."""
    if kind == "fill":
        told = [message("user", {"fills": [news.form()]})]
        return told if news.liquidated is None else [*told, _liquidation(account, news)]
    if kind == "funding":
        return [message("user", {"funding": funding(news)})]
    if kind == "order" and news.status in NOT_THE_USERS:
        return [message("user", {"nonUserCancel": [{"coin": news.coin, "oid": news.oid}]})]
    return []


def _liquidation(account: Account, fill: WireFill) -> Message:
    with exact():
        notional = fill.size * fill.price
    told = {
        "lid": fill.tid,
        "liquidator": "0x" + "0" * 40,
        "liquidated_user": account.address,
        "liquidated_ntl_pos": wire(notional),
        "liquidated_account_value": wire(account.venue.account().equity),
    }
    return message("user", {"liquidation": told})


def funding(payment: FundingPayment) -> Message:
    """A funding payment in the flat form of the stream."""
    form = funding_form(payment)
    flat: Message = {"time": form["time"], **form["delta"]}
    del flat["type"]
    return flat


def list_message(channel: str, user: str, rows: list[Any], *, snapshot: bool = False) -> Message:
    """A message of a channel whose first one is a snapshot."""
    data: Message = {"user": user, LISTS[channel]: rows}
    return message(channel, data | ({"isSnapshot": True} if snapshot else {}))


LISTS: Final[Mapping[str, str]] = {
    "userFills": "fills",
    "userFundings": "fundings",
    "userNonFundingLedgerUpdates": "nonFundingLedgerUpdates",
}
"""Channels of an account that begin with a snapshot, and the field of their rows."""


def snapshot(channel: str, account: Account) -> Message:
    """The first message of such a channel."""
    rows: list[Any]
    if channel == "userFills":
        rows = [fill.form() for fill in reversed(account.fills[-2_000:])]
    elif channel == "userFundings":
        rows = [_flat(form) for form in account.funding[-500:]]
    else:
        rows = list(account.ledger)
    return list_message(channel, account.address, rows, snapshot=True)


def _flat(form: Message) -> Message:
    flat = {"time": form["time"], **form["delta"]}
    del flat["type"]
    return flat
