"""What an export holds: flat rows of one sort, in pages, from the store."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from motherhaven.contract.money import plain
from motherhaven.contract.times import format_time
from motherhaven.server.figures.curves import DAWN, DUSK
from motherhaven.server.reads.export_text import Row
from motherhaven.stores.protocol import TIERS, DecisionFilter, Reader

_PAGE: Final = 500
_DAY: Final = timedelta(seconds=TIERS[-1])

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "decisions": (
        "id", "bot_id", "bot_name", "mode", "time", "recorded_at", "received_at", "coin",
        "signal", "quantity_usd", "leverage", "confidence", "justification", "profit_target",
        "stop_loss", "invalidation_condition", "decider", "model", "error", "verdict.allowed",
        "verdict.rule", "verdict.reason", "verdict.asked_usd", "verdict.allowed_usd",
        "execution.time", "execution.status", "execution.error", "execution.cloid",
        "execution.position_id", "execution.filled_usd", "execution.fill_price", "tags",
    ),
    "trades": (
        "id", "bot_id", "bot_name", "mode", "coin", "side", "status", "quantity_usd",
        "leverage", "size", "entry_price", "entry_time", "exit_price", "exit_time",
        "realized_pnl", "gross_pnl", "fees_usd", "funding_usd", "reason",
        "entry_decision_id", "exit_decision_id", "stop_loss", "profit_target", "tags",
    ),
    "equity": ("bot_id", "bot_name", "mode", "time", "equity", "low", "high", "tags"),
    "errors": ("id", "bot_id", "bot_name", "time", "kind", "message", "decision_id", "tags"),
}  # fmt: skip
"""The columns of each sort; a dot leads into what belongs to the row, `tags` are the bot's."""

Pages = AsyncIterator[Sequence[Row]]
_Find = Callable[[str | None], Awaitable[tuple[Sequence[BaseModel], str | None]]]


async def pages_of(
    store: Reader, what: str, bot_id: str | None, wanted: frozenset[str] = frozenset()
) -> Pages:
    """Everything of one sort, of one bot, of those with all of `wanted` or of all, newest first.

    Equity is oldest first.
    """
    tags = await _tags_of(store)
    tags = {bot: told for bot, told in tags.items() if wanted <= set(told)}
    if what == "equity":
        ids = (list(tags) if wanted else None) if bot_id is None else [bot_id]
        pages = _equity(store, ids)
    else:
        pages = _pages(_finder(store, what, bot_id), COLUMNS[what])
    async for page in pages:
        yield [
            {**row, "tags": " ".join(tags.get(str(row["bot_id"]), ()))}
            for row in page
            if not wanted or row["bot_id"] in tags
        ]


async def _tags_of(store: Reader) -> dict[str, tuple[str, ...]]:
    """Every bot's tags, as its newest status tells them."""
    tags: dict[str, tuple[str, ...]] = {}
    after: str | None = None
    while rows := await store.bots(after=after, limit=_PAGE):
        tags.update({row.id: (row.status and row.status.tags) or () for row in rows})
        after = rows[-1].id
    return tags


def _finder(store: Reader, what: str, bot_id: str | None) -> _Find:
    async def decisions(before: str | None) -> tuple[Sequence[BaseModel], str | None]:
        page = await store.decisions(DecisionFilter(bot_id=bot_id), before=before, limit=_PAGE)
        return page.items, page.next

    async def trades(before: str | None) -> tuple[Sequence[BaseModel], str | None]:
        page = await store.positions(status="all", bot_id=bot_id, before=before, limit=_PAGE)
        return page.items, page.next

    async def errors(before: str | None) -> tuple[Sequence[BaseModel], str | None]:
        rows = await store.errors(bot_id=bot_id, kind=None, before=before, limit=_PAGE)
        return rows, rows[-1].cursor if len(rows) == _PAGE else None

    return {"decisions": decisions, "trades": trades, "errors": errors}[what]


async def _pages(find: _Find, columns: Sequence[str]) -> Pages:
    before: str | None = None
    while True:
        rows, before = await find(before)
        yield [_flat(row, columns) for row in rows]
        if before is None:
            return


async def _equity(store: Reader, ids: Sequence[str] | None) -> Pages:
    """Minute by minute where there is anything: one query for each bot and day."""
    days = await store.equity(ids, start=DAWN, end=DUSK, bucket=TIERS[-1])
    yield []  # without an account the file is its header alone
    for series in days:
        known = {"bot_id": series.bot_id, "bot_name": series.bot_name, "mode": series.mode}
        for day in series.points:
            fine = await store.equity(
                [series.bot_id], start=day.time, end=day.time + _DAY, bucket=TIERS[0]
            )
            yield [{**known, **_flat(point, ("time", "equity", "low", "high"))}
                   for one in fine for point in one.points]  # fmt: skip


def _flat(view: object, columns: Sequence[str]) -> Row:
    return {name: _cell(_reach(view, name)) for name in columns if name != "tags"}


def _reach(view: object, name: str) -> Any:
    value: Any = view
    for part in name.split("."):
        value = None if value is None else getattr(value, part)
    return value


def _cell(value: Any) -> str | int | None:
    if value is None or (isinstance(value, str | int) and not isinstance(value, bool)):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return format_time(value)
    return str(value).lower()
