"""Files of bars as exchanges, charting sites and libraries write them, read strictly."""

from motherhaven.bot.market.bars.layout import FORMATS
from motherhaven.bot.market.bars.read import BarFile, read_bar_file

__all__ = ["FORMATS", "BarFile", "read_bar_file"]
