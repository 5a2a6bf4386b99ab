"""Files of bars of every tool: the same bars, whoever wrote them and however they are packed."""

import itertools
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import bar_writers as writers
import pytest
from bar_writers import PACKINGS, WRITERS, bars

from motherhaven.bot.market.bars import read_bar_file
from motherhaven.cli.import_bars import import_bars
from motherhaven.contract.errors import ConfigError, MarketError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wanted(rows):
    """What a reader must make of rows of texts."""
    return tuple(
        ((row[0] - EPOCH) // timedelta(microseconds=1), *map(Decimal, row[1:])) for row in rows
    )


def read(path, data):
    """The bar file of some bytes."""
    path.write_bytes(data)
    return read_bar_file(path)


@pytest.mark.parametrize(("name", "packing"), list(itertools.product(WRITERS, PACKINGS)))
def test_every_form_in_every_packing_gives_the_same_bars(tmp_path, name, packing):
    """Times and prices to the last digit, from oldest to newest."""
    rows = bars(holes={7, 8, 20})
    text = WRITERS[name](rows)
    found = read(tmp_path / "bars", PACKINGS[packing](text))
    assert found.rows == wanted(rows)
    assert found.interval == timedelta(minutes=1)
    assert (len(found.missing), found.missing_bars) == (2, 3)


@pytest.mark.parametrize("name", [n for n in WRITERS if n != "freqtrade json"])
def test_newest_first_is_read_from_its_end_and_said(tmp_path, name):
    """As many sites write them."""
    rows = bars(holes={3})
    found = read(tmp_path / "bars", WRITERS[name](rows[::-1]).encode())
    assert found.rows == wanted(rows)
    assert any("newest first" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("ours", "csv"), ("seconds", "csv"), ("binance ms", "binance"), ("binance µs", "binance"),
        ("binance header", "binance"), ("tradingview iso", "tradingview"),
        ("yfinance", "yfinance"), ("yfinance levels", "yfinance"), ("excel semicolon", "csv"),
        ("freqtrade json", "freqtrade"),
    ],
)  # fmt: skip
def test_the_form_is_told_and_another_one_refused(tmp_path, name, form):
    """`--format` says what a file must be; another one names what it is."""
    path = tmp_path / "bars"
    path.write_text(WRITERS[name](bars()), encoding="utf-8")
    assert read_bar_file(path).form == form
    assert read_bar_file(path, form).form == form
    if form != "csv":
        other = "yfinance" if form != "yfinance" else "binance"
        with pytest.raises(MarketError, match=f"looks like {form}, not like {other}"):
            read_bar_file(path, other)
    with pytest.raises(MarketError, match="unknown; use auto, csv"):
        read_bar_file(path, "mt5")


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("yfinance", "left out: Adj Close"), ("yfinance naive", "no zone: taken as UTC"),
        ("excel semicolon", "decimal commas"), ("binance µs", "times in µs"),
    ],
)  # fmt: skip
def test_what_was_assumed_is_said(tmp_path, name, note):
    """Nothing is taken silently."""
    found = read(tmp_path / "bars", WRITERS[name](bars()).encode())
    assert any(note in said for said in found.notes)


def test_a_volume_that_is_not_there_is_0_and_said(tmp_path):
    """Indices have none."""
    text = writers.table([["time", "open", "high", "low", "close"], *(
        [writers.stamp(r[0], 1), *r[1:5]] for r in bars(5)
    )])  # fmt: skip
    found = read(tmp_path / "bars", text.encode())
    assert {row[5] for row in found.rows} == {0}
    assert any("no volume" in note for note in found.notes)


def test_days_of_a_zone_with_summer_time_are_days(tmp_path):
    """New York's midnights are an hour apart over the year; its days are not."""
    rows = [["Date", "Open", "High", "Low", "Close", "Volume"]]
    for day in range(1, 21):
        offset = "-05:00" if day < 10 else "-04:00"
        rows.append([f"2025-03-{day:02d} 00:00:00{offset}", "1", "2", "1", "2", "3"])
    found = read(tmp_path / "bars", writers.table(rows).encode())
    assert found.interval == timedelta(days=1)
    assert found.missing == ()
    assert any("summer time" in note for note in found.notes)


@pytest.mark.parametrize(
    "price", ["0.00002143", "2.143e-05", "2.143E-5", "0.0000123", "1e-12", "123456789.123456789"]
)
def test_prices_far_below_a_cent_stay_exact(tmp_path, price):
    """A flat coin at a fraction of a cent, as SHIB: in, out, and in again."""
    rows = [(row[0], price, price, price, price, "1000") for row in bars(12)]
    path = tmp_path / "shib.csv"
    path.write_text(writers.ours(rows))
    assert read_bar_file(path).rows == wanted(rows)
    import_bars(path, tmp_path / "out.csv")
    assert "e" not in (tmp_path / "out.csv").read_text().split("\n", 1)[1].lower()
    assert read_bar_file(tmp_path / "out.csv").rows == wanted(rows)


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_imported_is_our_csv_and_reads_the_same(tmp_path, name, capsys):
    """Every form goes through the command once; holes are listed and counted."""
    rows = bars(holes={7, 8, 20})
    path, out = tmp_path / "in", tmp_path / "out.csv"
    path.write_text(WRITERS[name](rows), encoding="utf-8")
    import_bars(path, out)
    assert out.read_text() == "".join(
        [",".join(writers.HEAD) + "\n"]
        + [",".join([writers.stamp(r[0]), *(_plain(v) for v in r[1:])]) + "\n" for r in rows]
    )
    told = capsys.readouterr().out
    assert "37 bars of 0:01:00" in told
    assert "2 holes, 3 bars missing" in told
    assert "hole: 2025-01-01 00:07:00 to 2025-01-01 00:09:00 UTC" in told


def _plain(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


def test_an_existing_file_is_never_written_over(tmp_path):
    """Nor the input itself; nothing is left beside it after a fault."""
    path = tmp_path / "a.csv"
    path.write_text(writers.ours(bars()))
    with pytest.raises(ConfigError, match="exists already"):
        import_bars(path, path)
    with pytest.raises(ConfigError, match="cannot be written"):
        import_bars(path, tmp_path / "no" / "out.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("unit", ["ms", "ns", "s"])
@pytest.mark.parametrize("kind", ["feather", "lz4", "parquet"])
def test_freqtrades_columns(tmp_path, kind, unit):
    """Feather, compressed or not, and parquet, in any unit of time; floats become their text."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    rows = bars(holes={5})
    columns = {"date": pyarrow.array([r[0] for r in rows], pyarrow.timestamp(unit, "UTC"))}
    for index, name in enumerate(writers.HEAD[1:], start=1):
        columns[name] = pyarrow.array([float(r[index]) for r in rows])
    path = tmp_path / f"BTC_USDT-1m.{kind}"
    if kind == "parquet":
        parquet.write_table(pyarrow.table(columns), path)
    else:
        packing = "lz4" if kind == "lz4" else "uncompressed"
        feather.write_feather(pyarrow.table(columns), path, compression=packing)
    found = read_bar_file(path)
    assert (found.form, found.rows) == ("freqtrade", wanted(rows))
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(MarketError, match=r"is damaged .* save it again"):
        read_bar_file(path)
    path.write_bytes(b"ARROW1\x00\x00" + b"x" * 500)
    with pytest.raises(MarketError, match="is damaged"):
        read_bar_file(path)


def test_without_pyarrow_the_message_says_what_to_install(tmp_path, monkeypatch):
    """An optional library that is missing."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "a.feather"
    path.write_bytes(b"ARROW1\x00\x00")
    with pytest.raises(MarketError, match=r'pip install "motherhaven\[parquet\]"'):
        read_bar_file(path)
