"""One connection of the stream: what it sends, what it hears, and when it is dead."""

import json

import pytest
from hl_support import ACCOUNT

from motherhaven.bot.venues.hyperliquid.stream_state import (
    HELLO,
    NOTHING,
    OPEN_WITHIN,
    PING_EVERY,
    PONG_WITHIN,
    SILENT_AFTER,
    Connection,
    Dead,
    News,
    subscriptions,
)

KINDS = ["userFills", "orderUpdates", "userEvents", "userFundings", "userNonFundingLedgerUpdates",
         "allMids"]  # fmt: skip


def said(channel, data=None):
    """A message of the venue."""
    return json.dumps({"channel": channel, "data": data})


def opened(now=0.0):
    """A connection whose subscriptions the venue has confirmed."""
    made = Connection(subscriptions(ACCOUNT), now)
    for text in made.first():
        made.heard(said("subscriptionResponse", json.loads(text)), now)
    return made


def test_it_subscribes_to_the_account_and_to_prices():
    """By the master's address; prices are what is never silent."""
    asks = [json.loads(text) for text in Connection(subscriptions(ACCOUNT), 0).first()]
    assert [one["method"] for one in asks] == ["subscribe"] * len(KINDS)
    assert [one["subscription"]["type"] for one in asks] == KINDS
    assert {one["subscription"].get("user") for one in asks} == {ACCOUNT, None}


def test_it_pings_and_waits_for_the_answer():
    """Every 30 s; without a pong within 10 s it is dead."""
    made = opened()
    assert made.due(PING_EVERY - 1) is None
    assert json.loads(made.due(PING_EVERY)) == {"method": "ping"}
    made.heard(said("allMids", {}), PING_EVERY + 1)
    made.heard(said("pong"), PING_EVERY + 2)
    assert made.due(PING_EVERY + PONG_WITHIN + 1) is None
    assert json.loads(made.due(2 * PING_EVERY)) == {"method": "ping"}
    made.heard(said("allMids", {}), 2 * PING_EVERY)
    with pytest.raises(Dead, match="ping"):
        made.due(2 * PING_EVERY + PONG_WITHIN)


def test_a_socket_that_is_open_and_says_nothing_is_dead():
    """Pings are answered, prices do not come: it is opened anew."""
    made = opened()
    for now in range(0, int(SILENT_AFTER), 10):
        made.due(now)
        made.heard(said("pong"), now)
        made.heard(said("orderUpdates", []), now)
    with pytest.raises(Dead, match="no price"):
        made.due(SILENT_AFTER)


def test_a_subscription_that_is_not_confirmed_is_no_connection():
    """One is missing: which one is named."""
    made = Connection(subscriptions(ACCOUNT), 0)
    for text in made.first()[1:]:
        made.heard(said("subscriptionResponse", json.loads(text)), 1)
    assert made.due(OPEN_WITHIN - 1) is None
    with pytest.raises(Dead, match="userFills"):
        made.due(OPEN_WITHIN)


@pytest.mark.parametrize(
    ("channel", "news"),
    [
        ("userFills", {News.ORDERS}), ("orderUpdates", {News.ORDERS}), ("user", {News.ORDERS}),
        ("userFundings", {News.MONEY}), ("userNonFundingLedgerUpdates", {News.MONEY}),
        ("allMids", set()), ("pong", set()), ("l2Book", set()), ("somethingNew", set()),
    ],
)  # fmt: skip
def test_what_a_message_may_be_about(channel, news):
    """A hint, whatever is in it."""
    assert opened().heard(said(channel, {}), 1).news == news
    assert opened().heard(HELLO, 1) == NOTHING


def test_fills_are_named_but_those_of_a_snapshot():
    """By trade and order; spot and what cannot be read is left out."""
    fills = [
        {"coin": "BTC", "tid": 1, "oid": 2}, {"coin": "@107", "tid": 3, "oid": 4},
        {"coin": "BTC", "tid": "x", "oid": 2}, None, {"coin": "ETH", "tid": 5, "oid": 6},
    ]  # fmt: skip
    heard = opened().heard(said("userFills", {"fills": fills}), 1)
    assert heard.fills == ((1, 2), (5, 6))
    assert opened().heard(said("user", {"fills": fills}), 1).fills == heard.fills
    snapshot = opened().heard(said("userFills", {"fills": fills, "isSnapshot": True}), 1)
    assert (snapshot.fills, snapshot.news) == ((), {News.ORDERS})


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "{}", '{"channel":5}', said("error", "Invalid subscription")]
)
def test_what_cannot_be_read_ends_the_connection(text):
    """A stream that is not understood is opened anew, and the account read meanwhile."""
    with pytest.raises(Dead):
        opened().heard(text, 1)
