"""A test of the page presses what takes the press: a role or an element, not a text in it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).resolve().parents[1]
PRESSES: Final = frozenset({"click", "dblclick", "tap", "check", "uncheck", "set_checked"})
TEXTS: Final = frozenset({"get_by_text", "get_by_alt_text", "get_by_title"})
CHOOSERS: Final = frozenset({"first", "last"})


def presses_of_texts(source: str) -> Iterator[int]:
    """Lines that press a text: what lies over it, as a radio input over its word, takes the press.

    Playwright then waits until nothing lies there any more, for ever.
    """
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Attribute) and node.attr in PRESSES):
            continue
        place: ast.expr = node.value
        while isinstance(place, ast.Attribute) and place.attr in CHOOSERS:
            place = place.value
        if not (isinstance(place, ast.Call) and isinstance(place.func, ast.Attribute)):
            continue
        if place.func.attr == "nth" and isinstance(place.func.value, ast.Call):
            place = place.func.value
        name = place.func.attr if isinstance(place.func, ast.Attribute) else ""
        words = [one.value for one in place.args if isinstance(one, ast.Constant)]
        of_label = name == "locator" and any("label" in str(one).split("[")[0] for one in words)
        if name in TEXTS or of_label:
            yield node.lineno


def test_no_text_is_pressed() -> None:
    """In every test that drives a page."""
    found = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        if "playwright" in (text := path.read_text(encoding="utf-8"))
        for line in presses_of_texts(text)
    ]
    assert found == [], "press get_by_role(...) or the element that takes the press"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("page.get_by_text('all').click()", 1),
        ("page.get_by_label('Since').get_by_text('all').first.click()", 1),
        ("page.get_by_text('all').nth(1).check()", 1),
        ("lambda page: page.locator('label').click()", 1),
        ("clicked(page, page.get_by_text('x').click)", 1),
        ("page.get_by_role('radio', name='all').click()", 0),
        ("page.locator('[aria-label=x] button').click()", 0),
        ("expect(page.get_by_text('all')).to_be_visible()", 0),
    ],
)
def test_what_is_planted_is_found(source: str, count: int) -> None:
    """Each way to press a text, and none of those that press a control."""
    assert len(list(presses_of_texts(source))) == count
