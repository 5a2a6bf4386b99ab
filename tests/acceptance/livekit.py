"""A bot process in live mode against a fake venue on this machine: no real key, no real money."""

import json
import subprocess
import sys
import threading
from datetime import timedelta
from decimal import Decimal

import apsw

from motherhaven.bot.market.instruments import Bar
from motherhaven.settings import SystemClock
from motherhaven.testing.fake_venue import FakeVenue
from tests.acceptance.processes import ROOT, clean_environment
from tests.patience import HANG_SECONDS, wait_until

MINUTE = timedelta(minutes=1)
PRICE = Decimal(50_000)
WARM_MINUTES = 60
TURN_SECONDS = 2.0
INTERVAL_SECONDS = "5"
"""Each decision reads the account: once a second uses up what the venue allows in a minute."""


class LiveWorld:
    """A fake venue with bars of BTC up to now, and a folder whose settings mean it."""

    def __init__(self, folder, **venue):
        self.folder, self.started = folder, []
        self.clock = SystemClock()
        self.fake = FakeVenue(clock=self.clock, **venue)
        self._ends = threading.Event()

    def __enter__(self):
        self.fake.__enter__()
        self._last = self.clock.now().replace(second=0, microsecond=0) - WARM_MINUTES * MINUTE
        self._bars()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        self.env = clean_environment(
            self.folder,
            TRADING_MODE="live", TRADING_DECIDER="buy-and-hold", TRADING_ASSETS="BTC",
            EXECUTION_INTERVAL_SECONDS=INTERVAL_SECONDS, HYPERLIQUID_API_URL=self.fake.url,
            HYPERLIQUID_ACCOUNT_ADDRESS=self.fake.address,
            HYPERLIQUID_WALLET_PRIVATE_KEY=self.fake.key(),
        )  # fmt: skip
        return self

    def __exit__(self, *error):
        self._ends.set()
        self._thread.join()
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.fake.__exit__(*error)

    def _follow(self):
        while not self._ends.wait(TURN_SECONDS):
            self._bars()

    def _bars(self):
        """Every minute that has ended since the last look, flat."""
        while self._last + MINUTE <= self.clock.now():
            self.fake.bar(Bar("BTC", self._last, PRICE, PRICE, PRICE, PRICE, Decimal(1)))
            self._last += MINUTE

    # --- what is done ---------------------------------------------------------------------

    def start(self, script=ROOT / "run_analysis_bot.py"):
        """The bot as a process; its output goes to a file."""
        with (self.folder / "out.txt").open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, str(script)],
                cwd=self.folder, env=self.env, stdout=out, stderr=out,
            )  # fmt: skip
        self.started.append(process)
        return process

    def command(self, *words):
        """A `motherhaven` command from another terminal, which nobody types at."""
        return subprocess.run(
            [sys.executable, "-m", "motherhaven.cli.main", *words],
            cwd=self.folder, env=self.env, capture_output=True, text=True, check=False,
            timeout=HANG_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def arm(self, max_loss="100"):
        """Arm it from a script; the account is named in full."""
        done = self.command("arm", "--yes-i-mean", self.fake.address, "--max-loss", max_loss)
        assert done.returncode == 0, done.stderr
        return done

    def until(self, what, condition):
        """Wait for something at the venue or in the bot's words."""
        wait_until(condition, what)

    # --- what is seen ---------------------------------------------------------------------

    @property
    def control(self):
        """The bot's control folder."""
        return self.folder / "data" / "trading_bot_live_local.control"

    def state(self):
        """What the bot last published; empty before it did."""
        try:
            return json.loads((self.control / "state.json").read_bytes())
        except (OSError, ValueError):
            return {}

    def output(self):
        """Everything that bots have written to their terminals."""
        return (self.folder / "out.txt").read_text()

    @property
    def signed(self):
        """Every signed request that the venue has seen."""
        return [one for one in self.fake.requests if one.path == "/exchange"]

    def held(self):
        """The venue's own positions, by coin."""
        account = self.fake.account()
        return self.fake.call(lambda: dict(account.live().snapshot.positions))

    def rows(self, query):
        """Rows of the bot's journal."""
        path = self.folder / "data" / "trading_bot_live_local.db"
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(2000)
        return connection.execute(query).fetchall()
