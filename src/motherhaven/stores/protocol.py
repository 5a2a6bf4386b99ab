"""The Store: what a server needs of a database, and nothing of how it does it.

Adapters: memory, sqlite, postgres, firestore; one conformance suite runs over all of
them (tests/conformance). Cursors are opaque text: only the store that made one can
read it. No SQL and no document path leaves an adapter.

Lists are newest first. Within a bot that is the order of receipt, whatever its clock says;
bots stand beside each other by time, which is the client's, at most the receipt's. States
of accounts and heartbeats are by receipt over all bots.
A row's `cursor` is its
place in the list that gave it: as `before` it continues after that row. Limits are held
within 1 and 10,000. A page cursor of another list, or garbage, raises InvalidCursor.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from motherhaven.contract import views
from motherhaven.contract.events import Event, Kind, TextPart
from motherhaven.stores.shared import Shared
from motherhaven.stores.signals import Signal
from motherhaven.stores.unreadable import UnreadableRows

AppendStatus = Literal["stored", "duplicate", "conflict", "incomplete"]


@dataclass(frozen=True, slots=True)
class Appended:
    """The result for one event, in the order given.

    stored: kept now, with its cursor. duplicate: the same event was kept before.
    conflict: the id was kept before with another payload; nothing changed.
    incomplete: parts of its long texts are missing or do not match its sha256.
    """

    event_id: str
    status: AppendStatus
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as the live stream reads it back, in commit order.

    `row` is what lists show of it: of a decision, or the position that it opened, changed
    or closed, as that is now; None for other kinds, and where no such row is kept.
    """

    cursor: str
    event: Event
    row: views.DecisionRow | views.PositionRow | None = None


@dataclass(frozen=True, slots=True)
class Tail:
    """Some events after a cursor; `cursor` is where to go on, `more` that more waits."""

    events: tuple[Stored, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """Which decisions; None means any, and all that is asked must hold.

    verdict: as the guard said; a decision without a verdict is neither. only_trades: no
    holds. executed: no holds, and the latest execution known is executed or partial.
    since, until: the decision's time is in [since, until).
    """

    bot_id: str | None = None
    coin: str | None = None
    signal: str | None = None
    verdict: Literal["allowed", "rejected"] | None = None
    only_trades: bool = False
    executed: bool = False
    since: datetime | None = None
    until: datetime | None = None


class Log(Protocol):
    """The part of a store that keeps events, and tells of them in commit order."""

    async def open(self) -> None:
        """Connect, and create or migrate what is needed; safe to call on an old store."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and let go of every resource."""
        ...

    async def append(self, events: Sequence[Event]) -> list[Appended]:
        """Keep events, all in one durable commit; idempotent by event_id.

        When it returns, stored events survive a kill of the process or the machine.
        Projections (positions, accounts, totals, rollups) change in the same commit.
        """
        ...

    async def put_parts(self, parts: Sequence[TextPart]) -> None:
        """Keep parts of long texts until their event comes; idempotent."""
        ...

    async def head(self) -> str:
        """The cursor after the newest committed event."""
        ...

    async def origin(self) -> str:
        """The cursor before the oldest event that tail() still gives."""
        ...

    async def tail(self, after: str, limit: int) -> Tail:
        """Events committed after `after`, in commit order, none missed, none twice.

        Their payloads come without PROMPT_TEXTS, which text() and full_payload() give.

        Raises:
            CursorGone: history before `after` was pruned, or the cursor is not ours.
        """
        ...

    def follow(self, after: str) -> AsyncGenerator[Tail, None]:
        """As `tail`, again and again: what was committed after `after`, then what is, as it is.

        Commits of this process are given without reading them again, those of others once
        the store has heard of them; in commit order, none missed, none twice. It reads only
        while somebody waits for its next tail, and ends at close().

        Raises:
            CursorGone: as tail().
            StoreUnavailable: the store is away; follow again from the last tail's cursor.
        """
        ...


class Lists(Protocol):
    """The part of a store that answers the dashboard's queries with what was kept."""

    async def read_cursor(self) -> str:
        """A cursor of the log: what is asked from now on is answered with all up to there.

        So the answer and what tail() gives after the cursor are everything; the answer may
        hold a little of that too. It costs nothing where reads are billed.
        """
        ...

    async def bots(
        self,
        ids: Sequence[str] | None = None,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[views.BotRow]:
        """Bots, ordered by first_seen and id: all, or those of `ids` that are known.

        `after` is the id of the bot to go on behind (unknown: none follow), `limit` how many.
        """
        ...

    async def decisions(
        self, where: DecisionFilter, *, before: str | None, limit: int
    ) -> views.DecisionPage:
        """A keyset page, newest first by receipt."""
        ...

    async def decision(self, decision_id: str) -> views.DecisionDetail:
        """One decision with its answer, its chain and its neighbours of the same bot."""
        ...

    async def text(self, event_id: str, field: str, *, offset: int, limit: int) -> views.TextSlice:
        """A slice of one long text, in characters; a decision has those of its answer too."""
        ...

    async def positions(
        self,
        *,
        status: Literal["open", "closed", "all"],
        bot_id: str | None,
        before: str | None,
        limit: int,
    ) -> views.PositionPage:
        """A keyset page, newest first by receipt of the entry (open, all) or exit (closed)."""
        ...

    async def position(self, bot_id: str, position_id: str) -> views.PositionRow:
        """One position."""
        ...

    async def opened_by(self, bot_id: str, decision_id: str) -> views.PositionRow | None:
        """The position whose entry names this decision, the earliest if there are several."""
        ...

    async def fills(self, bot_id: str, position_id: str) -> list[views.FillRow]:
        """The fills that name this position, oldest first by event order; none: empty.

        Retention does not drop them, nor the funding payments.
        """
        ...

    async def fundings(self, bot_id: str, position_id: str) -> list[views.FundingRow]:
        """The funding payments that name this position, oldest first; none: empty."""
        ...

    async def candles(
        self, bot_id: str, coin: str, *, start: datetime, end: datetime, limit: int
    ) -> list[views.Candle]:
        """The bot's candles that begin in [start, end), oldest first, `limit` at most.

        There is one for each start; what the bot reported later of it wins.
        """
        ...

    async def accounts(self, bot_id: str | None, *, limit: int) -> list[views.AccountRow]:
        """The newest account states, newest first, of one bot or of all."""
        ...

    async def statuses(self, bot_id: str | None, *, limit: int) -> list[views.StatusRow]:
        """The newest heartbeats, newest first."""
        ...

    async def revisions(self, bot_ids: Sequence[str] | None) -> dict[str, str]:
        """A text for each known bot of `bot_ids` (None: all), another one with every change.

        While it stays the same, these lists tell the same of the bot, but for refusals and for
        long texts that retention drops. What is asked after this is at least as new.
        """
        ...

    async def equity(
        self, bot_ids: Sequence[str] | None, *, start: datetime, end: datetime, bucket: int
    ) -> list[views.EquitySeries]:
        """Equity per bot in buckets of `bucket` seconds (one of `TIERS`), from rollups."""
        ...

    async def deposits(self, bot_ids: Sequence[str]) -> dict[str, list[views.DepositPoint]]:
        """When the deposits that the bots' accounts report changed, oldest first.

        The first point is the first report's; times are exact to the minute, which they
        begin. Unknown bots are left out.
        """
        ...

    async def event(self, event_id: str) -> views.EventRow:
        """One event of any kind, as it was recorded; retention may have emptied its payload."""
        ...

    async def events(
        self, bot_id: str, kind: Kind, *, before: str | None, limit: int
    ) -> views.EventPage:
        """The bot's events of one of LISTED_KINDS, newest first by receipt; of others none."""
        ...

    async def errors(
        self,
        *,
        bot_id: str | None,
        kind: str | None,
        before: str | None,
        limit: int,
        since: datetime | None = None,
    ) -> list[views.ErrorRow]:
        """What went wrong at or after `since`, newest first."""
        ...


class Summaries(Protocol):
    """What figures ask for: a store whose rows are dear keeps these as they change."""

    async def signals(
        self, bot_id: str, *, start: datetime, end: datetime, limit: int
    ) -> list[Signal]:
        """The newest `limit` of a bot's decisions in [start, end), newest first by receipt."""
        ...

    async def stated(
        self, bot_id: str, decision_ids: Sequence[str], *, since: datetime
    ) -> dict[str, float | None]:
        """The confidence that entries' decisions stated; None where none is to be had.

        `since` is the time of the earliest entry; an entry follows its decision within a day.
        """
        ...

    async def newest_errors(
        self, *, bot_id: str | None, kind: str | None, since: datetime | None, limit: int
    ) -> list[views.ErrorRow]:
        """The newest errors at or after `since`, newest first, for counting them."""
        ...


class Reader(Lists, Summaries, Protocol):
    """The part of a store that answers the dashboard's queries."""


class Store(Log, Reader, Protocol):
    """Appends events idempotently and answers the dashboard's queries.

    Every method may raise StoreUnavailable (try again later); reads raise NotFound
    for an id that does not exist.
    """

    @property
    def unreadable(self) -> UnreadableRows:
        """The kept rows that reads passed over since open(), because none can read them.

        Lists, pages and tail() leave such a row out and go on behind it; who asks for one
        by its id hears Unreadable. Nothing is deleted.
        """
        ...

    async def report_rejected(
        self, *, bot_id: str | None, at: datetime, message: str, code: str | None = None
    ) -> bool:
        """Keep something that was sent but refused as an error of kind "ingest".

        `bot_id` is who the sender claims to be; `code` is of contract.reasons. A bot that is
        not known stays so: its refusals stand under DEFAULT_BOT. At most rejected.PER_HOUR
        are kept of a bot in an hour, the same one once; False where it was not kept. prune()
        drops old ones.
        """
        ...

    async def get_shared_record(self, name: str) -> Shared | None:
        """A small record that all servers of this store share; None if there is none."""
        ...

    async def put_shared_record(self, name: str, text: str, revision: int | None) -> bool:
        """Make (`revision` None) or replace a shared record, durably, by compare-and-set.

        False: it has another revision, nothing was changed (or the answer to our own change
        was lost on the way): read it again. Retention and copying leave them alone.

        Raises:
            StoreError: the name is not a lower-case word, or the text is too long.
        """
        ...

    async def full_payload(self, event_id: str) -> tuple[Kind, bytes]:
        """The kind and the whole canonical payload, long texts put back in."""
        ...

    async def prune(self, before: datetime) -> int:
        """Drop events received before `before` from tail; rollups and projections stay.

        It goes up to the first event that is to stay, and drops their long texts and
        whole payloads too; ids stay, so that appends remain idempotent. Returns how many.
        """
        ...


TIERS: tuple[int, ...] = (60, 600, 3600, 21_600, 86_400)
"""Widths of the equity rollups in seconds."""

DEPOSITS_TIER: int = 0
"""Where rollups keep the deposits: by the minute in which they changed; 0 has the latest."""
