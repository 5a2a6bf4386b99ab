"""The answer of /hold: what a coin cost over a span, to draw a line of buying and holding it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from motherhaven.contract.money import Money


class HoldPoint(BaseModel):
    """The close of the last candle in a bucket, in USD; `time` is the bucket's begin."""

    model_config = ConfigDict(frozen=True)

    time: datetime
    price: Money


class Hold(BaseModel):
    """A coin's prices from the candles of one bot, oldest first; none where nobody recorded it.

    begin is the open of the first candle, in USD: the return of holding is price / begin - 1,
    before fees and funding. bot_id names the bot whose candles these are.
    """

    model_config = ConfigDict(frozen=True)

    coin: str
    bot_id: str | None
    bucket_seconds: int
    begin: Money | None
    points: tuple[HoldPoint, ...]
