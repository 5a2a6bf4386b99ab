"""The fleet: its file is checked to the key, its processes are restarted, capped and ended."""

import asyncio
import logging
from decimal import Decimal
from itertools import pairwise

import pytest
from shell_support import NOON, SleepyClock

from motherhaven.bot.fleet.plan import read_fleet
from motherhaven.bot.fleet.supervisor import Member, Supervisor, Times
from motherhaven.bot.running.orchestrate import fleet_file
from motherhaven.contract.errors import ConfigError
from motherhaven.settings.bot import Settings
from tests.patience import within

GOOD = """
[fleet]
data = "bots"
spread_seconds = 30

[[bot]]
name = "claude"
coins = ["BTC/USDC:USDC", "eth"]
tags = ["Trend", "eu"]
capital = 2500.5
decider = "anthropic:claude-sonnet-5-5"
preset = "conservative"
market = "simulated:3"
interval_seconds = 60
[bot.limits]
max_leverage = 3
clamp_entries = true

[[bot]]
name = "luck"
decider = "random"
journal = "elsewhere/luck"

[[bot]]
name = "plain"
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder without a .env."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan_of(text):
    """The plan of a fleet file."""
    from pathlib import Path

    Path("fleet.toml").write_text(text)
    return read_fleet(Path("fleet.toml"))


def test_every_key_reaches_its_bot():
    """Coins normalised, capital exact, limits and preset as settings, folders apart."""
    claude, luck, plain = plan_of(GOOD).bots
    settings = claude.settings
    assert settings.coins == ("BTC", "ETH")
    assert settings.paper_deposit_usd == Decimal("2500.5")
    assert (settings.trading_preset, settings.max_leverage) == ("conservative", 3)
    assert settings.clamp_entries is True
    assert settings.execution_interval_seconds == 60
    assert claude.environment["PAPER_DEPOSIT_USD"] == "2500.5"
    assert claude.environment["MOTHERHAVEN_BOT"] == "claude"
    assert claude.environment["MOTHERHAVEN_TAGS"] == "trend,eu"
    assert (settings.motherhaven_tags, plain.settings.motherhaven_tags) == (("trend", "eu"), ())
    assert str(luck.settings.motherhaven_data) == "elsewhere/luck"
    assert plain.settings.trading_decider == "auto"
    offsets = [bot.settings.cycle_offset_seconds for bot in (claude, luck, plain)]
    assert offsets == [0, 10, 20]
    assert len({bot.control for bot in (claude, luck, plain)}) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name = "luck"', 'nam = "luck"'), "unknown key 'nam'"),
        (('data = "bots"', 'dat = "x"'), "unknown key 'dat'"),
        (("max_leverage = 3", "max_levrage = 3"), "unknown key 'max_levrage'"),
        (("[fleet]", "[flet]"), "unknown key 'flet'"),
        (('name = "luck"', 'name = "CLAUDE"'), "same name"),
        (('journal = "elsewhere/luck"', 'journal = "bots/claude"'), "same journal"),
        (('name = "luck"', 'name = "../x"'), "name must be"),
        (("max_leverage = 3", "max_leverage = 300"), r"(?s)bot 1 \(claude\).*MAX_LEVERAGE"),
        (("capital = 2500.5", "capital = [1]"), "capital: must be text"),
        (('"Trend", "eu"', '"no tag"'), "tags: 'no tag' is no tag"),
        (('["Trend", "eu"]', '"trend"'), "tags must be a list"),
        (("spread_seconds = 30", "spread_seconds = 300"), "spread_seconds"),
        (('coins = ["BTC/USDC:USDC", "eth"]', 'coins = "BTC"'), "must be a list"),
        (('preset = "conservative"', 'preset = "wild"'), "TRADING_PRESET"),
        (("[[bot]]", "[bot]"), "not TOML|tables"),
        (("capital = 2500.5", "capital = -5"), "PAPER_DEPOSIT_USD.*above 0"),
        (("capital = 2500.5", "capital = inf"), "PAPER_DEPOSIT_USD"),
        (("max_leverage = 3", "max_leverge = 3"), "did you mean max_leverage"),
        (("max_leverage = 3", "min_confidence = 70"), r"MIN_CONFIDENCE.*did you mean 0\.70"),
        (("max_leverage = 3", "daily_loss_limit_usd = 0"), "DAILY_LOSS_LIMIT_USD.*above 0"),
        (("max_leverage = 3", 'day_zone = "Asia/Shangai"'), "did you mean Asia/Shanghai"),
        (('coins = ["BTC/USDC:USDC", "eth"]', 'coins = ["BTC", "btc"]'), "BTC comes twice"),
        (('coins = ["BTC/USDC:USDC", "eth"]', 'coins = ["xyz:TSLA"]'), "does not trade"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(change, said):
    """Bot and key stand in the message; nothing misspelt is silently left out."""
    assert change[0] in GOOD
    with pytest.raises(ConfigError, match=said):
        plan_of(GOOD.replace(*change, 1))


@pytest.mark.parametrize("text", ["", "[fleet]\n", "bot = 3"])
def test_a_fleet_without_bots_is_refused(text):
    """At least one [[bot]]."""
    with pytest.raises(ConfigError, match=r"\[\[bot\]\]"):
        plan_of(text)


def test_a_live_bot_is_refused(monkeypatch):
    """A fleet's bots would share one account, so none of them trades live."""
    monkeypatch.setenv("TRADING_MODE", "live")
    with pytest.raises(ConfigError, match="a fleet trades on paper only"):
        plan_of(GOOD)


def test_start_bot_takes_the_fleet_that_is_set_or_lies_here(place):
    """FLEET_FILE first, then fleet.toml beside .env, else one bot."""
    assert fleet_file(Settings(_env_file=None)) is None
    (place / "fleet.toml").write_text(GOOD)
    assert fleet_file(Settings(_env_file=None)).name == "fleet.toml"
    assert fleet_file(Settings(_env_file=None, fleet_file="other.toml")).name == "other.toml"


class FakeProcess:
    """A process that lives as long as told and ends with a code; `deaf` ignores terminate."""

    def __init__(self, clock, lives, code, deaf=False):
        self.pid = 4711
        self.signals = []
        self._clock, self._lives, self._code, self._deaf = clock, lives, code, deaf
        self._ended = asyncio.Event()

    async def wait(self):
        if self._lives is None:
            await self._ended.wait()
        elif not self._ended.is_set():
            await self._clock.sleep(self._lives)
            self._ended.set()
        return self._code

    def terminate(self):
        self.signals.append("terminate")
        if not self._deaf:
            self._code = 0
            self._ended.set()

    def kill(self):
        self.signals.append("kill")
        self._code = -9
        self._ended.set()


def watched(lives, stop_after=None, **times):
    """A fleet of one whose processes live and end as `lives` says: (seconds, exit code)."""

    async def live():
        clock, stop = SleepyClock(NOON), asyncio.Event()
        started, processes = [], []

        async def spawn(member: Member):
            number = len(started)
            started.append(clock.monotonic())
            if stop_after is not None and number >= stop_after:
                stop.set()
            if isinstance(lives[number], OSError):
                raise lives[number]
            member.last_words = f"words {number}"
            processes.append(FakeProcess(clock, *lives[number]))
            return processes[-1]

        supervisor = Supervisor(["one"], spawn, clock, clock.sleep, times=Times(**times))
        await within(supervisor.run(stop))
        return supervisor.members["one"], started, processes

    return asyncio.run(live())


def test_a_crash_loop_is_slowed_down_and_given_up_with_its_last_words(caplog):
    """1, 2, 4 … seconds between starts; after six failures it stays down, and says why."""
    with caplog.at_level(logging.WARNING, "motherhaven"):
        member, started, _ = watched([(0.5, 1)] * 9)
    assert (member.state, member.restarts, member.exit_code) == ("given up", 5, 1)
    pauses = [round(b - a - 0.5) for a, b in pairwise(started)]
    assert pauses == [1, 2, 4, 8, 16]
    assert "given up (exit code 1: words 5)" in caplog.text


def test_a_bot_that_lived_well_starts_anew_at_once(caplog):
    """Failures count in a row only: after an hour of life the pause is a second again."""
    member, started, _ = watched([(3600, -9)] * 9 + [(5, 0)])
    assert (member.state, member.restarts) == ("stopped", 9)
    assert all(b - a < 3602 for a, b in pairwise(started))


def test_a_bot_that_its_user_stopped_stays_stopped():
    """Exit code 0 is a wish, not a failure."""
    member, started, _ = watched([(5, 0)])
    assert (member.state, len(started)) == ("stopped", 1)


def test_a_process_that_cannot_be_started_counts_as_a_failure():
    """No memory, no file: tried again, then given up."""
    member, _, _ = watched([OSError("no memory")] * 9)
    assert member.state == "given up"
    assert "no memory" in member.last_words


def test_the_end_is_asked_for_and_then_enforced():
    """A bot that answers is not killed; a deaf one is, within the bound."""
    member, _, (process,) = watched([(None, 1)], stop_after=0)
    assert (process.signals, member.state) == (["terminate"], "stopped")
    _, _, (deaf,) = watched([(None, 1, True)], stop_after=0, stop=0.05)
    assert deaf.signals == ["terminate", "kill"]


def test_starts_are_staggered():
    """Bots do not all begin in one moment."""

    async def live():
        clock, started = SleepyClock(NOON), {}

        async def spawn(member):
            started[member.name] = clock.monotonic()
            return FakeProcess(clock, 1, 0)

        names = ["a", "b", "c"]
        await Supervisor(names, spawn, clock, clock.sleep).run(asyncio.Event())
        return started

    started = asyncio.run(live())
    assert started["a"] < started["b"] < started["c"]
