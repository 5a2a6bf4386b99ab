"""Alerts: what is wrong when, each told once, bounded, shared; and where they may go."""

import asyncio
import builtins
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.wire import event_from_item
from motherhaven.server.alerts.halts import Halts, fold_halts, is_over
from motherhaven.server.alerts.hearing import Hearing
from motherhaven.server.alerts.rules import FORGOTTEN_SECONDS, Facts, Trouble, troubles
from motherhaven.server.alerts.send import AlertFailed, Webhook, targets_of
from motherhaven.server.alerts.state import (
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
from motherhaven.server.alerts.task import STORE_PATIENCE_SECONDS
from motherhaven.stores import MemoryStore
from tests.alertkit import Sender, Wire, watch
from tests.serverkit import NOW, FakeClock, event, item

pytestmark = pytest.mark.anyio

BEFORE = NOW - timedelta(days=30)


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
    assert wire.got[1:] == ["Recovered: the server can use its store"]


def test_time_in_which_a_server_was_deaf_is_no_silence() -> None:
    """From the last look that worked to the next, and on while refused bots may wait."""

    def at(second: float) -> datetime:
        return NOW + timedelta(seconds=second)

    hearing = Hearing(NOW)
    for second in (0, 2, 4):
        hearing.heard(at(second))
    assert hearing.deaf == []
    hearing.lost()
    hearing.lost()
    hearing.heard(at(14))
    assert hearing.deaf == [(at(4), at(24))]
    hearing.lost()
    hearing.heard(at(18))
    assert hearing.deaf == [(at(4), at(24))], "never counted twice"
    hearing.heard(at(20))
    hearing.lost()
    hearing.heard(at(1_020))
    assert hearing.deaf[1] == (at(24), at(1_080)), "a minute at most"


@pytest.mark.parametrize("zone", ["", "no/such-zone", "../../etc/passwd", "/etc", "x" * 65, None])
def test_a_zone_that_is_none_means_utc(zone: object) -> None:
    """What a bot says is never trusted to be a zone."""
    events = [
        event_from_item(event(1, "status", day_zone=zone, message=""), NOW),
        event_from_item(
            event(2, "decision", verdict={"allowed": False, "rule": "daily_loss"}), NOW
        ),
    ]
    halts = fold_halts({}, events)
    assert halts["bot-1"]["loss"] == "2026-01-03T00:00:00+00:00"
    assert not is_over(halts["bot-1"]["loss"], NOW)
    assert is_over(halts["bot-1"]["loss"], NOW + timedelta(hours=21))
    assert is_over("2026-01-02", NOW), "what an older version wrote"


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
    halts = {"bot-1": {"loss": "2026-01-03T00:00:00+00:00"}}

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


def test_an_alert_leads_to_the_panel_and_a_bot_s_name_nowhere() -> None:
    """The link is the server's own, at the end; what a bot wrote of the same form is none."""
    evil = "x\x1ehttps://evil.example/llm-bot/bot?id=a#control"
    store = MemoryStore()

    async def scenario() -> str:
        await store.open()
        payload = item(1, "status", bot_id="bot:1", bot_name=evil[:100])
        payload["payload"] |= {"quarantined": 3}
        await store.append([event_from_item(payload, NOW)])
        facts = Facts(NOW, NOW, await store.bots(), page="https://bots.example")
        return troubles(facts)["quarantine:bot:1"].text

    text = asyncio.run(scenario())
    words, _, link = text.partition("\x1e")
    assert link == "https://bots.example/llm-bot/bot?id=bot%3A1#control"
    assert "evil.example" in words
    sent = (
        Webhook("https://hook.example/x", 443, allow_local=False)
        ._request(text)
        .partition(b"\r\n\r\n")[2]
    )
    told = json.loads(sent)
    assert told["link"] == link
    assert told["text"].endswith(" " + link)
    assert "https://evil" not in told["text"]
    assert "link" not in json.loads(
        Webhook("https://hook.example/x", 443, allow_local=False)
        ._request("words")
        .partition(b"\r\n\r\n")[2]
    )


@pytest.mark.parametrize(
    "words", ["kill switch ended by hand; this arms NO live trading", "the daily loss was near"]
)
@pytest.mark.parametrize("field", ["message", "error"])
def test_what_our_own_bots_say_in_words_is_no_halt(words: str, field: str) -> None:
    """They tell by their codes and fields; words count only of bots that have neither."""

    def after(halts: Halts, **payload: Any) -> dict[str, Any]:
        return fold_halts(halts, [event_from_item(event(1, "status", **payload), NOW)])  # type: ignore[arg-type]

    engaged = after({}, decider="scripted:model", kill_switch=True)
    assert "kill" in engaged["bot-1"]
    own = {"decider": "scripted:model", "message": "", field: words}
    assert after({}, **own) == after(engaged, **own) == {}
    assert "kill" in after({}, message="kill switch engaged")["bot-1"]
