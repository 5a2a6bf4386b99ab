"""Symbols, normalised once: every spelling of a coin becomes the venue's short name."""

import re
from functools import lru_cache
from typing import Final

from motherhaven.contract.errors import MarketError

_BASE: Final = re.compile(r"[A-Za-z0-9]{1,24}")
_KILO: Final = re.compile(r"k[A-Z0-9]+")


@lru_cache(maxsize=4096)
def normalise_symbol(symbol: str) -> str:
    """The coin that `symbol` means: "BTC", "btc", "BTC-PERP" and "BTC/USDC:USDC" give "BTC".

    The venue's thousand-unit coins keep their small k ("kPEPE").

    Raises:
        MarketError: no coin can be read from the text.
    """
    base = re.split(r"[/:\-]", symbol.strip(), maxsplit=1)[0]
    if not _BASE.fullmatch(base):
        raise MarketError(f"{symbol[:40]!r} names no coin; send e.g. BTC or BTC/USDC:USDC")
    return base if _KILO.fullmatch(base) else base.upper()
