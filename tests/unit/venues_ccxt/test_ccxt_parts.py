"""The adapter's parts by themselves: what is proven, what an error means, the sender, the list."""

import asyncio
import importlib
import json
from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from ccxt_answers import Answers, venues
from ccxt_wire import KEYS, NOW, Exchange

from motherhaven.bot.execution.access import GateRefusal, VenueAccess
from motherhaven.bot.execution.commands import CancelOrders, PlaceOrders
from motherhaven.bot.execution.orders import OrderIntent, OrderKind, Rejected, Unknown
from motherhaven.bot.execution.venue_setup import VenueSetup
from motherhaven.bot.portfolio.events import Fill, FillReason, Liquidity, Side
from motherhaven.bot.venues.ccxt import read, wire
from motherhaven.bot.venues.ccxt.history import split
from motherhaven.bot.venues.ccxt.keys import keys_of
from motherhaven.bot.venues.ccxt.known import PROFILES, profile_of
from motherhaven.bot.venues.ccxt.register import SentRegister
from motherhaven.bot.venues.ccxt.sender import SerialSender
from motherhaven.bot.venues.ccxt.venue import open_ccxt
from motherhaven.contract.errors import ConfigError, ExchangeError
from motherhaven.contract.reasons import REASONS

CLOID = f"0x{7:032x}"
ENTRY = OrderIntent("BTC", Side.BUY, Decimal("0.01"), price=Decimal(50_500), cloid=CLOID)

# --- what is proven -----------------------------------------------------------------------


def test_other_exchanges_are_refused_as_not_proven():
    """Also those that ccxt knows, with the name that was probably meant."""
    for name in ("binance", "kraken", "hyperliquid", ""):
        with pytest.raises(ConfigError, match="not proven"):
            profile_of(name)
    with pytest.raises(ConfigError, match="did you mean ccxt:bitget"):
        open_ccxt(VenueSetup(NOW, lambda: "P"), "bitgets")


def test_a_profile_cannot_be_changed_and_its_codes_have_advice():
    """Frozen; every code that a refusal can carry is one of contract.reasons."""
    for profile in PROFILES.values():
        with pytest.raises(FrozenInstanceError):
            profile.venue = "other"
        assert set(profile.refused.values()) <= set(REASONS)
        assert not set(profile.refused) & profile.unclear


def test_a_core_install_says_what_to_install(monkeypatch):
    """Without ccxt the message names the extra."""
    real = importlib.import_module

    def without(name, *args):
        if name.startswith("ccxt"):
            raise ImportError("No module named 'ccxt'")
        return real(name, *args)

    needs = r'pip install "motherhaven\[ccxt\]"'
    monkeypatch.setattr(wire.importlib, "import_module", without)
    with pytest.raises(ConfigError, match=needs):
        wire.load("binanceusdm")
    monkeypatch.setattr(wire, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=needs):
        open_ccxt(VenueSetup(NOW, lambda: "P"), "okx")


def test_our_client_ids_are_within_each_exchanges_form():
    """As long and of the characters that each allows, and they come back as ours."""
    for venue, profile in PROFILES.items():
        sent = profile.ids.wire(CLOID)
        assert len(sent) <= profile.ids.longest, venue
        assert sent.isalnum()
        assert profile.ids.ours(sent) == CLOID
        assert profile.ids.ours("web_abc") == profile.ids.ours(None) == ""


def test_a_key_must_be_complete(tmp_path):
    """A key without its secret, or without the passphrase that the exchange wants, is refused."""
    okx = PROFILES["okx"]

    def given(text):
        return VenueAccess("ccxt:okx", tmp_path, secret=None if text is None else lambda: text)

    for text in (None, "", "[]", '{"key": "k"}', '{"key": 1, "secret": 2}'):
        with pytest.raises(ConfigError, match="CCXT_API_KEY"):
            keys_of(okx, given(text))
    with pytest.raises(ConfigError, match="CCXT_PASSWORD"):
        keys_of(okx, given('{"key": "k", "secret": "s", "password": null}'))
    found = keys_of(okx, given(KEYS))
    assert found.password == "pass"
    assert "c2Vj" not in repr(found)


# --- what an error at an order means ------------------------------------------------------

REFUSALS = {
    "binanceusdm": [
        ((400, {"code": -2019, "msg": "Margin is insufficient."}), "venue_margin"),
        ((400, {"code": -4164, "msg": "notional"}), "venue_minimum"),
        ((400, {"code": -2022, "msg": "ReduceOnly Order is rejected."}), "venue_reduce_only"),
        ((400, {"code": -4120, "msg": "use the Algo Order API"}), "venue_api"),
        ((400, {"code": -1021, "msg": "Timestamp"}), "venue_expired"),
        ((429, {"code": -1003, "msg": "Too many requests"}), "venue_rate"),
        ((418, "<html>banned</html>"), "venue_rate"),
        ((401, {"code": -2015, "msg": "Invalid API-key"}), "venue_key"),
        ((400, {"code": -9999, "msg": "new in 2027"}), "venue"),
    ],
    "bybit": [
        ({"retCode": 110007, "retMsg": "ab not enough for new order"}, "venue_margin"),
        ({"retCode": 110017, "retMsg": "reduce-only"}, "venue_reduce_only"),
        ({"retCode": 10002, "retMsg": "invalid request, timestamp"}, "venue_expired"),
        ({"retCode": 10006, "retMsg": "Too many visits"}, "venue_rate"),
    ],
    "okx": [
        (
            {"code": "1", "msg": "", "data": [{"sCode": "51008", "sMsg": "Insufficient margin"}]},
            "venue_margin",
        ),
        (
            {"code": "1", "msg": "", "data": [{"sCode": "51020", "sMsg": "minimum amount"}]},
            "venue_minimum",
        ),
        ({"code": "50011", "msg": "Too Many Requests", "data": []}, "venue_rate"),
    ],
    "bitget": [
        ((400, {"code": "40762", "msg": "exceeds the balance"}), "venue_margin"),
        ((400, {"code": "45110", "msg": "less than the minimum amount"}), "venue_minimum"),
        ((400, {"code": "40008", "msg": "Request timestamp expired"}), "venue_expired"),
    ],
}
UNPROVEN = {
    "binanceusdm": [
        (400, {"code": -1007, "msg": "Send status unknown; execution status unknown."}),
        (400, {"code": -1006, "msg": "execution status unknown"}),
        (400, {"code": -4116, "msg": "ClientOrderId is duplicated."}),
        (503, {"code": -1008, "msg": "busy"}), (502, "<html>bad gateway</html>"),
        (200, '{"orderId": 11, "clientOr'), (200, ""),
    ],
    "bybit": [{"retCode": 10016, "retMsg": "Server error"}, (504, "")],
    "okx": [{"code": "50004", "msg": "endpoint timeout", "data": []}, (500, "")],
    "bitget": [(400, {"code": "40725", "msg": "service return an error"}), (502, "")],
}  # fmt: skip


def outcome(venue, folder, reply, **given):
    """The outcome of an entry whose request is answered so and which is shown nowhere."""
    answers = Answers(venue)
    exchange = Exchange(venue, folder, lambda request: _hidden(answers, request, reply), **given)
    (found,) = exchange.run(lambda adapter: adapter.submit([PlaceOrders((ENTRY,))]))
    return found, exchange


def _hidden(answers, request, reply):
    if request.method != "GET":
        return reply
    if request.path.endswith(("/order", "/order/detail", "order/realtime", "order/history")):
        return {
            "binanceusdm": (400, {"code": -2013, "msg": "Order does not exist."}),
            "bybit": {"retCode": 0, "retMsg": "OK", "result": {"list": []}},
            "okx": {"code": "51603", "msg": "Order does not exist", "data": []},
            "bitget": (400, {"code": "40109", "msg": "cannot be found"}),
        }[answers.venue]
    return answers(request)


@pytest.mark.parametrize("venue", venues())
def test_what_the_exchange_refused_is_rejected_with_our_code(venue, tmp_path):
    """By the exchange's own code, however ccxt names the class; its words are kept."""
    for number, (reply, code) in enumerate(REFUSALS[venue]):
        found, exchange = outcome(venue, tmp_path / str(number), reply)
        assert isinstance(found, Rejected), (reply, found)
        assert found.code == code, (reply, found)
        assert len(exchange.sent()) == 1


@pytest.mark.parametrize("venue", venues())
def test_what_is_not_proven_is_unknown_and_sent_once(venue, tmp_path):
    """Server errors, half bodies, "status unknown", a duplicate id: never called a refusal."""
    for number, reply in enumerate(UNPROVEN[venue]):
        found, exchange = outcome(venue, tmp_path / str(number), reply)
        assert isinstance(found, Unknown), (reply, found)
        assert len(exchange.sent()) == 1


@pytest.mark.parametrize("venue", venues())
def test_a_connection_that_breaks_is_unknown(venue, tmp_path):
    """Whatever class ccxt makes of it: a timeout, a reset, and its ExchangeError for bad bodies."""
    errors = importlib.import_module("ccxt.base.errors")
    for name in ("RequestTimeout", "ExchangeNotAvailable", "ExchangeError", "InvalidNonce"):
        found, exchange = outcome(venue, tmp_path / name, getattr(errors, name)("GET https://x"))
        assert isinstance(found, Unknown), name
        assert "https" not in found.reason
        assert len(exchange.sent()) == 1


def test_a_closed_gate_sends_nothing_and_says_its_code(tmp_path):
    """The gate's own code goes to whoever placed it."""
    shut = GateRefusal("stopped by hand", "kill_switch")
    found, exchange = outcome("binanceusdm", tmp_path, {}, gate=lambda _reduces: shut)
    assert (found.code, found.reason) == ("kill_switch", "stopped by hand")
    assert not exchange.sent()


@pytest.mark.parametrize("venue", venues())
def test_a_bot_of_another_folder_sends_nothing_with_the_same_key(venue, tmp_path):
    """The lock is of the key, not of the data folder; its name shows no part of the key."""
    locks = tmp_path / "signers"
    answers = Answers(venue)
    exchange = Exchange(venue, tmp_path / "a", lambda r: _hidden(answers, r, {}), locks=locks)

    async def both(adapter):
        (first,) = await adapter.submit([PlaceOrders((ENTRY,))])
        other = Exchange(venue, tmp_path / "b", lambda r: _hidden(answers, r, {}), locks=locks)
        placed = await other.venue.submit([PlaceOrders((ENTRY,))])
        canceled = await other.venue.submit([CancelOrders((CLOID,))])
        await other.venue.close()
        return first, placed + canceled, other.sent()

    first, refused, sent = exchange.run(both)
    assert getattr(first, "code", None) != "signer_locked"
    assert refused[0].code == "signer_locked"
    assert sent == []
    (file,) = locks.iterdir()
    assert json.loads(KEYS)["key"] not in file.name + file.read_text()


# --- the list of sent orders, the sender, single values -----------------------------------


def test_the_list_of_sent_orders_outlives_the_process(tmp_path):
    """It is on disk before the send; a line cut short by a crash is left out, old ones go."""
    register = SentRegister(tmp_path, "okx", NOW)
    register.add(CLOID, ENTRY, ENTRY.size, NOW)
    register.named(CLOID, "11")
    register.named(CLOID, "12")
    (path,) = tmp_path.iterdir()
    with path.open("a") as file:
        file.write('{"cloid": "0x')
    again = SentRegister(tmp_path, "okx", NOW + timedelta(days=1))
    assert again.find(CLOID).kind is OrderKind.MARKET
    assert again.by_oid("11").cloid == again.by_oid("12").cloid == CLOID
    assert again.coins(NOW) == {"BTC"}
    assert SentRegister(tmp_path, "okx", NOW + timedelta(days=400)).orders() == []


def test_a_list_that_cannot_be_written_lets_nothing_out(tmp_path):
    """An order that is not on disk is not sent."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ExchangeError, match="nothing is sent"):
        SentRegister(tmp_path / "file", "okx", NOW)


def test_exits_overtake_entries_that_wait():
    """One at a time; of those that wait, what reduces risk goes first."""

    async def act():
        sender, order = SerialSender(), []

        async def send(name, *, reduces):
            async with sender.turn(reduces=reduces):
                order.append(name)
                await asyncio.sleep(0)

        await asyncio.gather(
            send("first", reduces=False), send("entry", reduces=False),
            send("exit", reduces=True), send("entry 2", reduces=False),
        )  # fmt: skip
        return order

    assert asyncio.run(act()) == ["first", "exit", "entry", "entry 2"]


def test_a_sender_that_is_given_up_lets_the_next_one_go():
    """A call that is canceled while it waits holds nobody up."""

    async def act():
        sender = SerialSender()
        async with sender.turn(reduces=False):
            waits = asyncio.ensure_future(sender.turn(reduces=True).__aenter__())
            await asyncio.sleep(0)
            waits.cancel()
        async with sender.turn(reduces=False):
            return True

    assert asyncio.run(act())


def test_a_fill_that_turns_a_position_round_is_two():
    """One closes, one opens; size and fee add up to the whole, to the last digit."""
    fill = Fill(
        0, "BTC", Decimal("-0.03"), Decimal(50_000), Decimal("0.75"), Liquidity.TAKER,
        Decimal(5), FillReason.ENTRY, "", NOW, external_id="x:1",
    )  # fmt: skip
    closing, opening = split(fill, Decimal("0.01"))
    assert (closing.size, opening.size) == (Decimal("-0.01"), Decimal("-0.02"))
    assert closing.fee + opening.fee == fill.fee
    assert (closing.realized, opening.realized) == (5, 0)
    assert closing.external_id != opening.external_id
    for held in ("0", "-0.01", "0.03", "0.05"):
        assert split(fill, Decimal(held)) == [fill]
    assert split(replace(fill, size=Decimal("0.03")), Decimal("0.01")) != []


def test_what_cannot_be_read_is_an_error():
    """Never a 0 and never nothing: sides, numbers, times and shapes."""
    for call in (
        lambda: read.number("1e99999999", "x"), lambda: read.number("", "x"),
        lambda: read.number(None, "x"), lambda: read.side("long", "x"),
        lambda: read.moment("soon", "x"), lambda: read.moment(10**18, "x"),
        lambda: read.rows({}, "x"), lambda: read.mapping([], "x"),
    ):  # fmt: skip
        with pytest.raises(ExchangeError):
            call()
    assert read.positive("0", "x") is None
    assert json.dumps(read.text("a" * 500)) == f'"{"a" * 80}"'
