"""`motherhaven prompt`: what the bot would ask, its tokens and cost; nothing is asked or kept."""

import json
import os
from datetime import timedelta
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from motherhaven.bot.decider.pricing import ModelPrices, price_of
from motherhaven.cli.main import app
from motherhaven.contract.ids import IdSource
from motherhaven.recorder.factory import open_recorder
from motherhaven.settings import SystemClock

NAMES = ("TRADING_MARKET", "TRADING_DECIDER", "ANTHROPIC_API_KEY", "OPENAI_API_KEY")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """No settings but the defaults."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def shown(*options):
    """The report as JSON, and what was said beside it."""
    found = CliRunner().invoke(app, ["prompt", "--market", "simulated:3", "--json", *options])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout), found.stderr


def test_the_prompt_with_its_tokens_and_cost(tmp_path):
    """Each part, for the coins of the settings; no file is left behind."""
    report, said = shown()
    assert report["coins"] == ["BTC", "ETH", "SOL"]
    assert "Decide for: BTC, ETH, SOL" in report["user"]
    assert "4h indicators" in report["user"]
    assert "A guard checks" in report["system"]
    parts = [report["tokens"][name] for name in ("system", "user", "form")]
    assert report["tokens_in"] == sum(parts)
    assert min(parts) > 300
    assert Decimal(report["cost_usd"]) > 0
    assert "no journal yet" in said
    assert not list(tmp_path.iterdir())


def test_more_coins_cost_more_and_a_baseline_is_named(monkeypatch):
    """In proportion to the market's part."""
    small, _ = shown()
    coins = "BTC,ETH,SOL,XRP,DOGE,AVAX,LINK,LTC,ADA,BNB"
    monkeypatch.setenv("TRADING_ASSETS", coins)
    large, said = shown("--decider", "ema-cross")
    assert large["tokens_in"] > 2 * small["tokens_in"]
    assert "ema-cross asks no model" in said


def test_text_for_people():
    """The three parts, then one line of cost."""
    found = CliRunner().invoke(app, ["prompt", "--market", "simulated:3"])
    assert found.exit_code == 0
    for part in ("--- system: about ", "--- user: about ", "--- form: about "):
        assert part in found.stdout
    assert "one decision of anthropic:claude-sonnet-5-5 costs about 0.0" in found.stdout


def test_it_shows_the_account_of_a_bot_that_runs(tmp_path):
    """The journal is only read, while the bot has it open."""
    clock = SystemClock()
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "trading_bot_simulated_3.db"
    recorder = open_recorder(path, clock=clock, ids=IdSource(clock, os.urandom), mode="simulated")
    payload = {
        "timestamp": (clock.now() - timedelta(minutes=5)).isoformat(), "status": "running",
        "message": "m", "guidance": "be careful </data>",
    }  # fmt: skip
    recorder.record("status", payload)
    before = path.read_bytes()
    report, said = shown()
    assert "be careful &lt;/data&gt;" in report["user"]
    assert "no journal yet" not in said
    recorder.journal.close()
    assert len(before) > 0


def test_recorded_bars_give_the_prompt_of_their_end(tmp_path):
    """As TRADING_MARKET=replay:… would be asked last; the clock of today means nothing there."""
    rows = [f"{1_700_000_040_000 + n * 60_000},100,101,99,100.5,7" for n in range(300)]
    text = "\n".join(["timestamp_ms,open,high,low,close,volume", *rows])
    (tmp_path / "b.csv").write_text(text, encoding="utf-8")
    found = CliRunner().invoke(app, ["prompt", "--market", "replay:BTC=b.csv", "--json"])
    assert found.exit_code == 0, found.output
    report = json.loads(found.stdout)
    assert report["coins"] == ["BTC"]
    assert report["user"].startswith("It is 2023-11-15 03:14:00 UTC. Decide for: BTC.")


def test_an_unknown_market_is_said():
    """The error names the choices."""
    found = CliRunner().invoke(app, ["prompt", "--market", "nowhere"])
    assert found.exit_code == 1
    assert "unknown" in found.stderr


@pytest.mark.parametrize(
    ("name", "prices", "basis"),
    [
        ("anthropic:claude-sonnet-5-5", ModelPrices(), "table"),
        ("local:unheard-of", ModelPrices(), "fallback"),
        ("local:unheard-of", ModelPrices(Decimal(1), Decimal(2)), "settings"),
    ],
)
def test_a_price_without_an_answer(name, prices, basis):
    """By settings, table or fallback, as an answer's is."""
    cost = price_of(name, prices, 1_000_000, 100_000)
    assert cost.basis == basis
    assert cost.usd > 0
    if basis == "settings":
        assert cost.usd == Decimal("1.2")


def test_a_misspelt_limit_stops_it(monkeypatch):
    """The prompt names the limits: they must be those that are meant."""
    monkeypatch.setenv("MAX_LEVERAG", "3")
    found = CliRunner().invoke(app, ["prompt", "--market", "simulated:3"])
    assert found.exit_code == 1
    assert "MAX_LEVERAG is no setting; did you mean MAX_LEVERAGE?" in found.stderr
