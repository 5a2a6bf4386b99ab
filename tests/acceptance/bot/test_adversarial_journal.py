"""Hostile answers through the whole cycle, and the proof read back from the journal."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import apsw
import pytest

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.market.feed import Quote, Slice
from motherhaven.bot.market.instruments import Bar, default_spec
from motherhaven.bot.running.cycle import Cycle, Facts
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.ids import IdSource
from motherhaven.contract.limits import RiskLimits
from motherhaven.recorder.factory import open_recorder
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.scripted_model import ScriptedModel
from tests.unit.bot_core.adversarial_corpus import BASE, SHORT, corpus, text

D = Decimal
START = datetime(2026, 3, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MARKS = {"BTC": D(50_000), "ETH": D(3_000), "SOL": D(150)}
LIMITS = RiskLimits(
    max_position_size_usd=D(50), max_leverage=5, max_total_margin_usd=D(90), max_open_positions=3,
    daily_loss_limit_usd=D(100_000), coins=frozenset(MARKS),
)  # fmt: skip
DRIFTS = (D("0.985"), D(1), D("1.015"))
"""Where the market stands when the order is sent: it moved while the model thought."""


async def live(sink, answers):
    """One cycle for each answer, flat before each; limits are checked after each."""
    numbers = count(1)
    specs = {coin: default_spec(coin) for coin in MARKS}
    slippage = Slippage(D("0.0001"), D("0.05"), D(2_000_000))
    setup = TraderSetup(tuple(MARKS), LIMITS, specs, D(1_000_000))
    trader = paper_trader(setup, START, lambda: f"0190-{next(numbers):08d}", slippage)
    model = ScriptedModel(list(answers))
    cycle = Cycle(trader, model, sink, Facts("test", 60))
    worst = D(0)
    for number in range(len(answers)):
        now = START + number * MINUTE
        bars = {c: Bar(c, now - MINUTE, m, m, m, m, D(1)) for c, m in MARKS.items()}
        trader.on_slice(Slice(now, bars))

        async def quotes(at=now, drift=DRIFTS[number % 3]):
            return {c: Quote(c, *(m * drift,) * 3, at) for c, m in MARKS.items()}

        await cycle.run(lambda at=now: at, quotes, None)
        held = trader.account.snapshot().positions
        margins = [position.margin for position in held.values()]
        assert all(margin <= LIMITS.max_position_size_usd for margin in margins)
        assert sum(margins, D(0)) <= LIMITS.max_total_margin_usd
        assert all(p.leverage <= LIMITS.max_leverage and p.stop for p in held.values())
        worst = max([worst, *margins])
        trader.flatten(now)
    cycle.flush()
    return worst


def mixed():
    """The corpus, with an honest answer at the very limit among every six hostile ones."""
    for number, (_, answer) in enumerate(corpus()):
        yield answer
        if number % 6 == 0:
            yield text((BASE, SHORT)[number % 4 == 0] | {"quantity_usd": 50})


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """The journal of a bot that was given the whole corpus, and the largest margin it had."""
    answers = list(mixed())
    path = tmp_path_factory.mktemp("journal") / "hostile.db"
    clock = FakeClock(START)
    recorder = open_recorder(
        path, clock=clock, ids=IdSource(clock, lambda n: bytes(range(n))), synchronous="off"
    )
    sink = JournalSink(recorder)
    try:
        worst = asyncio.run(live(sink, answers))
    finally:
        sink.close()
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute("SELECT kind, event_id, payload FROM events ORDER BY seq").fetchall()
    connection.close()
    events = [(kind, event_id, json.loads(payload)) for kind, event_id, payload in rows]
    return answers, events, worst


def of_kind(events, kind):
    """Payloads of a kind by event id."""
    return {event_id: payload for name, event_id, payload in events if name == kind}


def test_every_answer_is_in_the_journal_as_it_came(journal):
    """At least 200 cycles; the raw text of each is on record, what no store can keep mended."""
    answers, events, _ = journal
    kept = of_kind(events, "answer")
    decisions = of_kind(events, "decision").values()
    assert {one["answer_id"] for one in decisions} == set(kept)
    assert len({one["cycle_id"] for one in decisions}) == len(kept) == len(answers) >= 200
    same = sum(
        payload["raw_response"] == answer
        for payload, answer in zip(kept.values(), answers, strict=True)
    )
    assert same > len(answers) - 10


def test_no_order_is_beyond_a_limit(journal):
    """Every opening fill belongs to an allowed decision and is within its allowed margin."""
    _, events, worst = journal
    decisions = of_kind(events, "decision")
    executions = of_kind(events, "execution")
    entries = [f for f in of_kind(events, "fill").values() if f["reason"] == "entry"]
    assert len(entries) > 20
    for fill in entries:
        decision = decisions[fill["decision_id"]]
        verdict = decision["verdict"]
        assert verdict["allowed"] is True
        margin = abs(D(fill["size"])) * D(fill["price"]) / int(fill["leverage"])
        assert margin <= D(verdict["allowed_usd"]) <= LIMITS.max_position_size_usd
        assert int(fill["leverage"]) <= LIMITS.max_leverage
    for execution in executions.values():
        if execution["execution_status"] in ("executed", "partial"):
            verdict = decisions[execution["decision_id"]]["verdict"]
            if decisions[execution["decision_id"]]["signal"] != "close":
                assert D(execution["filled_usd"]) <= D(verdict["allowed_usd"])
    assert D(49) < worst <= 50


def test_each_refusal_has_its_rule_and_reason(journal):
    """Refused decisions say why, twice: in the verdict and in the execution that is not one."""
    _, events, _ = journal
    decisions = of_kind(events, "decision")
    outcome = {e["decision_id"]: e for e in of_kind(events, "execution").values()}
    refused = {i: d for i, d in decisions.items() if not d["verdict"]["allowed"]}
    assert len(refused) > 200
    for decision_id, decision in refused.items():
        verdict = decision["verdict"]
        assert verdict["rule"]
        assert verdict["reason"]
        if decision.get("error") is None:
            execution = outcome[decision_id]
            assert execution["execution_status"] == "rejected"
            assert execution["execution_error"] == verdict["reason"]
    rules = {decision["verdict"]["rule"] for decision in refused.values()}
    for rule in (
        "answer", "parse", "max_position_size", "max_leverage", "stop_missing", "stop_side",
        "target_side", "price_band", "unknown_coin", "contradictory_actions", "duplicate_action",
    ):  # fmt: skip
        assert rule in rules, rule


def test_every_allowed_decision_has_an_outcome(journal):
    """Nothing that was allowed is left without a word about what became of it."""
    _, events, _ = journal
    told = {payload["decision_id"] for payload in of_kind(events, "execution").values()}
    for decision_id, decision in of_kind(events, "decision").items():
        if decision["verdict"]["allowed"] and decision["signal"] != "hold":
            assert decision_id in told
