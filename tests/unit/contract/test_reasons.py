"""Every rule, error, fault of an answer and failed order has a code, and every code advice."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from motherhaven.bot.guard.faults import FaultCode
from motherhaven.bot.guard.rules import ALL
from motherhaven.contract import errors
from motherhaven.contract.errors import DeciderUnavailable, MotherhavenError
from motherhaven.contract.guard_reasons import GUARD
from motherhaven.contract.legacy_reasons import _BY_WORDS, legacy_code, legacy_halts
from motherhaven.contract.reasons import KINDS, REASONS, advice_of, next_step

BOT = Path(__file__).resolve().parents[3] / "src" / "motherhaven" / "bot"
_PRODUCERS = (
    "ExecutionResult", "executed", "execution", "hold_rest", "Trouble", "_failed", "encode",
    "DeciderUnavailable", "replace", "_move",
)  # fmt: skip


def tree(kind: type[MotherhavenError]) -> Iterator[type[MotherhavenError]]:
    """The classes of the one error tree."""
    yield kind
    for one in vars(errors).values():
        if isinstance(one, type) and kind in one.__bases__:
            yield from tree(one)


def called(node: ast.Call) -> str:
    """The last name of what is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def given_codes() -> set[str]:
    """Every code that the bot writes as a literal: by the keyword `code`, or as an argument."""
    found = set()
    for path in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or called(node) not in _PRODUCERS:
                continue
            values = [
                k.value for k in node.keywords if k.arg in {"code", "reason_code", "error_code"}
            ]
            if called(node) == "ExecutionResult":
                values += node.args[3:4]
            if called(node) in {"hold_rest", "_failed"}:
                values += node.args[1:2]
            if called(node) == "Trouble":
                values += node.args[:1]
            found |= {v.value for v in values if isinstance(v, ast.Constant) and v.value}
    return found


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_every_rule_leads_to_its_advice(rule) -> None:
    """The server reads the very words of the rule, without knowing the bot."""
    assert advice_of(rule.code) == rule.advice
    assert GUARD[rule.code] == (rule.meaning, rule.advice)
    assert next_step("guard", "whatever was said", rule.code) == rule.advice


def test_no_rule_is_left_over() -> None:
    """A rule that is gone is gone from the table, too; a code is one rule's."""
    assert list(GUARD) == [rule.code for rule in ALL]
    assert len({rule.code for rule in ALL}) == len(ALL)


def test_every_error_class_has_its_own_code_with_advice() -> None:
    """A new class without a code, or a code without advice, fails here."""
    kinds = list(tree(MotherhavenError))
    own = {kind for kind in kinds if "code" in vars(kind)}
    assert [k.__name__ for k in kinds if k not in own] == ["InvalidEvent"], "it sets its code"
    codes = [kind("x").code for kind in kinds]
    assert len(set(codes)) == len(codes)
    assert [code for code in codes if code not in REASONS] == []


def test_every_fault_of_an_answer_has_advice() -> None:
    """The codes of `judge`, of a refused decision and of its execution are the same."""
    assert [code for code in FaultCode if code not in REASONS] == []


def test_every_code_that_the_bot_writes_has_advice() -> None:
    """A literal in a call that puts a code on record; some are known to be there."""
    codes = given_codes()
    assert {
        "no_price",
        "order_unknown",
        "abandoned",
        "idle_stop",
        "unsettled",
        "late",
        "model_key",
    } <= codes
    assert codes - set(REASONS) == set()


def test_no_advice_is_for_a_code_that_nobody_gives() -> None:
    """Each is written in the sources as a text, or is the name of a rule or of a command."""
    written: set[str] = set()
    for path in BOT.parent.rglob("*.py"):
        if path.parent.name == "contract" and path.stem.endswith("reasons"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written.add(node.value)
            elif isinstance(node, ast.FunctionDef):
                written.add(node.name)
    assert set(REASONS) - written == set()


def test_advice_is_a_sentence_that_says_what_to_do() -> None:
    """Not the error again, and never empty."""
    for advice in (*REASONS.values(), *KINDS.values()):
        assert re.fullmatch(r"[A-Z].{14,}\.", advice), advice


def test_a_code_beats_the_text() -> None:
    """What the words say changes nothing once there is a code; an unknown one has its kind's."""
    assert next_step("guard", "the kill switch", "min_confidence") == REASONS["min_confidence"]
    assert next_step("guard", "the kill switch", "of_a_newer_bot") == KINDS["guard"]
    assert next_step("guard", "the kill switch") == REASONS["kill_switch"]


@pytest.mark.parametrize(("kind", "words", "code"), _BY_WORDS)
def test_each_old_text_leads_to_a_code_with_advice(kind: str, words: str, code: str) -> None:
    """None is hidden behind another, none leads nowhere."""
    assert legacy_code(kind, f"x {words.upper()} y") == code
    assert next_step(kind, f"x {words.upper()} y") == REASONS[code]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_advice(kind: str) -> None:
    """Also for a message that nobody foresaw."""
    assert next_step(kind, "?") == KINDS[kind]


def test_an_old_cycle_that_held_gets_the_advice_about_its_answer() -> None:
    """Its cause is the model's answer; a cycle that failed by itself keeps its own advice."""
    told = "AnswerRefused: the model declined: no"
    assert next_step("cycle", f"held: {told}") == next_step("answer", told)
    assert next_step("cycle", told) == KINDS["cycle"]


def test_old_halts_are_read_from_words() -> None:
    """Of bots that sent neither kill_switch nor a code."""
    assert legacy_halts("kill switch engaged: no entries") == {"kill_switch"}
    assert legacy_halts("kill switch re-armed by hand") == frozenset()
    assert legacy_halts("today's loss 30 USD has reached the limit") == {"daily_loss"}


def test_a_finer_code_replaces_the_class_s_own() -> None:
    """For one error alone."""
    assert DeciderUnavailable("x", code="model_key").code == "model_key"
    assert DeciderUnavailable("x").code == "decider_unavailable"
