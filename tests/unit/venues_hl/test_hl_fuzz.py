"""Whatever the venue sends: it is read, or refused in the one way that callers know."""

import json
from contextlib import suppress

from hl_support import ACCOUNT, NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from test_hl_parse import FILL, MARKETS, ORDER, STATE, STATUS

from motherhaven.bot.venues.hyperliquid.account_state import read_account, read_asset
from motherhaven.bot.venues.hyperliquid.client import Reply
from motherhaven.bot.venues.hyperliquid.markets import read_book, read_markets, read_mids
from motherhaven.bot.venues.hyperliquid.money_state import read_fill, read_flow, read_funding
from motherhaven.bot.venues.hyperliquid.orders_state import read_open_orders, read_status
from motherhaven.bot.venues.hyperliquid.parse import BadAnswer
from motherhaven.bot.venues.hyperliquid.replies import Refusal, Taken, Unclear, read
from motherhaven.bot.venues.hyperliquid.stream_state import Connection, Dead, subscriptions

WORDS = ["status", "ok", "err", "response", "type", "order", "data", "statuses", "resting", "oid",
         "filled", "totalSz", "avgPx", "error", "success", "default", "channel"]  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(WORDS)
    | st.sampled_from(["1.5", "-0", "NaN", "1e99", "0x" + "1" * 32])
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=20,
)
READERS = [
    (lambda v: read_markets(v, NOW), MARKETS), (read_account, STATE),
    (read_open_orders, [ORDER]), (read_status, STATUS), (read_mids, {"BTC": "1"}),
    (lambda v: read_fill(v, ACCOUNT), FILL), (lambda v: read_asset(v, "BTC"), {}),
    (read_funding, {}), (lambda v: read_flow(v, ACCOUNT), {}), (read_book, {"levels": [[], []]}),
]  # fmt: skip


def spoil(value, places, junk):
    """The value with one thing in it replaced; `places` choose the way down."""
    if not places or not isinstance(value, dict | list) or not value:
        return junk
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[places[0] % len(keys)]
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = spoil(value[key], places[1:], junk)
    return changed


@settings(max_examples=300, deadline=None)
@given(TREES, st.lists(st.integers(0, 99), max_size=5), st.sampled_from(READERS))
def test_an_answer_is_read_or_unreadable(junk, places, reader):
    """No other error comes out of a reader, wherever in a good answer the junk sits."""
    read_it, good = reader
    for value in (junk, spoil(good, places, junk)):
        with suppress(BadAnswer):
            read_it(value)


@settings(max_examples=300, deadline=None)
@given(TREES | st.binary(max_size=40), st.integers(100, 599), st.integers(1, 4))
def test_a_reply_always_means_something(body, status, count):
    """One answer for each order, whatever comes back; nothing raises."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    for code in (200, status):
        answers = read(Reply(code, data), count)
        assert len(answers) == count
        assert all(isinstance(one, Taken | Refusal | Unclear) for one in answers)


@settings(max_examples=200, deadline=None)
@given(TREES | st.text(max_size=40))
def test_a_message_is_heard_or_ends_the_connection(message):
    """Nothing else comes out of the stream."""
    connection = Connection(subscriptions(ACCOUNT), 0)
    text = message if isinstance(message, str) else json.dumps(message)
    with suppress(Dead):
        connection.heard(text, 1)
