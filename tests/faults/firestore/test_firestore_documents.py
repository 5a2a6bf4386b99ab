"""What lies in Firestore: readable by old readers, exact beside it, never over 1 MiB."""

import asyncio
import json
from decimal import Decimal
from typing import Any

from motherhaven.contract.wire import payload_sha256, split_long_texts
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.readable import OURS
from tests.conformance.stores.kit import ANY, Bot
from tests.faults.firestore.kit import everything, opened, raw

DIGITS = "0.1234567890123456789012"
MIB = 1 << 20


async def sizes(client: Any) -> dict[str, int]:
    """About the bytes of every document of the database, texts' chunks too."""
    found: dict[str, int] = {}
    async for collection in client.collections():
        async for document in collection.stream():
            found[document.reference.path] = _size(document.to_dict())
    async for document in client.collection_group(paths.TEXTS).stream():
        found[document.reference.path] = _size(document.to_dict())
    return found


def _size(value: Any) -> int:
    return len(json.dumps(value, default=str, ensure_ascii=False).encode())


def test_events_are_readable_where_readers_look_for_them(project: str) -> None:
    """The payload's names, numbers as numbers, texts as texts, under the event's id."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project, readable=True) as store:
            bot = Bot()
            decision = bot.decision(
                quantity_usd=DIGITS, profit_target="70000", raw_response="r", user_prompt="u",
                verdict={"allowed": True, "asked_usd": "80.5"}, tokens_in=10**18,
                nested=[[1], [2]], deep={"__x__": 1, "": 2, "fine": ["a"]},
            )  # fmt: skip
            account, status = bot.account(1, "1000.25"), bot.status(2, trades_today=4)
            await store.append([decision, account, status])
            document = (await everything(client, paths.OLD_DECISIONS))[decision.event_id]
            assert document["quantity_usd"] == float(DIGITS)
            assert (document["profit_target"], document["leverage"]) == (70000, 3)
            assert type(document["profit_target"]) is int
            assert (document["raw_response"], document["user_prompt"]) == ("r", "u")
            assert document["verdict"] == {"allowed": True, "asked_usd": 80.5}
            assert document["deep"] == {"fine": ["a"]}
            assert "nested" not in document
            assert document[OURS]["bot_id"] == "bot-a"
            assert document["timestamp"] == json.loads(decision.payload)["timestamp"]
            told = (await everything(client, paths.OLD_ACCOUNT))[account.event_id]
            assert (told["equity_usd"], told["num_positions"]) == (1000.25, 0)
            beat = (await everything(client, paths.OLD_STATUS))[status.event_id]
            assert (beat["status"], beat["message"], beat["trades_today"]) == ("running", "", 4)
            assert (await store.full_payload(decision.event_id))[1] == decision.payload
            row = (await store.decisions(ANY, before=None, limit=1)).items[0]
            assert row.quantity_usd == Decimal(DIGITS)

    asyncio.run(scenario())


def test_a_position_is_one_readable_row_that_closes(project: str) -> None:
    """`status == "open"` finds what is open, and the row gains the exit's fields."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project, readable=True) as store:
            bot, plain = Bot(), Bot("default", None, epoch=0)
            entry = plain.opened(0)
            await store.append([bot.opened(0, position_id="p/1 ü"), entry])
            rows = await everything(client, paths.OLD_POSITIONS)
            assert rows[entry.event_id]["entry_price"] == 60000.5
            assert [row["status"] for row in rows.values()] == ["open", "open"]
            await store.append([bot.closed(5, position_id="p/1 ü"), plain.closed(6)])
            rows = await everything(client, paths.OLD_POSITIONS)
            assert len(rows) == 2
            for row in rows.values():
                assert (row["status"], row["exit_price"], row["realized_pnl"]) == (
                    "closed", 61000, 2.4,
                )  # fmt: skip

    asyncio.run(scenario())


def test_no_document_is_over_one_mebibyte(project: str) -> None:
    """Huge prompts, parts, payloads, names and messages are split, and come back exactly."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project, readable=True) as store:
            bot = Bot()
            events = [
                bot.decision(0, raw_response="€" * 700_000, user_prompt="u" * 10),
                bot.decision(1, justification="😀" * 200_000, unknown="x" * 900_000),
                bot.decision(2, extra={f"k{n}": "y" * 40_000 for n in range(22)}),
                bot.status(3, message="m" * 900_000, market="q" * 1_000),
                bot.execution("bot-a-1-1", 4, execution_error="e" * 900_000),
                bot.opened(5, decision_id="d" * 1_000),
            ]
            for event in events:
                assert (await store.append([event]))[0].status == "stored"
            for event in events:
                assert (await store.full_payload(event.event_id))[1] == event.payload
            largest = max((await sizes(client)).values())
            assert largest < MIB * 0.9
            middle = await store.text(events[0].event_id, "raw_response", offset=399_990, limit=20)
            assert (middle.text, middle.total) == ("€" * 20, 700_000)
            assert len((await store.decisions(ANY, before=None, limit=9)).items) == 3
            start = (await store.tail(await store.origin(), 99)).events
            assert len(start) == len(events)

    asyncio.run(scenario())


def test_parts_are_gone_once_they_are_texts(project: str) -> None:
    """Five megabytes in parts become chunks; nothing of the parts stays."""

    async def scenario() -> None:
        whole = Bot().decision(raw_response="z" * 5_000_000)
        short, parts, counts = split_long_texts(
            whole.event_id, whole.bot_id, json.loads(whole.payload)
        )
        digest = payload_sha256(whole.payload)
        sent = Bot().event("decision", short, whole.time, parts=counts, sha256=digest)
        async with raw(project) as client:
            async with opened(project, readable=True) as store:
                await store.put_parts(parts)
                assert len(await everything(client, paths.PARTS)) == 50
                assert (await store.append([sent]))[0].status == "stored"
                assert (await store.full_payload(whole.event_id))[1] == whole.payload
            assert await everything(client, paths.PARTS) == {}

    asyncio.run(scenario())


def test_an_answer_lends_its_texts_to_readable_decisions(project: str) -> None:
    """Old readers see them with each decision of the commit, until retention drops them."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project, readable=True) as store:
            bot = Bot()
            texts = {"system_prompt": "you trade", "user_prompt": "prices", "raw_response": "{}"}
            answer = bot.answer(0, **texts)
            told = {"answer_id": answer.event_id, "cycle_id": "c", "model": "m"}
            decisions = [
                bot.decision(0, coin=coin, answer_index=place, **told)
                for place, coin in enumerate(("BTC", "ETH"))
            ]
            await store.append([answer, *decisions, bot.account(60)])
            rows = await everything(client, paths.OLD_DECISIONS)
            for one in decisions:
                assert {name: rows[one.event_id][name] for name in texts} == texts
            await store.prune(answer.received_at.replace(minute=30))
            row = (await everything(client, paths.OLD_DECISIONS))[decisions[1].event_id]
            assert not texts.keys() & row.keys()
            assert row["coin"] == "ETH"

    asyncio.run(scenario())


def test_retention_takes_the_prompts_of_readable_documents_too(project: str) -> None:
    """The document stays, without the texts; a huge text's chunks are deleted."""

    async def scenario() -> None:
        async with raw(project) as client, opened(project, readable=True) as store:
            bot = Bot()
            small = bot.decision(0, user_prompt="secret", raw_response="r")
            large = bot.decision(1, raw_response="r" * 500_000, justification="j" * 30_000)
            await store.append([small, large])
            assert await store.prune(small.time.replace(year=2027)) == 2
            rows = await everything(client, paths.OLD_DECISIONS)
            assert not {"user_prompt", "raw_response"} & set(rows[small.event_id])
            assert rows[small.event_id]["coin"] == "BTC"
            assert len(rows[large.event_id]["justification"]) < 11_000
            chunks = [one async for one in client.collection_group(paths.TEXTS).stream()]
            assert chunks == []
            assert await everything(client, paths.COMMITS) == {}

    asyncio.run(scenario())
