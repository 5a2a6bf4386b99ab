"""What is generated from the guard's rules and limits: page, example settings, advice."""

import json
import re
import textwrap
from collections.abc import Sequence
from decimal import Decimal

from motherhaven.bot.guard import rules
from motherhaven.bot.guard.rule import RuleText
from motherhaven.contract.limits import LIMIT_NAMES, LimitFields, RiskLimits
from motherhaven.contract.money import plain
from scripts.docs_text import cell, code, kind_of, table


def guard_page() -> str:
    """The limits, and the guard's rules in the order in which they are asked."""
    text = (
        "# The guard's rules\n\nAn entry passes every rule or is refused with the first that "
        "objects; the rule's code and its reason are on record beside the decision. Closing is "
        "always allowed. [Add a rule](../how-to/add-a-rule.md) says how to add one.\n\n"
        "## Limits\n\nEach is a setting of this name in capitals, a key of `[bot.limits]` in a "
        "fleet file, a name for `motherhaven replay --limit` and for `judge`.\n\n"
    )
    properties = LimitFields.model_json_schema()["properties"]
    rows = [
        (code(name), code(default_text(name)), code(kind_of(properties[name])), cell(told))
        for name in LIMIT_NAMES
        for told in (LimitFields.model_fields[name].description,)
    ]
    text += table(("limit", "default", "kind", "meaning"), rows)
    text += "## Of a decision as such\n\n" + _rule_table(rules.actions.RULES)
    text += "## Of an entry\n\n" + _rule_table(rules.RULES)
    text += (
        "Those that are also asked when an adjust moves stop or target: "
        + ", ".join(code(rule.code) for rule in rules.RULES if rule.on_adjust)
        + ".\n\n## Of its margin\n\nHow much each limit leaves. Over it an entry is refused, or "
        "cut down to it with `CLAMP_ENTRIES=true`:\n\n"
    )
    text += _rule_table((rules.size.quantity, *rules.MARGIN_LIMITS, rules.size.min_notional))
    text += "## What the model is told of them\n\nWith the limits as they are by default:\n\n"
    return text + "".join(f"- {line}\n" for line in rules.prompt_lines(RiskLimits()))


def _rule_table(found: Sequence[RuleText]) -> str:
    rows = [(code(rule.code), cell(rule.meaning), cell(rule.advice)) for rule in found]
    return table(("rule", "meaning", "what to do"), rows)


def default_text(name: str) -> str:
    """The default of a limit as it is written in .env; empty for none."""
    value = LimitFields.model_fields[name].default
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else plain(Decimal(value))


def env_limits(text: str) -> str:
    """.env.example with the limits as they are declared, each line of them at most 100 wide."""
    lines = []
    for name in LIMIT_NAMES:
        told = LimitFields.model_fields[name].description or ""
        lines += textwrap.wrap(told, 98, initial_indent="# ", subsequent_indent="# ")
        lines.append(f"{name.upper()}={default_text(name)}")
    found = re.compile(r"(?m)(^# --- Limits.*\n)(?s:.*?)(?=^# Zone in which)")
    return found.sub(lambda m: m[1] + "\n".join(lines) + "\n", text)


def guard_reasons() -> str:
    """The module with the advice of the guard's rules, for those that know no bot."""
    rows = "".join(
        f"    {json.dumps(rule.code)}: (\n        {json.dumps(cell(rule.meaning))},\n"
        f"        {json.dumps(rule.advice)},\n    ),\n"
        for rule in rules.ALL
    )
    return (
        '"""The guard\'s codes: meaning and advice. Written by `make docs` from the rules."""\n\n'
        "from typing import Final\n\n# ruff: noqa: E501\n# fmt: off\n"
        f"GUARD: Final[dict[str, tuple[str, str]]] = {{\n{rows}}}\n"
    )
