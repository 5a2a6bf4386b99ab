"""Whatever is written into an event's payload, or read from one, is declared in the contract."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from motherhaven.contract.bulk import BulkRecord
from motherhaven.contract.events import (
    PAYLOADS,
    EventBody,
    Kind,
    PositionMark,
    Replaced,
    Verdict,
)

ROOT = Path(__file__).resolve().parents[2] / "src" / "motherhaven"
EVENTS = ROOT / "contract" / "events"
NAMES = re.compile(r"payload|mended|lean|told_payload")
"""Variables that hold a payload."""

OTHERS = {
    "execution_timestamp": "the old table's column, taken over with its decision",
}
"""Keys of payloads that old databases have."""

PARTS: tuple[type[EventBody], ...] = (Verdict, PositionMark, Replaced)
DECLARED = {name for model in (*PAYLOADS.values(), *PARTS) for name in model.model_fields}
DECLARED |= set(BulkRecord.__annotations__)


def keys_read(source: str) -> Iterator[str]:
    """Keys that a module's text takes from something called a payload, or asks SQL for."""
    for node in ast.walk(ast.parse(source)):
        holder, key = None, None
        if isinstance(node, ast.Subscript):
            holder, key = node.value, node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("get", "pop", "setdefault")
            and node.args
        ):
            holder, key = node.func.value, node.args[0]
        name = key.value if isinstance(key, ast.Constant) else None
        if holder is not None and is_payload(holder) and isinstance(name, str):
            yield name
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"payload, '\$\.(\w+)'", node.value)


def is_payload(node: ast.expr) -> bool:
    """Whether an expression is a variable or an attribute that holds a payload."""
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return bool(NAMES.fullmatch(name))


def keys_written(source: str) -> Iterator[str]:
    """Keys of every dict that an encoder writes out, and those it sets."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                    yield str(target.slice.value)


def undeclared(source: str) -> set[str]:
    """Keys that a module's text reads, though nobody declared them."""
    return set(keys_read(source)) - DECLARED - set(OTHERS)


def test_every_field_that_is_read_is_declared() -> None:
    """No module takes a field by a name that no event has."""
    found = {
        str(path.relative_to(ROOT)): names
        for path in sorted(ROOT.rglob("*.py"))
        if (names := undeclared(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize("path", sorted(EVENTS.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_every_field_that_an_encoder_writes_is_declared_in_its_file(path: Path) -> None:
    """An event's file has the fields, how they are written and how they are read."""
    source = path.read_text(encoding="utf-8")
    own = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        for name in [item.target.id]
    }
    if path.stem in ("base", "kinds", "envelope"):
        assert "def encode" not in source
        return
    assert set(keys_written(source)) <= own


def test_every_kind_has_a_file_with_its_model_and_encoder() -> None:
    """And every model decodes what its encoder writes."""
    assert set(PAYLOADS) == set(get_args(Kind))
    for kind, model in PAYLOADS.items():
        source = ROOT.parent / (model.__module__.replace(".", "/") + ".py")
        assert source.parent == EVENTS, kind
        assert "def encode" in source.read_text(encoding="utf-8"), kind


@pytest.mark.parametrize(
    "sample",
    [
        'x = payload.get("made_up")',
        'x = event.payload["made_up"]',
        "query = \"SELECT json_extract(payload, '$.made_up')\"",
        'payload.setdefault("made_up", 1)',
    ],
)
def test_a_field_that_nobody_declared_is_found(sample: str) -> None:
    """The sweep itself: each way of taking a field is seen."""
    assert undeclared(sample) == {"made_up"}


def test_a_field_that_only_the_encoder_knows_is_found() -> None:
    """Written as a literal or set afterwards."""
    source = 'def encode():\n    payload = {"coin": 1, "made_up": 2}\n    payload["late"] = 3\n'
    assert set(keys_written(source)) - DECLARED == {"made_up", "late"}
