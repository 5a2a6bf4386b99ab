"""What the tests of control share: a bot at a venue that outlives it, and a server's commands.

`VENUES` are the venues that the tests run over; another one is a line there.
"""

from datetime import timedelta
from decimal import Decimal

from remote_venue import Killed, RemoteVenue
from shell_support import NOON, new_cycle
from test_shell_unknown_orders import ENTRY, ETHER, PRICES, decide, trader_at, venue_inside
from wired_venue import WiredVenue

from motherhaven.bot.control import durable
from motherhaven.bot.control.latches import Latches
from motherhaven.bot.execution.reconciler import Reconciler
from motherhaven.bot.running.recover import KINDS, fold, restore
from motherhaven.bot.running.saved_orders import SavedOrders
from motherhaven.bot.running.sink import Kept, MemorySink
from motherhaven.bot.running.station import ControlStation
from motherhaven.contract import private
from motherhaven.contract.errors import JournalError
from motherhaven.contract.events import OrderRecorded
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.times import format_time, parse_time
from motherhaven.testing.clock import FakeClock

D = Decimal

WIRED = "Hyperliquid at a fake venue"
VENUES = {
    "inside the process": venue_inside,
    "behind a wire": lambda: RemoteVenue(venue_inside()),
    WIRED: lambda: WiredVenue(PRICES),
}
LOT = D("0.00001")
"""The step of sizes in BTC."""


class Sink(MemorySink):
    """A journal that can be full, and that a bomb may stop."""

    def __init__(self):
        super().__init__()
        self.full = False
        self.tick = lambda: None

    def write(self, batch):
        """Keep a batch, or not."""
        if self.full:
            raise JournalError("no space left on the disk")
        self.tick()
        super().write(batch)
        self.tick()


class Bomb:
    """Ends the process at the n-th point that is passed; None: never."""

    def __init__(self, at=None):
        self.at = at
        self.passed = 0

    def tick(self):
        """Pass a point."""
        self.passed += 1
        if self.passed == self.at:
            raise Killed


class Rig:
    """One bot with BTC and ETH open, and its control; `restart` gives it a new process."""

    def __init__(self, folder, make=venue_inside, *, positions=(ENTRY, ETHER), **settings):
        self.folder = folder
        self.sink = Sink()
        self.venue = make()
        self.clock = getattr(self.venue, "clock", None) or FakeClock(NOON)
        self.settings = settings
        self.asked = 0
        self.cycle_at = None
        self._build()
        decide(self.trader, *positions)
        self.cycle.flush()
        self.closed = []

    def _build(self, records=()):
        self.trader = trader_at(self.venue, f"r{len(self.sink.kept)}-", records)
        if self.venue.capabilities.real_money:
            self._live()
        self.cycle = new_cycle(self.trader, None, self.sink)
        self.cycle.decider = type("Nobody", (), {"name": "nobody"})()
        self.station = ControlStation(
            self.folder, self.cycle, self.clock,
            asked_at=lambda: self.cycle_at, ask=self._ask, **self.settings,
        )  # fmt: skip
        self.station.start()

    def _live(self):
        """Armed, its books taken up from the journal, and compared with the venue."""
        trader = self.trader
        trader.armed = True
        trader.account.gate = lambda _reduces: None
        trader.account.clock = self.clock.now
        saved = fold(
            Kept(one.kind, loads(dumps(one.payload)), one.time, one.event_id)
            for one in self.sink.read(KINDS)
        )
        restore(trader, saved)
        trader.watch.reconciler = Reconciler(trader.account)
        trader.reconcile(self.clock.now())

    def _ask(self):
        self.asked += 1

    def restart(self):
        """The process ended; the venue, the journal and the folder are still there."""
        if isinstance(self.venue, WiredVenue):
            self.venue.reopen()
            self._build()
            return
        saved = SavedOrders()
        for record in self.sink.kept:
            if record.kind == "order":
                body = OrderRecorded.model_validate(record.payload)
                saved.take(body, parse_time(record.payload["timestamp"], NOON))
        self._build(saved.open())

    def command(self, name, seq=1, *, lasts=120, ident=None, **args):
        """A command as the server hands it out."""
        now = self.clock.now()
        until = now + timedelta(seconds=lasts)
        return {
            "id": ident or f"c{seq}", "seq": seq, "name": name, "args": args, "by": "ops (k1), key",
            "issued_at": format_time(now), "expires_at": format_time(until),
        }  # fmt: skip

    def deliver(self, *commands):
        """The server's answer to a poll."""
        self.station.intake.delivered(commands)

    def run(self, seconds=30, step=0.5, until=None):
        """Let the bot's loop turn for some seconds, or `until` the command c1 is so."""
        for _ in range(int(seconds / step)):
            if until is not None and self.states()[-1:] == [until]:
                return
            if self.station.step() and not self.sink.full:
                self.cycle.flush()
            self.tick(step)

    def tick(self, seconds):
        """Let time pass, at the venue too."""
        if isinstance(self.venue, WiredVenue):
            self.venue.step(seconds)
        else:
            self.clock.advance(seconds)

    def close(self):
        """End what the venue has opened."""
        if isinstance(self.venue, WiredVenue):
            self.venue.close()

    def events(self, ident="c1"):
        """The acknowledgements of a command, oldest first."""
        found = [record.payload for record in self.sink.kept if record.kind == "command"]
        return [one for one in found if one["command_id"] == ident]

    def states(self, ident="c1"):
        """Its states, in the order told."""
        return [one["state"] for one in self.events(ident)]

    def last(self, ident="c1"):
        """Its last acknowledgement."""
        return self.events(ident)[-1]

    @property
    def sizes(self):
        """What the venue holds."""
        return {coin: held.size for coin, held in self.venue.positions().items()}

    @property
    def latched(self):
        """The names of the latches on the disk: as the next process reads them."""
        return sorted(one.name for one in Latches(self.folder).held())


def arm_bomb(monkeypatch, rig, bomb):
    """Let the process end at any write to the disk or the journal, and around each order."""
    write, replace, submit = durable.write, private.replace, rig.venue.submit

    def written(path, data):
        bomb.tick()
        write(path, data)
        bomb.tick()

    def sent(commands):
        bomb.tick()
        outcomes = submit(commands)
        bomb.tick()
        return outcomes

    def replaced(path, data):
        bomb.tick()
        replace(path, data)
        bomb.tick()

    rig.sink.tick = bomb.tick
    monkeypatch.setattr(private, "replace", replaced)
    monkeypatch.setattr(durable, "write", written)
    monkeypatch.setattr(rig.venue, "submit", sent)
