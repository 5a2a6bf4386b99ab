"""Symbols: the reading of a coin's name, where the exchanges look for it."""

from motherhaven.contract.coins import match_coin, normalise_symbol

__all__ = ["match_coin", "normalise_symbol"]
