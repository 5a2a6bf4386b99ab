"""Names of coins: one reading of every spelling, and one match against a venue's list."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from motherhaven.contract.errors import MarketError

_NAME: Final = re.compile(r"[A-Za-z0-9]{1,24}")
_KILO: Final = re.compile(r"k[A-Z0-9]+")
_SCOPED: Final = re.compile(r"[A-Za-z0-9]{1,12}:[A-Za-z0-9._\-]{1,24}")
_PERPETUAL: Final = re.compile(r"(?i)[ _](?:perp|perpetual|swap)$")
_PAIR: Final = re.compile(r"[/\-]")


@lru_cache(maxsize=4096)
def normalise_symbol(symbol: str) -> str:
    """The coin that `symbol` means: "btc", "BTC-PERP", "BTC PERP", "BTC/USDC:USDC" give "BTC".

    The venue's thousand-unit coins keep their small k ("kPEPE"); a name of another
    exchange on the venue ("xyz:TSLA") stays as it is. Where a list of coins is known,
    `match_coin` is what finds the venue's own spelling.

    Raises:
        MarketError: no coin can be read from the text.
    """
    text = _PERPETUAL.sub("", symbol.strip()) if len(symbol) <= 64 else ""
    if _SCOPED.fullmatch(text):
        return text
    base = _PAIR.split(text, maxsplit=1)[0]
    if not _NAME.fullmatch(base):
        raise MarketError(f"{symbol[:40]!r} names no coin; send e.g. BTC or BTC/USDC:USDC")
    return base if _KILO.fullmatch(base) else base.upper()


def match_coin(symbol: str, coins: Iterable[str]) -> str | None:
    """The coin of `coins` that `symbol` means, in the list's own spelling; None for none.

    Case does not matter ("btc" is BTC, "KPEPE" is kPEPE), nor does the quote currency of
    a pair. Nothing beyond: no prefix and no similar name is taken, and of two coins that
    differ in case alone only the exact one.
    """
    try:
        name = normalise_symbol(symbol)
    except MarketError:
        return None
    known = tuple(coins)
    if name in known:
        return name
    same = [coin for coin in known if coin.casefold() == name.casefold()]
    return same[0] if len(same) == 1 else None


def is_scoped(coin: str) -> bool:
    """Whether the name belongs to an exchange of its own on the venue ("xyz:TSLA")."""
    return ":" in coin


def scoped_refusal(coin: str) -> str:
    """Why a name with a colon is not traded, in words for people."""
    return (
        f"{coin[:40]} is a market of the separate exchange {coin.partition(':')[0]!r} (names with "
        "a colon), which has its own collateral and fees; this bot shows such markets but does "
        "not trade them"
    )
