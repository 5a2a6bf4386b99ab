"""Whatever validation accepts, every reader can read back, and it is what was sent."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motherhaven.contract.errors import ContractError
from motherhaven.contract.events import MARKS, Event
from motherhaven.contract.jsonio import dumps, loads_wire
from motherhaven.contract.wire import event_from_item, event_from_single
from motherhaven.stores import DecisionFilter, MemoryStore, Store
from motherhaven.stores.sqlite import SqliteStore
from tests.examples import examples
from tests.serverkit import NOW, FakeClock, account, closing, decision, item, opening, status

DAWN, DUSK = datetime(1971, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
NUMBERS = st.one_of(
    st.integers(-(1 << 66), 1 << 66),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from([Decimal(text) for text in ("1e30", "1e31", "1e-30", "1e-31", "-0", "85")]),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), NUMBERS, NUMBERS.map(str), TEXT,
    st.sampled_from([
        "1970-01-01T00:00:00Z", "2201-01-01", "0001-01-01T00:00:00+14:00", "2026-01-02T05:04:05",
        "2026-01-02T03:04:05.678901Z", "NaN", "1_0", "hold", "closed", "long", "paper", "running",
    ]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
MAKERS: dict[str, Any] = {
    "decision": decision, "account": account, "position": opening, "closing": closing,
    "status": status,
}  # fmt: skip
BATCHED = (
    "decision", "execution", "account", "position_opened", "position_closed", "fill", "funding",
    "status", "candles",
)  # fmt: skip


def encoded(value: Any) -> bytes:
    """`value` as a client writes it: decimals as JSON numbers, spelled as str() does."""
    text = json.dumps(value, default=lambda number: f"\x02{number}\x02", ensure_ascii=True)
    return text.replace('"\\u0002', "").replace('\\u0002"', "").encode()


@st.composite
def events(draw: st.DrawFn) -> tuple[dict[str, Any], Event] | None:
    """A body with some fields changed and some of its own, and its event, if it is accepted."""
    single = draw(st.booleans())
    name = draw(st.sampled_from(sorted(MAKERS) if single else BATCHED))
    whole = item(draw(st.integers(0, 10**6)), "candles" if name == "candles" else name) if (
        not single
    ) else {}  # fmt: skip
    payload = MAKERS[name]() if single else whole["payload"]
    changed = draw(st.lists(st.sampled_from(sorted(payload)), max_size=1))
    payload = payload | {key: draw(VALUES) for key in changed}
    payload |= draw(st.dictionaries(TEXT.map(lambda key: f"x{key}"), VALUES, max_size=3))
    try:
        if single:
            body = loads_wire(encoded(payload))
            endpoint: Any = "position" if name == "closing" else name
            return payload, event_from_single(endpoint, body, NOW, _IDS)
        body = loads_wire(encoded(whole | {"payload": payload}))
        return payload, event_from_item(body, NOW)
    except ContractError:
        return None


class _Ids:
    """Ids that never come twice."""

    count = 0

    def new(self) -> str:
        self.count += 1
        return f"new-{self.count}"


_IDS: Any = _Ids()


def plain(value: Any) -> Any:
    """A JSON value as it travels, with its decimals as the text that they are kept as."""
    return json.loads(dumps(json.loads(encoded(value), parse_float=Decimal)))


async def check(store: Store, sent: dict[str, Any], event: Event) -> None:
    """Every read of a store that has this event alone."""
    await store.open()
    try:
        [kept] = await store.append([event])
        assert kept.status == "stored"
        [again] = await store.append([event])
        assert again.status == "duplicate"
        kind, payload = await store.full_payload(event.event_id)
        assert (kind, payload) == (event.kind, event.payload)
        told = json.loads(payload)
        marked = {*MARKS, "confidence"} if "confidence_percent" in told else {*MARKS}
        for name, value in plain(sent).items():
            if name not in marked:
                assert told[name] == value, name
        await read_all(store, event)
        assert store.unreadable.count() == 0, store.unreadable.news()
    finally:
        await store.close()


async def read_all(store: Store, event: Event) -> None:
    """The lists, the log and the single rows, as JSON."""
    bot = event.bot_id
    tail = await store.tail(await store.origin(), 10)
    assert [one.event.event_id for one in tail.events] == [event.event_id]
    assert tail.events[0].event.time == event.time <= NOW + timedelta(days=40_000)
    rows: list[Any] = [*await store.bots(), *await store.accounts(bot, limit=5)]
    rows += await store.statuses(bot, limit=5)
    rows += await store.errors(bot_id=bot, kind=None, before=None, limit=5)
    page = await store.decisions(DecisionFilter(bot_id=bot), before=None, limit=5)
    positions = await store.positions(status="all", bot_id=bot, before=None, limit=5)
    rows += [*page.items, *positions.items]
    rows += await store.equity([bot], start=DAWN, end=DUSK, bucket=86_400)
    for row in positions.items:
        rows += [await store.position(bot, row.id), *await store.fills(bot, row.id)]
    if event.kind == "decision":
        rows.append(await store.decision(event.event_id))
        assert len(page.items) == 1
    assert all(row.model_dump_json() for row in rows)
    for row in rows:
        dumps(row.model_dump(mode="json", exclude={"stats"}))


@pytest.mark.parametrize("make", ["memory", "sqlite"])
@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=events())
def test_what_is_accepted_is_read_back(
    make: str, drawn: tuple[dict[str, Any], Event] | None, tmp_path: Path
) -> None:
    """By every reader, in memory and from a file, and it is what was sent."""
    if drawn is None:
        return
    _IDS.count += 1
    place = tmp_path / f"{_IDS.count}.db"
    store: Store = MemoryStore() if make == "memory" else SqliteStore(place, clock=FakeClock())
    asyncio.run(check(store, *drawn))
