"""`motherhaven doctor` with real processes: all in order, and what is not; never a secret."""

from pathlib import Path

from scripts.ports import free_port
from tests.acceptance.processes import KEY, Process, clean_environment, start_server
from tests.acceptance.test_alerts import receiver
from tests.patience import HANG_SECONDS


def doctor(folder: Path, *options: str, **env: str) -> tuple[int, list[str]]:
    """Exit code and lines."""
    process = Process(
        ["-m", "motherhaven.cli.main", "doctor", *options],
        cwd=folder,
        env=clean_environment(folder, **env),
    )
    code = process.child.wait(HANG_SECONDS)
    process.end()
    return code, process.lines


def test_all_in_order_and_a_test_alert(tmp_path: Path) -> None:
    """Beside a running server with the right key every check is ok, and the alert arrives."""
    port = free_port()
    with receiver() as told, start_server(tmp_path, port):
        code, lines = doctor(
            tmp_path,
            "--alert",
            LLM_BOT_API_KEY=KEY,
            MOTHERHAVEN_ENABLED="true",
            MOTHERHAVEN_API_URL=f"http://127.0.0.1:{port}",
            MOTHERHAVEN_API_KEY=KEY,
            MOTHERHAVEN_ALERT_URL=f"http://127.0.0.1:{told.port}/canary-path",
            MOTHERHAVEN_ALERT_ALLOW_LOCAL="true",
        )
        told.wait_for(1)
    assert code == 0, lines
    assert [line for line in lines if line.startswith("fail")] == []
    for what in ("settings", "store (sqlite)", "server", "clock", "key", "disk", "alerts"):
        assert any(line.startswith(f"ok    {what}:") for line in lines), (what, lines)
    assert KEY not in "\n".join(lines)
    assert "canary-path" not in "\n".join(lines)


def test_each_thing_that_is_wrong_has_its_fix(tmp_path: Path) -> None:
    """A wrong key, a damaged journal, a store that cannot be, an alert that goes nowhere."""
    port = free_port()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "trading_bot_paper.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    wrong = "canary-wrong-key"
    with start_server(tmp_path, port):
        code, lines = doctor(
            tmp_path,
            "--alert",
            "--store",
            "sqlite:////dev/null/x.db",
            MOTHERHAVEN_ENABLED="true",
            MOTHERHAVEN_API_URL=f"http://127.0.0.1:{port}",
            MOTHERHAVEN_API_KEY=wrong,
            MOTHERHAVEN_ALERT_URL=f"https://127.0.0.1:{free_port()}/canary-path",
        )
    assert code == 1
    failed = [n for n, line in enumerate(lines) if line.startswith("fail")]
    names = [lines[n].split(":")[0].removeprefix("fail  ") for n in failed]
    assert names == ["store (sqlite)", "journal trading_bot_paper.db", "key", "alerts"], lines
    assert all("fix: " in "\n".join(lines[n + 1 : n + 3]) for n in failed), lines
    assert "canary" not in "\n".join(lines)
