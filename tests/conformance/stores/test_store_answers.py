"""An answer is kept once: its decisions show its texts, tokens and cost as they did before."""

from decimal import Decimal

import pytest

from motherhaven.contract.errors import NotFound
from motherhaven.stores.records import ROW_CHARS
from tests.conformance.stores.histories import in_parts
from tests.conformance.stores.kit import Bot

TEXTS = {"system_prompt": "you trade", "user_prompt": "prices ✓", "raw_response": '{"x": 1}'}
MORE = {
    "analysis": "the market is up", "thinking": "let me see", "tokens_in": 900, "tokens_out": 80,
    "tokens_cached": 5, "cost_usd": "0.0125", "latency_ms": 420, "finish_reason": "stop",
    "trigger": "schedule", "asked_at": "2026-01-02T03:00:00Z",
}  # fmt: skip


def cycle(bot, coins=("BTC", "ETH"), minute=0.0, **more):
    """An answer and its decisions."""
    answer = bot.answer(minute, **TEXTS | MORE | more)
    named = {"answer_id": answer.event_id, "cycle_id": "c", "model": "m"}
    return answer, [
        bot.decision(minute, coin=coin, answer_index=place, **named)
        for place, coin in enumerate(coins)
    ]


def test_each_decision_tells_its_answer(place):
    """Texts by length and on demand; tokens and cost with the first, so that sums are right."""

    async def scenario(store):
        answer, decisions = cycle(Bot())
        await store.append([answer, *decisions])
        first, second = [await store.decision(one.event_id) for one in decisions]
        lengths = {name: len(text) for name, text in TEXTS.items()}
        assert first.texts == second.texts == lengths
        assert (first.tokens_in, first.tokens_out, first.tokens_cached) == (900, 80, 5)
        assert first.cost_usd == Decimal("0.0125")
        assert (second.tokens_in, second.cost_usd) == (None, None)
        for one in (first, second):
            assert (one.latency_ms, one.finish_reason, one.trigger) == (420, "stop", "schedule")
            assert one.payload["analysis"] == MORE["analysis"]
            assert one.payload["thinking"] == MORE["thinking"]
        for decision in decisions:
            for name, text in TEXTS.items():
                got = await store.text(decision.event_id, name, offset=3, limit=4)
                assert (got.text, got.total) == (text[3:7], len(text))
            with pytest.raises(NotFound):
                await store.text(decision.event_id, "justification", offset=0, limit=1)
        [bot] = await store.bots()
        assert bot.stats.model_cost_usd == Decimal("0.0125")
        assert bot.stats.decisions == 2

    place.run(scenario)


def test_costs_of_old_and_new_clients_add_up(place):
    """A decision that carries its answer itself is counted as before."""

    async def scenario(store):
        bot = Bot()
        answer, decisions = cycle(bot)
        own = bot.decision(1, cost_usd="0.5", tokens_in=7, raw_response="mine")
        await store.append([answer, *decisions, own])
        await store.append([answer, own])
        [row] = await store.bots()
        assert row.stats.model_cost_usd == Decimal("0.5125")
        detail = await store.decision(own.event_id)
        assert (detail.tokens_in, detail.texts) == (7, {"raw_response": 4})

    place.run(scenario)


def test_long_answers_travel_in_parts_and_come_back_whole(place):
    """Byte for byte; what lists show of analysis and thinking is their beginning."""

    async def scenario(store):
        long = {"thinking": "t✓" * 120_000, "analysis": "a" * (ROW_CHARS + 1)}
        bot = Bot()
        answer, decisions = cycle(bot, user_prompt="p" * 300_000, **long)
        parts, sent = in_parts(answer, 9_000)
        await store.put_parts(parts)
        assert [one.status for one in await store.append([sent, *decisions])] == ["stored"] * 3
        assert (await store.full_payload(answer.event_id))[1] == answer.payload
        detail = await store.decision(decisions[0].event_id)
        assert detail.payload["thinking"] == long["thinking"][:ROW_CHARS] + "…"
        for name, text in {**long, "user_prompt": "p" * 300_000}.items():
            assert detail.texts[name] == len(text)
            got = await store.text(decisions[1].event_id, name, offset=len(text) - 5, limit=9)
            assert got.text == text[-5:]
        whole = await store.text(answer.event_id, "thinking", offset=65_530, limit=20)
        assert whole.text == long["thinking"][65_530:65_550]

    place.run(scenario)


def test_an_answer_of_another_bot_is_none(place):
    """Whatever a decision names."""

    async def scenario(store):
        answer, _ = cycle(Bot("bot-b"))
        mine = Bot().decision(0, answer_id=answer.event_id, answer_index=0)
        await store.append([answer, mine])
        detail = await store.decision(mine.event_id)
        assert detail.texts == {}
        assert detail.cost_usd is None
        with pytest.raises(NotFound):
            await store.text(mine.event_id, "raw_response", offset=0, limit=5)

    place.run(scenario)


def test_a_name_that_is_a_decisions_is_left_as_it_is(place):
    """Before there were answers, answer_id named the first decision."""

    async def scenario(store):
        bot = Bot()
        first = bot.decision(0, cost_usd="1", raw_response="r", analysis="up")
        second = bot.decision(0, coin="ETH", answer_id=first.event_id)
        await store.append([first, second])
        detail = await store.decision(second.event_id)
        assert (detail.texts, detail.cost_usd) == ({}, None)
        assert detail.payload["answer_id"] == first.event_id

    place.run(scenario)


def test_events_by_kind_and_by_id(place):
    """Newest first, page by page; figures of the account stay as they were."""

    async def scenario(store):
        bot = Bot()
        events = [bot.order(n, cloid=f"0x{n}") for n in range(5)]
        events += [bot.cash_flow(6), bot.protection(7), bot.command(8), bot.account(9)]
        await store.append(events)
        pages, before = [], None
        while True:
            page = await store.events("bot-a", "order", before=before, limit=2)
            pages.append([row.payload["cloid"] for row in page.items])
            before = page.next
            if before is None:
                break
        assert pages == [["0x4", "0x3"], ["0x2", "0x1"], ["0x0"]]
        for kind in ("cash_flow", "protection", "command"):
            page = await store.events("bot-a", kind, before=None, limit=10)
            assert [row.kind for row in page.items] == [kind]
        assert (await store.events("bot-b", "order", before=None, limit=9)).items == ()
        assert (await store.events("bot-a", "account", before=None, limit=9)).items == ()
        row = await store.event(events[5].event_id)
        assert (row.bot_id, row.kind, row.bot_name) == ("bot-a", "cash_flow", "alpha")
        assert row.payload["amount"] == "250.5"
        with pytest.raises(NotFound):
            await store.event("nothing")
        [stats] = [one.stats for one in await store.bots()]
        assert (stats.decisions, stats.open_positions, stats.errors) == (0, 0, 0)
        assert (await store.accounts("bot-a", limit=5))[0].equity_usd == 1000

    place.run(scenario)


def test_retention_keeps_what_lists_show_and_drops_the_texts(place):
    """The figures of the answer stay with its decisions."""

    async def scenario(store):
        bot = Bot()
        answer, decisions = cycle(bot)
        await store.append([answer, *decisions, bot.order(1), bot.account(60)])
        await store.prune(answer.received_at.replace(minute=30))
        detail = await store.decision(decisions[0].event_id)
        assert (detail.texts, detail.tokens_in) == ({}, 900)
        page = await store.events("bot-a", "order", before=None, limit=9)
        assert page.items[0].payload["state"] == "filled"

    place.run(scenario)
