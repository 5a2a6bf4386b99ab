"""Collects what every store was seen to do; `--conformance-table` prints it, or writes it."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.conformance.stores.kit import Backend
from tests.conformance.table import Outcome, Table

PRINT = "-"
_TABLE = pytest.StashKey[Table]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, known where tests/conformance is named on the command line."""
    parser.addoption(
        "--conformance-table",
        metavar="PATH",
        help=f"print the table tests x stores at the end; {PRINT}, or a Markdown file to write too",
    )


def pytest_configure(config: pytest.Config) -> None:
    """An empty table."""
    config.stash[_TABLE] = Table()


def _store_of(item: pytest.Item) -> str | None:
    call = getattr(item, "callspec", None)
    values = call.params.values() if call is not None else ()
    return next((value.name for value in values if isinstance(value, Backend)), None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what became of a case; in CI a store that is skipped is a failure."""
    report = yield
    store = _store_of(item)
    if store is None:
        return report
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{store} was skipped, and in CI every store runs: {report.longrepr}"
    if report.when == "call" or not report.passed:
        outcome: Outcome = "fail" if report.failed else "skip" if report.skipped else "pass"
        name = getattr(item, "originalname", item.name)
        title = (item.module.__doc__ or item.module.__name__).partition("\n")[0]
        item.config.stash[_TABLE].note(title.rstrip("."), name, store, outcome)
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run that proves less than it should has failed."""
    chosen = session.config.getoption("conformance_table", None)
    troubles = session.config.stash[_TABLE].troubles(ci=os.environ.get("CI") == "true")
    if chosen and troubles and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table where it was asked for."""
    chosen = config.getoption("conformance_table", None)
    if not chosen:
        return
    table = config.stash[_TABLE]
    terminalreporter.section("what every store does")
    terminalreporter.write_line(table.text())
    for trouble in table.troubles(ci=os.environ.get("CI") == "true"):
        terminalreporter.write_line(f"NOT PROVEN: {trouble}", red=True)
    if chosen != PRINT:
        Path(chosen).write_text(table.markdown(), encoding="utf-8")
