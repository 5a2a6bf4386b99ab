"""Every shape of reply has one meaning, and everything else is unclear."""

import json
from decimal import Decimal

import pytest

from motherhaven.bot.venues.hyperliquid.client import Reply
from motherhaven.bot.venues.hyperliquid.refusals import PREFIXES, code_of
from motherhaven.bot.venues.hyperliquid.replies import Refusal, Taken, Unclear, read
from motherhaven.contract.reasons import advice_of


def ok(*statuses, kind="order"):
    """A reply to orders or cancels."""
    body = {"status": "ok", "response": {"type": kind, "data": {"statuses": list(statuses)}}}
    return Reply(200, json.dumps(body).encode())


def err(text):
    """A refusal of the whole action."""
    return Reply(200, json.dumps({"status": "err", "response": text}).encode())


def test_each_shape_that_is_documented():
    """Resting, filled, the two bare words, success: what is filled and whether it rests."""
    filled = {"totalSz": "0.02", "avgPx": "1891.4", "oid": 77747314}
    reply = ok(
        {"resting": {"oid": 77738308}}, {"filled": filled | {"cloid": "0x"}},
        "waitingForFill", "waitingForTrigger", "success",
    )  # fmt: skip
    assert read(reply, 5) == [
        Taken(resting=True, oid="77738308"),
        Taken(Decimal("0.02"), Decimal("1891.4"), False, "77747314"),
        Taken(resting=True),
        Taken(resting=True),
        Taken(),
    ]
    default = Reply(200, b'{"status":"ok","response":{"type":"default"}}')
    assert read(default, 1) == [Taken()]


REFUSALS = [
    ("Price must be divisible by tick size. asset=3", "venue_tick"),
    ("Order has invalid price. asset=3", "venue_tick"),
    ("Order has invalid size.", "venue_size"),
    ("Order has zero size. asset=0", "venue_size"),
    ("Order must have minimum value of $10. asset=3", "venue_minimum"),
    ("Insufficient margin to place order. asset=3", "venue_margin"),
    ("Order would cause position to exceed margin tier limit at current leverage", "venue_margin"),
    ("Reduce only order would increase position. asset=3", "venue_reduce_only"),
    ("Post only order would have immediately matched, bbo was 1@2. asset=3", "venue_post_only"),
    ("Order could not immediately match against any resting orders. asset=3", "venue_no_match"),
    ("No liquidity available for market order.", "venue_no_match"),
    ("Invalid TP/SL price. asset=3", "venue_trigger"),
    ("Main order cannot be trigger order.", "venue_trigger"),
    ("Unexpected number of trigger orders", "venue_trigger"),
    ("Order would increase open interest while open interest is capped", "venue_open_interest"),
    ("Order would increase open interest too quickly", "venue_open_interest"),
    (
        "Order rejected due to price more aggressive than oracle while at open interest cap",
        "venue_open_interest",
    ),
    ("Order price too far from oracle", "venue_price_band"),
    ("Price too far from oracle", "venue_price_band"),
    ("Order price cannot be more than 95% away from the reference price", "venue_price_band"),
    ("Only post-only orders allowed immediately after network upgrade", "venue_upgrade"),
    ("Trading is halted", "venue_halted"),
    ("Order was never placed, already canceled, or filled. asset=3", "venue_gone"),
    ("Builder fee has not been approved.", "venue"),
    ("Something that nobody has seen before", "venue"),
]


@pytest.mark.parametrize(("text", "code"), REFUSALS)
def test_each_refusal_of_an_order_has_its_code_and_advice(text, code):
    """By its beginning; the market's number at the end is left out of what is shown."""
    (answer,) = read(ok({"error": text}), 1)
    assert answer == Refusal(text.split(" asset=")[0], code)
    assert advice_of(code)


WHOLE = [
    ("Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0.0. Place "
     "taker orders to free up 1 request per USDC traded.", "venue_rate"),
    ("Signed action over weight limit of 200.", "venue_rate"),
    ("Action already expired", "venue_expired"),
    ("Invalid nonce: nonce too low 1 < 2", "venue_nonce"),
    ("User or API Wallet 0x0123 does not exist.", "venue_signer"),
    ("Must deposit before performing actions. User: 0x0123", "venue_signer"),
    ("Unable to recover signer.", "venue_signer"),
    ("Invalid leverage value", "venue_leverage"),
    ("Cannot switch leverage type with open position.", "venue_leverage"),
    ("Cross margin is not allowed for this asset.", "venue_leverage"),
    ("Vault not registered: 0x01", "venue"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), WHOLE)
def test_a_refused_action_refuses_each_of_its_orders(text, code):
    """status err: nothing of it happened."""
    answers = read(err(text), 3)
    assert [answer.code for answer in answers] == [code] * 3


def test_every_code_of_the_table_has_advice():
    """Whoever is refused is told what to do."""
    assert [prefix for prefix, code in PREFIXES if not advice_of(code)] == []
    assert all(code_of(prefix) == code for prefix, code in PREFIXES)


def test_one_error_stands_for_the_whole_batch():
    """What fails before validation comes once for n orders."""
    answers = read(ok({"error": "Insufficient margin to place order."}), 4)
    assert [type(answer) for answer in answers] == [Refusal] * 4


UNCLEAR = [
    Reply(200, b""),
    Reply(200, b"null"),
    Reply(200, b"<html>502</html>"),
    Reply(200, b'{"status":"ok"}'),
    Reply(200, b'{"status":"odd","response":{"type":"default"}}'),
    Reply(200, b'{"status":"err","response":{"type":"default"}}'),
    Reply(200, b'{"status":"ok","response":{"type":"order","data":{}}}'),
    Reply(500, b"oops"),
    Reply(502, b""),
    Reply(504, b""),
    Reply(408, b""),
    Reply(302, b""),
    ok(),
    ok({"resting": {"oid": 1}}, {"resting": {"oid": 2}}),
    ok({"resting": {}}),
    ok({"resting": {"oid": True}}),
    ok({"resting": {"oid": -1}}),
    ok({"filled": {"oid": 1, "totalSz": "0", "avgPx": "1"}}),
    ok({"filled": {"oid": 1, "totalSz": "NaN", "avgPx": "1"}}),
    ok({"filled": {"oid": 1, "totalSz": "1"}}),
    ok({"resting": {"oid": 1}, "error": "x"}),
    ok({"error": 5}),
    ok("someNewWord"),
    ok(None),
    err("Invalid nonce: duplicate nonce 1677777606040"),
]


@pytest.mark.parametrize("reply", UNCLEAR, ids=range(len(UNCLEAR)))
def test_everything_else_is_unclear(reply):
    """A shape that is not known never counts as taken, nor as refused."""
    (answer,) = read(reply, 1)
    assert isinstance(answer, Unclear), answer
    assert answer.text


@pytest.mark.parametrize("status", [400, 403, 413, 422, 429])
def test_a_server_that_did_not_look_at_it_has_refused_it(status):
    """A body that is not taken, or too many of them: the action was not reached."""
    (answer,) = read(Reply(status, b"Failed to deserialize the JSON body"), 1)
    assert isinstance(answer, Refusal)
    assert answer.code == ("venue_rate" if status == 429 else "venue")
