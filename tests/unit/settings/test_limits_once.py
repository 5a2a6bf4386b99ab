"""Each limit is declared once: everywhere it is shown it has the same name, range and default."""

import re
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from motherhaven.bot.fleet.plan import LIMITS as FLEET_KEYS
from motherhaven.bot.guard.limits import changed_limits, limits_from_mapping
from motherhaven.bot.running.config import BotConfig, limits_of
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import LIMIT_NAMES, OLD_NAMES, LimitFields, RiskLimits
from motherhaven.settings import Settings, load_settings
from motherhaven.settings.names import SAFETY

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted((ROOT / "src").rglob("*.py"))


@pytest.fixture(autouse=True)
def _empty_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def written(value: object) -> str:
    """A default as it is written in a file of settings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{Decimal(value).normalize():f}"


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_a_limit_has_one_default_wherever_it_is_shown(name):
    """Settings, guard, judge, example file, reference: the same; a fleet file takes the name."""
    default = LimitFields.model_fields[name].default
    assert getattr(load_settings(), name) == default
    assert getattr(RiskLimits(), name) == default
    assert getattr(limits_from_mapping({}), name) == default
    # What is left open is made up of other settings: all of them say how.
    dumped = limits_from_mapping(load_settings().model_dump())
    assert dumped.shown()[name] == limits_of(load_settings()).shown()[name]
    assert dumped.shown()[name] == RiskLimits().shown()[name]
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert re.findall(rf"(?m)^{name.upper()}=(.*)$", example) == [written(default)]
    for page in ("guard.md", "settings.md"):
        text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
        shown = re.findall(rf"(?mi)^\| `{name}` \| `?([^|`]*)`? \|", text)
        assert shown[0].strip() == written(default), page
    assert name in FLEET_KEYS
    assert name.upper() in SAFETY


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_a_limit_is_declared_once(name):
    """No other class of the sources gives it a default; a market has a max_leverage of its own."""
    places = [
        path.relative_to(ROOT / "src").as_posix()
        for path in SOURCES
        if path.name != "instruments.py"
        for _ in re.findall(rf"(?m)^    {name}: .*(?:=|Field)", path.read_text(encoding="utf-8"))
    ]
    assert places == ["motherhaven/contract/limits.py"]
    assert LimitFields.model_fields[name].description


def test_the_bot_s_limits_are_the_settings_but_for_the_derived_age():
    """From the settings to the guard without a name in between."""
    settings = load_settings(model_timeout_seconds=200, max_open_positions=7)
    limits = limits_of(settings)
    assert (limits.max_answer_age_seconds, limits.max_open_positions) == (260, 7)
    assert limits_of(load_settings()).answer_age_seconds == RiskLimits().answer_age_seconds
    assert "limits" in {field.name for field in fields(BotConfig)}


@pytest.mark.parametrize(("old", "name"), OLD_NAMES.items())
def test_old_names_are_still_taken(old, name):
    """By the guard, by judge and by replay, in any case; never beside the new name."""
    value = True if name == "clamp_entries" else "0.25" if "buffer" in name else 7
    expected = RiskLimits(**{name: value})
    assert RiskLimits(**{old: value}) == expected
    assert limits_from_mapping({old.upper(): value}) == expected
    assert changed_limits(RiskLimits(), {old: value}) == expected
    with pytest.raises(ValueError, match="twice"):
        RiskLimits(**{old: value, name: value})


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("max_leverge", "max_leverage"),
        ("max_open_position", "max_open_positions"),
        ("stop_bufer", "stop_liquidation_buffer"),
        ("colour", "use one of max_position_size_usd"),
    ],
)
def test_an_unknown_limit_is_refused_with_the_one_that_was_meant(wrong, meant):
    """In code as in files: what looks set must be set."""
    with pytest.raises(ConfigError, match=meant):
        RiskLimits(**{wrong: 3})
    with pytest.raises(ConfigError, match=meant):
        RiskLimits().changed(**{wrong: 3})


def test_limits_are_frozen_and_checked_when_changed():
    """No limit changes under a running guard, and no change skips its range."""
    with pytest.raises(ValueError, match="frozen"):
        RiskLimits().max_leverage = 50
    with pytest.raises(ConfigError, match="MAX_LEVERAGE: 101 must lie between 1 and 100"):
        RiskLimits().changed(max_leverage=101)


def test_the_limits_that_are_shown_hold_what_the_empty_ones_mean():
    """A reader sees the cap that binds, not an empty cell; None is told apart from 0."""
    shown = RiskLimits(model_daily_cost_usd=None).shown()
    assert list(shown) == list(LIMIT_NAMES)
    assert (shown["max_coin_margin_usd"], shown["max_total_margin_usd"]) == ("50", "150")
    assert (shown["max_answer_age_seconds"], shown["clamp_entries"]) == ("120", "false")
    assert (shown["model_daily_cost_usd"], shown["min_confidence"]) == (None, "0")
