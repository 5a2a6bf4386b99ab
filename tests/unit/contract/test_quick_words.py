"""Words that are read quickly, and what is worked out once, say what the plain ones would."""

from enum import StrEnum

import pytest

from motherhaven.bot.execution.orders import Grouping, OrderKind, OrderState
from motherhaven.bot.execution.states import Stage
from motherhaven.bot.guard.types import Action, Signal
from motherhaven.bot.portfolio.events import FillReason, FlowReason, Liquidity, MarginMode, Side
from motherhaven.contract.once import once

WORDS = (
    Action, FillReason, FlowReason, Grouping, Liquidity, MarginMode, OrderKind, OrderState, Side,
    Signal, Stage,
)  # fmt: skip


@pytest.mark.parametrize("kind", WORDS)
def test_a_word_is_an_enumeration_as_any(kind: type[StrEnum]) -> None:
    """Its value is plain text, by which it is found again."""
    for one in kind:
        assert type(one.value) is str
        assert one == one.value == str(one) == f"{one}"
        assert kind(one.value) is one
        assert hash(one) == hash(one.value)


def test_signs_are_those_of_the_words() -> None:
    """A side and a signal know their direction; only entries have one."""
    assert [side.sign for side in (Side.BUY, Side.SELL)] == [1, -1]
    assert {one: one.sign for one in Signal if one.is_entry} == {Signal.BUY: 1, Signal.SELL: -1}
    assert all(one.sign == 0 for one in Signal if not one.is_entry)


def test_what_is_worked_out_once_belongs_to_its_object() -> None:
    """Each object works it out for itself, when it is first read, and never again."""

    class Sum:
        def __init__(self, *parts: int) -> None:
            self.parts = parts
            self.asked = 0

        @once
        def total(self) -> int:
            """All parts together."""
            self.asked += 1
            return sum(self.parts)

    first, second = Sum(1, 2), Sum(3)
    assert first.asked == 0
    assert (first.total, first.total, second.total) == (3, 3, 3)
    assert (first.asked, second.asked) == (1, 1)
    assert Sum.total.__doc__ == "All parts together."
