"""Nothing that a model returns gets past a limit: a corpus of hostile answers, acted upon."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from motherhaven.bot.execution.exits import close_order, entry_orders, unprotected
from motherhaven.bot.execution.orders import Grouping, OrderIntent
from motherhaven.bot.guard import OpenPosition, RiskContext, judge, parse_answer
from motherhaven.bot.market.instruments import Bar, default_spec
from motherhaven.bot.portfolio.events import MarginMode, Side
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.contract.limits import RiskLimits
from tests.unit.bot_core.adversarial_corpus import BASE, corpus, text

D = Decimal
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MARKS = {"BTC": D(50_000), "ETH": D(3_000), "SOL": D(150)}
LIMITS = RiskLimits(max_total_margin_usd=D(90), max_open_positions=3)
CORPUS = list(corpus())


def stand(held):
    """A paper account at our marks, with a small SOL position when `held`."""
    engine = PaperEngine(
        PaperConfig(D(1_000), next_open=False), NOW, {c: default_spec(c) for c in MARKS}
    )
    for coin, mark in MARKS.items():
        engine.on_bar(Bar(coin, NOW, mark, mark, mark, mark, D(1)))
    if held:
        engine.place([OrderIntent("SOL", Side.BUY, D("0.2"), leverage=3)])
        engine.take_events()
    return engine


def act(engine, answer, limits=LIMITS):
    """Parse, judge and place as the bot does; return parse and verdicts."""
    parsed = parse_answer(answer)
    account = engine.account()
    view = RiskContext(
        now=NOW,
        equity=account.equity,
        day_start_equity=account.equity,
        marks=dict(engine.ledger.marks),
        positions={
            c: OpenPosition(p.size, p.entry, p.leverage) for c, p in account.positions.items()
        },
        available=account.available,
    )
    verdicts = judge(parsed.decisions, view, limits)
    for number, (decision, verdict) in enumerate(zip(parsed.decisions, verdicts, strict=True)):
        if not verdict.allowed or not verdict.size:
            continue
        if decision.signal.is_entry:
            spec = default_spec(decision.coin)
            orders = entry_orders(decision, verdict, f"d{number}", spec, MARKS[decision.coin])
            engine.place(orders, Grouping.NORMAL_TPSL)
        else:
            size = account.positions[decision.coin].size
            engine.place([close_order(decision.coin, size, f"d{number}")])
    return parsed, verdicts


def test_the_corpus_is_large_and_without_repeats():
    """At least 200 answers; a family that silently yields nothing would show here."""
    assert len(CORPUS) >= 200
    assert len({name.split("-")[0] for name, _ in CORPUS}) == 7


@pytest.mark.parametrize(("name", "answer"), CORPUS, ids=[name for name, _ in CORPUS])
@pytest.mark.parametrize("held", [False, True], ids=["flat", "held"])
def test_no_answer_exceeds_a_limit(name, answer, held):
    """After acting on it: margins, leverage, totals within the limits, every entry stopped."""
    engine = stand(held)
    parsed, verdicts = act(engine, answer)
    positions = engine.account().positions
    for position in positions.values():
        assert position.margin <= LIMITS.max_position_size_usd
        assert position.leverage <= LIMITS.max_leverage
        assert position.mode is MarginMode.CROSS
    assert sum((p.margin for p in positions.values()), D(0)) <= 90
    assert len(positions) <= LIMITS.max_open_positions
    exempt = frozenset({"SOL"}) if held else frozenset()
    assert unprotected(positions, engine.open_orders(), exempt) == []
    for position in positions.values():
        if position.stop is not None:
            side = 1 if position.size > 0 else -1
            assert side * (position.mark - position.stop) > 0
    for verdict in verdicts:
        assert verdict.reason
        assert verdict.allowed or verdict.rule
    for rejected in parsed.rejected:
        assert rejected.reason
    assert parsed.decisions or parsed.rejected or parsed.error or "[]" in answer


def test_the_corpus_test_can_fail():
    """With the limits lifted the same path does place what was asked."""
    engine = stand(held=False)
    act(engine, text(BASE | {"quantity_usd": 500}), RiskLimits(max_position_size_usd=D(600)))
    assert engine.account().positions["BTC"].margin == 500
