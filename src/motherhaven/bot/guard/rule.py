"""What a rule of the guard is: its check, and everything that is said of it, in one place."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from motherhaven.bot.guard.entry_check import EntryCheck
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import plain

_CENT: Final = Decimal("0.01")

Check = Callable[[EntryCheck], str | None]
"""Why an entry is refused, None when it is not."""

Room = Callable[[EntryCheck], Decimal | None]
"""How much margin in USD is left for an entry, None for any amount."""

Line = Callable[[RiskLimits], str | None]
"""What the model is told under these limits, None for nothing."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """What is said of a rule.

    `code` is on record with every verdict that it decides. `meaning` is its documentation,
    `advice` what the user does about it. `prompt` None: the model can do nothing about it.
    """

    code: str
    meaning: str
    advice: str
    prompt: Line | None = None

    def line(self, limits: RiskLimits) -> str | None:
        """What the model is told of the rule, None for nothing."""
        return None if self.prompt is None else self.prompt(limits)


@dataclass(frozen=True, slots=True)
class Rule(RuleText):
    """A rule that refuses an entry; `on_adjust` what it asks when exits are moved."""

    check: Check = lambda _: None
    on_adjust: Check | None = None


@dataclass(frozen=True, slots=True)
class MarginLimit(RuleText):
    """A limit on margin: over it an entry is refused, or clamped to it by option."""

    room: Room = lambda _: None


def rule(
    *, advice: str, prompt: str | Line | None = None, on_adjust: bool | Check = False
) -> Callable[[Check], Rule]:
    """Make a check a Rule: its name is the code, its docstring the documentation.

    `on_adjust` True asks the same check when exits are moved.
    """

    def declare(check: Check) -> Rule:
        moving = check if on_adjust is True else on_adjust or None
        return Rule(check.__name__, _doc(check), advice, _line(prompt), check, moving)

    return declare


def margin_limit(*, advice: str, prompt: str | Line | None = None) -> Callable[[Room], MarginLimit]:
    """Make a function a MarginLimit, likewise."""

    def declare(room: Room) -> MarginLimit:
        return MarginLimit(room.__name__, _doc(room), advice, _line(prompt), room)

    return declare


def told(code: str, meaning: str, *, advice: str, prompt: str | None = None) -> RuleText:
    """A rule whose check is part of the judgement itself."""
    return RuleText(code, meaning, advice, _line(prompt))


def usd(value: Decimal) -> str:
    """An amount for a prompt."""
    return f"{plain(value)} USD"


def cents(value: Decimal, below: Decimal) -> str:
    """An amount that is less than `below` with two decimals: the nearest that is less, too."""
    near = value.quantize(_CENT)
    return format(near if near < below else value.quantize(_CENT, ROUND_FLOOR), "f")


def percent(fraction: Decimal) -> str:
    """A fraction for a prompt."""
    return f"{plain(fraction * 100)} %"


def _line(prompt: str | Line | None) -> Line | None:
    if isinstance(prompt, str):
        return lambda _: prompt
    return prompt


def _doc(function: Callable[..., object]) -> str:
    text = inspect.getdoc(function)
    if not text:
        raise TypeError(f"the rule {function.__name__} has no docstring; it is its documentation")
    return text
