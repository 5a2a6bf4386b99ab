"""Every setting has a range; what lies outside is refused at start, by name, with the fix."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from motherhaven.bot.guard.limits import limits_from_mapping
from motherhaven.contract.errors import ConfigError
from motherhaven.settings import Settings, load_settings

MONEY = [
    "paper_deposit_usd", "max_position_size_usd", "daily_loss_limit_usd", "max_coin_margin_usd",
    "max_total_margin_usd", "model_daily_cost_usd",
]  # fmt: skip
FRACTIONS = ["min_confidence", "stop_liquidation_buffer", "price_band"]
NUMBERS = [
    name for name, field in Settings.model_fields.items()
    if any(kind in str(field.annotation) for kind in ("int", "float", "Decimal"))
]  # fmt: skip
JUDGED = [
    "max_position_size_usd", "max_coin_margin_usd", "max_total_margin_usd", "max_leverage",
    "max_open_positions", "max_trades_per_day", "daily_loss_limit_usd", "min_confidence",
    "entry_cooldown_seconds", "stop_liquidation_buffer", "price_band", "max_data_age_seconds",
    "max_answer_age_seconds", "model_daily_cost_usd",
]  # fmt: skip
BAD = ["-1", "-0.0001", "NaN", "-NaN", "Infinity", "-Infinity", "inf", "1e400", "9" * 5_000,
       "0x10", "12,5", "1 000", "$50", "50 USD", "true", " "]  # fmt: skip


@pytest.fixture(autouse=True)
def _empty_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_every_amount_and_fraction_has_a_range():
    """A new setting of money or a fraction without a range fails here."""
    decimals = {n for n, f in Settings.model_fields.items() if "Decimal" in str(f.annotation)}
    assert decimals == {*MONEY, *FRACTIONS, "model_price_in", "model_price_out"}
    for name in decimals:
        with pytest.raises(ConfigError, match=name.upper()):
            load_settings(**{name: "1e13"})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", BAD)
def test_a_number_that_cannot_be_is_named(name, value, monkeypatch):
    """In the environment and in .env alike; in no case is a default taken instead."""
    monkeypatch.setenv(name.upper(), value)
    with pytest.raises(ConfigError, match=name.upper()):
        load_settings()
    monkeypatch.delenv(name.upper())
    Path(".env").write_text(f"{name.upper()}='{value}'\n")
    with pytest.raises(ConfigError, match=name.upper()):
        load_settings()


@pytest.mark.parametrize("name", MONEY)
@pytest.mark.parametrize("value", ["0", "0.00", "-20", "-1e-9", "1e13"])
def test_money_is_above_zero(name, value):
    """A limit of nothing or less is a slip; an empty one is not set."""
    with pytest.raises(ConfigError, match=f"{name.upper()}: "):
        load_settings(**{name: value})
    Path(".env").write_text(f"{name.upper()}=\n")
    assert getattr(load_settings(), name) == Settings.model_fields[name].default


@pytest.mark.parametrize("name", FRACTIONS)
@pytest.mark.parametrize(("value", "meant"), [("70", "0.70"), ("1.5", "0.015"), ("100", "1.00")])
def test_a_percentage_is_named_as_the_fraction_that_was_meant(name, value, meant):
    """MIN_CONFIDENCE=70 would refuse every entry."""
    with pytest.raises(ConfigError, match=rf"{name.upper()}: .*did you mean {meant}\?"):
        load_settings(**{name: value})
    assert getattr(load_settings(**{name: "0.7"}), name) == Decimal("0.7")


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize("value", [*BAD, "1e13"])
def test_judge_and_replay_read_limits_by_the_same_ranges(name, value):
    """What the bot refuses at start, `judge` and `replay --limit` refuse."""
    with pytest.raises(ConfigError, match=name.upper()):
        limits_from_mapping({name: value})


@pytest.mark.parametrize("name", [n for n in JUDGED if n in MONEY])
def test_judge_takes_no_limit_of_zero(name):
    """The same range again."""
    with pytest.raises(ConfigError, match="above 0"):
        limits_from_mapping({name: 0})


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("Asia/Shangai", "did you mean Asia/Shanghai?"),
        ("asia/shanghai", "did you mean Asia/Shanghai?"),
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("America", "no time zone"),
        ("../../etc/passwd", "no time zone"),
        ("Mars/Olympus", "no time zone"),
        ("x" * 5_000, "no time zone"),
        (" UTC", "did you mean UTC?"),
    ],
)
def test_a_time_zone_that_does_not_exist_is_named(value, says):
    """At start, not at the first cycle; with the one that was meant where one is near."""
    with pytest.raises(ConfigError, match="DAY_ZONE") as caught:
        load_settings(day_zone=value)
    assert says in str(caught.value)


def test_zones_need_no_database_of_the_system(tmp_path):
    """On a system without one the package tzdata has them: it is a dependency."""
    code = (
        "import zoneinfo; assert not zoneinfo.TZPATH;"
        "from motherhaven.settings import load_settings;"
        "print(load_settings(day_zone='Asia/Shanghai').day_zone)"
    )
    env = {**os.environ, "PYTHONTZPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"Asia/Shanghai"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("BTC,ETH,BTC", "BTC comes twice"),
        ("btc, BTC", "BTC comes twice"),
        ("BTC-USD,BTC/USDC:USDC", "BTC comes twice"),
        ("kPEPE,KPEPE", "comes twice"),
        ("BTC,xyz:TSLA", "does not trade them"),
        ("B T C", "names no coin"),
        (",,", "name 1 to 10 coins"),
    ],
)
@pytest.mark.parametrize("name", ["trading_assets", "active_trading_assets"])
def test_coins_are_names_each_once_and_tradable(name, value, says):
    """A name with a colon belongs to an exchange of its own."""
    if value == ",," and name == "active_trading_assets":
        assert load_settings(**{name: value}).active_trading_assets == ()
        return
    with pytest.raises(ConfigError, match=name.upper()) as caught:
        load_settings(**{name: value})
    assert says in str(caught.value)


def test_the_small_k_of_a_coin_stays():
    """kPEPE is not KPEPE."""
    assert load_settings(trading_assets="kPEPE, btc").coins == ("kPEPE", "BTC")
