"""The Hyperliquid adapter keeps to the port, over a fake venue that checks every signature."""

import asyncio
import threading
from collections import Counter

import pytest

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.running.bridge import VenueBridge
from motherhaven.bot.venues.hyperliquid.following import POLL
from motherhaven.bot.venues.hyperliquid.venue import HyperliquidVenue
from motherhaven.testing.fake_venue import FakeVenue
from motherhaven.testing.lossy_venue import LossyVenue
from motherhaven.testing.venue_subject import PRICE
from motherhaven.testing.venue_suite import CASES


class OnTheWire:
    """The adapter behind its bridge, and the fake venue that it talks to."""

    coin = "BTC"

    def __init__(self, fake, folder, lose=None):
        self.fake = fake
        fake.move(self.coin, PRICE)
        fake.step(1)  # the account's first deposit is older than the adapter
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        access = VenueAccess(
            fake.address, folder, url=fake.url, secret=fake.key, gate=lambda _: None
        )
        setup = VenueSetup(fake.clock.now(), lambda: "P", access=access)
        self.adapter = HyperliquidVenue(setup, fake.clock)
        self.venue = VenueBridge(self.adapter, self.loop)
        if lose is not None:
            self.venue = LossyVenue(self.venue, lambda: lose, silent=2)

    def move(self, price):
        """The price moves, and by the next look the bot knows what that brought."""
        self.fake.move(self.coin, price)
        self.fake.step(POLL)
        self.run(self.venue.pump())

    def run(self, work):
        """Let something happen on the adapter's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def close(self):
        """End the adapter and its loop."""
        self.run(self.adapter.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def wired(tmp_path):
    """Makes subjects that are closed at the end."""
    made = []

    def make(lose=None):
        fake = FakeVenue()
        fake.__enter__()
        subject = OnTheWire(fake, tmp_path / str(len(made)), lose)
        made.append((subject, fake))
        return subject

    yield make
    for subject, fake in made:
        subject.close()
        fake.__exit__()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_adapter_keeps_to_the_port(case, wired):
    """Every case of the suite, over HTTP and with signed orders."""
    subject = wired()
    case(subject)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_with_every_reply_lost_it_keeps_to_the_port_and_sends_nothing_twice(case, wired):
    """What was lost is asked for; each order goes over the wire as often as with replies."""
    honest, losing = wired(), wired("reply")
    case(honest)
    case(losing)
    assert _signed(losing) == _signed(honest)


def _signed(subject):
    """How often each order was signed and sent, by its cloid."""
    sent = [one for one in subject.fake.requests if one.path == "/exchange"]
    orders = [order for one in sent for order in one.body["action"].get("orders", [])]
    return Counter(order.get("c") for order in orders)
