"""`motherhaven import-bars`: a file of bars as others write it, checked, as our own CSV."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from motherhaven.bot.market.bars import BarFile, read_bar_file
from motherhaven.cli.output import emit, say
from motherhaven.contract.errors import ConfigError, MarketError
from motherhaven.contract.money import plain

HEADER: Final = "timestamp_ms,open,high,low,close,volume"
SHOWN_HOLES: Final = 20
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def import_bars(file: Path, out: Path, form: str = "auto") -> None:
    """Write the bars of `file` to the new file `out` and tell what was found.

    Raises:
        MarketError: the bars cannot be used; names file and line.
        ConfigError: `out` exists already or cannot be written.
    """
    if out.exists():
        raise ConfigError(f"import-bars: {out} exists already; name a new file with --to")
    bars = read_bar_file(file, form)
    part = out.with_name(out.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as target:
            target.writelines(_lines(bars))
        os.replace(part, out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(
            f"import-bars: {out} cannot be written ({error.strerror}); name another file"
        ) from None
    for note in bars.notes:
        say(f"{file}: {note}")
    emit(_told(bars))
    for start, end in bars.missing[:SHOWN_HOLES]:
        emit(f"hole: {_time(start)} to {_time(end)} UTC")
    if len(bars.missing) > SHOWN_HOLES:
        emit(f"… and {len(bars.missing) - SHOWN_HOLES} holes more")


def _lines(bars: BarFile) -> Iterator[str]:
    yield HEADER + "\n"
    for stamp, *values in bars.rows:
        if stamp % 1000:
            raise MarketError(
                f"{bars.path}: the bar at {stamp} µs does not start at a whole millisecond; "
                "round its times"
            )
        yield ",".join([str(stamp // 1000), *map(plain, values)]) + "\n"


def _told(bars: BarFile) -> str:
    first, last = bars.rows[0][0], bars.rows[-1][0]
    holes = len(bars.missing)
    return (
        f"{bars.form}: {len(bars.rows)} bars of {bars.interval}, {_time(first)} to {_time(last)} "
        f"UTC; {holes} {'hole' if holes == 1 else 'holes'}, {bars.missing_bars} bars missing"
    )


def _time(microseconds: int) -> str:
    return f"{_EPOCH + timedelta(microseconds=microseconds):%Y-%m-%d %H:%M:%S}"
