"""Long texts: out of the lists, exact on demand, assembled from parts."""

from dataclasses import replace
from typing import Any

import pytest

from motherhaven.contract.errors import NotFound
from motherhaven.contract.events import Event
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.wire import payload_sha256, split_long_texts
from motherhaven.stores import Store
from tests.conformance.stores.kit import ANY, START, Bot, Place


def in_parts(event: Event, **more: Any) -> tuple[Event, list[Any]]:
    """`event` as a client sends it whose long texts travel apart."""
    short, parts, counts = split_long_texts(event.event_id, event.bot_id, loads(event.payload))
    assert counts
    sent = Bot(event.bot_id).event(
        event.kind, short, event.time,
        **{"event_id": event.event_id, "parts": counts, "epoch": event.epoch, "seq": event.seq,
           "sha256": payload_sha256(event.payload)} | more,
    )  # fmt: skip
    return sent, parts


def test_lists_are_lean_and_texts_come_on_demand(place: Place) -> None:
    """Rows and payloads carry no prompt; text() gives slices in characters."""

    async def scenario(store: Store) -> None:
        answer = "ä€😀" * 50_000
        event = Bot().decision(system_prompt="sys", user_prompt="", raw_response=answer)
        await store.append([event])
        page = await store.decisions(ANY, before=None, limit=1)
        assert len(page.model_dump_json()) < 2_000
        detail = await store.decision(event.event_id)
        assert detail.texts == {"system_prompt": 3, "user_prompt": 0, "raw_response": 150_000}
        assert not set(detail.texts) & set(detail.payload)
        for offset, limit in ((0, 5), (65_530, 20), (149_990, 99), (150_000, 5), (0, 150_000)):
            piece = await store.text(event.event_id, "raw_response", offset=offset, limit=limit)
            assert piece.text == answer[offset : offset + limit]
            assert (piece.offset, piece.total) == (offset, 150_000)
        assert (await store.text(event.event_id, "user_prompt", offset=0, limit=9)).text == ""
        assert (await store.full_payload(event.event_id))[1] == event.payload

    place.run(scenario)


def test_a_text_that_an_event_lacks_is_not_found(place: Place) -> None:
    """A field that is null, or no long text at all, says so."""

    async def scenario(store: Store) -> None:
        event = Bot().decision(raw_response=None)
        await store.append([event])
        for field in ("raw_response", "user_prompt", "coin", "nonsense"):
            with pytest.raises(NotFound, match=field):
                await store.text(event.event_id, field, offset=0, limit=1)

    place.run(scenario)


def test_a_huge_justification_is_cut_in_rows_only(place: Place) -> None:
    """The row shows its beginning; the whole is a long text, and the payload exact."""

    async def scenario(store: Store) -> None:
        reason = "why " * 20_000
        event = Bot().decision(justification=reason, user_prompt="u")
        await store.append([event])
        row = (await store.decisions(ANY, before=None, limit=1)).items[0]
        assert row.justification is not None
        assert len(row.justification) < 11_000
        assert row.justification.endswith("…")
        assert (await store.decision(event.event_id)).texts["justification"] == len(reason)
        whole = await store.text(event.event_id, "justification", offset=0, limit=len(reason))
        assert whole.text == reason
        assert (await store.full_payload(event.event_id))[1] == event.payload

    place.run(scenario)


def test_parts_are_put_together_and_verified(place: Place) -> None:
    """Parts in any order, sent twice, give the very bytes that were recorded."""

    async def scenario(store: Store) -> None:
        whole = Bot().decision(
            raw_response="r\n" * 160_000, user_prompt="ü" * 100_000, justification="j" * 230_000
        )
        event, parts = in_parts(whole)
        assert len(parts) == 4 + 1 + 3
        assert (await store.append([event]))[0].status == "incomplete"
        await store.put_parts(parts[3:][::-1])
        await store.put_parts(parts[:4])
        await store.put_parts(parts)
        stored = (await store.append([event]))[0]
        assert stored.status == "stored"
        assert (await store.full_payload(event.event_id))[1] == whole.payload
        detail = await store.decision(event.event_id)
        assert detail.texts["raw_response"] == 320_000
        assert detail.justification is not None
        assert detail.justification.startswith("jjj")
        again = (await store.append([event]))[0]
        assert (again.status, again.cursor) == ("duplicate", stored.cursor)
        assert (await store.append([whole]))[0].status == "duplicate"

    place.run(scenario)


def test_wrong_or_missing_parts_leave_nothing_behind(place: Place) -> None:
    """A lost, changed or foreign part, or a wrong digest, keeps the event out."""

    async def scenario(store: Store) -> None:
        whole = Bot().decision(raw_response="r" * 250_000)
        event, parts = in_parts(whole)
        forged = [replace(parts[0], text="x" + parts[0].text[1:]), *parts[1:]]
        strangers = [replace(part, bot_id="bot-z") for part in parts]
        for sent in (parts[1:], strangers, forged):
            await store.put_parts(sent)
            assert (await store.append([event]))[0].status == "incomplete"
        for wrong in ("00" * 32, "zz", None):
            bad, _ = in_parts(whole, sha256=wrong)
            assert (await store.append([bad]))[0].status == "incomplete"
        assert (await store.decisions(ANY, before=None, limit=1)).items == ()
        assert await store.bots() == []
        await store.put_parts(parts)
        assert (await store.append([event]))[0].status == "stored"

    place.run(scenario)


def test_other_kinds_may_have_long_texts_in_parts_too(place: Place) -> None:
    """An unknown long field of a status comes back exactly."""

    async def scenario(store: Store) -> None:
        whole = Bot().status(raw_response="s" * 120_000)
        event, parts = in_parts(whole)
        await store.put_parts(parts)
        assert (await store.append([event]))[0].status == "stored"
        assert (await store.full_payload(event.event_id))[1] == whole.payload

    place.run(scenario)


@pytest.mark.parametrize(
    "extra",
    [
        {"nested": {"user_prompt": "same"}},
        {"a": ["user_prompt", {"user_prompt": "same", "z": 1}]},
        {"aaa": ',"user_prompt":"same"'},
        {"zzz": {"raw_response": None}, "raw_response": ""},
    ],
)
def test_a_text_that_occurs_elsewhere_too_is_cut_at_the_right_place(
    place: Place, extra: dict[str, Any]
) -> None:
    """Fields of the same name deeper down stay where they are."""

    async def scenario(store: Store) -> None:
        event = Bot().decision(user_prompt="same", **extra)
        await store.append([event])
        assert (await store.full_payload(event.event_id))[1] == event.payload
        detail = await store.decision(event.event_id)
        assert detail.texts["user_prompt"] == 4
        assert "user_prompt" not in detail.payload
        for name in set(extra) - {"raw_response"}:
            assert dumps(detail.payload[name]) == dumps(extra[name])

    place.run(scenario)


def test_old_parts_without_an_event_are_pruned(place: Place) -> None:
    """Parts whose event never came do not stay for ever."""

    async def scenario(store: Store) -> None:
        event, parts = in_parts(Bot().decision(raw_response="r" * 100_000))
        await store.put_parts(parts)
        await store.prune(START.replace(year=2027))
        assert (await store.append([event]))[0].status == "incomplete"

    place.run(scenario)


def test_a_list_tells_the_lengths_of_texts_as_the_event_itself_does(place: Place) -> None:
    """Of short and long ones, of an empty one and of none, on each page, until they are pruned."""

    async def scenario(store: Store) -> None:
        bot = Bot()
        texts: list[dict[str, Any]] = [
            {"user_prompt": "prices ✓", "raw_response": "{}"},
            {"user_prompt": "", "analysis": "ä€😀" * 50_000},
            {"system_prompt": "x" * 65_536, "thinking": "y"},
            dict.fromkeys(("system_prompt", "user_prompt", "raw_response")),
        ]
        events = [bot.answer(minute, **given) for minute, given in enumerate(texts)]
        await store.append(events)
        before, rows = None, []
        while True:
            page = await store.events(bot.bot_id, "answer", before=before, limit=3)
            rows += page.items
            before = page.next
            if before is None:
                break
        assert rows == [await store.event(event.event_id) for event in reversed(events)]
        assert rows[0].texts == {}
        assert rows[2].texts["analysis"] == 150_000
        await store.append([bot.account(600)])
        await store.prune(START.replace(hour=START.hour + 1))
        [row] = (await store.events(bot.bot_id, "answer", before=None, limit=1)).items
        assert row == await store.event(row.id)
        pruned = (await store.events(bot.bot_id, "answer", before=None, limit=9)).items
        assert [one.texts for one in pruned] == [{}] * len(events)

    place.run(scenario)
