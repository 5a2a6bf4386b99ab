"""A close or a hold needs its coin and its signal: no other field can refuse it."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motherhaven.bot.guard import OpenPosition, RiskContext, judge, parse_answer
from motherhaven.contract.limits import RiskLimits

D = Decimal
VIEW = RiskContext(
    datetime(2026, 1, 2, 12, tzinfo=UTC), D(1_000), D(1_000), {"BTC": D(50_000)},
    {"BTC": OpenPosition(D("0.001"), D(49_000), 5)},
)  # fmt: skip
FIELDS = (
    "quantity_usd", "leverage", "confidence", "stop_loss", "profit_target",
    "invalidation_condition", "justification", "exit_plan", "entry_price", "note",
)  # fmt: skip
NONSENSE = [
    0, -5, 1e300, 2.5, 10**40, None, "", "n/a", "high", "3x", "2%", True, [], ["a", 1], {},
    {"stop_loss": "none"}, {"stop_loss": -1, "leverage": 0}, "x" * 30_000, "\x00",
]  # fmt: skip
LITERALS = ["NaN", "Infinity", "-Infinity", "1e999", "9" * 200, '"\\ud800"', '{"a":1,"a":2}']


def closed(text):
    """Assert that the answer closes the whole position."""
    parsed = parse_answer(text)
    assert parsed.error is None
    assert not parsed.rejected, parsed.rejected
    (verdict,) = judge(parsed.decisions, VIEW, RiskLimits())
    assert verdict.allowed, verdict.reason
    assert verdict.size == D("0.001")
    assert 0 <= parsed.decisions[0].confidence <= 1
    assert parsed.decisions[0].leverage >= 1


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", NONSENSE, ids=repr)
def test_nonsense_in_any_field_closes_all_the_same(field, value):
    """Every field against every kind of value."""
    closed(json.dumps({"decisions": [{"coin": "BTC", "signal": "close", field: value}]}))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("literal", LITERALS)
def test_what_is_no_json_number_or_text_closes_all_the_same(field, literal):
    """Python's JSON writes NaN, models write worse."""
    closed(f'{{"coin": "BTC", "signal": "close", "{field}": {literal}}}')


def test_a_key_twice_matters_only_where_it_decides():
    """Two leverages say nothing about a close; two coins do."""
    closed('{"coin": "BTC", "signal": "close", "leverage": 1, "leverage": 2}')
    for twice in ('"coin": "ETH"', '"signal": "buy_to_enter"'):
        parsed = parse_answer(f'{{"coin": "BTC", "signal": "close", {twice}}}')
        assert not parsed.decisions


def test_a_contradicting_or_broken_exit_plan_closes_all_the_same():
    """A plan beside the close is no part of it."""
    closed(
        json.dumps(
            {
                "coin": "BTC", "signal": "close", "stop_loss": 1,
                "exit_plan": {"stop_loss": 2, "profit_target": "n/a"},
            }
        )
    )  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from(["close", "hold"]))
def test_any_json_elsewhere_never_refuses(fields, signal):
    """Whatever stands in the other fields."""
    parsed = parse_answer(json.dumps({**fields, "coin": "BTC", "signal": signal}))
    assert [one.signal.value for one in parsed.decisions] == [signal]


@pytest.mark.parametrize("field", ["quantity_usd", "leverage", "confidence", "stop_loss"])
@pytest.mark.parametrize("value", ["n/a", -5, [], True])
def test_an_entry_still_needs_its_numbers(field, value):
    """What a close forgives, an entry does not."""
    good = {
        "coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 20, "leverage": 2,
        "confidence": 0.8, "stop_loss": 49000,
    }  # fmt: skip
    assert parse_answer(json.dumps(good)).decisions
    assert not parse_answer(json.dumps({**good, field: value})).decisions
