"""A seeded history with everything in it, and all that must be equal after a move."""

import hashlib
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from motherhaven.contract.events import Event, TextPart
from motherhaven.contract.wire import event_from_item, split_long_texts
from motherhaven.stores import Store
from tests.conformance.stores.kit import ANY, START, Bot, old


def history(count: int) -> list[Event]:
    """A seeded history of two bots and an old client, out of order and with all kinds."""
    chance = random.Random(11)
    bots = (Bot(), Bot("bot-b", None, epoch=3))
    events: list[Event] = []
    for number in range(count):
        received = START + timedelta(seconds=number, microseconds=number)
        events.append(_one(chance.choice(bots).at(received), number, chance))
    body = (
        '{"timestamp": "2026-01-02T04:00:00.5", "status": "running", "message": "", '
        '"pnl_today": 0.10}'
    )
    events.append(old("status", body, START + timedelta(hours=1)))
    return events


def _one(bot: Bot, number: int, chance: random.Random) -> Event:
    minute = number / 7 + chance.random() * 3
    money = f"{chance.randrange(10**9)}.{chance.randrange(10**12)}"
    where: dict[str, Any] = {
        "coin": chance.choice(("BTC", "ETH")),
        "position_id": f"p{number // 40}",
    }
    make: list[Callable[[], Event]] = [
        lambda: bot.decision(
            minute, coin=where["coin"], cost_usd=money, user_prompt="p ✓ " * 40,
            raw_response=f'{{"n": "{money}"}}', own="kept",
        ),
        lambda: bot.execution(f"bot-a-1-{max(1, number - 3)}", minute),
        lambda: bot.account(minute, equity=money),
        lambda: bot.opened(minute, decision_id="d", **where),
        lambda: bot.closed(minute, realized_pnl=money, **where),
        lambda: bot.fill(minute, fee=money, **where),
        lambda: bot.funding(minute, amount=money, **where),
        lambda: bot.status(minute, chance.choice(("running", "error"))),
        lambda: bot.candles(minute, (number * 60_000 + 10**12, "1", "2", "1", "2", money)),
    ]  # fmt: skip
    return chance.choice(make)()


def in_parts(event: Event, piece_chars: int) -> tuple[list[TextPart], Event]:
    """The event as it comes when its long texts travel apart, and their parts."""
    short, parts, counts = split_long_texts(
        event.event_id, event.bot_id, payload_of(event), piece_chars=piece_chars
    )
    item = {
        "event_id": event.event_id, "bot_id": event.bot_id, "bot_name": event.bot_name,
        "mode": event.mode, "epoch": event.epoch, "seq": event.seq, "kind": event.kind,
        "time": event.time.isoformat(), "recorded_at": event.recorded_at.isoformat(),
        "payload": short, "parts": counts, "sha256": hashlib.sha256(event.payload).hexdigest(),
    }  # fmt: skip
    assert event.received_at is not None
    return parts, event_from_item(item, event.received_at)


async def fill(store: Store, count: int) -> None:
    """Record the history, one event with its prompt in parts, and two refusals."""
    events = history(count)
    for start in range(0, len(events), 100):
        await store.append(events[start : start + 100])
    bot = Bot("bot-c")
    whole = bot.decision(1, user_prompt="long " * 60_000, justification="y" * 12_000)
    short, parts, counts = split_long_texts(whole.event_id, "bot-c", dict(payload_of(whole)))
    item = {
        "event_id": whole.event_id, "bot_id": "bot-c", "kind": "decision",
        "time": whole.time.isoformat(), "payload": short, "parts": counts,
        "sha256": hashlib.sha256(whole.payload).hexdigest(),
    }  # fmt: skip
    await store.put_parts(parts)
    results = await store.append([event_from_item(item, START)])
    assert [result.status for result in results] == ["stored"]
    for bot_id in ("bot-a", "stranger"):
        await store.report_rejected(bot_id=bot_id, at=START, message="no such field")


def payload_of(event: Event) -> dict[str, Any]:
    """The payload as a dict."""
    return dict(json.loads(event.payload))


async def everything(store: Store) -> list[Any]:
    """All that must be equal after a move; cursors apart, which only their store reads."""
    end = START + timedelta(days=365 * 30)
    decisions = await store.decisions(ANY, before=None, limit=10_000)
    positions = await store.positions(status="all", bot_id=None, before=None, limit=10_000)
    placeless = {"cursor": ""}
    found: list[Any] = [
        await store.bots(),
        [row.model_copy(update=placeless) for row in decisions.items],
        [row.model_copy(update=placeless) for row in positions.items],
        await store.equity(None, start=START, end=end, bucket=600),
        await store.accounts(None, limit=10_000), await store.statuses(None, limit=10_000),
        await store.candles("bot-a", "BTC", start=START - timedelta(days=10**4), end=end,
                            limit=10_000),
    ]  # fmt: skip
    found.append([
        (row.id, row.bot_id, row.bot_name, row.kind, row.message, row.time)
        for row in await store.errors(bot_id=None, kind=None, before=None, limit=10_000)
    ])  # fmt: skip
    for row in positions.items[:20]:
        found += [await store.fills(row.bot_id, row.id), await store.fundings(row.bot_id, row.id)]
    return found
