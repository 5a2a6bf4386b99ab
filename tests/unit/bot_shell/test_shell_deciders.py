"""Baselines, the choice of a decider, the budget, the prompts and the series."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from shell_support import MINUTE, NOON, bar, new_trader, piece

from motherhaven.bot.core.risk import risk_context
from motherhaven.bot.decider import BuyAndHold, EmaCross, ModelConfig, RandomTrader, choose_decider
from motherhaven.bot.decider.budget import ModelBudget
from motherhaven.bot.decider.figures import significant
from motherhaven.bot.decider.prompts import system_prompt, user_prompt
from motherhaven.bot.guard.judgement import judge
from motherhaven.bot.guard.presets import MANNERS, tightened
from motherhaven.bot.guard.types import RiskContext, Signal, TradeDecision
from motherhaven.bot.market.bar_series import SLOW, BarSeries
from motherhaven.bot.market.instruments import default_spec
from motherhaven.bot.running.config import BotConfig, limits_of
from motherhaven.contract.errors import ConfigError, ModelBudgetExceeded
from motherhaven.contract.limits import RiskLimits
from motherhaven.settings import SystemClock
from motherhaven.settings.bot import Settings


def walked(closes, coins=("BTC",), **setup):
    """A trader that has seen flat one-minute bars of these closes."""
    trader = new_trader(coins=coins, patience=timedelta(days=1), **setup)
    start = NOON - len(closes) * MINUTE
    for step, close in enumerate(closes):
        trader.on_slice(piece(start + step * MINUTE, **dict.fromkeys(coins, str(close))))
    return trader


def marks_of(context):
    """The newest close of every coin."""
    return {coin: series.last.close for coin, series in context.series_by_coin.items()}


def test_equal_exposure_of_all_baselines():
    """Each enters with the whole allowed size at leverage 1, whatever it decides by."""
    trader = walked([50000] * 3)
    context = trader.context(NOON)
    entries = [BuyAndHold().propose(context)[0]]
    chance = RandomTrader(1)
    for minute in range(400):
        moment = trader.context(NOON + minute * MINUTE)
        entries += [d for d in chance.propose(moment) if d.signal.is_entry]
    rising = [50000] * SLOW + [50000 - n for n in range(300)] + [49700 + 3 * n for n in range(300)]
    cross = EmaCross()
    climbing = new_trader()
    for step, close in enumerate(rising):
        climbing.on_slice(piece(NOON + step * MINUTE, BTC=str(close)))
        found = cross.propose(climbing.context(climbing.now))
        entries += [d for d in found if d.signal.is_entry]
    assert len(entries) > 12
    assert {(d.quantity_usd, d.leverage) for d in entries} == {(Decimal(1000), 1)}


def test_every_entry_but_buy_and_hold_s_has_a_stop_that_the_guard_takes():
    """Long and short alike pass the guard's own rules, on a legal price."""
    trader = walked([50000] * 3)
    seen = set()
    chance = RandomTrader(5)
    for minute in range(600):
        context = trader.context(NOON + minute * MINUTE)
        for asked in chance.propose(context):
            if asked.signal.is_entry:
                seen.add(asked.signal)
                assert asked.requires_stop
                assert default_spec("BTC").is_legal_price(asked.stop_loss)
                (verdict,) = judge(
                    [asked],
                    risk_context(trader, (), context, marks_of(context), context.now),
                    context.limits,
                )
                assert verdict.allowed or verdict.rule == "stale_data", verdict
    assert seen == {Signal.BUY, Signal.SELL}
    (bought,) = BuyAndHold().propose(trader.context(NOON))
    assert not bought.requires_stop
    assert bought.stop_loss is None


def test_chance_depends_on_seed_coin_and_time_alone():
    """A restart in the middle changes nothing; another seed does."""
    trader = walked([50000] * 3)
    moments = [trader.context(NOON + n * MINUTE) for n in range(200)]
    whole = RandomTrader(3)
    first = [whole.propose(moment) for moment in moments]
    again = [RandomTrader(3).propose(moment) for moment in moments]
    other = [RandomTrader(4).propose(moment) for moment in moments]
    assert first == again != other


def test_ema_cross_needs_warmth_and_a_crossing():
    """No value before the slow average is warm; no entry without a change of side."""
    trader = walked([50000] * (SLOW - 1))
    cross = EmaCross()
    (cold,) = cross.propose(trader.context(NOON))
    assert "not warm" in cold.justification
    trader = walked([50000 + n for n in range(SLOW + 5)])
    (still,) = cross.propose(trader.context(NOON))
    assert still.signal is Signal.HOLD


def test_a_hole_restarts_the_indicators():
    """A value that spans a hole means nothing."""
    series = BarSeries("BTC", default_spec("BTC"), detailed=True)
    for step in range(SLOW + 5):
        series.push(bar("BTC", NOON + step * MINUTE, "50000"))
    assert series.averages[1] is not None
    assert all(value is not None for value in series.indicators().values())
    series.push(bar("BTC", NOON + (SLOW + 50) * MINUTE, "50000"))
    assert series.averages[1] is None
    assert len(series.bars) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("0.00001234567"), "0.0000123457"),
        (Decimal("0.0000000001"), "0.0000000001"),
        (Decimal("95000"), "95000"),
        (Decimal("1234567.89"), "1234570"),
        (1.5e-07, "0.00000015"),
        (None, "n/a"),
    ],
)
def test_small_coins_keep_their_digits(value, shown):
    """Never 0.00 for a coin of a hundredth of a cent, never an exponent."""
    assert significant(value) == shown


def test_the_prompt_states_the_very_limits_of_the_guard():
    """Every limit that is set is told, with its figure; what is off is not."""
    limits = RiskLimits(
        max_position_size_usd=Decimal("123.45"), max_leverage=7, max_open_positions=4,
        daily_loss_limit_usd=Decimal(67), max_total_margin_usd=Decimal(890), max_trades_per_day=11,
        min_confidence=Decimal("0.35"), entry_cooldown_seconds=77,
        stop_liquidation_buffer=Decimal("0.013"),
    )  # fmt: skip
    text = system_prompt(limits, 300)
    for told in ("123.45 USD of margin in one entry", "123.45 USD of margin in one coin", "1 to 7",
                 "4 open", "67 USD", "890 USD of margin in all",
                 "11 entries a day", "of at least 0.35",
                 "77 seconds", "1.3 %", "50 % away", "120 seconds"):  # fmt: skip
        assert told in text
    assert "not made smaller" in text
    assert "is made smaller" in system_prompt(RiskLimits(clamp_entries=True), 300)
    bare = system_prompt(RiskLimits(max_open_positions=2, max_trades_per_day=None), 300)
    assert "100 USD of margin in all" in bare
    for off in ("confidence of", "entries a day", "after the last entry"):
        assert off not in bare


@pytest.mark.parametrize("preset", ["conservative", "standard", "aggressive"])
def test_a_preset_s_prompt_and_guard_use_the_same_limits(preset):
    """What the prompt says is allowed is allowed, and a step beyond it is refused by name."""
    user = RiskLimits(max_position_size_usd=Decimal(80), max_leverage=4, max_trades_per_day=9)
    limits = tightened(user, preset)
    text = system_prompt(limits, 180, preset)
    assert MANNERS[preset] in text
    assert f"{limits.max_position_size_usd.normalize():f} USD of margin in one entry" in text
    assert f"from 1 to {limits.max_leverage}," in text
    good = TradeDecision(
        "BTC", Signal.BUY, limits.max_position_size_usd, limits.max_leverage,
        max(limits.min_confidence, Decimal("0.5")), Decimal(49500),
    )  # fmt: skip
    view = RiskContext(NOON, Decimal(1000), Decimal(1000), {"BTC": Decimal(50000)})
    assert judge([good], view, limits)[0].allowed
    for change, rule in (
        ({"quantity_usd": good.quantity_usd + 1}, "max_position_size"),
        ({"leverage": good.leverage + 1}, "max_leverage"),
    ):
        assert judge([replace(good, **change)], view, limits)[0].rule == rule
    assert limits.max_leverage <= user.max_leverage
    assert limits.max_position_size_usd <= user.max_position_size_usd
    careful = preset == "conservative"
    assert ("confidence of at least 0.7" in text) is careful
    assert f"at most {6 if careful else 9} entries a day" in text


def test_the_prompt_shows_the_market_and_the_account():
    """Every fresh coin with bars and indicators; open positions with stop and target."""
    trader = walked([50000 + n for n in range(120)], coins=("BTC", "kPEPE"), detailed=True)
    text = user_prompt(trader.context(NOON))
    for told in ("BTC mark=50119", "kPEPE mark=", "1m bars", "15m bars", "rsi14=", "no open"):
        assert told in text


def test_the_budget_counts_by_the_day():
    """Spent is spent until midnight UTC; an unknown price adds nothing."""
    budget = ModelBudget(Decimal(1), date(2026, 3, 4), Decimal("0.9"))
    budget.check(NOON)
    budget.spend(NOON, None)
    budget.spend(NOON, Decimal("0.1"))
    with pytest.raises(ModelBudgetExceeded, match="MODEL_DAILY_COST_USD"):
        budget.check(NOON)
    budget.check(NOON + timedelta(days=1))
    assert budget.spent == 0
    ModelBudget(None, NOON.date(), Decimal(10**6)).check(NOON)


def pick(name, **config):
    """The decider chosen, and what was said about it."""
    said = []
    decider = choose_decider(name, ModelConfig(**config), SystemClock(), 180, said.append)
    return decider, said


def test_auto_prefers_claude_then_openai_then_local_then_a_baseline():
    """And says which, loudly when no model is asked."""
    keys = {"anthropic_api_key": "a", "openai_api_key": "o", "openai_base_url": "http://127.0.0.1"}
    decider, said = pick("auto", **keys)
    assert decider.name.startswith("anthropic:")
    assert decider.is_model
    assert "decides" in said[0]
    assert pick("auto", openai_api_key="o")[0].name.startswith("openai:")
    assert pick("auto", openai_base_url="http://127.0.0.1/v1")[0].name.startswith("local:")
    decider, said = pick("auto")
    assert decider.name == "ema-cross"
    assert not decider.is_model
    assert said[0].startswith("NO MODEL IS ASKED")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("anthropic:claude-sonnet-5-5", "ANTHROPIC_API_KEY"),
        ("openai:gpt-6.1-terra", "OPENAI_API_KEY"),
        ("local:x", "OPENAI_BASE_URL"),
        ("nonsense", "buy-and-hold"),
        ("nobody:x", "nobody"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_fix(name, told):
    """A named decider never becomes another one."""
    with pytest.raises(ConfigError, match=told):
        pick(name)


def test_the_configuration_follows_the_settings(monkeypatch, tmp_path):
    """Limits, coins and interval are those of the environment, letter for letter."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "MAX_POSITION_SIZE_USD": "77.7", "MAX_LEVERAGE": "3", "DAILY_LOSS_LIMIT_USD": "9",
        "TRADING_ASSETS": "btc,ETH", "EXECUTION_INTERVAL_SECONDS": "60",
        "MAX_OPEN_POSITIONS": "2", "ANTHROPIC_API_KEY": "sk-secret", "MOTHERHAVEN_BOT": "mine",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings = Settings()
    limits = limits_of(settings)
    assert (limits.max_position_size_usd, limits.max_leverage) == (Decimal("77.7"), 3)
    assert (limits.daily_loss_limit_usd, limits.max_open_positions) == (9, 2)
    assert limits.coins == frozenset({"BTC", "ETH"})
    config = BotConfig.from_settings(settings)
    assert (config.name, config.coins, config.interval_seconds) == ("mine", ("BTC", "ETH"), 60)
    assert "sk-secret" not in repr(config)


def test_live_trading_without_a_key_is_refused_by_the_configuration(monkeypatch, tmp_path):
    """What is missing is named before anything is opened."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADING_MODE", "live")
    with pytest.raises(ConfigError, match="TRADING_MODE=live needs HYPERLIQUID_WALLET_PRIVATE_KEY"):
        BotConfig.from_settings(Settings())


def test_a_baseline_s_answer_has_no_prompt_and_costs_nothing():
    """It is never passed off as a model."""
    trader = walked([50000] * 3)
    got = asyncio.run(BuyAndHold().decide(trader.context(NOON)))
    assert (got.model, got.raw, got.system_prompt, got.user_prompt) == (None,) * 4
    assert got.cost_usd == 0
    assert isinstance(trader.context(NOON).now, datetime)
