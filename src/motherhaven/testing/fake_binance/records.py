"""What the fake exchange keeps of orders, trades and money, and its errors."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.money import plain

ZERO: Final = Decimal(0)
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Refused(Exception):
    """The exchange's own error: a code of Binance, its words and the HTTP status."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "msg": message}


def to_ms(time: datetime) -> int:
    """A time as Unix milliseconds."""
    return (time - _ORIGIN) // timedelta(milliseconds=1)


@dataclass
class Order:
    """A plain order. `inner` is its client id at the paper engine."""

    id: int
    client: str
    symbol: str
    side: str
    type: str
    tif: str
    quantity: Decimal
    price: Decimal
    reduce: bool
    time: datetime
    inner: str
    status: str = "NEW"
    filled: Decimal = ZERO
    value: Decimal = ZERO

    def row(self, now: datetime) -> dict[str, Any]:
        """As the exchange tells it."""
        average = self.value / self.filled if self.filled else ZERO
        return {
            "orderId": self.id, "symbol": self.symbol, "status": self.status,
            "clientOrderId": self.client, "price": plain(self.price),
            "avgPrice": plain(average), "origQty": plain(self.quantity),
            "executedQty": plain(self.filled), "cumQuote": plain(self.value),
            "timeInForce": self.tif, "type": self.type, "origType": self.type,
            "reduceOnly": self.reduce, "closePosition": False, "side": self.side,
            "positionSide": "BOTH", "stopPrice": "0", "workingType": "CONTRACT_PRICE",
            "priceProtect": False, "priceMatch": "NONE", "selfTradePreventionMode": "NONE",
            "goodTillDate": 0, "time": to_ms(self.time), "updateTime": to_ms(now),
        }  # fmt: skip


@dataclass
class Algo:
    """A conditional order. `inner` is None while the paper engine does not hold it."""

    id: int
    client: str
    symbol: str
    side: str
    type: str
    quantity: Decimal
    trigger: Decimal
    reduce: bool
    closes: bool
    working: str
    time: datetime
    inner: str | None = None
    status: str = "NEW"
    became: int | None = None

    def row(self, now: datetime) -> dict[str, Any]:
        """As the Algo service tells it."""
        return {
            "algoId": self.id, "clientAlgoId": self.client, "algoType": "CONDITIONAL",
            "orderType": self.type, "symbol": self.symbol, "side": self.side,
            "positionSide": "BOTH", "timeInForce": "GTC", "quantity": plain(self.quantity),
            "algoStatus": self.status, "actualOrderId": str(self.became or ""),
            "actualPrice": "0", "triggerPrice": plain(self.trigger), "price": "0",
            "icebergQuantity": None, "selfTradePreventionMode": "NONE",
            "workingType": self.working, "priceMatch": "NONE", "closePosition": self.closes,
            "priceProtect": False, "reduceOnly": self.reduce, "createTime": to_ms(self.time),
            "updateTime": to_ms(now), "triggerTime": 0, "goodTillDate": 0,
        }  # fmt: skip


@dataclass(frozen=True)
class SeenRequest:
    """A request as it came in; `reply` None where the connection was cut instead."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    status: int
    reply: Any
