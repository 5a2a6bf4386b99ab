"""The key is in no log, no text and no file, whatever happens; the core works without the extra."""

import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from hl_venue import buy, sell, stop

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.contract.errors import ConfigError, ExchangeError

ROOT = Path(__file__).resolve().parents[3]


def test_the_key_shows_nowhere(desk, caplog):
    """Entries, exits, lost replies, refusals and errors, with every logger at its loudest."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpcore", "hyperliquid", "websockets"):
        caplog.set_level(logging.DEBUG, logger=name)
    secret = desk.fake.key()
    digits = secret.removeprefix("0x")
    venue = desk.open()
    shown = [repr(venue), repr(desk.run(venue.identity()))]
    desk.fake.switch("drop_reply", only="order")
    shown += [repr(one) for one in desk.place(venue, buy(1), stop(2))]
    shown += [repr(one) for one in desk.place(venue, sell(3), buy(4, leverage=1_000))]
    shown += [repr(desk.run(venue.drain())), repr(vars(venue)), repr(venue.health())]
    try:
        desk.run(venue.spec("NOSUCHCOIN"))
    except ExchangeError:
        shown.append(traceback.format_exc())
    files = [one.read_bytes() for one in desk.folder.iterdir()]
    assert len(files) >= 2
    assert caplog.text
    for text in (*shown, caplog.text):
        assert digits not in text.lower()
    assert not any(digits.encode() in one.lower() for one in files)


def test_access_shows_no_key(tmp_path):
    """The function that gives it is no part of the text."""
    access = VenueAccess("0x" + "00" * 20, tmp_path, secret=lambda: "canary-secret")
    assert "secret" not in repr(access)


def test_a_wrong_key_is_not_quoted(desk):
    """The setting is named instead."""
    with pytest.raises(ConfigError, match="HYPERLIQUID_WALLET_PRIVATE_KEY") as told:
        desk.open(key="canary-secret-that-is-no-key")
    text = "".join(traceback.format_exception(told.value))
    assert "canary-secret-that-is-no-key" not in text.replace('key="canary-secret', "")


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("hyperliquid", "eth_account", "eth_utils", "websockets"):
            raise ImportError(name=name)

sys.meta_path.insert(0, Missing())
from pathlib import Path
from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.running import venues
from motherhaven.bot.venues.hyperliquid.venue import open_hyperliquid
from motherhaven.contract.errors import ConfigError
from datetime import datetime, UTC

def setup(secret):
    access = VenueAccess("0x" + "00" * 20, Path(sys.argv[1]), secret=secret)
    return VenueSetup(datetime.now(UTC), str, access=access)

open_hyperliquid(setup(None))
try:
    open_hyperliquid(setup(lambda: "11" * 32))
except ConfigError as error:
    print(error)
"""


def test_a_core_install_works_and_names_the_extra(tmp_path):
    """The table of venues is imported, an account can be read, signing says what to install."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(tmp_path)], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert 'pip install "motherhaven[live]"' in done.stdout
