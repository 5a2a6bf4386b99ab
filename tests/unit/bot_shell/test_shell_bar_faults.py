"""Files of bars that cannot be used: each fault is named with its line and its fix."""

import contextlib
import gzip
import io
import random
import zipfile

import bar_writers as writers
import pytest
from bar_writers import WRITERS, bars, zipped

from motherhaven.bot.market.bars import read as reading
from motherhaven.bot.market.bars import read_bar_file, source
from motherhaven.bot.market.files import FileFeed
from motherhaven.contract.errors import MarketError

BASE = 1_735_689_600_000
HEAD = "timestamp_ms,open,high,low,close,volume"


def row(minute, values="100,101,99,100,1", late_ms=0):
    """One line of our CSV."""
    return f"{BASE + minute * 60_000 + late_ms},{values}"


def refused(path, data):
    """What is said about a file; never anything but a MarketError of one line."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(MarketError) as caught:
        read_bar_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(
    ("index", "late", "said"),
    [
        (310, 13_000, "13 s late"), (310, -13_000, "13 s early"), (310, 1_000, "1 s late"),
        (310, 500, "500 ms late"), (310, 30_000, "30 s late"), (0, -20_000, "20 s early"),
        (599, 20_000, "20 s late"), (1, 59_000, "1 s early"),
    ],
)  # fmt: skip
def test_a_bar_off_the_grid_is_named_and_not_the_grid(tmp_path, index, late, said, newest_first):
    """The line, the bar and how far it is off, in whichever order the file has them."""
    lines = [row(m, late_ms=late if m == index else 0) for m in range(600)]
    line = index + 2
    if newest_first:
        lines.reverse()
        line = 601 - index
    told = refused(tmp_path / "off.csv", "\n".join([HEAD, *lines]))
    assert f": line {line}: bar {index} (counted from 0), at 20" in told
    assert f"comes {said} on the grid of 1 min" in told


def test_any_bar_moved_by_any_second_is_the_one_that_is_named(tmp_path):
    """With holes in the data too: 150 random files with one bar moved."""
    chance = random.Random(8)
    for number in range(150):
        step = chance.choice([60, 300, 3600])
        rows = bars(200, step, holes=chance.sample(range(2, 198), chance.randrange(60)))
        index = chance.randrange(1, len(rows) - 1)
        text = writers.ours(rows).split("\n")
        late = chance.choice([-1, 1]) * chance.randrange(1, step // 2) * 1000
        start, rest = text[index + 1].split(",", 1)
        text[index + 1] = f"{int(start) + late},{rest}"
        told = refused(tmp_path / f"{number}.csv", "\n".join(text))
        assert f"line {index + 2}: bar {index} (counted" in told, (step, late)


def test_sparse_bars_of_a_quiet_coin_are_no_fault(tmp_path):
    """Minutes without a trade are holes, however many they are."""
    chance = random.Random(9)
    for number in range(50):
        kept = sorted(chance.sample(range(500), 120))
        path = tmp_path / f"{number}.csv"
        path.write_text("\n".join([HEAD, *(row(m) for m in kept)]))
        found = read_bar_file(path)
        assert found.interval.total_seconds() == 60
        assert found.missing_bars == kept[-1] - kept[0] + 1 - len(kept)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([row(0), row(1), row(1)], "line 4: repeats the time of line 3 with the same numbers"),
        ([row(0), row(1), row(1, "1,1,1,1,1")], "line 4: repeats the time of line 3 with other"),
        ([row(3), row(2), row(2), row(1)], "line 3: repeats the time of line 4"),
        ([row(0), row(2), row(1), row(3), row(4)], "line 4: is older than line 3"),
        ([row(4), row(3), row(1), row(2), row(0)], "line 4: is older than line 5"),
        ([row(0), "", row(1, "100,99,101,100,1")], "line 4: high 99 is below low 101"),
        ([row(0, "98,101,99,100,1")], "line 2: open 98 lies outside low 99 to high 101"),
        ([row(0, "100,101,99,102,1")], "line 2: close 102 lies outside"),
        ([row(0, "100,101,-99,100,1")], "line 2: low is -99, and a price must be above 0"),
        ([row(0, "100,101,0,100,1")], "line 2: low is 0"),
        ([row(0, "100,101,0.0,100,1")], "line 2: low is 0.0"),
        ([row(0, "100,NaN,99,100,1")], "line 2: high 'NaN': NaN and infinity"),
        ([row(0, "100,inf,99,100,1")], "line 2: high 'inf': NaN and infinity"),
        ([row(0, "100,-Infinity,99,100,1")], "line 2: high '-Infinity': NaN"),
        ([row(0, "100,sNaN,99,100,1")], "line 2: high 'sNaN': NaN"),
        ([row(0, "100,101,99,100,nan")], "line 2: volume 'nan': NaN"),
        ([row(0, "100,101,99,100,-3")], "line 2: volume is -3, below 0"),
        ([row(0, "100,101,99,100,")], "line 2: volume is empty"),
        ([row(0, ",101,99,100,1")], "line 2: open is empty"),
        ([row(0, "1e999999999,1e999999999,1,1,1")], "line 2: open does not lie between"),
        ([row(0, "1,1,1e-999999999,1,1")], "line 2: low does not lie between"),
        ([row(0, f"1,1,1,1,{'9' * 4000}")], "line 2: volume has 4000 characters"),
        ([row(0, "1,1,1,1,1e-999999")], "line 2: volume does not lie between"),
        ([row(0, "1_0,1_0,1_0,1_0,1")], "line 2: open '1_0' is not a plain number"),
        ([row(0, "١,١,١,١,١")], "line 2: open '١' is not a plain number"),
        ([row(0, "100,101,99")], "line 2: 4 columns, not 6"),
        ([row(0, "100,1,101,1,99,1,100,1,1,0")], "decimal commas or thousands separators?"),
        ([row(0, '"95,013.50",1,1,1,1')], "line 2: open '95,013.50' has a thousands separator"),
        ([row(0, '"95,013",1,1,1,1')], "line 2: open '95,013' has a thousands separator"),
        ([row(0, "95'013.50,1,1,1,1")], "thousands separator"),
        ([row(0, "95 013,1,1,1,1")], "thousands separator"),
        ([row(0, '"100,1,1,1,1')], "line 2: a quotation mark is not closed"),
        ([row(0), f"{BASE * 1000 + 60_000_000},1,1,1,1,1"], "line 3: its time is in µs, those"),
        ([row(0), "2025-01-01 00:01:00,1,1,1,1,1"], "line 3: its time is in text without a zone"),
        (["1,73569E+12,1,1,1,1,1"], "line 2: 7 columns"),
        (["1.73569E+12,1,1,1,1,1"], "line 2: timestamp_ms 1.73569E+12 was rounded by a spread"),
        (["1/2/2025 0:00,1,1,1,1,1"], "line 2: timestamp_ms '1/2/2025 0:00' does not tell day"),
        (["2025-02-30 00:00,1,1,1,1,1"], "is no day and time that exists"),
        (["2025-02-03T00:00+99:00,1,1,1,1,1"], "+99:00 is no offset"),
        (["0001-01-01T00:00+14:00,1,1,1,1,1"], "lies in none of the years 1971 to 2199"),
        (["9999-12-31T23:59-14:00,1,1,1,1,1"], "lies in none of the years 1971 to 2199"),
        ([",1,1,1,1,1"], "line 2: timestamp_ms is empty"),
        (["-1735689600000,1,1,1,1,1"], "is no time"),
        (["9" * 5000 + ",1,1,1,1,1"], "is no time"),
        (["60000,1,1,1,1,1"], "line 2: timestamp_ms 60000 lies in none of the years"),
        (["x" * 9000], "line 2: over 8192 characters"),
        ([], "no bars below the header"),
        ([row(0, late_ms=500 * n) for n in range(20)], "a bar every 500 ms; bars must last whole"),
        ([f"{BASE + sum((31, 28, 31, 30)[m % 4] for m in range(n)) * 86_400_000},1,1,1,1,1"
          for n in range(20)], "months have no fixed length"),
    ],
)  # fmt: skip
def test_every_fault_is_named_with_its_line_and_its_fix(tmp_path, lines, said):
    """In the words of someone who must mend the file."""
    assert said in refused(tmp_path / "a.csv", "\n".join([HEAD, *lines]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file is empty"),
        ("x,y\n1,2", "the header names no column for a time, open, high, low, close"),
        ("time,open,high,low\n", "no column for close"),
        ("time,Close,open,high,low,close\n", "several columns named close"),
        ("1735689600000,1,2,3\n", "there is no header, and 4 columns are neither"),
        ("Price,Close,Close\nTicker,BTC-USD,ETH-USD\nDate,,\n", "several tickers ('BTC-USD', 'ET"),
        ("timestamp_ms;open;high;low;close;volume\n1735689600000;95.061,01;1;1;1;1", "thousands"),
        ("timestamp_ms;open;high;low;close;volume\n1735689600000;1,5;2;1;1.5;1", "decimal sign"),
        ("[1, 2]", "entry 1: not a list of a time and numbers"),
        ('{"a": 1}', "is not a JSON list"),
        ("[[1735689600000, 1, 1, 1, 1, NaN]]", "entry 1: volume 'NaN'"),
        ("[[1735689600000, 1, 1, 1, 1, 1], [1735689600000, 1, 1, 1, 1, 1]]", "entry 2: repeats"),
        ("[[" + "9" * 10_000 + ", 1, 1, 1, 1, 1]]", "entry 1: time '99999"),
        ("[[1735689600000, 1, 1, 1, 1, 1, 1]]", "and 7 columns are neither"),
        ("[" * 100_000, "is not JSON"),
        ("[[1735689600000, 1, 1", "is not JSON"),
        (HEAD.encode() + b"\n\xff\xfe\n", "is not UTF-8 text near line"),
        (HEAD.encode() + b"\n1735689600000,\xe9,1,1,1,1\n", "is not UTF-8 text near line"),
        ("\n".join(HEAD).encode("utf-16-le"), "UTF-16 without its mark"),
        (b"PK\x03\x04 nothing", "cannot be read"),
        (gzip.compress(HEAD.encode() * 99)[:-9], "cannot be read"),
        (b"\x1f\x8bxx", "cannot be read"),
        (b"PAR1", "is damaged"),
        (bytes(range(256)) * 40, "is not text"),
    ],
)  # fmt: skip
def test_files_that_are_no_table_of_bars(tmp_path, text, said):
    """Empty, of another kind, or broken."""
    assert said in refused(tmp_path / "a.csv", text)


def test_archives_that_hold_something_else(tmp_path):
    """More than one file, none, a workbook, a locked one, a bomb."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", HEAD)
        archive.writestr("b.csv", HEAD)
    assert "holds 2 files" in refused(tmp_path / "a.zip", out.getvalue())
    assert "Excel workbook" in refused(tmp_path / "a.xlsx", zipped(b"", "xl/workbook.xml"))
    locked = bytearray(zipped(writers.ours(bars()).encode()))
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted" in refused(tmp_path / "b.zip", bytes(locked))


@pytest.mark.parametrize("pack", [zipped, gzip.compress, bytes])
def test_what_unpacks_beyond_the_bound_is_refused_while_it_unpacks(tmp_path, monkeypatch, pack):
    """A small file may unpack to any size: the bound is on what comes out."""
    monkeypatch.setattr(source, "MOST_BYTES", 200_000)
    data = (HEAD + "\n" + "\n".join(row(m) for m in range(10_000))).encode()
    assert "split it by year" in refused(tmp_path / "bomb", pack(data))


def test_the_number_of_bars_is_bounded(tmp_path, monkeypatch):
    """Memory is: each bar is held."""
    monkeypatch.setattr(reading, "MOST_BARS", 50)
    text = "\n".join([HEAD, *(row(m) for m in range(51))])
    assert "more than 50 bars" in refused(tmp_path / "a.csv", text)


def test_no_bytes_do_anything_but_read_or_refuse(tmp_path):
    """Every form with a few bytes changed, cut or added: bars, or a MarketError."""
    chance = random.Random(11)
    for number, name in enumerate(list(WRITERS) * 20):
        data = bytearray(WRITERS[name](bars(12)).encode())
        for _ in range(chance.randrange(1, 5)):
            place = chance.randrange(len(data))
            data[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        path = tmp_path / f"{number}"
        path.write_bytes(zipped(bytes(data)) if chance.random() < 0.2 else bytes(data))
        with contextlib.suppress(MarketError):
            assert read_bar_file(path).rows


def test_files_out_of_phase_are_named(tmp_path):
    """BTC begins at :00, ETH at :30; and of different intervals, both with their files."""
    for name, late in (("btc", 0), ("eth", 30_000)):
        lines = [row(m, late_ms=late) for m in range(20)]
        (tmp_path / f"{name}.csv").write_text("\n".join([HEAD, *lines]))
    with pytest.raises(MarketError, match=r"out of phase.*BTC \(.*btc\.csv\) starts at :00 and "
                                          r"ETH \(.*eth\.csv\) at :30"):  # fmt: skip
        FileFeed({"BTC": tmp_path / "btc.csv", "ETH": tmp_path / "eth.csv"})
    lines = [row(5 * m) for m in range(20)]
    (tmp_path / "eth.csv").write_text("\n".join([HEAD, *lines]))
    with pytest.raises(MarketError, match=r"BTC \(.*btc\.csv\) has a bar every 0:01:00, ETH "
                                          r"\(.*eth\.csv\) every 0:05:00"):  # fmt: skip
        FileFeed({"BTC": tmp_path / "btc.csv", "ETH": tmp_path / "eth.csv"})
