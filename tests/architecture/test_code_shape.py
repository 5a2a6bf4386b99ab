"""The code keeps to the sizes that CONTRIBUTING names."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("src", "trading", "web", "config", "scripts", "benchmarks")
LONGEST_MODULE = 400
MEDIAN_MODULE = 150
LONGEST_FUNCTION = 50


def modules(*folders: str) -> list[Path]:
    """Every Python file below the folders, and those beside pyproject.toml."""
    below = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted([*below, *ROOT.glob("*.py")])


def lines(path: Path) -> int:
    """Number of lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Name and number of lines of every function in a module's text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_longer_than_the_limit() -> None:
    """A module that grows past the limit is named here, tests included."""
    long = {str(path.relative_to(ROOT)): lines(path) for path in modules(*PRODUCT, "tests")}
    assert {name: count for name, count in long.items() if count > LONGEST_MODULE} == {}


def test_half_of_the_modules_are_short() -> None:
    """The median module of the product, empty ones not counted, stays small."""
    counts = [count for path in modules("src") if (count := lines(path)) > 0]
    assert len(counts) > 10
    assert statistics.median(counts) <= MEDIAN_MODULE


def test_no_function_is_longer_than_the_limit() -> None:
    """A function that grows past the limit is named here, tests included."""
    long = [
        f"{path.relative_to(ROOT)}: {name} has {count} lines"
        for path in modules(*PRODUCT, "tests")
        for name, count in functions(path.read_text(encoding="utf-8"))
        if count > LONGEST_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize(("body", "expected"), [(1, 2), (50, 51)])
def test_functions_are_measured_from_def_to_last_line(body: int, expected: int) -> None:
    """The measure itself: the line of `def` and every line of the body count."""
    source = "def long():\n" + "    x = 1\n" * body
    assert list(functions(source)) == [("long", expected)]
