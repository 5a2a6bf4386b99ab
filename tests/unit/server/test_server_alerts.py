"""Alerts: what is wrong when, each told once, bounded, shared; and where they may go."""

import asyncio
import builtins
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.wire import event_from_item
from motherhaven.server.alert_rules import FORGOTTEN_SECONDS, Facts, Trouble, fold_halts, troubles
from motherhaven.server.alert_send import AlertFailed, Webhook, targets_of
from motherhaven.server.alert_state import (
    AGAIN_SECONDS,
    BOUND,
    BOUND_SECONDS,
    CLAIM_SECONDS,
    AlertState,
    advance,
    claimed,
    dump_state,
    load_state,
    settled,
)
from motherhaven.server.alerting import STORE_PATIENCE_SECONDS, Alerts
from motherhaven.stores import MemoryStore, Store
from tests.serverkit import NOW, FakeClock, event

pytestmark = pytest.mark.anyio

BEFORE = NOW - timedelta(days=30)


class Wire:
    """A target that remembers what arrived, or refuses."""

    shown = "a wire"

    def __init__(self) -> None:
        self.got: list[str] = []
        self.fails = False

    async def send(self, text: str) -> None:
        if self.fails:
            raise AlertFailed("a wire: cut")
        self.got.append(text)


def watch(store: Store, clock: FakeClock, *wires: Wire) -> Alerts:
    """A server's watch over a store, seen from outside its task."""
    count = iter(range(10**6))
    return Alerts(store, clock, wires, None, lambda size: next(count).to_bytes(size, "big"))


class Sender:
    """Puts a bot's events into a store as they would arrive at the clock's time."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store, self.clock, self.number = store, clock, 0

    async def send(self, kind: str, **payload: Any) -> None:
        self.number += 1
        one = event_from_item(event(self.number, kind, **payload), self.clock.now())
        [kept] = await self.store.append([one])
        assert kept.status == "stored"


async def test_a_late_bot_is_told_once_louder_with_positions_and_its_return() -> None:
    """Twice the interval and the grace; not before; not again; a second server says nothing."""
    clock, wire = FakeClock(), Wire()
    store = MemoryStore(clock=clock)
    bot = Sender(store, clock)
    await bot.send("position_opened", position_id="p1")
    await bot.send("status", interval_seconds=60)
    one, two = watch(store, clock, wire), watch(store, clock, wire)
    for seconds in (0, 120, 2):
        clock.advance(seconds)
        await one.look()
        assert wire.got == []
    clock.advance(1)
    for looks in (one, two, one, watch(store, clock, wire)):
        await looks.look()
    [text] = wire.got
    assert text.startswith("URGENT: 1 OPEN POSITION UNATTENDED: no heartbeat from claude (paper)")
    clock.advance(3_600)
    restarted = watch(store, clock, wire)
    await restarted.look()
    assert len(wire.got) == 1, "a restart of the server is no heartbeat"
    await bot.send("status", interval_seconds=60)
    for looks in (two, one, restarted):
        await looks.look()
    assert wire.got[1:] == ["Recovered: claude (paper) is back: its heartbeat arrived again"]


async def test_silence_that_is_the_servers_own_or_deliberate_is_no_alert() -> None:
    """Just after a start, of a stopped bot, and of one silent for more than a day."""
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    bot = Sender(store, clock)
    await bot.send("status", interval_seconds=60)
    bots = await store.bots()
    hour = NOW + timedelta(hours=1)
    assert set(troubles(Facts(hour, BEFORE, bots))) == {"late:bot-1"}
    assert troubles(Facts(hour, hour - timedelta(seconds=100), bots)) == {}
    ages = NOW + timedelta(seconds=FORGOTTEN_SECONDS + 1)
    assert troubles(Facts(ages, BEFORE, bots)) == {}
    assert set(troubles(Facts(ages, BEFORE, bots, told=frozenset({"late:bot-1"})))) == {
        "late:bot-1"
    }
    await bot.send("status", status="stopped", interval_seconds=60)
    assert troubles(Facts(hour, BEFORE, await store.bots())) == {}


async def test_kill_daily_loss_quarantine_and_disk() -> None:
    """Each from what bots report and the disk says; each ends by its own sign."""
    clock, wire = FakeClock(), Wire()
    store = MemoryStore(clock=clock)
    bot, looks = Sender(store, clock), watch(store, clock, wire)
    await looks.look()

    async def told(kind: str, **payload: Any) -> list[str]:
        await bot.send(kind, **payload)
        before = len(wire.got)
        await looks.look()
        return [text.partition(":")[0] for text in wire.got[before:]]

    engaged = "kill switch engaged: no entries"
    assert await told("status", message=engaged, kill_switch=True) == ["KILL SWITCH"]
    assert await told("status", message="", kill_switch=True) == []
    assert await told("status", message="kill switch re-armed by hand") == ["Recovered"]
    refused = {"allowed": False, "rule": "daily_loss", "reason": "today's loss 21 USD"}
    assert await told("decision", verdict=refused) == ["DAILY LOSS"]
    assert await told("decision", verdict=refused) == []
    assert await told("status", quarantined=2) == ["claude (paper)"]
    assert await told("status", quarantined=0) == ["Recovered"]
    clock.advance(86_400)
    assert await told("status") == ["Recovered"], "a new day"
    assert set(troubles(Facts(NOW, NOW, free_bytes=1 << 20))) == {"server:disk"}
    assert troubles(Facts(NOW, NOW, free_bytes=1 << 40)) == {}


async def test_what_cannot_be_sent_waits_and_only_for_who_missed_it() -> None:
    """Backoff; a target that has it gets it no second time; a restart goes on."""
    clock, good, bad = FakeClock(), Wire(), Wire()
    store = MemoryStore(clock=clock)
    await Sender(store, clock).send("status", interval_seconds=60)
    looks = watch(store, clock, good, bad)
    bad.fails = True
    clock.advance(200)
    await looks.look()
    assert (len(good.got), bad.got) == (1, [])
    bad.fails = False
    await looks.look()
    assert bad.got == [], "not before its time"
    clock.advance(5)
    again = watch(store, clock, good, bad)
    await again.look()
    await looks.look()
    assert (len(good.got), len(bad.got)) == (1, 1)


async def test_many_servers_at_once_send_one() -> None:
    """Ten watches look at the same time; compare-and-set lets one have it."""
    clock, wire = FakeClock(), Wire()
    store = MemoryStore(clock=clock)
    await Sender(store, clock).send("status", interval_seconds=60)
    watches = [watch(store, clock, wire) for _ in range(10)]
    for number, one in enumerate(watches):
        one._random = lambda size, n=number: n.to_bytes(size, "big")  # type: ignore[misc]
    clock.advance(200)
    await asyncio.gather(*(one.look() for one in watches))
    await asyncio.gather(*(one.look() for one in watches))
    assert len(wire.got) == 1


async def test_a_store_that_fails_is_told_and_its_recovery() -> None:
    """After some patience, once; without the store, which could not remember it."""
    clock, wire = FakeClock(), Wire()
    store = MemoryStore(clock=clock)
    looks = watch(store, clock, wire)
    await store.close()
    await looks.look()
    assert wire.got == []
    for _ in range(3):
        clock.advance(STORE_PATIENCE_SECONDS)
        await looks.look()
    assert [text.partition(":")[0] for text in wire.got] == ["STORE"]
    await store.open()
    await looks.look()
    assert wire.got[1:] == ["Recovered: the server's store works"]


def test_a_flood_is_bounded_and_counted() -> None:
    """A hundred troubles at once are twenty messages, then one that counts the rest."""
    found = {str(n): Trouble(str(n), f"trouble {n}", f"{n} over") for n in range(100)}
    state = advance(AlertState(), found, 0.0)
    assert len(state.waiting) == BOUND
    assert state.held == 100 - BOUND
    assert advance(state, found, 1.0) == state
    later = advance(state, found, BOUND_SECONDS)
    [told] = later.waiting[BOUND:]
    assert told.text.startswith("80 more changes were held back")
    assert later.held == 0
    late = Trouble("late", "URGENT: 1 OPEN POSITION", "back")
    assert advance(AlertState(), found | {"late": late}, 0.0).waiting[0].text == late.text


def test_what_comes_and_goes_is_not_told_each_time() -> None:
    """The same trouble anew only AGAIN_SECONDS after its end."""
    found = {"x": Trouble("x", "bad", "good")}
    state = advance(advance(AlertState(), found, 0.0), {}, 1.0)
    assert [note.text for note in state.waiting] == ["bad", "Recovered: good"]
    for second in range(2, 100):
        state = advance(state, found if second % 2 else {}, float(second))
    assert len(state.waiting) == 2
    assert len(advance(state, found, 1.0 + AGAIN_SECONDS).waiting) == 3


def test_a_claim_ends_with_a_crash() -> None:
    """Claimed notes are nobody else's until CLAIM_SECONDS have passed; the record keeps all."""
    state = advance(AlertState(), {"x": Trouble("x", "bad ✓", "good")}, 0.0)
    state, due = claimed(state, 0.0)
    assert len(due) == 1
    assert claimed(state, CLAIM_SECONDS - 1)[1] == ()
    again = load_state(dump_state(settled(state, {1: (0,)}, 10.0), "token"))
    assert claimed(again, 14.0)[1] == ()
    [note] = claimed(again, 15.0)[1]
    assert (note.text, note.left, note.tries) == ("bad ✓", (0,), 1)
    assert settled(again, {1: ()}, 16.0).waiting == ()
    assert load_state("garbage") == AlertState()


def test_halts_ignore_what_is_not_theirs() -> None:
    """A hold that was allowed lifts nothing; an allowed entry does."""
    halts = {"bot-1": {"loss": "2026-01-02"}}

    def after(**payload: Any) -> dict[str, Any]:
        return fold_halts(halts, [event_from_item(event(1, "decision", **payload), NOW)])  # type: ignore[arg-type]

    allowed = {"allowed": True}
    assert after(signal="hold", verdict=allowed) == halts
    assert after(signal="buy_to_enter", verdict=allowed) == {}


@pytest.mark.parametrize(
    ("address", "local", "refused"),
    [
        ("169.254.169.254", True, True),
        ("fe80::1", True, True),
        ("0.0.0.0", True, True),
        ("127.0.0.1", False, True),
        ("10.1.2.3", False, True),
        ("192.168.1.4", False, True),
        ("100.64.0.1", False, True),
        ("::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("fd00::1", False, True),
        ("192.168.1.4", True, False),
        ("93.184.216.34", False, False),
    ],
)
def test_where_a_webhook_may_point(address: str, local: bool, refused: bool) -> None:
    """Link-local never, private only when allowed; one bad address among good ones refuses."""
    hook = Webhook("https://hook.example/x", 443, allow_local=local)
    if refused:
        for found in ([address], ["93.184.216.34", address]):
            with pytest.raises(AlertFailed):
                hook._checked(found)
    else:
        assert hook._checked([address]) == address


async def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    """Rebinding: the name is looked up once a message; a later answer is never used."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/inside\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    url = f"http://hook.example:{port}/secret-path"
    hook = Webhook(url, port, allow_local=True, resolve=resolve)
    async with server:
        with pytest.raises(AlertFailed, match="redirect, which is not followed") as caught:
            await hook.send("hello")
        assert asked == ["hook.example"]
        assert f"Host: hook.example:{port}".encode() in heads[0]
        with pytest.raises(AlertFailed, match="link-local"):
            await hook.send("hello")
    assert len(heads) == 1
    assert "secret-path" not in str(caught.value)


async def test_apprise_delivers_and_tells_of_failure(caplog: pytest.LogCaptureFixture) -> None:
    """One of its forms against a server of this machine; no address in the log."""
    caplog.set_level(0)
    bodies: list[bytes] = []
    answers = [b"200 OK", b"500 Broken"]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        bodies.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 " + answers[len(bodies) - 1] + b"\r\ncontent-length: 0\r\n")
        writer.write(b"connection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        [target] = targets_of(f"json://127.0.0.1:{port}/canary", allow_local=True)
        await target.send("a bot is late")
        with pytest.raises(AlertFailed, match="not accepted"):
            await target.send("again")
    assert b"a bot is late" in bodies[0]
    assert "canary" not in caplog.text


def test_targets_that_cannot_be_used_are_told_without_their_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """http without leave, users in URLs, unknown services, apprise missing."""
    for setting in ("http://hook.example/canary", "https://canary@hook.example/",
                    "jsons://canary.example/", "nonsense://canary", "https://[canary"):  # fmt: skip
        with pytest.raises(ConfigError, match="target 2") as caught:
            targets_of(f"https://hook.example/a, {setting}", allow_local=False)
        assert "canary" not in str(caught.value)
    assert len(targets_of("https://a.example, ,https://b.example/x", allow_local=False)) == 2
    assert targets_of("", allow_local=False) == ()
    [mail] = targets_of("mailtos://canary:canary@mail.example", allow_local=False)
    assert "canary" not in mail.shown
    real = builtins.__import__

    def missing(name: str, *rest: Any, **named: Any) -> Any:
        if name == "apprise":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigError, match=r"motherhaven\[alerts\]"):
        targets_of("tgram://canary/1", allow_local=False)
