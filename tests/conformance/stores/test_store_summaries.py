"""What figures ask for: signals, stated confidences and the newest errors, as lists tell them."""

from datetime import timedelta

from motherhaven.stores import Store
from motherhaven.stores.summaries import SummariesOfLists, stated_by_lists
from tests.conformance.stores.histories import history
from tests.conformance.stores.kit import START, Bot, Place

FIRST, LAST = START - timedelta(days=10), START + timedelta(days=30)


def test_summaries_say_what_the_lists_say(place: Place) -> None:
    """In any span, with any limit, for bots that are there and for one that is not."""

    async def scenario(store: Store) -> None:
        events = history(150)
        for begin in range(0, len(events), 50):
            await store.append(events[begin : begin + 50])
        await store.report_rejected(bot_id="bot-a", at=START, message="no such field")
        spans = [(FIRST, LAST), (START + timedelta(minutes=5), START + timedelta(minutes=15))]
        for bot in ("bot-a", "bot-b", "nobody"):
            for start, end in spans:
                for limit in (3, 1_000):
                    asked = {"start": start, "end": end, "limit": limit}
                    told = await store.signals(bot, **asked)  # type: ignore[arg-type]
                    lists = SummariesOfLists.signals(store, bot, **asked)  # type: ignore[arg-type]
                    assert told == await lists
        for kind in (None, "cycle", "ingest", "order"):
            for bot_id in (None, "bot-a", "bot-b"):
                found = await store.newest_errors(bot_id=bot_id, kind=kind, since=None, limit=500)
                rows = await store.errors(bot_id=bot_id, kind=kind, before=None, limit=500)
                assert [row.id for row in found] == [row.id for row in rows]

    place.run(scenario)


def test_a_stated_confidence_is_that_of_the_entry(place: Place) -> None:
    """Of closed trades in one go; a fixed rule states none, nor does what is not there."""

    async def scenario(store: Store) -> None:
        bot, names = Bot(), []
        for number in range(30):
            model = {} if number % 3 == 0 else {"model": "m"}
            confidence = "0" if number % 3 == 0 else f"0.{number + 10}"
            entry = bot.decision(number, signal="buy_to_enter", confidence=confidence, **model)
            names.append(entry.event_id)
            await store.append([
                entry, bot.opened(number, position_id=f"p{number}", decision_id=entry.event_id),
            ])  # fmt: skip
            await store.append([bot.closed(number + 1, position_id=f"p{number}")])
        asked = [*names, "nowhere"]
        told = await store.stated("bot-a", asked, since=START)
        assert told == await stated_by_lists(store, "bot-a", asked, START)
        assert told[names[0]] is None
        assert told[names[1]] == 0.11
        assert told["nowhere"] is None
        assert await store.stated("bot-a", names[:2], since=START) == {
            names[0]: None, names[1]: 0.11,
        }  # fmt: skip

    place.run(scenario)
