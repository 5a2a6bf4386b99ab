"""The signed endpoints that change something: orders, conditional orders and settings."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.orders import Accepted
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.errors import InvalidMoney, OrderRejected
from motherhaven.contract.exact import exact
from motherhaven.contract.money import to_decimal
from motherhaven.testing.fake_binance.market import Listing
from motherhaven.testing.fake_binance.records import ZERO, Algo, Order, Refused
from motherhaven.testing.fake_binance.state import State

Params = Mapping[str, str]
_CLIENT: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_PLAIN: Final = ("LIMIT", "MARKET")
_CONDITIONAL: Final = ("STOP_MARKET", "TAKE_PROFIT_MARKET")
_OPEN: Final = ("NEW", "PARTIALLY_FILLED")
_MOST_LEVERAGE: Final = 125


class Trading:
    """Carries out what a signed request asks for."""

    def __init__(self, state: State) -> None:
        self._state = state

    def post_order(self, params: Params) -> dict[str, Any]:
        """POST order: a plain one; conditional ones have an endpoint of their own."""
        state, kind = self._state, params.get("type", "")
        if kind not in _PLAIN:
            raise Refused(
                -4120,
                "Order type not supported for this endpoint. Please use the Algo Order API "
                "endpoints instead.",
            )
        listing, side = self._form(params)
        client = _client(params.get("newClientOrderId"), state.orders)
        quantity = number(params, "quantity")
        state.market.check_size(listing, quantity)
        price = ZERO
        if kind == "LIMIT":
            if params.get("timeInForce") not in ("GTC", "IOC"):
                raise Refused(-1115, "Invalid timeInForce.")
            price = number(params, "price")
            state.market.check_price(listing, price)
        reduces = flag(params, "reduceOnly")
        if reduces:
            self._check_reduces(listing, side)
        else:
            mark = state.market.prices[listing.symbol].mark
            state.market.check_worth(listing, quantity, price or mark)
        identity = state.number()
        order = Order(
            identity, client, listing.symbol, side.value.upper(), kind,
            params.get("timeInForce", "GTC"), quantity, price, reduces, state.now(),
            f"o{identity}",
        )  # fmt: skip
        outcome = state.place(order, listing)
        if not isinstance(outcome, Accepted) and not self._expires(order, listing):
            del state.orders[order.id]
            raise Refused(-2019, "Margin is insufficient.")
        return order.row(state.now())

    def post_algo(self, params: Params) -> dict[str, Any]:
        """POST algoOrder: a stop or a target at the market."""
        state, kind = self._state, params.get("type", "")
        if params.get("algoType") != "CONDITIONAL" or kind not in _CONDITIONAL:
            raise Refused(-1116, "Invalid orderType.")
        listing, side = self._form(params)
        client = _client(params.get("clientAlgoId"), state.algos)
        closes, reduces = flag(params, "closePosition"), flag(params, "reduceOnly")
        if closes and (reduces or "quantity" in params):
            raise Refused(-1106, "Parameter 'reduceOnly' sent when not required.")
        trigger = number(params, "triggerPrice")
        if not listing.spec.is_legal_price(trigger):
            raise Refused(-4014, "Price not increased by tick size.")
        quantity = ZERO if closes else number(params, "quantity")
        if not closes:
            state.market.check_size(listing, quantity)
            if not reduces:
                raise Refused(-1116, "This exchange takes conditional orders that reduce only.")
        self._check_reduces(listing, side)
        self._check_trigger(listing, side, kind, trigger)
        if closes and self._has_closing(listing, side, kind):
            raise Refused(
                -4130,
                "An open stop or take profit order with GTE and closePosition in the direction "
                "is existing.",
            )
        algo = Algo(
            state.number(), client, listing.symbol, side.value.upper(), kind, quantity, trigger,
            reduces, closes, params.get("workingType", "CONTRACT_PRICE"), state.now(),
        )  # fmt: skip
        if not isinstance(state.rest(algo, listing), Accepted):
            raise Refused(-2021, "Order would immediately trigger.")
        return algo.row(state.now())

    def delete_order(self, params: Params) -> dict[str, Any]:
        """DELETE order."""
        found = self.order(params)
        if found is None or found.status not in _OPEN:
            raise Refused(-2011, "Unknown order sent.")
        self._state.cancel(found)
        return found.row(self._state.now())

    def delete_algo(self, params: Params) -> dict[str, Any]:
        """DELETE algoOrder."""
        found = self.algo(params)
        if found is None or found.status != "NEW":
            raise Refused(-2011, "Unknown order sent.")
        self._state.cancel(found)
        return {
            "algoId": found.id, "clientAlgoId": found.client, "code": "200", "msg": "success"
        }  # fmt: skip

    def post_leverage(self, params: Params) -> dict[str, Any]:
        """POST leverage."""
        listing = self._state.market.listing(params.get("symbol"))
        leverage = int(number(params, "leverage"))
        if not 1 <= leverage <= min(listing.spec.max_leverage, _MOST_LEVERAGE):
            raise Refused(-4028, f"Leverage {leverage} is not valid")
        try:
            mode = self._state.mode(listing.symbol)
            self._state.inside.set_leverage(listing.spec.coin, leverage, mode)
        except OrderRejected:
            raise Refused(-2028, "Leverage is smaller than permitted.") from None
        self._state.leverage[listing.symbol] = leverage
        self._state.settle()
        return {"leverage": leverage, "maxNotionalValue": "1000000", "symbol": listing.symbol}

    def post_margin_type(self, params: Params) -> dict[str, Any]:
        """POST marginType."""
        state, listing = self._state, self._state.market.listing(params.get("symbol"))
        wanted = params.get("marginType") == "ISOLATED"
        if wanted == (listing.symbol in state.isolated):
            raise Refused(-4046, "No need to change margin type.")
        if state.held(listing):
            raise Refused(-4048, "Margin type cannot be changed if there exists position.")
        change = state.isolated.add if wanted else state.isolated.discard
        change(listing.symbol)
        return {"code": 200, "msg": "success"}

    # --- finding ------------------------------------------------------------------------

    def order(self, params: Params) -> Order | None:
        """The plain order that a request names; the newest of its client id."""
        symbol, client = params.get("symbol"), params.get("origClientOrderId")
        for one in reversed(self._state.orders.values()):
            named = one.client == client if client else str(one.id) == params.get("orderId")
            if named and one.symbol == symbol:
                return one
        return None

    def algo(self, params: Params) -> Algo | None:
        """The conditional order that a request names."""
        client = params.get("clientAlgoId")
        for one in reversed(self._state.algos.values()):
            named = one.client == client if client else str(one.id) == params.get("algoId")
            if named:
                return one
        return None

    # --- checks -------------------------------------------------------------------------

    def _form(self, params: Params) -> tuple[Listing, Side]:
        listing = self._state.market.listing(params.get("symbol"))
        side = params.get("side", "").lower()
        if side not in ("buy", "sell"):
            raise Refused(-1117, "Invalid side.")
        both = params.get("positionSide", "BOTH") == "BOTH"
        if both == self._state.hedge:
            raise Refused(-4061, "Order's position side does not match user's setting.")
        return listing, Side(side)

    def _check_reduces(self, listing: Listing, side: Side) -> None:
        if self._state.held(listing) * side.sign >= 0:
            raise Refused(-2022, "ReduceOnly Order is rejected.")

    def _check_trigger(self, listing: Listing, side: Side, kind: str, trigger: Decimal) -> None:
        mark = self._state.market.prices[listing.symbol].mark
        rising = (kind == "TAKE_PROFIT_MARKET") == (side is Side.SELL)
        if (mark >= trigger) if rising else (mark <= trigger):
            raise Refused(-2021, "Order would immediately trigger.")

    def _has_closing(self, listing: Listing, side: Side, kind: str) -> bool:
        return any(
            one.closes and one.status == "NEW" and one.symbol == listing.symbol
            and one.side == side.value.upper() and one.type == kind
            for one in self._state.algos.values()
        )  # fmt: skip

    def _expires(self, order: Order, listing: Listing) -> bool:
        """Whether an order that was not taken ended for want of a price, not of margin."""
        if order.tif != "IOC" or order.type != "LIMIT":
            return False
        side = Side(order.side.lower())
        price = self._state.inside.taker_price(listing.spec.coin, side, order.quantity)
        with exact():
            beyond = side.sign * (price - order.price) > 0
        if beyond:
            order.status = "EXPIRED"
        return beyond


def _client(given: str | None, kept: Mapping[int, Order | Algo]) -> str:
    """A client id that is well formed and not one of an order that is open."""
    if given is None or not _CLIENT.fullmatch(given):
        raise Refused(-4015, "Client order id is not valid.")
    if any(one.client == given and one.status in _OPEN for one in kept.values()):
        raise Refused(-4116, "ClientOrderId is duplicated.")
    return given


def number(params: Params, name: str) -> Decimal:
    """A parameter that is a decimal number.

    Raises:
        Refused: it is missing, or not one.
    """
    given = params.get(name)
    if not given:
        raise Refused(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null.")
    try:
        return to_decimal(given, name)
    except InvalidMoney:
        raise Refused(-1100, f"Illegal characters found in parameter '{name}'.") from None


def flag(params: Params, name: str) -> bool:
    """A parameter that is true or false, false where it is not there."""
    return params.get(name, "false").lower() == "true"
