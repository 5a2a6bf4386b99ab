"""Whole stores moved by the commands, as processes: equal, resumable, and clear when refused."""

import asyncio
import csv
import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from motherhaven.cli.export import export
from motherhaven.contract.csvtext import safe_cell
from motherhaven.stores import DecisionFilter
from motherhaven.stores.sqlite import SqliteStore
from tests.acceptance.processes import clean_environment
from tests.conformance.stores.kit import Bot, StillClock
from tests.firestore_emulator import clear, emulator_host
from tests.patience import HANG_SECONDS
from tests.unit.recorder.old_schema import fill_old, make_old

COMMAND = [sys.executable, "-m", "motherhaven.cli.main"]
BARS = 1_640_995_200_000


def run(folder: Path, *words: str, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    """A command in `folder`; it must end with `code`, never with a traceback."""
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=clean_environment(folder, **env), capture_output=True,
        text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stderr
    return done


def digest(done: subprocess.CompletedProcess[str]) -> str:
    """The line with the digest of everything."""
    return next(line for line in done.stdout.splitlines() if line.startswith("sha256 "))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with run.db, the store of a recorded run of over two thousand events."""
    folder = tmp_path_factory.mktemp("recorded")
    for name in ("a", "b"):
        lines = ["timestamp_ms,open,high,low,close,volume"]
        for minute in range(700):
            low = 1000 + (minute * 37 % 211) - (minute // 300) * 3
            price = f"{low},{low + 9},{low - 7},{low + 3}"
            lines.append(f"{BARS + minute * 60_000},{price},12.5")
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    environment = clean_environment(folder, EXECUTION_INTERVAL_SECONDS="60")
    command = [*COMMAND, "replay", "--bars", "BTC=a.csv", "--bars", "ETH=b.csv",
               "--decider", "random", "--journal", "journal.db"]  # fmt: skip
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    done = run(folder, "import", "journal.db", "--store", "sqlite:///run.db")
    stored = int(done.stdout.split(": ")[1].split()[0])
    assert stored > 2_000
    again = run(folder, "import", "journal.db", "--store", "sqlite:///run.db")
    assert f"{stored} duplicate" in again.stdout
    return folder


def test_a_migration_killed_in_the_middle_goes_on(recorded: Path, tmp_path: Path) -> None:
    """SIGKILL after a thousand events: the second run copies the rest, and proves it equal."""
    words = ["migrate", "--from", f"sqlite:///{recorded}/run.db", "--to", "sqlite:///new.db"]
    process = subprocess.Popen(
        [*COMMAND, *words], cwd=tmp_path, env=clean_environment(tmp_path), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    assert "copied 1000" in process.stderr.readline()
    os.kill(process.pid, signal.SIGKILL)
    out, _ = process.communicate(timeout=HANG_SECONDS)
    assert out == ""
    done = run(tmp_path, *words)
    before = int(done.stderr.partition(" events were there")[0].splitlines()[-1])
    saved = run(tmp_path, "backup", "x.gz", "--store", f"sqlite:///{recorded}/run.db")
    total = int(saved.stdout.split()[1])
    assert 1_000 <= before < total
    assert f"migrated {total} events" in done.stdout
    assert digest(done) == digest(saved)
    third = run(tmp_path, *words)
    assert f"{total} events were there" in third.stderr
    assert digest(third) == digest(saved)


def test_a_migration_into_firestore_goes_on_after_each_kill(recorded: Path, tmp_path: Path) -> None:
    """SIGKILL after every thousand events: the last run copies the rest, and proves it equal."""
    project = f"moved-{secrets.token_hex(6)}"
    env = {"FIRESTORE_EMULATOR_HOST": emulator_host()}
    words = ["migrate", "--from", f"sqlite:///{recorded}/run.db", "--to", f"firestore://{project}"]
    for thousand in (1, 2):
        process = subprocess.Popen(
            [*COMMAND, *words], cwd=tmp_path, env=clean_environment(tmp_path, **env), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(f"copied {thousand}" in line for line in lines), "it ended before its kill"
        os.kill(process.pid, signal.SIGKILL)
        out, _ = process.communicate(timeout=HANG_SECONDS)
        assert out == ""
    done = run(tmp_path, *words, **env)
    saved = run(tmp_path, "backup", "x.gz", "--store", f"sqlite:///{recorded}/run.db")
    assert "events were there from an earlier run" in done.stderr
    assert f"migrated {saved.stdout.split()[1]} events" in done.stdout
    assert digest(done) == digest(saved)
    clear(project)


def test_a_backup_restores_to_the_same_store(recorded: Path, tmp_path: Path) -> None:
    """Equal digests, an equal second backup, and no file overwritten."""
    saved = run(recorded, "backup", str(tmp_path / "x.gz"), "--store", "sqlite:///run.db")
    back = run(tmp_path, "restore", "x.gz", "--store", "sqlite:///back.db")
    again = run(tmp_path, "backup", "y.gz", "--store", "sqlite:///back.db")
    assert digest(saved) == digest(back) == digest(again)
    assert "exists already" in run(tmp_path, "backup", "y.gz", code=1).stderr


def test_a_damaged_backup_restores_nothing(tmp_path: Path) -> None:
    """One line that says what is wrong, exit code 1, and no store is made."""
    asyncio.run(_small(tmp_path / "s.db"))
    run(tmp_path, "backup", "x.gz", "--store", "sqlite:///s.db")
    path = tmp_path / "x.gz"
    path.write_bytes(path.read_bytes()[:-40])
    done = run(tmp_path, "restore", "x.gz", "--store", "sqlite:///new.db", code=1)
    assert "damaged" in done.stderr
    assert not (tmp_path / "new.db").exists()


async def _small(path: Path, *, text: str = "because") -> None:
    """A store with a trade, an odd text and something old enough to be pruned."""
    store = SqliteStore(path, clock=StillClock())
    await store.open()
    bot = Bot()
    await store.append(
        [
            bot.decision(0, user_prompt="secret", justification=text, quantity_usd="12.50"),
            bot.opened(1, position_id="p1", decision_id="bot-a-1-1"),
            bot.account(2, equity="999.123456789012345678"),
            bot.closed(3, position_id="p1", realized_pnl="-0.1"),
        ]
    )
    await store.append([Bot("bot-b").decision(4)])
    await store.close()


def test_a_foreign_target_and_a_missing_source_are_refused(tmp_path: Path) -> None:
    """Nothing is written over, nothing is made; the message says what to do."""
    asyncio.run(_small(tmp_path / "a.db"))
    asyncio.run(_small(tmp_path / "b.db", text="other"))
    run(tmp_path, "prune", "--keep", "1h", "--store", "sqlite:///b.db")
    words = ["migrate", "--to", "sqlite:///b.db", "--from"]
    assert "target is not empty" in run(tmp_path, *words, "sqlite:///a.db", code=1).stderr
    assert "same store" in run(tmp_path, *words, "sqlite:///b.db", code=1).stderr
    assert "no store at" in run(tmp_path, *words, "sqlite:///none.db", code=1).stderr
    assert not (tmp_path / "none.db").exists()


def test_prune_drops_prompts_and_says_what_stays(tmp_path: Path) -> None:
    """Old prompts go, trades and totals stay; a copy then needs --partial, and says why."""
    asyncio.run(_small(tmp_path / "s.db"))
    done = run(tmp_path, "prune", "--keep", "1d", "--store", "sqlite:///s.db")
    assert "pruned 5 events" in done.stdout
    trades = run(tmp_path, "export", "--what", "trades", "--out", "t.csv", "--store",
                 "sqlite:///s.db")  # fmt: skip
    assert "exported 1 trades" in trades.stdout
    words = ["migrate", "--from", "sqlite:///s.db", "--to", "sqlite:///t.db"]
    assert "retention" in run(tmp_path, *words, code=1).stderr
    assert "warning" in run(tmp_path, *words, "--partial").stderr
    assert "e.g. --keep 90d" in run(tmp_path, "prune", "--keep", "soon", code=1).stderr


def _exported(folder: Path, what: Any, form: Any, bot: str | None = None) -> Path:
    """An export of s.db, made within this process."""
    out = folder / f"{what}-{bot}.{form}"
    export(what, form, out, bot, f"sqlite:///{folder}/s.db")
    return out


def test_the_three_forms_of_an_export_say_the_same(tmp_path: Path) -> None:
    """Exact decimals as text; no cell is a formula; --bot holds; whole payloads in events."""
    formula = "=HYPERLINK(\"http://x\";'a')"
    asyncio.run(_small(tmp_path / "s.db", text=formula))
    rows = json.loads(_exported(tmp_path, "decisions", "json").read_text())
    assert [row["id"] for row in rows] == ["bot-b-1-1", "bot-a-1-1"]
    assert rows[1]["justification"] == formula
    assert rows[1]["quantity_usd"] == "12.5"
    table = parquet.read_table(_exported(tmp_path, "decisions", "parquet")).to_pylist()
    assert table == rows
    with _exported(tmp_path, "decisions", "csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert cells[1]["justification"] == "'" + formula
    plain = [{name: value or "" for name, value in row.items()} for row in rows]
    plain[1]["justification"] = "'" + formula
    assert cells == plain
    only = json.loads(_exported(tmp_path, "decisions", "json", "bot-b").read_text())
    assert [row["bot_id"] for row in only] == ["bot-b"]
    accounts = json.loads(_exported(tmp_path, "account", "json").read_text())
    assert accounts[0]["equity_usd"] == "999.123456789012345678"
    assert accounts[0]["num_positions"] == 0
    assert parquet.read_table(_exported(tmp_path, "account", "parquet")).to_pylist() == accounts
    trades = json.loads(_exported(tmp_path, "trades", "json").read_text())
    assert (trades[0]["realized_pnl"], trades[0]["exit_price"]) == ("-0.1", "61000")
    events = json.loads(_exported(tmp_path, "events", "json").read_text())
    assert [event["kind"] for event in events] == [
        "decision", "position_opened", "account", "position_closed", "decision",
    ]  # fmt: skip
    assert json.loads(events[0]["payload"])["user_prompt"] == "secret"
    assert json.loads(_exported(tmp_path, "trades", "json", "nobody").read_text()) == []
    done = run(tmp_path, "export", "--what", "events", "--out", "e.csv", "--bot", "bot-b",
               "--store", "sqlite:///s.db")  # fmt: skip
    assert "exported 1 events" in done.stdout
    assert len((tmp_path / "e.csv").read_text().splitlines()) == 2


def test_odd_amounts_are_exact_in_every_form(tmp_path: Path) -> None:
    """Tiny, huge, negative and in exponents: the same plain digits in CSV, JSON and Parquet."""
    sent = ["0.00000001", "1E-8", "123456789012345678901234567.12", "-0.1", "1e3", "0"]
    wanted = ["0.00000001", "0.00000001", "123456789012345678901234567.12", "-0.1", "1000", "0"]

    async def fill() -> None:
        store, bot = SqliteStore(tmp_path / "s.db", clock=StillClock()), Bot()
        await store.open()
        await store.append([bot.account(i, equity_usd=text) for i, text in enumerate(sent)])
        await store.close()

    asyncio.run(fill())
    with _exported(tmp_path, "account", "csv").open(newline="") as file:
        assert [row["equity_usd"] for row in csv.DictReader(file)] == wanted
    rows = json.loads(_exported(tmp_path, "account", "json").read_text())
    assert [row["equity_usd"] for row in rows] == wanted
    table = parquet.read_table(_exported(tmp_path, "account", "parquet")).to_pylist()
    assert [row["equity_usd"] for row in table] == wanted


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1+cmd", "'+1+cmd"),
        ("-1-1", "'-1-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("-12.50", "-12.50"),
        ("+3", "'+3"),
        ("a=1", "a=1"),
        ("", ""),
        (None, None),
        (-3, -3),
    ],
)
def test_no_cell_begins_a_formula(text: object, safe: object) -> None:
    """Text that a spreadsheet would run is quoted; numbers stay numbers."""
    assert safe_cell(text) == ("" if safe is None else str(safe))


def test_an_old_database_is_imported_whole_and_once(tmp_path: Path) -> None:
    """Every old row is an event, linked as it was; the file stays as it is, twice is once."""
    path = tmp_path / "trading_bot_live.db"
    database = make_old(path)
    fill_old(database)
    database.close()
    before = path.read_bytes()
    done = run(tmp_path, "import", path.name, "--store", "sqlite:///s.db")
    assert "12 stored" in done.stdout  # 5 decisions, 1 execution, 3 of positions, 1 + 2
    assert path.read_bytes() == before
    assert "12 duplicate" in run(
        tmp_path, "import", path.name, "--store", "sqlite:///s.db"
    ).stdout  # fmt: skip

    async def look() -> Any:
        store = SqliteStore(tmp_path / "s.db", clock=StillClock())
        await store.open()
        [bot] = await store.bots()
        page = await store.decisions(DecisionFilter(executed=True), before=None, limit=9)
        opened = await store.opened_by(bot.id, page.items[0].id)
        await store.close()
        return bot, page.items, opened

    bot, executed, opened = asyncio.run(look())
    assert (bot.name, bot.mode) == ("trading_bot_live", "live")
    assert (bot.stats.decisions, bot.stats.open_positions, bot.stats.closed_positions) == (5, 1, 1)
    assert [row.quantity_usd for row in executed] == [executed[0].quantity_usd]
    assert opened is not None
    assert opened.id == "old-open"
    assert str(bot.account.balance_usd) == "1000.5"


def test_rows_that_are_no_events_are_kept_aside(tmp_path: Path) -> None:
    """A row with an unknown signal is written to a file, the others are imported; exit 1."""
    path = tmp_path / "old.db"
    database = make_old(path)
    fill_old(database)
    database.execute("UPDATE decisions SET signal = 'YOLO' WHERE id = 5")
    database.commit()
    database.close()
    done = run(tmp_path, "import", "old.db", "--store", "sqlite:///s.db", code=1)
    assert "11 stored" in done.stdout
    [line] = (tmp_path / "old.db.refused.jsonl").read_text().splitlines()
    refused = json.loads(line)
    assert refused["payload"]["signal"] == "YOLO"
    assert "signal" in refused["reason"]
    other = tmp_path / "other.db"
    asyncio.run(_small(other))
    assert "motherhaven migrate" in run(tmp_path, "import", "other.db", code=1).stderr
