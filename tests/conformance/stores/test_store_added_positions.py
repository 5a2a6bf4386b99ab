"""A position that was added to: opening, changes and closing agree, also for an old server."""

import json
import os
import random
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest

from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.core.trader import Trader
from motherhaven.bot.portfolio.events import Liquidity, MarginMode
from motherhaven.bot.running.journal_sink import JournalSink
from motherhaven.bot.running.recover import KINDS, fold, restore
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.ids import IdSource
from motherhaven.contract.jsonio import loads
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.wire import event_from_item
from motherhaven.recorder.factory import open_recorder
from motherhaven.recorder.sending import request_bodies
from motherhaven.recorder.sending.batch_sender import BatchSender
from motherhaven.recorder.sending.outbox import Outbox
from motherhaven.recorder.sending.transport import HttpTransport
from motherhaven.server.reads.export_rows import pages_of
from motherhaven.server.reads.legacy_api import LegacyApi
from motherhaven.stores import Store
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.stub_server import StubServer
from tests.conformance.stores.kit import START, Place, StillClock, old

STEPS = (
    # (what, leverage or None to keep, then what the open row says: size, entry, leverage)
    (("10", "150"), 5, ("10", "150", "5")),
    (("5", "156"), 5, ("15", "152", "5")),
    (("5", "160"), 4, ("20", "154", "4")),
    (("-6", "160"), None, ("14", "154", "4")),
)


class Run:
    """A paper bot in one coin with a journal of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = StillClock(START)
        ids = IdSource(self.clock, os.urandom)
        self.sink = JournalSink(open_recorder(path, clock=self.clock, ids=ids))
        self.numbers = count(1)
        self.trader = self.new_trader()

    def new_trader(self) -> Trader:
        setup = TraderSetup(
            coins=("SOL",),
            limits=RiskLimits(max_position_size_usd=Decimal(5000)),
            candles=False,
            deposit=Decimal(5000),
        )
        return paper_trader(setup, START, lambda: f"id-{self.path.name}-{next(self.numbers):04d}")

    def fill(self, size: str, price: str, leverage: int | None) -> None:
        """Book a fill a minute later, and put it on record."""
        self.clock.time += timedelta(minutes=1)
        trader = self.trader
        trader.now = self.clock.time
        trader.account.at(self.clock.time)
        trader.account.venue.engine.book_fill(
            "SOL", Decimal(size), Decimal(price), Liquidity.TAKER, leverage, MarginMode.CROSS
        )
        trader.log.note(trader.account.take())
        trader.report_account(self.clock.time)
        self.sink.write(trader.take())

    def restart(self) -> None:
        """The bot was killed, and goes on from its journal."""
        saved = fold(self.sink.read(KINDS))
        self.trader = self.new_trader()
        self.trader.ledger.deposits = Decimal(5000)
        restore(self.trader, saved)

    def outbox(self) -> Outbox:
        """What is not sent yet."""
        return Outbox(self.sink.recorder.journal, self.clock)

    def journal(self) -> dict[str, Any]:
        """The row of the view `positions`."""
        connection = apsw.Connection(str(self.path))
        cursor = connection.execute("SELECT * FROM positions")
        names = [column[0] for column in cursor.description]
        [row] = cursor.fetchall()
        connection.close()
        return dict(zip(names, row, strict=True))


class OldServer:
    """A server as the first bots had it: rows by arrival, exits matched by their numbers."""

    MATCHED = ("coin", "side", "entry_price", "quantity_usd", "leverage")

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.unmatched = 0

    def take(self, body: dict[str, Any]) -> None:
        """One POST to /ingest/position."""
        if body["status"] == "open":
            self.rows.append(dict(body))
            return
        asked = [body[name] for name in self.MATCHED]
        for row in self.rows:
            if row["status"] == "open" and [row[name] for name in self.MATCHED] == asked:
                row.update(body)
                return
        self.unmatched += 1

    @property
    def open(self) -> list[dict[str, Any]]:
        """The rows that are open."""
        return [row for row in self.rows if row["status"] == "open"]


def sent_singly(run: Run) -> list[dict[str, Any]]:
    """What an old server gets of the positions, by the real sender."""
    with StubServer(batches=False, names_events=False) as server:
        clock = FakeClock()
        sender = BatchSender(
            Outbox(run.sink.recorder.journal, clock),
            HttpTransport(server.url, server.api_key),
            clock=clock,
            random=random.Random(1),
            timeout=5.0,
            bot_name="added",
        )
        for _ in range(200):
            delay = sender.step()
            if delay is None:
                break
            clock.advance(delay)
        return [body for endpoint, body in server.singles if endpoint == "position"]


def test_an_old_server_holds_one_row_with_the_current_numbers(tmp_path: Path) -> None:
    """After every step, a restart included; at the end none is open and none was missed."""
    run = Run(tmp_path / "j.db")
    server = OldServer()
    for number, ((size, price), leverage, (now, entry, times)) in enumerate(STEPS):
        run.fill(size, price, leverage)
        if number == 1:
            run.restart()
        for body in sent_singly(run):
            server.take(body)
        [row] = server.open
        margin = Decimal(now) * Decimal(entry) / Decimal(times)
        assert (Decimal(str(row["entry_price"])), Decimal(str(row["leverage"]))) == (
            Decimal(entry),
            Decimal(times),
        )
        assert Decimal(str(row["quantity_usd"])) == margin
        view = run.journal()
        assert (view["status"], view["entry_price"], view["leverage"]) == (
            "open", float(entry), float(times),
        )  # fmt: skip
        assert view["quantity_usd"] == float(margin)
    run.fill("-14", "165", None)
    for body in sent_singly(run):
        server.take(body)
    assert (server.open, server.unmatched) == ([], 0)
    ledger = run.trader.ledger
    told = sum(Decimal(str(row["realized_pnl"])) for row in server.rows)
    assert told == ledger.realized - ledger.fees + ledger.funding
    view = run.journal()
    assert (view["status"], view["quantity_usd"], view["leverage"]) == ("closed", 539.0, 4.0)


def test_every_store_carries_the_current_numbers(place: Place, tmp_path: Path) -> None:
    """Row, route, export and mark agree with the fills after each step, and at the end."""

    async def scenario(store: Store) -> None:
        run = Run(tmp_path / "j.db")
        outbox = run.outbox()
        seen: set[str] = set()

        async def ship() -> None:
            for event in outbox.take(500, 1 << 20):
                if event.event_id not in seen:
                    seen.add(event.event_id)
                    item = loads(request_bodies.item(event, "added"))
                    await store.append([event_from_item(item, run.clock.time)])

        for (size, price), leverage, (now, entry, times) in STEPS:
            run.fill(size, price, leverage)
            await ship()
            [row] = (await store.positions(status="open", bot_id=None, before=None, limit=9)).items
            assert (row.size, row.entry_price, row.leverage) == tuple(
                map(Decimal, (now, entry, times))
            )
            assert row.quantity_usd == row.entry_price * abs(row.size or 0) / row.leverage
            assert row.entry_time == START + timedelta(minutes=1)
            fills = await store.fills(row.bot_id, row.id)
            assert sum(fill.size for fill in fills) == row.size
            assert row.mark == Decimal(price)
            assert row.unrealized_pnl == (Decimal(price) - row.entry_price) * Decimal(now)
            [told] = json.loads(bytes((await LegacyApi(store).positions()).body))
            assert (told["entry_price"], told["leverage"]) == (float(entry), float(times))
            assert told["quantity_usd"] == float(row.quantity_usd)
        run.fill("-14", "165", None)
        await ship()
        [row] = (await store.positions(status="all", bot_id=None, before=None, limit=9)).items
        assert (row.status, row.entry_price, row.leverage) == ("closed", 154, 4)
        assert row.quantity_usd == Decimal(539)
        ledger = run.trader.ledger
        assert (row.gross_pnl, row.fees_usd) == (ledger.realized, ledger.fees)
        assert row.realized_pnl == ledger.realized - ledger.fees
        [bot] = await store.bots()
        assert (bot.stats.entries, bot.stats.closed_positions, bot.stats.open_positions) == (
            1, 1, 0,
        )  # fmt: skip
        [exported] = [line async for page in pages_of(store, "trades", None) for line in page]
        assert (exported["quantity_usd"], exported["entry_price"]) == ("539", "154")
        [view] = [run.journal()]
        assert (view["quantity_usd"], view["entry_price"]) == (539.0, 154.0)
        assert view["realized_pnl"] == float(row.realized_pnl or 0)

    place.run(scenario)


@pytest.mark.parametrize("named", [True, False])
def test_a_change_is_found_by_what_it_replaces(place: Place, named: bool) -> None:
    """Also through the four old endpoints, with and without an id; an exit finds the row."""

    async def scenario(store: Store) -> None:
        who = {"position_id": "p"} if named else {}
        first = {
            "coin": "BTC", "side": "short", "quantity_usd": 50, "leverage": 3,
            "entry_price": 60000, "entry_time": "2026-01-02T03:00:00Z", "status": "open",
        }  # fmt: skip
        more = {"quantity_usd": 80, "leverage": 2, "entry_price": 61000, "size": -0.1}
        before = {name: first[name] for name in ("quantity_usd", "leverage", "entry_price")}
        closing = {"status": "closed", "exit_price": 1, "exit_time": "2026-01-02T03:00:00Z"}
        bodies = [
            first | who,
            first | who | closing | {"realized_pnl": 0, "reason": "replaced"},
            first | more | who | {"replaces": before},
        ]
        for body in bodies:
            await store.append([old("position", json.dumps(body))])
        [row] = (await store.positions(status="all", bot_id=None, before=None, limit=9)).items
        assert (row.status, row.quantity_usd, row.leverage) == ("open", 80, 2)
        final = first | more | closing | {"realized_pnl": 7, "exit_price": 59000}
        await store.append([old("position", json.dumps(final))])
        [row] = (await store.positions(status="all", bot_id=None, before=None, limit=9)).items
        assert (row.status, row.realized_pnl, row.entry_price) == ("closed", 7, 61000)
        [bot] = await store.bots()
        assert (bot.stats.entries, bot.stats.closed_positions) == (1, 1)

    place.run(scenario)
