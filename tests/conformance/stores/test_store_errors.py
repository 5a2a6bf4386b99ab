"""What went wrong: failed cycles, bad answers, refusals, failed orders."""

import pytest

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import Event
from motherhaven.contract.views import ErrorRow
from motherhaven.stores import Store
from tests.conformance.stores.kit import ANY, START, Bot, Place


def troubles(bot: Bot) -> list[Event]:
    """One of each, and some that are none: a refusal is told once, not as an order too."""

    def own(seq: int) -> str:
        return f"{bot.bot_id}-1-{seq}"

    return [
        bot.status(0, "error", message="venue down"),
        bot.status(1, "running", error="feed stale"),
        bot.status(2, "running"),
        bot.decision(3, error="answer is not JSON"),
        bot.decision(4, verdict={"allowed": False, "rule": "max_leverage", "reason": "9 > 5"}),
        bot.decision(5, error="both", verdict={"allowed": False, "rule": "answer"}),
        bot.decision(6, verdict={"allowed": True}),
        bot.execution(own(4), 7, execution_status="rejected", execution_error="refused"),
        bot.execution(own(5), 7, execution_status="rejected", execution_error="refused"),
        bot.execution(own(7), 7, execution_status="rejected", execution_error="no margin"),
        bot.execution(own(7), 8, execution_status="unknown"),
        bot.execution(own(5), 8, execution_status="unknown"),
        bot.execution(own(7), 9),
    ]


def test_each_kind_of_trouble_is_listed_newest_first(place: Place) -> None:
    """Kind, message and decision tell what happened; what went well is not there."""

    async def scenario(store: Store) -> None:
        await store.append(troubles(Bot()))
        found = await store.errors(bot_id=None, kind=None, before=None, limit=99)
        assert [(row.kind, row.message, row.decision_id) for row in found] == [
            ("order", "BTC: order unknown", "bot-a-1-5"),
            ("order", "BTC: order unknown", "bot-a-1-7"),
            ("order", "BTC: no margin", "bot-a-1-7"),
            ("answer", "both", "bot-a-1-6"),
            ("guard", "BTC: 9 > 5", "bot-a-1-5"),
            ("answer", "answer is not JSON", "bot-a-1-4"),
            ("cycle", "feed stale", None),
            ("cycle", "venue down", None),
        ]
        assert len({row.id for row in found}) == 8
        stats = (await store.bots())[0].stats
        assert (stats.errors, stats.rejected) == (7, 1)

    place.run(scenario)


def test_each_error_keeps_its_code(place: Place) -> None:
    """The code that came with it; None where none came."""
    told = [
        ("cycle", "market"), ("cycle", None), ("answer", "model_key"), ("answer", None),
        ("guard", "cooldown"), ("order", "venue_margin"), ("ingest", "too_large"), ("ingest", None),
    ]  # fmt: skip

    async def scenario(store: Store) -> None:
        bot = Bot()
        refused = {"allowed": False, "rule": "cooldown", "reason": "too soon"}
        await store.append(
            [
                bot.status(0, error="down", error_code="market"),
                bot.status(1, error="down again"),
                bot.decision(2, error="401", error_code="model_key"),
                bot.decision(3, error="?"),
                bot.decision(4, verdict=refused),
                bot.execution("none", 5, execution_status="rejected", reason_code="venue_margin"),
            ]
        )
        for message, code in (("too much", "too_large"), ("unknown", None)):
            await store.report_rejected(bot_id="bot-a", at=START, message=message, code=code)
        found = await store.errors(bot_id="bot-a", kind=None, before=None, limit=99)
        assert sorted(((row.kind, row.code) for row in found), key=str) == sorted(told, key=str)
        newest = await store.newest_errors(bot_id="bot-a", kind=None, since=None, limit=99)
        assert sorted(((row.kind, row.code) for row in newest), key=str) == sorted(told, key=str)

    place.run(scenario)


@pytest.mark.parametrize("together", [False, True])
def test_only_a_decision_of_its_own_hides_a_rejected_order(place: Place, together: bool) -> None:
    """Another bot's refusal, an error that is no decision, or an order's own name does not."""

    async def scenario(store: Store) -> None:
        bot, other = Bot(), Bot("bot-b")
        failed = bot.status(0, "error", message="down")
        refused = other.decision(0, verdict={"allowed": False, "reason": "no"})
        events = [failed, refused]
        events += [bot.execution(e.event_id, 1, execution_status="rejected") for e in events]
        itself = f"bot-a-1-{len(events)}"
        events += [bot.execution(itself, 1, execution_status="rejected") for _ in range(2)]
        assert events[-2].event_id == itself
        for batch in [events] if together else [[event] for event in events]:
            await store.append(batch)
        found = await store.errors(bot_id="bot-a", kind=None, before=None, limit=9)
        assert [row.kind for row in found] == ["order"] * 4 + ["cycle"]

    place.run(scenario)


@pytest.mark.parametrize("limit", [1, 3, 50])
@pytest.mark.parametrize(
    ("bot_id", "kind", "count"),
    [(None, None, 16), ("bot-b", None, 8), (None, "guard", 2), ("bot-a", "order", 3),
     ("nobody", None, 0), (None, "ingest", 0)],
)  # fmt: skip
def test_errors_are_paged_and_filtered(
    place: Place, limit: int, bot_id: str | None, kind: str | None, count: int
) -> None:
    """Going on after the last row's cursor gives each row once."""

    async def scenario(store: Store) -> None:
        await store.append([*troubles(Bot()), *troubles(Bot("bot-b", "beta"))])
        rows: list[ErrorRow] = []
        before: str | None = None
        while True:
            step = await store.errors(bot_id=bot_id, kind=kind, before=before, limit=limit)
            rows += step
            if len(step) < limit:
                break
            before = step[-1].cursor
        assert len({row.id for row in rows}) == len(rows) == count
        assert [row.time for row in rows] == sorted((row.time for row in rows), reverse=True)

    place.run(scenario)


def test_a_very_long_message_is_cut_in_the_list_only(place: Place) -> None:
    """The event keeps the whole."""

    async def scenario(store: Store) -> None:
        event = Bot().decision(error="x" * 5_000)
        await store.append([event])
        row = (await store.errors(bot_id=None, kind=None, before=None, limit=1))[0]
        assert len(row.message) == 2_000
        assert (await store.decision(event.event_id)).error == "x" * 5_000
        page = await store.decisions(ANY, before=None, limit=1)
        with pytest.raises(ContractError, match="errors"):
            await store.errors(bot_id=None, kind=None, before=page.items[0].cursor, limit=1)

    place.run(scenario)
