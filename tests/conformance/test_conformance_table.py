"""The table of what every store does: right, and not to be had with a store left out in CI."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.table import NOT_ASKED, STORES, Table, better_known
from tests.patience import HANG_SECONDS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "conformance.md"
SUITES = ("tests/conformance/stores", "tests/conformance/server")


def full(**last: str) -> Table:
    """A table in which every store passed; `last` says what became of one more case."""
    table = Table()
    for store in STORES:
        table.note("Module", "test_one_thing", store, "pass")
        table.note("Module", "test_one_thing", store, last.get(store, "pass"))  # type: ignore[arg-type]
    return table


def test_a_cell_shows_the_worst_of_its_cases() -> None:
    """pass ×2 where all did; else how many of how many; a dash where nobody asked."""
    table = full(sqlite="fail", firestore="skip")
    table.note("Module", "test_durable", "sqlite", "pass")
    text, page = table.text(), table.markdown()
    assert "| one thing | pass ×2 | fail 1/2 | pass ×2 | skip 1/2 |" in page
    assert f"| durable | {NOT_ASKED} | pass | {NOT_ASKED} | {NOT_ASKED} |" in page
    assert "| pass | 2 | 2 | 2 | 1 |" in page
    assert "| fail | 0 | 1 | 0 | 0 |" in page
    assert "fail 1/2" in text


def test_in_ci_a_store_that_was_left_out_is_told() -> None:
    """Skipped, or never run; a column that the table does not have is told everywhere."""
    assert full().troubles(ci=True) == []
    skipped = full(firestore="skip")
    assert skipped.troubles(ci=False) == []
    assert "firestore: 1 cases were skipped" in skipped.troubles(ci=True)[0]
    missing = full()
    for cells in missing.rows.values():
        del cells["postgresql"]
    assert "postgresql: no case passed" in missing.troubles(ci=True)[0]
    missing.note("Module", "test_one_thing", "duckdb", "pass")
    assert "duckdb is not among the columns" in missing.troubles(ci=False)[0]


@pytest.mark.parametrize("ci", [False, True])
def test_a_run_without_java_is_marked_and_in_ci_fails(tmp_path: Path, ci: bool) -> None:
    """A real run of one test: the emulator cannot start, so Firestore's cell says so."""
    page = tmp_path / "table.md"
    env = {name: value for name, value in os.environ.items() if name not in {"CI", "PATH"}}
    env |= {"PATH": str(tmp_path), **({"CI": "true"} if ci else {})}
    env.pop("FIRESTORE_EMULATOR_HOST", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/conformance/stores/test_store_shared.py",
         "-k", "bounded and (memory or firestore)", f"--conformance-table={page}"],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    told = "fail" if ci else "skip"
    row = f"| records are bounded | pass | {NOT_ASKED} | {NOT_ASKED} | {told} |"
    assert row in page.read_text(encoding="utf-8"), done.stdout
    assert (done.returncode == 0) is not ci
    assert ("NOT PROVEN" in done.stdout) is ci


def test_the_page_knows_the_suite_as_it_is() -> None:
    """Every module of the suite is on the page, and no test that there is no more."""
    page = PAGE.read_text(encoding="utf-8")
    told = {line.split(" | ")[0][2:] for line in page.splitlines() if line.startswith("| ")}
    tests: set[str] = set()
    for path in sorted(file for suite in SUITES for file in (ROOT / suite).glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        own = {
            better_known(node.name)
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test_")
        }
        tests |= own
        is_over_stores = any(
            word in path.read_text() for word in ("place: Place", "served:", "site:")
        )
        assert own & told or not is_over_stores, f"{path.name} is not on the page: make conformance"
    gone = told - tests - {"", "pass", "skip", "fail"} - {f" | {' | '.join(STORES)} |"}
    assert {one for one in gone if one and not one.startswith("|")} == set(), "make conformance"
