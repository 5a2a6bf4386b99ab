"""TradingLogger() as the guide uses it: settings, files, log lines, whole processes."""

import os
import subprocess
import sys

import pytest

from motherhaven.testing.stub_server import StubServer
from tests.patience import HANG_SECONDS

SCRIPT = """
from motherhaven.recorder import TradingLogger
logger = TradingLogger()
logger.log_decision({'coin': 'BTC', 'signal': 'hold', 'quantity_usd': 1, 'leverage': 1,
                     'confidence': 1, 'exit_plan': None, 'justification': 'x'})
logger.log_account_state(balance=1000, equity=1050)
logger.log_position_entry('p', 'BTC', 'long', 1, 1, 1)
logger.log_bot_status('running', 'Trading cycle completed')
print(type(logger.motherhaven).__name__)
"""


def run(folder, code=SCRIPT, **environment):
    """A bot in a process of its own; what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MOTHERHAVEN")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=True,
    )


def test_disabled_says_so_and_keeps_everything(tmp_path):
    """The guide's line letter for letter; journal and log file in their places."""
    done = run(tmp_path)
    assert "[Motherhaven] Integration disabled - only logging to SQLite\n" in done.stderr
    assert done.stdout == "NoneType\n"
    assert (tmp_path / "data" / "trading_bot_paper.db").exists()
    assert "Integration disabled" in (tmp_path / "logs" / "motherhaven.log").read_text()


def test_enabled_posts_all_before_it_ends(tmp_path):
    """The guide's lines for each event; a script that ends at once still ships everything."""
    with StubServer(api_key="secret-canary-1") as server:
        done = run(
            tmp_path,
            MOTHERHAVEN_ENABLED="true",
            MOTHERHAVEN_API_URL=server.url + "/",
            MOTHERHAVEN_API_KEY="secret-canary-1",
            TRADING_MODE="live",
        )
        kinds = sorted(event.kind for event in server.events.values())
        modes = {event.mode for event in server.events.values()}
    assert f"[Motherhaven] Integration enabled - posting to {server.url}\n" in done.stderr
    for endpoint in ("decision", "account", "position", "status"):
        line = f"[Motherhaven] Successfully posted to /api/llm-bot/ingest/{endpoint}\n"
        assert done.stderr.count(line) == 1
    assert kinds == ["account", "decision", "position_opened", "status"]
    assert modes == {"live"}
    assert done.stdout == "MotherhavenLogger\n"
    assert "secret-canary" not in done.stdout + done.stderr
    assert "secret-canary" not in (tmp_path / "logs" / "motherhaven.log").read_text()


def test_a_refused_connection_is_warned_of_and_all_is_kept(tmp_path):
    """The guide's warning letter for letter; the next run ships what was kept."""
    with StubServer() as server:
        pass
    environment = {"MOTHERHAVEN_ENABLED": "true", "MOTHERHAVEN_API_KEY": server.api_key}
    done = run(tmp_path, MOTHERHAVEN_API_URL=server.url, **environment)
    assert "[WARNING] [Motherhaven] Failed to log position: Connection refused\n" in done.stderr
    with StubServer() as server:
        more = "from motherhaven.recorder import *; log_bot_status('running')"
        run(tmp_path, more, MOTHERHAVEN_API_URL=server.url, **environment)
        assert len(server.events) == 5


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "MOTHERHAVEN_API_KEY is missing"),
        (
            {"MOTHERHAVEN_API_KEY": "k" * 8, "MOTHERHAVEN_API_URL": "localhost"},
            "MOTHERHAVEN_API_URL",
        ),
    ],
)
def test_a_half_configured_integration_names_what_is_missing(tmp_path, environment, problem):
    """Enabled without a key or with a bad URL: a warning that names it, and SQLite only."""
    done = run(tmp_path, MOTHERHAVEN_ENABLED="true", **environment)
    assert problem in done.stderr
    assert "Integration disabled - only logging to SQLite" in done.stderr


def test_the_logger_imports_little(tmp_path):
    """Importing the recorder loads no server, no data frames, no SDK, no HTTP library."""
    heavy = "fastapi starlette uvicorn pandas numpy ccxt httpx anthropic openai pydantic_ai"
    done = run(
        tmp_path,
        f"import sys, motherhaven.recorder; print(set('{heavy}'.split()) & set(sys.modules))",
    )
    assert done.stdout == "set()\n"


def test_module_functions_share_one_logger(tmp_path):
    """get_logger() is one per process; the functions use it."""
    done = run(
        tmp_path,
        "from motherhaven.recorder import *\n"
        "from motherhaven.recorder import get_logger\n"
        "log_account_state(1, 2)\n"
        "print(get_logger() is get_logger(), log_account_state(1, 2))",
    )
    assert done.stdout == "True 2\n"
