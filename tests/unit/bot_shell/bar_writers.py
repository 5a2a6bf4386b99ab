"""The same bars as other tools write them: what the tests of the readers share."""

import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

ORIGIN = datetime(2025, 1, 1, tzinfo=UTC)
HEAD = ["timestamp_ms", "open", "high", "low", "close", "volume"]


def bars(count=40, step=60, holes=(), origin=ORIGIN, scale="95000"):
    """(start, open, high, low, close, volume) with texts for numbers, as in a swing."""
    found = []
    for index in range(count):
        if index in holes:
            continue
        low, high = 190 + index % 7, 201 + index % 5
        values = [f"{scale}.{low}", f"{scale}.{high}", f"{scale}.{low}", f"{scale}.{low + 3}"]
        found.append((origin + timedelta(seconds=step * index), *values, f"{index % 4}.25"))
    return found


def stamp(moment, per_second=1000):
    """A time as a whole number since 1970."""
    return str((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * per_second)


def table(rows, delimiter=","):
    """Rows as CSV text."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def kline(row, per_second):
    """One row of Binance's klines."""
    start, *values = row
    end = str(int(stamp(start, per_second)) + 60 * per_second - 1)
    return [stamp(start, per_second), *values, end, "8.5", "1", "0", "0", "0"]


KLINES = ["open_time", *HEAD[1:], "close_time", "quote_volume", "count", "taker_buy_volume",
          "taker_buy_quote_volume", "ignore"]  # fmt: skip


def ours(rows):
    """Our own CSV."""
    return table([HEAD, *([stamp(r[0]), *r[1:]] for r in rows)])


def numbered(name, per_second):
    """A table whose times count s, ms, µs or ns, without a header."""
    return lambda rows: table([[stamp(r[0], per_second), *r[1:]] for r in rows])


def yfinance(rows, form="%Y-%m-%d %H:%M:%S+00:00", shift=timedelta(0), name="Datetime"):
    """yfinance with its adjusted close, in a zone of its own."""
    head = [name, "Open", "High", "Low", "Close", "Adj Close", "Volume"]
    return table([head, *([(r[0] + shift).strftime(form), *r[1:5], "1.5", r[5]] for r in rows)])


def yfinance_levels(rows):
    """yfinance since its columns have two levels."""
    head = [
        ["Price", "Close", "High", "Low", "Open", "Volume"],
        ["Ticker", *["BTC-USD"] * 5],
        ["Datetime", *[""] * 5],
    ]
    return table(
        [*head, *([f"{r[0]:%Y-%m-%d %H:%M:%S}+00:00", r[4], r[2], r[3], r[1], r[5]] for r in rows)]
    )


def tradingview(rows, time=lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}Z"):
    """TradingView with an indicator's columns, which may be empty."""
    head = ["time", "open", "high", "low", "close", "Plot", "Plot", "Volume", "Volume MA"]
    return table([head, *([time(r[0]), *r[1:5], "NaN", "", r[5], "∅"] for r in rows)])


def excel(rows, delimiter=";"):
    """A spreadsheet of a country with decimal commas."""
    return "sep=;\n" * (delimiter == ";") + table(
        [HEAD, *([stamp(r[0]), *(v.replace(".", ",") for v in r[1:])] for r in rows)], delimiter
    )


def freqtrade_json(rows):
    """freqtrade's list of lists, its numbers as they are."""
    inner = ",".join(f"[{stamp(r[0])},{','.join(r[1:])}]" for r in rows)
    return f"[{inner}]"


def api_json(rows):
    """A venue's candles as objects."""
    names = ("o", "h", "l", "c", "v")
    return json.dumps(
        [{"t": int(stamp(r[0])), "s": "BTC"} | dict(zip(names, r[1:], strict=True)) for r in rows]
    )


WRITERS = {
    "ours": ours,
    "seconds": numbered("s", 1),
    "milliseconds": numbered("ms", 10**3),
    "microseconds": numbered("µs", 10**6),
    "nanoseconds": numbered("ns", 10**9),
    "binance ms": lambda rows: table([kline(r, 10**3) for r in rows]),
    "binance µs": lambda rows: table([kline(r, 10**6) for r in rows]),
    "binance header": lambda rows: table([KLINES, *(kline(r, 10**6) for r in rows)]),
    "tradingview iso": tradingview,
    "tradingview unix": lambda rows: tradingview(rows, lambda moment: stamp(moment, 1)),
    "tradingview offset": lambda rows: tradingview(
        rows, lambda moment: f"{moment + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00"
    ),
    "yfinance": yfinance,
    "yfinance naive": lambda rows: yfinance(rows, "%Y-%m-%d %H:%M:%S", name="Date"),
    "yfinance zone": lambda rows: yfinance(rows, "%Y-%m-%d %H:%M:%S-05:00", timedelta(hours=-5)),
    "yfinance levels": yfinance_levels,
    "pandas": lambda rows: table(
        [["", *HEAD[1:]], *([f"{r[0]:%Y-%m-%d %H:%M:%S}", *r[1:]] for r in rows)]
    ),
    "floats for times": lambda rows: table([HEAD, *([stamp(r[0]) + ".0", *r[1:]] for r in rows)]),
    "excel semicolon": excel,
    "excel tab": lambda rows: excel(rows, "\t"),
    "dotted days": lambda rows: table(
        [["Date", *HEAD[1:]], *([f"{r[0]:%d.%m.%Y %H:%M}", *r[1:]] for r in rows)], ";"
    ),
    "spreadsheet hours": lambda rows: table(
        [["Date", *HEAD[1:]], *([f"{r[0]:%Y-%m-%d} {r[0].hour}:{r[0]:%M}", *r[1:]] for r in rows)]
    ),
    "quoted": lambda rows: "".join(
        ",".join(f'"{cell}"' for cell in (stamp(r[0]), *r[1:])) + "\n" for r in rows
    ),
    "freqtrade json": freqtrade_json,
    "candles json": api_json,
}


def zipped(data, name="BTCUSDT-1m-2025-01.csv"):
    """As Binance Vision ships it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


PACKINGS = {
    "plain": lambda text: text.encode(),
    "BOM": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16-BE": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "zip": lambda text: zipped(text.encode()),
    "gzip": lambda text: gzip.compress(text.encode()),
    "blank lines": lambda text: text.replace("\n", "\n\n").encode() + b"\n \n",
}
