"""The user's guide, step by step, with real processes."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts.ports import free_port
from tests.acceptance.processes import KEY, ROOT, clean_environment, start_server
from tests.patience import HANG_SECONDS

PASSED = """✓ Configuration Check: PASSED
✓ Direct MotherhavenLogger: PASSED
✓ TradingLogger Integration: PASSED

Total: 3 passed, 0 failed, 0 skipped
"""


def run_step_4(folder: Path, env_file: str) -> subprocess.CompletedProcess[str]:
    """`python test_motherhaven_integration.py` in a folder with this .env, without a terminal."""
    (folder / ".env").write_text(env_file, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(ROOT / "test_motherhaven_integration.py")],
        cwd=folder,
        env=clean_environment(folder, PYTHONIOENCODING="utf-8"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_SECONDS,
        check=False,
    )


def guide_env(port: int, key: str = KEY, enabled: str = "true") -> str:
    return (
        "# Motherhaven Dashboard Integration\n"
        f"MOTHERHAVEN_ENABLED={enabled}\n"
        f"MOTHERHAVEN_API_URL=http://localhost:{port}\n"
        f"MOTHERHAVEN_API_KEY={key}\n"
        "MOTHERHAVEN_TIMEOUT=2\n"
    )


@contextmanager
def _forgetful_server() -> Iterator[int]:
    """A server that answers every request with 200 and success, and stores nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.endswith("/batch"):
                return self._answer(404, b"{}")
            return self._answer(200, b'{"success": true}' if body else b"{}")

        def do_GET(self) -> None:
            self._answer(200, b"[]")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_step_4_prints_what_the_guide_prints(tmp_path: Path) -> None:
    """With a server and the same key on both sides: the guide's lines, exit 0, no key shown."""
    port = free_port()
    (tmp_path / ".env.local").write_text(f"LLM_BOT_API_KEY={KEY}\n", encoding="utf-8")
    with start_server(tmp_path, port, "--store", f"sqlite:///{tmp_path}/s.db"):
        first, second = run_step_4(tmp_path, guide_env(port)), run_step_4(tmp_path, guide_env(port))
    for done in (first, second):
        assert done.stdout.endswith(PASSED), done.stdout + done.stderr
        assert done.returncode == 0
        assert KEY not in done.stdout + done.stderr


def test_a_server_that_stores_nothing_fails_the_test(tmp_path: Path) -> None:
    """200 alone proves nothing: what is not given back counts as not stored."""
    with _forgetful_server() as port:
        done = run_step_4(tmp_path, guide_env(port))
    assert done.returncode == 1
    assert "✗ Direct MotherhavenLogger: FAILED" in done.stdout
    assert "✗ TradingLogger Integration: FAILED" in done.stdout
    assert "not stored" in done.stdout
    assert "Total: 1 passed, 2 failed, 0 skipped" in done.stdout


def test_a_server_that_is_down_fails_the_test(tmp_path: Path) -> None:
    """Connection refused is named, with the guide's advice."""
    done = run_step_4(tmp_path, guide_env(free_port()))
    assert done.returncode == 1
    assert "Connection refused" in done.stdout
    assert "npm run dev" in done.stdout
    assert "Total: 1 passed, 2 failed, 0 skipped" in done.stdout


def test_a_wrong_key_fails_the_test_and_is_not_printed(tmp_path: Path) -> None:
    """401 is named with both variables; neither key appears anywhere."""
    port = free_port()
    with start_server(tmp_path, port, "--store", "memory:"):
        done = run_step_4(tmp_path, guide_env(port, key="canary-wrong-key"))
    assert done.returncode == 1
    assert "401 Unauthorized" in done.stdout
    assert "LLM_BOT_API_KEY" in done.stdout
    assert "canary-wrong-key" not in done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "env_file", [guide_env(1, enabled="false"), "# MOTHERHAVEN_ENABLED=true\n"]
)
def test_disabled_is_skipped(tmp_path: Path, env_file: str) -> None:
    """With the integration disabled each check is skipped, and that is no failure."""
    done = run_step_4(tmp_path, env_file)
    assert done.returncode == 0
    assert done.stdout.count("SKIPPED") == 3
    assert "Total: 0 passed, 0 failed, 3 skipped" in done.stdout


def test_configuration_issues_are_listed(tmp_path: Path) -> None:
    """Missing settings are named under the guide's heading."""
    done = run_step_4(tmp_path, "MOTHERHAVEN_ENABLED=true\nMOTHERHAVEN_API_URL=localhost\n")
    assert done.returncode == 1
    assert "Configuration issues found" in done.stdout
    assert "MOTHERHAVEN_API_KEY is missing" in done.stdout
    assert "MOTHERHAVEN_API_URL must be" in done.stdout


def test_the_guides_names_import_and_log(tmp_path: Path) -> None:
    """The guide's own snippet runs, disabled, and says so letter for letter."""
    script = """
from trading.logger import TradingLogger, get_logger, log_decision, log_account_state
from trading.logger import log_position_entry, log_position_exit, log_bot_status
from web.motherhaven_logger import MotherhavenLogger
from config.settings import settings, get_settings, Settings, TradingMode
from config.settings import is_live_trading, is_paper_trading

logger = TradingLogger()
decision = {"coin": "BTC", "signal": "hold", "quantity_usd": 0.0, "leverage": 1,
            "confidence": 0.5, "exit_plan": None, "justification": "wait"}
raw_response = "{}"
assert logger.log_decision(decision, raw_response) == 1
assert logger.log_account_state(balance=1000, equity=1050) == 1
assert logger.log_position_entry("p1", "BTC", "long", 50000.5, 20, 3) == 1
assert logger.log_position_exit("p1", 51000, 0.5) is True
assert logger.log_position_exit("p1", 51000, 0.5) is False
assert logger.log_bot_status('running', 'Trading cycle completed') is None
assert logger.motherhaven is None
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    line = "[Motherhaven] Integration disabled - only logging to SQLite"
    assert line in done.stdout + done.stderr
    assert (tmp_path / "data" / "trading_bot_paper.db").is_file()
    assert any(line in log.read_text("utf-8") for log in (tmp_path / "logs").iterdir())


def test_the_guides_log_lines_appear_letter_for_letter(tmp_path: Path) -> None:
    """Enabled: one success line for each event that the server acknowledged, then a warning."""
    port = free_port()
    (tmp_path / ".env").write_text(guide_env(port), encoding="utf-8")
    script = """
import logging, os, threading
from trading.logger import TradingLogger
logger, warned = TradingLogger(), threading.Event()

class Warned(logging.Handler):
    def emit(self, record):
        if "Failed to log position" in record.getMessage():
            warned.set()

logging.getLogger("motherhaven").addHandler(Warned())
logger.log_decision({"coin": "BTC", "signal": "hold", "quantity_usd": 0, "leverage": 1,
                     "confidence": 0.5, "exit_plan": None, "justification": "wait"})
logger.log_position_entry(f"p{os.getpid()}", "BTC", "long", 50000.5, 20, 3)
logger.log_account_state(balance=1000, equity=1050)
logger.log_bot_status('running', 'Trading cycle completed')
# With a server that is away it waits for the warning: nothing will be flushed.
print("flushed", warned.wait(100) if os.environ.get("AWAY") else logger.flush(100))
"""

    def run(**env: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env=clean_environment(tmp_path, **env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=HANG_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    with start_server(tmp_path, port, "--store", "memory:"):
        output = run()
    assert f"[Motherhaven] Integration enabled - posting to http://localhost:{port}" in output
    for endpoint in ("decision", "position", "account", "status"):
        line = f"[Motherhaven] Successfully posted to /api/llm-bot/ingest/{endpoint}"
        assert output.count(line) == 1, output
    assert "flushed True" in output
    assert "[WARNING] [Motherhaven] Failed to log position: Connection refused" in run(AWAY="1")
