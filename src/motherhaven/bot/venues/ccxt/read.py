"""From what an exchange told, through ccxt, to the port's types: checked, in coin and in USD.

ccxt's numbers are the exchange's own text here (see wire.py), sizes on the wire are contracts.
What cannot be read is an ExchangeError, never a 0 and never "nothing there".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.orders import OpenOrder, OrderKind, OrderState
from motherhaven.bot.market import ccxt_read
from motherhaven.bot.market.instruments import MarketSpec
from motherhaven.bot.portfolio.events import Side
from motherhaven.bot.venues.ccxt.profile import Profile, at
from motherhaven.contract.errors import ExchangeError, InvalidMoney, MarketError
from motherhaven.contract.exact import exact
from motherhaven.contract.money import to_decimal

ZERO: Final = Decimal(0)
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS: Final = 7_258_118_400_000
_STATES: Final[Mapping[str, OrderState]] = {
    "open": OrderState.OPEN,
    "closed": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "canceling": OrderState.OPEN,
    "expired": OrderState.CANCELED,
    "rejected": OrderState.REJECTED,
}
TEXT: Final = 80
"""Characters of an id or a word that are kept."""


@dataclass(frozen=True, slots=True)
class Market:
    """One market: our coin, ccxt's symbol, the exchange's id, and coins in one contract."""

    coin: str
    symbol: str
    id: str
    contract: Decimal
    spec: MarketSpec


class Markets:
    """The linear perpetual futures of an exchange that this bot can trade."""

    def __init__(self, profile: Profile, listed: object) -> None:
        """`listed` is ccxt's markets by symbol; one whose rules cannot be read is left out.

        Raises:
            ExchangeError: there is nothing that can be read.
        """
        self.by_coin: dict[str, Market] = {}
        try:
            found = ccxt_read.perpetuals(listed)
        except MarketError as error:
            raise ExchangeError(f"{profile.title}: {error}") from error
        for coin, raw in found.items():
            try:
                spec = ccxt_read.spec_of(coin, raw)
                size = raw.get("contractSize")
                contract = Decimal(1) if size is None else number(size, f"{coin} contract")
            except (MarketError, ExchangeError):
                continue
            self.by_coin[coin] = Market(coin, raw["symbol"], str(raw["id"]), contract, spec)
        if not self.by_coin:
            raise ExchangeError(f"{profile.title} lists no perpetual future that can be read")
        self.by_symbol = {one.symbol: one for one in self.by_coin.values()}
        self.by_id = {one.id: one for one in self.by_coin.values()}

    def put(self, market: Market) -> None:
        """Take a market in place of the one of its coin."""
        self.by_coin[market.coin] = self.by_symbol[market.symbol] = market
        self.by_id[market.id] = market

    def of(self, coin: str) -> Market:
        """The market of a coin.

        Raises:
            ExchangeError: there is none.
        """
        found = self.by_coin.get(coin)
        if found is None:
            raise ExchangeError(f"there is no perpetual future of {coin[:TEXT]} at this exchange")
        return found


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """An order as the exchange has it. Sizes in coin; `price` is the trigger's or the limit's.

    `became` is the id of the order that a triggered one turned into, `named` the client id as
    it is, whoever gave it, `rising` whether a trigger waits for a higher price, None if untold.
    """

    oid: str
    cloid: str
    coin: str
    side: Side
    kind: OrderKind
    size: Decimal
    filled: Decimal
    average: Decimal | None
    price: Decimal | None
    limit: Decimal | None
    reduce_only: bool
    state: OrderState
    time: datetime
    became: str | None
    named: str
    rising: bool | None
    unread: str | None = None
    """Why it cannot be read, None where it can: then it is somebody else's, and says nothing."""

    @property
    def trigger(self) -> bool:
        """Whether it is a stop or a target."""
        return self.kind in (OrderKind.STOP, OrderKind.TARGET)

    def open_order(self) -> OpenOrder:
        """As an order that rests; `size` is what is left of it."""
        with exact():
            left = self.size - self.filled
        return OpenOrder(
            self.cloid, self.coin, self.side, left, self.kind, self.price, self.reduce_only,
            self.time, None, self.oid, self.limit, self.unread,
        )  # fmt: skip


def order(profile: Profile, markets: Markets, raw: object) -> SeenOrder | None:
    """An order; None for one of a market that this bot cannot trade.

    Raises:
        ExchangeError: it cannot be read.
    """
    told = mapping(raw, "an order")
    market = markets.by_symbol.get(str(told.get("symbol")))
    if market is None:
        return None
    info, what = told.get("info"), f"an order in {market.coin}"
    state = _STATES.get(str(told.get("status")))
    if state is None:
        raise ExchangeError(f"{what} has a state that is not known: {str(told.get('status'))[:40]}")
    trigger, kind = _trigger(profile, told, info)
    with exact():
        size = number(told.get("amount") or 0, f"the size of {what}") * market.contract
        filled = number(told.get("filled") or 0, f"what is filled of {what}") * market.contract
    limit = positive(told.get("price"), f"the price of {what}")
    average = positive(told.get("average"), f"the average price of {what}")
    return SeenOrder(
        oid=text(told.get("id")),
        cloid=_cloid(profile, told, info, triggers=trigger is not None),
        coin=market.coin,
        side=side(told.get("side"), what),
        kind=kind,
        size=size,
        filled=filled,
        average=average if filled else None,
        price=limit if trigger is None else trigger,
        limit=limit if trigger is not None else None,
        reduce_only=_reduces(told, info)
        or (trigger is not None and profile.triggers.always_reduce),
        state=state,
        time=moment(told.get("timestamp") or 0, what),
        became=_became(profile, info),
        named=text(told.get("clientOrderId")),
        rising=_rising(profile, info),
    )


def unread(profile: Profile, markets: Markets, raw: object, why: ExchangeError) -> SeenOrder:
    """An order that rests and that `order` cannot read, by its ids alone.

    Raises:
        ExchangeError: it has no id either, so whose it is cannot be told.
    """
    told = mapping(raw, "an order")
    oid, named = text(told.get("id")), text(told.get("clientOrderId"))
    if not oid or oid != str(told.get("id")):
        raise why
    market = markets.by_symbol.get(str(told.get("symbol")))
    cloid = _cloid(profile, told, told.get("info"), triggers=True) or profile.ids.ours(named)
    return SeenOrder(
        oid, cloid, "" if market is None else market.coin, Side.BUY, OrderKind.LIMIT, ZERO, ZERO,
        None, None, None, False, OrderState.OPEN, _ORIGIN, None, named, None, str(why),
    )  # fmt: skip


def _trigger(
    profile: Profile, told: Mapping[str, Any], info: object
) -> tuple[Decimal | None, OrderKind]:
    """The price at which it triggers and its kind; an order without one is a limit."""
    stop = positive(told.get("stopLossPrice"), "a stop")
    target = positive(told.get("takeProfitPrice"), "a target")
    price = positive(told.get("triggerPrice"), "a trigger")
    plain = told.get("type") in ("limit", "market") and price is None
    if plain and not _is_conditional(info):
        return None, OrderKind.MARKET if told.get("type") == "market" else OrderKind.LIMIT
    word = str(at(info, profile.triggers.kind) or "").lower()
    if "profit" in word or (stop is None and target is not None):
        return target or price, OrderKind.TARGET
    found = stop or price or target
    return found, OrderKind.LIMIT if found is None else OrderKind.STOP


def _is_conditional(info: object) -> bool:
    """Whether the raw order waits for its trigger, rather than carrying a stop for later."""
    return isinstance(info, Mapping) and bool(info.get("algoId") or info.get("planType"))


def _cloid(profile: Profile, told: Mapping[str, Any], info: object, *, triggers: bool) -> str:
    named = profile.triggers.told_id
    if triggers and named is not None and isinstance(info, Mapping) and info.get(named):
        return profile.ids.ours(info[named])
    return profile.ids.ours(told.get("clientOrderId"))


def _became(profile: Profile, info: object) -> str | None:
    found = at(info, profile.triggers.order_of) if profile.triggers.order_of else None
    return text(found) if isinstance(found, (str, int)) and str(found).strip("0") else None


def _rising(profile: Profile, info: object) -> bool | None:
    if profile.triggers.direction is None or not isinstance(info, Mapping):
        return None
    return {"1": True, "2": False}.get(str(info.get(profile.triggers.direction)))


def _reduces(told: Mapping[str, Any], info: object) -> bool:
    closes = info.get("closePosition") if isinstance(info, Mapping) else None
    return told.get("reduceOnly") is True or str(closes).lower() == "true"


# --- single values ------------------------------------------------------------------------


def mapping(raw: object, what: str) -> Mapping[str, Any]:
    """An object.

    Raises:
        ExchangeError: it is something else.
    """
    if not isinstance(raw, Mapping):
        raise ExchangeError(f"the exchange's answer: {what} is not an object")
    return raw


def rows(raw: object, what: str) -> list[Any]:
    """A list.

    Raises:
        ExchangeError: it is something else.
    """
    if not isinstance(raw, list):
        raise ExchangeError(f"the exchange's answer: {what} are not a list")
    return raw


def number(raw: object, what: str) -> Decimal:
    """A finite decimal.

    Raises:
        ExchangeError: it is not one.
    """
    try:
        return to_decimal(raw, what)
    except InvalidMoney as error:
        raise ExchangeError(f"the exchange's answer: {error}") from None


def positive(raw: object, what: str) -> Decimal | None:
    """A price above 0, None where none is told (also as 0 or an empty text)."""
    if raw is None or raw == "":
        return None
    found = number(raw, what)
    return found if found > 0 else None


def side(raw: object, what: str) -> Side:
    """Buy or sell.

    Raises:
        ExchangeError: neither.
    """
    if raw not in ("buy", "sell"):
        raise ExchangeError(f"the exchange's answer: {what} has the side {str(raw)[:20]}")
    return Side(raw)


def moment(raw: object, what: str) -> datetime:
    """Unix milliseconds as a time in UTC.

    Raises:
        ExchangeError: no such time.
    """
    found = raw if isinstance(raw, (int, float)) and not isinstance(raw, bool) else None
    if found is None and isinstance(raw, str) and len(raw) <= 16 and raw.isdigit():
        found = int(raw)
    if found is None or not 0 <= found < _LAST_MS:
        raise ExchangeError(f"the exchange's answer: {what} has the time {str(raw)[:40]}")
    return _ORIGIN + timedelta(milliseconds=int(found))


def text(raw: object) -> str:
    """An id or a word, cut to TEXT characters; "" for none."""
    return "" if raw is None else str(raw)[:TEXT]
