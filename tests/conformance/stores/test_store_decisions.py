"""The feed of decisions: order, pages, filters, executions, neighbours."""

import asyncio
import random
from datetime import timedelta
from decimal import Decimal

import pytest

from motherhaven.contract.errors import ContractError, NotFound
from motherhaven.contract.views import DecisionRow
from motherhaven.stores import DecisionFilter, Store
from tests.conformance.stores.kit import ANY, START, Bot, Place


async def pages(store: Store, where: DecisionFilter, limit: int) -> list[DecisionRow]:
    """All rows, page by page."""
    rows: list[DecisionRow] = []
    before: str | None = None
    while True:
        page = await store.decisions(where, before=before, limit=limit)
        rows += page.items
        before = page.next
        assert len(page.items) <= limit
        if before is None:
            return rows
        assert before == page.items[-1].cursor


def test_what_came_last_comes_first(place: Place) -> None:
    """Of one bot by receipt, whatever times, epochs and sequences say."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        events = [bot.decision(minute) for minute in (0, 1, 1, 2, 5)]
        late = Bot(epoch=2).decision(1)
        mixed = [*events, late]
        random.Random(7).shuffle(mixed)
        await store.append(mixed)
        rows = await pages(store, ANY, 100)
        expected = mixed[::-1]
        assert [row.id for row in rows] == [event.event_id for event in expected]

    place.run(scenario)


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
@pytest.mark.parametrize(
    "where",
    [
        ANY,
        DecisionFilter(bot_id="bot-1"),
        DecisionFilter(coin="ETH"),
        DecisionFilter(signal="close"),
        DecisionFilter(signal="hold", coin="BTC"),
        DecisionFilter(bot_id="bot-2", coin="SOL", signal="buy_to_enter"),
        DecisionFilter(bot_id="nobody"),
        DecisionFilter(coin="btc"),
    ],
)
def test_pages_give_each_matching_row_once(place: Place, limit: int, where: DecisionFilter) -> None:
    """Pages of any size, joined, are the whole filtered list."""

    async def scenario(store: Store) -> None:
        dice = random.Random(3)
        bots = [Bot(f"bot-{n}") for n in range(3)]
        events = [
            dice.choice(bots).decision(
                dice.randrange(10),
                coin=dice.choice(["BTC", "ETH", "SOL"]),
                signal=dice.choice(["hold", "hold", "close", "buy_to_enter"]),
            )
            for _ in range(60)
        ]
        await store.append(events)
        rows = await pages(store, where, limit)
        wanted = {
            e.event_id
            for e in events
            if where.bot_id in (None, e.bot_id)
            and where.coin in (None, e.body.model_dump()["coin"])
            and where.signal in (None, e.body.model_dump()["signal"])
        }
        assert len(rows) == len(wanted)
        assert {row.id for row in rows} == wanted
        for bot in bots:
            own = [row.id for row in rows if row.bot_id == bot.bot_id]
            assert own == [e.event_id for e in reversed(events) if e.event_id in set(own)]

    place.run(scenario)


def test_pages_are_stable_while_new_decisions_arrive(place: Place) -> None:
    """What arrives on top between two pages neither repeats nor hides a row."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        await store.append([bot.decision(minute) for minute in range(10)])
        first = await store.decisions(ANY, before=None, limit=4)
        await store.append([bot.decision(minute) for minute in (20, 21, 22)])
        second = await store.decisions(ANY, before=first.next, limit=100)
        ids = [row.id for row in first.items + second.items]
        assert ids == [f"bot-a-1-{n}" for n in range(10, 0, -1)]

    place.run(scenario)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "d", "d.1.2.3", "d.1.2.3.4.5", "d.-1.2.3.4", "d.1.2.3.ffffffffffffffffff",
     "d.ffffffffffffffff.1.1.1", "p.1.1.1.1", "e.1.1.1.1", "1' OR 1=1", "d.1.2.3.4\n",
     "ｄ.1.2.3.4"],
)  # fmt: skip
def test_a_garbled_cursor_is_refused(place: Place, cursor: str) -> None:
    """Nonsense and cursors of other lists are a client's mistake, said clearly."""

    async def scenario(store: Store) -> None:
        await store.append([Bot().decision()])
        with pytest.raises(ContractError, match="before"):
            await store.decisions(ANY, before=cursor, limit=5)

    place.run(scenario)


@pytest.mark.parametrize("execution_first", [False, True])
def test_an_execution_finds_its_decision_in_either_order(
    place: Place, execution_first: bool
) -> None:
    """The row tells what became of the decision, whichever arrived first."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        decision = bot.decision(signal="buy_to_enter")
        done = bot.execution(
            decision.event_id, 1, fill_price="60000.10", cloid="0x1", position_id="p1"
        )
        pair = [done, decision] if execution_first else [decision, done]
        for event in pair:
            await store.append([event])
        row = (await store.decisions(ANY, before=None, limit=1)).items[0]
        assert row.execution is not None
        assert row.execution.status == "executed"
        assert row.execution.fill_price == Decimal("60000.1")
        assert row.execution.time == START + timedelta(minutes=1)
        detail = await store.decision(decision.event_id)
        assert detail.execution == row.execution

    place.run(scenario)


def test_the_latest_execution_wins_by_sequence(place: Place) -> None:
    """A late "pending" does not undo "executed"; another bot's word counts for nothing."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        decision = bot.decision()
        pending = bot.execution(decision.event_id, execution_status="pending")
        done = bot.execution(decision.event_id, execution_status="executed")
        stranger = Bot("bot-b").execution(decision.event_id, execution_status="rejected")
        await store.append([decision, done])
        await store.append([pending, stranger])
        row = (await store.decisions(DecisionFilter(bot_id="bot-a"), before=None, limit=1)).items[0]
        assert row.execution is not None
        assert row.execution.status == "executed"

    place.run(scenario)


def test_detail_gives_the_chain_and_the_neighbours(place: Place) -> None:
    """Every recorded field is there; previous and next are of the same bot."""

    async def scenario(store: Store) -> None:
        bot, other = Bot(), Bot("bot-b")
        full = bot.decision(
            2, cycle_id="c1", trigger="bar", decider="claude", model="m", tokens_in=10,
            tokens_out=2, tokens_cached=1, cost_usd="0.00123", latency_ms=4100,
            finish_reason="end", mark="60000", profit_target="0", stop_loss="0.000001",
            verdict={"allowed": True, "rule": "size", "asked_usd": "80", "allowed_usd": "50"},
        )  # fmt: skip
        first, last = bot.decision(1), bot.decision(3)
        await store.append([first, other.decision(1.5), full, other.decision(2.5), last])
        detail = await store.decision(full.event_id)
        assert (detail.previous, detail.next) == (first.event_id, last.event_id)
        assert (await store.decision(first.event_id)).previous is None
        assert (await store.decision(last.event_id)).next is None
        told = detail.model_dump(mode="json")
        assert (told["profit_target"], told["stop_loss"], told["cost_usd"]) == (
            "0", "0.000001", "0.00123",
        )  # fmt: skip
        assert told["verdict"]["asked_usd"] == "80"
        assert (told["tokens_in"], told["trigger"], told["cycle_id"]) == (10, "bar", "c1")
        assert told["payload"]["finish_reason"] == "end"

    place.run(scenario)


def test_unknown_ids_are_not_found(place: Place) -> None:
    """An id that does not exist, or is no decision, says so."""

    async def scenario(store: Store) -> None:
        status = Bot().status()
        await store.append([status])
        for wrong in ("nope", "", "x" * 500):
            with pytest.raises(NotFound):
                await store.decision(wrong)
        with pytest.raises(NotFound, match="status"):
            await store.decision(status.event_id)
        with pytest.raises(NotFound):
            await store.full_payload("nope")
        with pytest.raises(NotFound):
            await store.text("nope", "user_prompt", offset=0, limit=1)

    place.run(scenario)


def test_readers_see_whole_commits_only(place: Place) -> None:
    """While batches are written, every page holds whole batches."""

    async def scenario(store: Store) -> None:
        bot = Bot()

        async def write() -> None:
            for minute in range(30):
                await store.append([bot.decision(minute), bot.decision(minute)])

        writing = asyncio.ensure_future(write())
        while not writing.done():
            page = await store.decisions(ANY, before=None, limit=1000)
            assert len(page.items) % 2 == 0
            await asyncio.sleep(0)
        await writing

    place.run(scenario)
