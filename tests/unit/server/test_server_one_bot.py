"""One bot whose data are odd stops neither the watch, nor the lists, nor figures of others."""

import logging
from typing import Any

import pytest

from motherhaven.contract.views import BotRow
from motherhaven.contract.wire import event_from_item
from motherhaven.server.alerts import rules
from motherhaven.server.alerts.task import STORE_PATIENCE_SECONDS
from motherhaven.server.figures import bot_metrics, ratios
from motherhaven.stores import MemoryStore
from tests.alertkit import Sender, Wire, watch
from tests.serverkit import API, KEY, FakeClock, item, running

pytestmark = pytest.mark.anyio


async def batch(client: Any, *items: dict[str, Any]) -> None:
    """Post a batch, all of it stored."""
    answer = await client.post(f"{API}/ingest/batch", json={"events": list(items)})
    assert {one["status"] for one in answer.json()["results"]} == {"stored"}


ODD = {"equity_usd": "1e30", "deposits_usd": "1e-30"}
"""Within what ingest takes, and its quotient has more digits than any figure."""


async def test_odd_money_of_one_bot_leaves_the_others_figures() -> None:
    """Its return is unavailable, with the reason; every other route and bot answers."""
    async with running() as server, server.client(key=KEY) as client:
        odd, good = item(1, "account", bot_id="odd"), item(2, "account", bot_id="good")
        odd["payload"] |= ODD
        good["payload"] |= {"equity_usd": "1045", "deposits_usd": "1000"}
        await batch(client, odd, good)
        for path in ("bots", "metrics", "equity", "equity?range=all", "compare?ids=odd,good",
                     "export?what=equity", "account/history"):  # fmt: skip
            answer = await client.get(f"{API}/{path}")
            assert answer.status_code == 200, (path, answer.text)
        rows = {row["id"]: row for row in (await client.get(f"{API}/bots")).json()["bots"]}
        assert rows["good"]["return_fraction"] == "0.045"
        assert rows["good"]["unavailable"] is None
        assert rows["odd"]["return_fraction"] is None
        assert rows["odd"]["unavailable"]
        assert rows["odd"]["account"]["equity_usd"]


def failing_for(bot: str, real: Any) -> Any:
    """`real`, which fails where a bot of this id is among its arguments."""

    def odd(*arguments: Any, **more: Any) -> Any:
        if f"'{bot}'" in repr(arguments):
            raise OverflowError("cannot convert float infinity to integer")
        return real(*arguments, **more)

    return odd


@pytest.mark.parametrize(
    ("module", "name"),
    [(bot_metrics, "bot_metrics"), (ratios, "_returns"), (bot_metrics, "histories"),
     (bot_metrics, "open_positions")],
)  # fmt: skip
async def test_a_failing_computation_shows_on_its_bot_alone(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    """Whatever part of the figures fails, the bot says so and everything else stays."""
    monkeypatch.setattr(module, name, failing_for("odd", getattr(module, name)))
    async with running() as server, server.client(key=KEY) as client:
        await batch(client, *(item(n, "account", bot_id=b) for n, b in ((1, "odd"), (2, "good"))))
        items = (await client.get(f"{API}/metrics")).json()["items"]
        by_id = {one["bot_id"]: one for one in items}
        assert "OverflowError" in by_id["odd"]["unavailable"]
        assert by_id["good"]["unavailable"] is None
        assert by_id["good"]["performance"]["days"] == 1
        assert (await client.get(f"{API}/bots")).status_code == 200


async def test_a_store_that_is_away_is_no_bots_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the answer is 503, not a list of unavailable figures."""
    async with running() as server, server.client(key=KEY) as client:
        await batch(client, item(1, "account"))
        await server.store.close()
        assert (await client.get(f"{API}/metrics")).status_code == 503


async def test_a_bot_that_cannot_be_judged_is_told_once_and_the_others_are_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A trouble of its own, with its end; another bot's silence is told beside it."""
    clock, wire = FakeClock(), Wire()
    store = MemoryStore(clock=clock)
    good = Sender(store, clock)
    await good.send("status", interval_seconds=60)
    odd = event_from_item(item(9, "status", bot_id="odd", bot_name="odd"), clock.now())
    await store.append([odd])
    alerts = watch(store, clock, wire)
    real = rules._late

    def late(bot: BotRow, *rest: Any) -> Any:
        if bot.id == "odd":
            raise TypeError("'<' not supported")
        return real(bot, *rest)

    await alerts.look()
    monkeypatch.setattr(rules, "_late", late)
    clock.advance(200)
    for _ in range(3):
        await alerts.look()
    assert sorted(wire.heads()) == [
        "WATCH", "no heartbeat from claude (paper) for 200 s (it should "
                            "come every 60 s)"]  # fmt: skip
    monkeypatch.setattr(rules, "_late", real)
    await good.send("status", interval_seconds=60)
    await alerts.look()
    assert "Recovered: the bot odd is watched again" in wire.got


async def test_a_watch_that_fails_is_told_once_with_its_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every round raises: after a while that is an alert; when rounds work again, its end is."""
    caplog.set_level(logging.CRITICAL, "motherhaven")
    clock, wire = FakeClock(), Wire()
    store = MemoryStore(clock=clock)
    alerts = watch(store, clock, wire)
    real = store.bots

    async def bots(**how: Any) -> list[BotRow]:
        raise ZeroDivisionError

    monkeypatch.setattr(store, "bots", bots)
    for _ in range(6):
        await alerts.look()
        clock.advance(STORE_PATIENCE_SECONDS / 2)
    assert wire.heads() == ["WATCH"]
    monkeypatch.setattr(store, "bots", real)
    await alerts.look()
    assert wire.heads() == ["WATCH", "Recovered"]


async def test_an_event_that_cannot_be_folded_is_left_out(caplog: Any) -> None:
    """Its neighbours still engage and lift what they tell."""
    caplog.set_level(logging.CRITICAL, "motherhaven")
    kill = event_from_item(item(2, "status", bot_id="b"), FakeClock().now())
    from dataclasses import replace

    from motherhaven.server.alerts.halts import fold_halts

    broken = replace(kill, payload=b"\xff{", bot_id="a")
    engaged = replace(kill, payload=b'{"status":"running","kill_switch":true}')
    halts = fold_halts({"a": {"kill": "before"}}, [broken, engaged])
    assert set(halts) == {"a", "b"}
    assert halts["a"] == {"kill": "before"}
