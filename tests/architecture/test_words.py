"""No name in the code is one of the metaphors that plain terms of the field have replaced."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "motherhaven"
PAGE = ROOT / "dashboard" / "src"

REPLACED = frozenset(
    (
        "chronicle", "condemned", "courier", "deed", "desk", "fate", "fates", "keyring",
        "keystore", "obliged", "parcel", "parcels", "salvage", "tape", "ticket", "troubled",
        "visitor", "walcheck",
    )
)  # fmt: skip
"""Parts of names, in lower case; each has a plain term of the field in its place."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NAMES = re.compile(r"\b[A-Za-z_$][\w$]*\b")
_STRINGS = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`|//[^\n]*|/\*.*?\*/", re.DOTALL)


def parts(name: str) -> set[str]:
    """The words of a name: `fatesOf` is fates and of."""
    return {word.lower() for word in _WORDS.findall(name)}


def names_of_python(path: Path) -> Iterator[str]:
    """What the module defines or uses, and its own name."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for field in ("id", "attr", "name", "arg"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield from value.split(".")


def names_of_page(path: Path) -> Iterator[str]:
    """Names outside strings and comments, and that of the file."""
    yield path.stem
    yield from _NAMES.findall(_STRINGS.sub(" ", path.read_text(encoding="utf-8")))


def faults(path: Path) -> set[str]:
    """Replaced words in the names of a file."""
    names = names_of_python(path) if path.suffix == ".py" else names_of_page(path)
    return {word for name in names for word in parts(name) & REPLACED}


def test_no_name_is_a_word_that_was_replaced() -> None:
    """In the package and in the page."""
    files = [*SOURCE.rglob("*.py"), *PAGE.rglob("*.ts"), *PAGE.rglob("*.tsx")]
    found = {str(path.relative_to(ROOT)): faults(path) for path in files}
    assert {name: sorted(words) for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("desk.py", ""),
        ("a.py", "class Desk: ..."),
        ("b.py", "x.fates_of(1)"),
        ("c.ts", "fatesOf(a)"),
    ],
)
def test_a_planted_word_is_found(tmp_path: Path, name: str, text: str) -> None:
    """As a module, a class, an attribute, a function of the page."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert faults(path)
