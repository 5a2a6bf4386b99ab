"""What an append asks the database, each for many keys at once."""

# SQL is joined from constants only; every value is bound.
# ruff: noqa: S608

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from motherhaven.stores.relational.dialect import Dialect
from motherhaven.stores.relational.money import columns
from motherhaven.stores.relational.tables import Kind
from motherhaven.stores.rows import BOT, BUCKET, CANDLE, POSITION
from motherhaven.stores.states import ERROR_KINDS

NUMBER: Final = "(SELECT no FROM bots WHERE id = {bot})"
"""A bot's number; as a join, a planner without statistics looks through the rows of all bots."""

_KINDS: Final = len(ERROR_KINDS)
_ORDER: Final = ("n", "epoch", "seq", "recorded")


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions in the SQL of one database."""

    known: str
    bots: str
    executions: str
    with_error: str
    named: str
    called: str
    sides: str
    marks: str
    buckets: str
    candles: str
    parts: str


@cache
def questions(d: Dialect) -> Questions:
    """The questions to a database; `{bot}` and the like stand for the keys."""
    executed, ref = d.keyed("decision_id"), d.keyed("ref")
    position = columns(POSITION, "p")
    return Questions(
        known=d.question(
            "e.event_id, e.n, b.id, e.kind, e.sha256", "events e JOIN bots b ON b.no = e.bot",
            "e.event_id = {id}", id="text",
        ),
        bots=d.question(
            f"b.no, {columns((*BOT, *d.rows.totals), 'b')}", "bots b", "b.id = {id}", id="text"
        ),
        executions=_own(
            d, f"x.decision_id, {columns((*_ORDER, 'execution'), 'x')}",
            "executions x", f"x.{executed} = {{key}}", key="key",
        ),
        with_error=_own(d, "{id}", "events e", f"""
            e.event_id = {{id}} AND e.kind = 'decision' AND EXISTS (
                SELECT 1 FROM errors r
                WHERE r.no BETWEEN e.n * {_KINDS} AND e.n * {_KINDS} + {_KINDS - 1}
            )""", id="text"),
        named=_own(d, position, "positions p", f"p.{d.keyed('id')} = {{key}}", key="key"),
        called=_own(d, position, "positions p", f"p.{ref} = {{key}}", key="key"),
        sides=_own(
            d, position, "positions p",
            "p.coin = {coin} AND p.side = {side} AND p.exit_n IS NULL", coin="text", side="text",
        ),
        marks=_own(
            d, f"m.ref, {columns((*_ORDER, 'time', 'mark'), 'm')}",
            "marks m", f"m.{ref} = {{key}}", key="key",
        ),
        buckets=_own(
            d, f"r.tier, r.bucket, {columns(BUCKET, 'r')}",
            "rollups r", "r.tier = {tier} AND r.bucket = {bucket}", tier="int", bucket="big",
        ),
        candles=_own(
            d, f"c.coin, c.start, {columns(CANDLE, 'c')}",
            "candles c", "c.coin = {coin} AND c.start = {start}", coin="text", start="time",
        ),
        parts=d.question(
            "p.event_id, p.bot_id, p.field, p.place, p.count, p.text", "parts p",
            "p.bot_id = {bot} AND p.event_id = {id}", bot="text", id="text",
        ),
    )  # fmt: skip


def _own(d: Dialect, select: str, table: str, where: str, **keys: Kind | Literal["key"]) -> str:
    """A question for rows of a bot: the first key is its id, and the first column too."""
    own = f"{table.split()[1]}.bot = {NUMBER} AND {where}"
    return d.question(f"{{bot}}, {select}", table, own, bot="text", **keys)
