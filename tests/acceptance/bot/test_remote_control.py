"""A command's whole way with real processes: server, bot, command line, disk, journal and back."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from motherhaven.cli.control import ControlApi, body_of, follow
from scripts.ports import free_port
from tests.acceptance.processes import KEY, ROOT, Process, clean_environment, start_server
from tests.patience import HANG_SECONDS, figure, wait_until

ROUNDS = 6


class World:
    """A server and a bot that trades on a simulated market, with a cycle each second."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        (folder / "server").mkdir()
        (folder / "bot").mkdir()
        self.env = clean_environment(
            folder,
            TRADING_MARKET="simulated:3",
            TRADING_DECIDER="buy-and-hold",
            TRADING_ASSETS="BTC,ETH",
            EXECUTION_INTERVAL_SECONDS="1",
            MOTHERHAVEN_ENABLED="true",
            MOTHERHAVEN_API_URL=self.url,
            MOTHERHAVEN_API_KEY=KEY,
            MOTHERHAVEN_BOT="subject",
        )
        self.api = ControlApi(self.url, KEY)
        self.server: Process | None = None
        self.bot: Process | None = None

    def serve(self) -> None:
        """Start the server."""
        self.server = start_server(self.folder / "server", self.port)

    def trade(self) -> None:
        """Start the bot."""
        script = str(ROOT / "run_analysis_bot.py")
        self.bot = Process([script], cwd=self.folder / "bot", env=self.env)

    def word(self, *words: str) -> str:
        """A control word on the bot's machine."""
        command = [sys.executable, str(ROOT / "run_analysis_bot.py"), *words]
        done = subprocess.run(
            command, cwd=self.folder / "bot", env=self.env, capture_output=True, text=True,
            timeout=HANG_SECONDS, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def control(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`motherhaven control`, anywhere."""
        command = [sys.executable, "-m", "motherhaven.cli.main", "control", "subject", *words]
        env = self.env | {"MOTHERHAVEN_CONTROL_KEY": KEY}
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True,
            timeout=HANG_SECONDS, check=False,
        )  # fmt: skip

    def open_positions(self) -> int:
        """How many positions the server knows to be open."""
        answer = httpx.get(
            f"{self.url}/api/llm-bot/trades?status=open",
            headers={"x-api-key": KEY},
            timeout=HANG_SECONDS,
        )
        return len(answer.json()["items"])


@pytest.fixture
def world(tmp_path: Path):
    """A server and a bot that holds something."""
    one = World(tmp_path)
    one.serve()
    one.trade()
    try:
        wait_until(lambda: one.open_positions() == 2, "both positions")
        yield one
    finally:
        for process in (one.bot, one.server):
            if process is not None and process.child.poll() is None:
                process.kill()


@pytest.mark.figures
def test_flatten_from_the_post_to_verified(world: World) -> None:
    """Flat by the venue each time; p50 and p95 from the POST to the state that the list shows."""
    seconds = []
    bot_id = world.api.bot_id("subject")
    for _ in range(ROUNDS):
        wait_until(lambda: world.open_positions() == 2, "both positions")
        body = body_of("flatten", bot_id, {}, "a figure", None)
        began = time.monotonic()
        world.api.give(body)
        view = follow(world.api, bot_id, body["id"], HANG_SECONDS, print, sleep=lambda _: None)
        seconds.append(time.monotonic() - began)
        assert view is not None
        assert (view["state"], view["positions"], view["open_orders"]) == ("verified", {}, 0)
        assert "re-armed" in world.word("arm")
    ordered = sorted(seconds)
    figure("p50 seconds from the POST of a flatten to verified", ordered[ROUNDS // 2], 1.5)
    figure("p95 seconds from the POST of a flatten to verified", ordered[-1], 3.0)


def test_the_command_line_tells_what_became_of_it(world: World) -> None:
    """Exit codes: verified, refused by the bot, by the server; status lists who asked and why."""
    done = world.control("halt", "--reason", "drill")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified" in done.stderr
    done = world.control("resume", "--latch", done.stdout.strip())
    assert done.returncode == 3, done.stderr
    assert "resume_off" in done.stderr
    assert world.control("arm").returncode == 1
    assert world.control("reduce", "--coin", "BTC", "--fraction", "2").returncode == 1
    done = world.control("reduce", "--coin", "BTC", "--fraction", "1")
    assert done.returncode == 0, "a halted bot still closes"
    listed = world.control("status").stdout
    assert "halt  verified" in listed
    assert "resume" in listed
    assert "halted" in world.word("status")


def test_a_bot_that_is_killed_takes_the_command_up_again(world: World) -> None:
    """Halted, killed, started: no entry after the restart; a command given meanwhile is done."""
    assert world.bot is not None
    assert world.control("halt").returncode == 0
    world.bot.kill()
    given = world.control("flatten", "--wait", "0")
    assert given.returncode == 0
    world.trade()
    bot_id = world.api.bot_id("subject")
    view = follow(world.api, bot_id, given.stdout.strip(), HANG_SECONDS, print)
    assert view is not None
    assert (view["state"], view["positions"]) == ("verified", {})
    assert "halted" in world.word("status")
    assert os.path.exists(next((world.folder / "bot").rglob("KILL")))
