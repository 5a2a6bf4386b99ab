"""`motherhaven fake-venue`: prices that move, the lines for .env, switches from the start."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from motherhaven.bot.market.instruments import Bar, default_spec
from motherhaven.bot.market.simulated import SimulatedFeed
from motherhaven.cli.fake_venue import Options, fake_venue
from motherhaven.cli.main import app
from motherhaven.contract.errors import ConfigError
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.fake_venue import FakeVenue, address_of
from motherhaven.testing.fake_venue.rehearsal import (
    RecordedSource,
    Rehearsal,
    SimulatedSource,
    along,
    legal,
    listings_of,
    parse_switch,
)
from tests.patience import wait_until
from tests.unit.fake_venue.kit import Client, order, place

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def bar(start: datetime, *values: int) -> Bar:
    """A bar of BTC."""
    return Bar("BTC", start, *(Decimal(value) for value in values), Decimal(1))


def test_a_bar_is_walked_through_its_extremes() -> None:
    """A rising bar goes to its low first, a falling one to its high; both end at the close."""
    rising, falling = bar(NOW, 100, 130, 70, 110), bar(NOW, 100, 130, 70, 90)
    third = Decimal(1) / 3
    assert [along(rising, share) for share in (Decimal(0), Decimal(1))] == [100, 110]
    assert round(along(rising, third), 6) == 70
    assert round(along(falling, third), 6) == 130
    assert along(rising, Decimal("0.5")) == 100
    assert along(rising, Decimal(7)) == 110


def test_prices_are_the_nearest_legal_ones() -> None:
    """BTC at five figures moves in whole dollars."""
    spec = default_spec("BTC")
    assert [legal(Decimal(text), spec) for text in ("50000.4", "50000.6")] == [50_000, 50_001]


def test_the_simulated_market_is_that_of_the_seed() -> None:
    """Candles of the past and the price of now are those of TRADING_MARKET=simulated:SEED."""
    clock = FakeClock(NOW)
    source = SimulatedSource(7)
    with FakeVenue(clock=clock, listings=listings_of(source, NOW)) as venue:
        rehearsal = Rehearsal(venue, source)
        rehearsal.preload()
        rehearsal.beat()
        client = Client(venue)
        feed = SimulatedFeed(["BTC"], 7)
        rows = client.ask("candleSnapshot", req={"coin": "BTC", "interval": "1m", "startTime": 0})
        assert len(rows) > 4_000
        known = feed.slices(NOW - MINUTE, NOW)[0].bars["BTC"]
        assert Decimal(rows[-2]["c"]) == known.close
        first = Decimal(client.ask("allMids")["BTC"])
        assert first == legal(feed.quotes_at(NOW)["BTC"].mark, default_spec("BTC"))
        venue.step(30)
        rehearsal.beat()
        assert Decimal(client.ask("allMids")["BTC"]) != first
        client.close()


def test_recorded_bars_are_played_and_then_stand_still() -> None:
    """Half of them are history at the start; the rest is one a minute."""
    bars = [bar(NOW + n * MINUTE, 100 + n, 100 + n, 100 + n, 100 + n) for n in range(6)]
    clock = FakeClock(NOW + timedelta(days=300))
    source = RecordedSource({"BTC": bars}, clock.now())
    with FakeVenue(clock=clock, listings=listings_of(source, clock.now())) as venue:
        rehearsal = Rehearsal(venue, source)
        rehearsal.preload()
        seen = []
        for _ in range(5):
            rehearsal.beat()
            seen.append(venue.state.market.prices["BTC"].mark)
            venue.step(60)
        assert seen == [103, 104, 105, 105, 105]
        assert [one.close for one in venue.state.market.bars["BTC"]][:3] == [100, 101, 102]


def test_a_source_that_does_not_fit_is_refused() -> None:
    """A coin without a market here, and bars of another width, are named."""
    wide = [Bar("BTC", NOW, *[Decimal(1)] * 5, interval=timedelta(minutes=5))]
    with pytest.raises(ConfigError, match="one minute"):
        RecordedSource({"BTC": wide}, NOW)
    stranger = RecordedSource({"NOPE": [bar(NOW, 1, 1, 1, 1)]}, NOW)
    with pytest.raises(ConfigError, match="no market NOPE"):
        Rehearsal(FakeVenue(), stranger)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("drop_reply", ("drop_reply", 1, {})),
        ("drop_reply:3", ("drop_reply", 3, {})),
        ("silent_socket:on", ("silent_socket", None, {})),
        ("adl:1,coin=BTC,fraction=0.5", ("adl", 1, {"coin": "BTC", "fraction": "0.5"})),
    ],
)
def test_switches_are_read(text: str, found: object) -> None:
    """NAME, how often, and arguments."""
    assert parse_switch(text) == found


@pytest.mark.parametrize("text", ["adl:x", "adl:-1", "adl:9999999999", "adl:1,coin"])
def test_a_switch_that_cannot_be_read_is_named(text: str) -> None:
    """The message says how to write it."""
    with pytest.raises(ConfigError, match="--switch"):
        parse_switch(text)


@pytest.fixture
def running(capsys: pytest.CaptureFixture[str]) -> Iterator[dict[str, str]]:
    """The command in a thread; what it prints for .env."""
    stop, lines = threading.Event(), ""
    options = Options(port=0, switches=("drop_reply:1,only=noop",), deposit="5000")
    thread = threading.Thread(target=fake_venue, args=(options, stop))
    thread.start()

    def printed() -> bool:
        nonlocal lines
        lines += capsys.readouterr().out
        return "WALLET_PRIVATE_KEY" in lines

    try:
        wait_until(printed)
        pairs = (line.split("=", 1) for line in lines.splitlines() if line[0] != "#")
        yield dict(pairs)
    finally:
        stop.set()
        thread.join()


def test_the_command_serves_what_it_prints(running: dict[str, str]) -> None:
    """The key signs for the address at the URL, and a switch is set over HTTP while it runs."""
    url, user = running["HYPERLIQUID_API_URL"], running["HYPERLIQUID_ACCOUNT_ADDRESS"]
    key = running["HYPERLIQUID_WALLET_PRIVATE_KEY"]
    assert running["HYPERLIQUID_TESTNET"] == "true"

    def ask(kind: str, who: str = user) -> object:
        return httpx.post(f"{url}/info", json={"type": kind, "user": who}).json()

    assert ask("userRole", address_of(key)) == {"role": "agent", "data": {"user": user}}
    state = ask("clearinghouseState")
    assert isinstance(state, dict)
    assert state["marginSummary"]["accountValue"] == "5000.0"
    told = httpx.post(f"{url}/switch", json={"name": "mode_switch"}).json()
    assert told == {"on": ["drop_reply"]}
    assert ask("userAbstraction") == "unifiedAccount"
    from_page = httpx.post(
        f"{url}/switch", json={"name": "restart"}, headers={"Origin": "http://example.org"}
    )
    assert from_page.status_code == 403


def test_wrong_options_end_with_a_line(tmp_path: Path) -> None:
    """A deposit that is none, bars that are not there, a switch that is unknown."""
    with pytest.raises(ConfigError, match="--deposit"):
        fake_venue(Options(port=0, deposit="-1"), threading.Event())
    with pytest.raises(ConfigError, match="COIN=FILE"):
        fake_venue(Options(port=0, bars=("BTC",)), threading.Event())
    with pytest.raises(ConfigError, match="there is no switch"):
        fake_venue(Options(port=0, switches=("nothing",)), threading.Event())


def test_a_port_in_use_is_named() -> None:
    """The message says what to do."""
    with FakeVenue() as venue:
        port = int(venue.url.rpartition(":")[2])
        with pytest.raises(ConfigError, match=f"port {port}"):
            FakeVenue(port=port)


def test_help_names_the_options() -> None:
    """The command is there, with every option that the guide names."""
    shown = CliRunner().invoke(app, ["fake-venue", "--help"]).output
    assert all(name in shown for name in ("--port", "--seed", "--bars", "--switch", "--deposit"))


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the command says which packages, and how to get them."""
    monkeypatch.setattr("motherhaven.cli.rehearsal_commands.NEEDED", ("no_such_package",))
    result = CliRunner().invoke(app, ["fake-venue", "--port", "0"])
    assert result.exit_code == 1
    assert "no_such_package" in result.output
    assert "motherhaven[live]" in result.output


def test_time_goes_by_the_wall_clock_only_where_it_is_given(venue: FakeVenue) -> None:
    """A venue with a clock of its own cannot be stepped; orders carry its time."""
    client = Client(venue)
    before = venue.clock.now()
    client.send(place(order("0.1")))
    assert client.ask("userFills")[0]["time"] == int(before.timestamp() * 1000)
    client.close()
