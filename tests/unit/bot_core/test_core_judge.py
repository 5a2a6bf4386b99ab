"""What `motherhaven judge` prints, and reading limits from named settings."""

import json
from decimal import Decimal

import pytest

from motherhaven.bot.guard.limits import limits_from_mapping
from motherhaven.bot.guard.trial import judge_answer
from motherhaven.bot.running.config import limits_of
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import RiskLimits
from motherhaven.settings import load_settings

D = Decimal
STATE = {
    "equity": "1000",
    "day_start_equity": "1000",
    "now": "2026-01-02T12:00:00Z",
    "marks": {"BTC": "50000", "ETH/USDC:USDC": 3000},
    "positions": {"ETH": {"size": "-0.05", "entry": "3000", "leverage": 5}},
    "settings": {"MAX_POSITION_SIZE_USD": "50", "MAX_LEVERAGE": 5, "TRADING_ASSETS": "BTC,ETH,SOL"},
}
BUY = {
    "coin": "BTC",
    "signal": "buy_to_enter",
    "quantity_usd": 40,
    "leverage": 5,
    "confidence": 0.8,
    "exit_plan": {"stop_loss": 49000},
    "justification": "why not",
}


def judged(*decisions, **state):
    """The judgement on decisions in STATE with changes."""
    return judge_answer(json.dumps({"decisions": list(decisions)}), STATE | state)


def test_parsed_verdicts_and_error():
    """The three parts, JSON through and through, exact strings for money."""
    result = judged(BUY, {"coin": "ETH", "signal": "close"}, BUY | {"coin": "X Y"})
    assert json.loads(json.dumps(result)) == result
    assert result["error"] is None
    assert result["parsed"][0] == {
        "coin": "BTC",
        "signal": "buy_to_enter",
        "quantity_usd": "40",
        "leverage": 5,
        "confidence": "0.8",
        "stop_loss": "49000",
        "profit_target": None,
        "invalidation_condition": None,
        "justification": "why not",
        "notes": [],
    }
    rows = [(v["coin"], v["signal"], v["allowed"], v["rule"]) for v in result["verdicts"]]
    assert rows == [
        ("BTC", "buy_to_enter", True, None),
        ("ETH", "close", True, None),
        (None, "buy_to_enter", False, "unknown_coin"),
    ]
    assert result["verdicts"][0]["size"] == "0.004"


def test_refusals_carry_rule_and_reason():
    """Over the limit, against an open position, a loss beyond the day's limit."""
    over = judged(BUY | {"leverage": 10})["verdicts"][0]
    assert (over["allowed"], over["rule"]) == (False, "max_leverage")
    lost = judged(BUY, equity="979")["verdicts"][0]
    assert lost["rule"] == "daily_loss"
    against = judged(BUY | {"coin": "ETH", "exit_plan": {"stop_loss": 2900}})["verdicts"][0]
    assert against["rule"] == "opposite_position"


@pytest.mark.parametrize("answer", ["", "no json", '{"decisions": [{"coin": "BTC", "sig'])
def test_an_unreadable_answer_is_an_error_without_verdicts(answer):
    """Nothing parsed, nothing judged, and why."""
    result = judge_answer(answer, STATE)
    assert (result["parsed"], result["verdicts"]) == ([], [])
    assert result["error"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"equity": None}, "equity"),
        ({"now": "yesterday"}, "now"),
        ({"marks": {"BTC": "abc"}}, "marks.BTC"),
        ({"positions": {"BTC": {"size": "1"}}}, "positions.BTC.entry"),
        ({"positions": {"BTC": {"size": "1", "entry": "1", "leverage": 0}}}, "leverage"),
        ({"settings": {"MAX_LEVERAGE": "many"}}, "MAX_LEVERAGE"),
        ({"settings": []}, "settings"),
    ],
)
def test_a_malformed_state_is_an_error_that_names_the_field(change, says):
    """No verdict is given on circumstances that are not known."""
    result = judged(BUY, **change)
    assert result["verdicts"] == []
    assert says in result["error"]


def test_limits_from_settings_by_any_case_and_by_the_bots_own_names():
    """Names of other settings are ignored; empty switches an optional limit off."""
    limits = limits_from_mapping(
        {
            "MAX_POSITION_SIZE_USD": "75.5",
            "max_total_margin_usd": D(200),
            "max_open_positions": 2,
            "MAX_TRADES_PER_DAY": "",
            "clamp_entries": "true",
            "entry_cooldown_seconds": 30,
            "ACTIVE_TRADING_ASSETS": "",
            "trading_assets": ("btc", "ETH/USD:USD"),
            "LOG_LEVEL": "INFO",
        }
    )
    assert limits == RiskLimits(
        max_position_size_usd=D("75.5"),
        max_total_margin_usd=D(200),
        max_open_positions=2,
        max_trades_per_day=None,
        clamp_entries=True,
        entry_cooldown_seconds=30,
        coins=frozenset({"BTC", "ETH"}),
    )
    assert limits_from_mapping(
        {"trading_assets": "BTC,ETH", "active_trading_assets": "ETH"}
    ).coins == {"ETH"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_LEVERAGE", 0),
        ("MAX_LEVERAGE", "2.5"),
        ("MAX_LEVERAGE", 101),
        ("MAX_POSITION_SIZE_USD", "-1"),
        ("MAX_POSITION_SIZE_USD", "NaN"),
        ("CLAMP", "perhaps"),
        ("TRADING_ASSETS", "B T C"),
        ("TRADING_ASSETS", 5),
    ],
)
def test_a_limit_that_cannot_be_read_is_refused_by_name(name, value):
    """Never replaced by a default in silence."""
    with pytest.raises(ConfigError, match=name):
        limits_from_mapping({name: value})


def test_limits_that_other_settings_decide_are_those_of_the_bot():
    """The age of an answer follows the model's timeout; the preset tightens the others."""
    given = {"MODEL_TIMEOUT_SECONDS": "300", "TRADING_PRESET": "conservative", "MAX_LEVERAGE": 10}
    settings = load_settings(
        _env_file=None, model_timeout_seconds=300, trading_preset="conservative", max_leverage=10
    )
    bot = limits_of(settings).changed(coins=frozenset())
    assert limits_from_mapping(given) == bot
    assert limits_from_mapping(settings.model_dump()).changed(coins=frozenset()) == bot
    assert bot.answer_age_seconds == 360
    assert limits_from_mapping(given | {"MAX_ANSWER_AGE_SECONDS": 7}).answer_age_seconds == 7


@pytest.mark.parametrize(
    ("name", "value"), [("MODEL_TIMEOUT_SECONDS", "soon"), ("TRADING_PRESET", "wild")]
)
def test_such_a_setting_that_cannot_be_read_is_refused(name, value):
    """By its name, as the bot does."""
    with pytest.raises(ConfigError, match=name):
        limits_from_mapping({name: value})
