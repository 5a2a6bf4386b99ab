"""The life of an order: every stage and every piece of news, and random news in any order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motherhaven.bot.execution import states
from motherhaven.bot.execution.orders import (
    Accepted,
    OrderIntent,
    OrderKind,
    OrderState,
    OrderStatus,
    Rejected,
    Unknown,
)
from motherhaven.bot.execution.states import ENDED, NEXT, Stage
from motherhaven.bot.portfolio.events import Side
from motherhaven.contract.errors import OrderStateError

D = Decimal
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLOID = "0x" + "1" * 32
WHOLE = D(2)


def plan(size=WHOLE, kind=OrderKind.LIMIT):
    """A buy of two coins that is about to be sent."""
    intent = OrderIntent("BTC", Side.BUY, size, kind, D(50_000), cloid=CLOID)
    return states.planned(intent, CLOID, NOW, "decision", NOW + timedelta(seconds=15))


def after(*steps, record=None):
    """The record after some news."""
    found = record or plan()
    for step in steps:
        found = step(found)
    return found


SENT = states.sent
RESTS = partial(states.answered, outcome=Accepted(CLOID, resting=True))
TAKEN = partial(states.answered, outcome=Accepted(CLOID, WHOLE))
TAKEN_IN_PART = partial(states.answered, outcome=Accepted(CLOID, D(1)))
TAKEN_NOT_AT_ALL = partial(states.answered, outcome=Accepted(CLOID))
REFUSED = partial(states.answered, outcome=Rejected(CLOID, "no margin"))
NO_ANSWER = partial(states.answered, outcome=Unknown(CLOID, "timeout"))
PART = partial(states.filled, size=D(1))
ALL = partial(states.filled, size=WHOLE)
CANCELED = partial(states.closed, state=OrderState.CANCELED, reason="on request")
DROPPED = partial(states.closed, state=OrderState.REJECTED, reason="no margin")
NEVER = states.never_landed

IN_STAGE = {
    Stage.PLANNED: (),
    Stage.SENT: (SENT,),
    Stage.ACKNOWLEDGED: (SENT, RESTS),
    Stage.PARTLY: (SENT, RESTS, PART),
    Stage.FILLED: (SENT, RESTS, ALL),
    Stage.CANCELLED: (SENT, RESTS, CANCELED),
    Stage.EXPIRED: (SENT, TAKEN_NOT_AT_ALL),
    Stage.REFUSED: (SENT, REFUSED),
    Stage.UNKNOWN: (SENT, NO_ANSWER),
    Stage.NEVER_LANDED: (SENT, NO_ANSWER, NEVER),
}
"""How an order comes into each stage."""

NEWS = {
    "sent": SENT, "rests": RESTS, "taken": TAKEN, "in part": TAKEN_IN_PART,
    "not at all": TAKEN_NOT_AT_ALL, "refused": REFUSED, "no answer": NO_ANSWER, "part": PART,
    "all": ALL, "canceled": CANCELED, "dropped": DROPPED, "never": NEVER,
}  # fmt: skip

ALLOWED = {
    Stage.PLANNED: {
        "sent": "sent", "refused": "refused", "no answer": "unknown", "dropped": "refused",
    },
    Stage.SENT: {
        "rests": "acknowledged", "taken": "acknowledged", "in part": "acknowledged",
        "not at all": "expired", "refused": "refused", "no answer": "unknown", "part": "sent",
        "all": "filled", "canceled": "cancelled", "dropped": "refused",
    },
    Stage.ACKNOWLEDGED: {
        "rests": "acknowledged", "no answer": "acknowledged", "part": "partly", "all": "filled",
        "canceled": "cancelled", "dropped": "cancelled",
    },
    Stage.PARTLY: {
        "rests": "partly", "taken": "partly", "in part": "expired", "not at all": "expired",
        "no answer": "partly", "part": "filled", "canceled": "cancelled", "dropped": "cancelled",
    },
    Stage.UNKNOWN: {
        "rests": "acknowledged", "taken": "acknowledged", "in part": "acknowledged",
        "not at all": "expired", "refused": "refused", "no answer": "unknown", "part": "unknown",
        "all": "filled", "canceled": "cancelled", "dropped": "refused", "never": "never_landed",
    },
    Stage.FILLED: dict.fromkeys(
        ("rests", "taken", "in part", "not at all", "no answer", "canceled", "dropped"), "filled"
    ),
    Stage.CANCELLED: dict.fromkeys(
        ("rests", "taken", "in part", "not at all", "no answer", "part", "all", "canceled",
         "dropped"), "cancelled",
    ),
    Stage.EXPIRED: dict.fromkeys(
        ("rests", "taken", "in part", "not at all", "no answer", "part", "all", "canceled",
         "dropped"), "expired",
    ),
    Stage.REFUSED: dict.fromkeys(
        ("rests", "taken", "in part", "not at all", "no answer", "refused", "canceled",
         "dropped"), "refused",
    ),
    Stage.NEVER_LANDED: dict.fromkeys(
        ("rests", "taken", "in part", "not at all", "no answer", "canceled", "dropped"),
        "never_landed",
    ),
}  # fmt: skip
"""What each piece of news makes of an order in each stage; what is missing is impossible."""


@pytest.mark.parametrize("stage", Stage)
def test_there_is_a_way_into_every_stage(stage):
    """The table of ways and the table of what follows know the same stages."""
    assert after(*IN_STAGE[stage]).state is stage
    assert set(NEXT) == set(IN_STAGE) == set(ALLOWED) == set(Stage)
    assert after(*IN_STAGE[stage]).ended is (stage in ENDED)


@pytest.mark.parametrize("news", NEWS)
@pytest.mark.parametrize("stage", Stage)
def test_each_news_in_each_stage(stage, news):
    """It moves the order as the table says, or is told to be impossible."""
    record = after(*IN_STAGE[stage])
    expected = ALLOWED[stage].get(news)
    if expected is None:
        with pytest.raises(OrderStateError, match=f"is {stage.value} with .* compare the account"):
            NEWS[news](record)
        return
    found = NEWS[news](record)
    assert found.state.value == expected
    assert found.state is record.state or found.state in NEXT[record.state] or news in (
        "taken", "in part", "not at all",
    )  # fmt: skip


def test_fills_decide_what_an_immediate_order_came_to():
    """The venue's word says how much to wait for; the fills say when it is there."""
    waiting = after(SENT, TAKEN_IN_PART)
    assert (waiting.state, waiting.rests) == (Stage.ACKNOWLEDGED, False)
    assert after(PART, record=waiting).state is Stage.EXPIRED
    assert after(SENT, PART, TAKEN_IN_PART).state is Stage.EXPIRED
    assert after(SENT, TAKEN, PART, PART).state is Stage.FILLED


def test_a_trigger_for_the_whole_position_is_filled_by_any_fill():
    """Its size is 0: whatever the position was by then."""
    stop = plan(D(0), OrderKind.STOP)
    assert after(SENT, RESTS, PART, record=stop).state is Stage.FILLED
    assert after(SENT, NO_ANSWER, PART, record=stop).state is Stage.FILLED


def test_more_than_was_asked_is_never_filled_silently():
    """Two marketable orders with one cloid would do that."""
    with pytest.raises(OrderStateError, match="a fill of 2, which makes 3"):
        after(SENT, RESTS, PART, ALL)


def test_what_filled_has_landed():
    """Not even a venue that has forgotten the order makes its fill undone."""
    with pytest.raises(OrderStateError, match="never had the order"):
        after(SENT, NO_ANSWER, PART, NEVER)


@pytest.mark.parametrize(
    ("state", "filled", "expected"),
    [
        (OrderState.OPEN, 0, "acknowledged"),
        (OrderState.FILLED, 2, "acknowledged"),
        (OrderState.CANCELED, 0, "cancelled"),
        (OrderState.REJECTED, 0, "refused"),
    ],
)
def test_what_a_question_brings(state, filled, expected):
    """The venue's answer by cloid ends the uncertainty; what is filled waits for its fills."""
    lost = after(SENT, NO_ANSWER)
    status = OrderStatus(CLOID, "BTC", state, D(filled), D(50_000) if filled else None, "why")
    found = states.told(lost, status)
    assert found.state.value == expected
    if filled:
        assert after(ALL, record=found).state is Stage.FILLED


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(NEWS)), max_size=12), st.booleans())
def test_random_news_never_loses_a_fill_or_leaves_an_end(names, whole):
    """Whatever comes: fills only grow, an ended order stays ended, never more than its size."""
    record = plan(D(0) if whole else WHOLE, OrderKind.STOP if whole else OrderKind.LIMIT)
    for name in names:
        before = record
        try:
            record = NEWS[name](record)
        except OrderStateError:
            record = before
            continue
        assert record.filled >= before.filled
        assert record.cloid == before.cloid
        if before.ended:
            assert record.state is before.state
        if not whole:
            assert record.filled <= WHOLE
        if record.state is Stage.NEVER_LANDED:
            assert not record.filled
