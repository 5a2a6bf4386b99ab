"""Incremental indicators: one update per bar, no look-ahead, NaN refused at the door."""

from motherhaven.bot.indicators.averages import Ema, Macd, MacdValue
from motherhaven.bot.indicators.bands import BandsValue, Bollinger
from motherhaven.bot.indicators.momentum import Atr, Rsi

__all__ = ["Atr", "BandsValue", "Bollinger", "Ema", "Macd", "MacdValue", "Rsi"]
