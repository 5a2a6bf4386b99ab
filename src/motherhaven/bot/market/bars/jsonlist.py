"""Bars as JSON: a list of [time, open, high, low, close, volume …], as freqtrade keeps them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.market.bars.faults import bad_file, bad_row

MOST_BYTES: Final = 1 << 28
_KEYS: Final = ("t", "o", "h", "l", "c", "v")


def rows(path: Path, data: bytes, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """Entries from 1 on, their cells as the text that stands in the file.

    An entry may also be an object with t, o, h, l, c, v.

    Raises:
        MarketError: no such list, or an entry that is neither.
    """
    if len(data) > MOST_BYTES:
        raise bad_file(path, f"JSON over {MOST_BYTES >> 20} MiB; split it, or save it as CSV")
    try:
        # Numbers stay text: exact, and none is converted before it is bounded.
        found: Any = json.loads(
            data.decode(encoding), parse_float=str, parse_int=str, parse_constant=str
        )
    except (ValueError, RecursionError) as error:
        raise bad_file(path, f"is not JSON ({str(error)[:100]}); give a list of bars") from None
    if not isinstance(found, list):
        raise bad_file(path, "is not a JSON list of bars; give [[time, open, high, low, close, …]]")
    for number, entry in enumerate(found, start=1):
        cells = [entry.get(key) for key in _KEYS] if isinstance(entry, Mapping) else entry
        if not isinstance(cells, list) or not all(isinstance(cell, str) for cell in cells):
            raise bad_row(
                path, "entry", number, "not a list of a time and numbers; mend or drop it"
            )
        yield number, cells
