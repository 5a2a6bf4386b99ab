"""`fill`, `funding` and `candles`: what the market did to an account, and what it showed."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.events.base import Lenient, Payload, RecordedBody, lean, stamp
from motherhaven.contract.events.kinds import MarginModeName
from motherhaven.contract.money import Money, Whole
from motherhaven.contract.times import parse_instant

MAX_CANDLES: Final = 1_500
"""Candles in one event; a day of minutes fits."""


class FillRecorded(RecordedBody):
    """One fill. size is signed, in coin; realized is gross, in USD; fee in USD.

    reason: entry, close, stop, target, liquidation, adl (the venue closed it to cover another's
    loss), external (of no order of the bot) or a later word. absorbed: the loss in USD past
    bankruptcy that the venue took. leverage, mode: those of the position. ledger_seq: its place
    among fills and funding payments. external_id: the venue's own name of it.
    """

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    size: Money
    price: Money
    fee: Money
    realized: Money
    liquidity: Literal["taker", "maker"]
    reason: str
    cloid: str | None = None
    position_id: str | None = None
    decision_id: str | None = None
    absorbed: Lenient[Money] = None
    leverage: Lenient[Whole] = None
    mode: Lenient[MarginModeName] = None
    ledger_seq: Lenient[Whole] = None
    external_id: str | None = None
    book_price: Money | None = None
    book_size: Lenient[Money] = None
    book_time: Any = None
    shortfall_usd: Money | None = None
    shortfall_bp: Money | None = None


class FundingPaid(RecordedBody):
    """One hourly funding payment in USD; positive means that the account paid.

    size: the position's, signed, in coin. ledger_seq: its place among fills and payments.
    """

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    amount: Money
    rate: Money
    oracle: Money
    position_id: str | None = None
    size: Lenient[Money] = None
    ledger_seq: Lenient[Whole] = None


def _start(value: object) -> datetime:
    try:
        return parse_instant(value, "start")
    except InvalidEvent as error:
        raise ValueError(str(error)) from None


CandleRow = tuple[
    Annotated[datetime, BeforeValidator(_start)], Money, Money, Money, Money, Money | None
]
"""(start, open, high, low, close, volume): start as RFC 3339 or Unix milliseconds, prices in
USD, volume in coin, None where it is not known."""


class CandlesRecorded(RecordedBody):
    """Closed candles of one coin as the bot saw them, each `interval_seconds` long."""

    timestamp: Any
    coin: str = Field(min_length=1, max_length=64)
    interval_seconds: Whole = Field(ge=1, le=31 * 86_400)
    candles: tuple[CandleRow, ...] = Field(max_length=MAX_CANDLES)


def encode_fill(
    time: datetime,
    *,
    coin: str,
    size: Decimal,
    price: Decimal,
    fee: Decimal,
    realized: Decimal,
    liquidity: str,
    reason: str,
    position_id: str,
    leverage: int,
    mode: str,
    ledger_seq: int,
    cloid: str | None = None,
    decision_id: str | None = None,
    absorbed: Decimal | None = None,
    external_id: str | None = None,
) -> Payload:
    """One fill, with what a later run needs to rebuild the ledger from it."""
    return lean(
        {
            "absorbed": absorbed or None,
            "cloid": cloid,
            "coin": coin,
            "decision_id": decision_id,
            "external_id": external_id,
            "fee": fee,
            "ledger_seq": ledger_seq,
            "leverage": leverage,
            "liquidity": liquidity,
            "mode": mode,
            "position_id": position_id,
            "price": price,
            "realized": realized,
            "reason": reason,
            "size": size,
            "timestamp": stamp(time),
        }
    )


def encode_funding(
    time: datetime,
    *,
    coin: str,
    amount: Decimal,
    rate: Decimal,
    oracle: Decimal,
    position_id: str,
    size: Decimal,
    ledger_seq: int,
) -> Payload:
    """One funding payment; a positive `amount` means that the account paid, in USD."""
    return {
        "amount": amount,
        "coin": coin,
        "ledger_seq": ledger_seq,
        "oracle": oracle,
        "position_id": position_id,
        "rate": rate,
        "size": size,
        "timestamp": stamp(time),
    }


def encode_candles(
    time: datetime,
    *,
    coin: str,
    interval_seconds: int,
    starts: Sequence[int],
    prices: Sequence[Sequence[Any]],
    volumes: Sequence[Any],
) -> Payload:
    """Closed candles of one coin, oldest first, in columns of Decimals or of decimal text.

    `starts` in milliseconds of Unix time; `prices` are open, high, low and close in USD; a
    volume in coin may be None.
    """
    return {
        # Tuples: in their thousands they cost the garbage collector nothing.
        "candles": list(zip(starts, *prices, volumes, strict=True)),
        "coin": coin,
        "interval_seconds": interval_seconds,
        "timestamp": stamp(time),
    }
