"""Numbers and times as the venue writes them: decimals as text, milliseconds as integers."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from motherhaven.contract.exact import exact
from motherhaven.contract.money import plain

_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_STEP: Final = Decimal(1).scaleb(-8)

NO_HASH: Final = "0x" + "0" * 64


def wire(value: Decimal) -> str:
    """A number as the venue writes it: at most 8 decimals, and always a decimal point."""
    with exact():
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -8:
            value = value.quantize(_STEP, ROUND_HALF_EVEN)
    text = plain(value)
    return text if "." in text else f"{text}.0"


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - _ORIGIN) // _MILLISECOND


def from_ms(stamp: int) -> datetime:
    """The moment of a number of milliseconds since 1970."""
    return _ORIGIN + stamp * _MILLISECOND
