"""No test's verdict depends on how fast the machine is; figures in seconds are for `make soak`."""

import ast
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.pacekit import findings
from tests.patience import JUDGE, figure

TESTS: Final = Path(__file__).resolve().parents[1]

_GUARD = "waits for what is so, with a bound of HANG_SECONDS that only ends a test that hangs"
_LOAD = "a client's own pace under load; the test waits for counts, whatever the pace"
_PUMP = "drips a byte every so often until the server ends the connection; bounded by nothing"
_AGAIN = "tries again as a client does, until it is taken; bounded by HANG_SECONDS alone"
_SILENCE = "nothing must come: a slow machine is silent too, so this can only be too kind"
ALLOWED: Final[dict[str, str]] = {
    "acceptance/beating_bot.py::main": _LOAD,
    "acceptance/one_request.py::ask": "a client that leaves after so long, unless it is told",
    "acceptance/processes.py::_wait": _GUARD,
    "acceptance/replicakit.py::_bot": _LOAD,
    "acceptance/replicakit.py::_run": _AGAIN,
    "acceptance/replicakit.py::_until_kept": _AGAIN,
    "acceptance/test_replicas.py::kill_the_database": (
        "tells by time which posts were begun after the kill; no duration is judged"
    ),
    "browser/test_live.py::test_planted_wrong_rows_are_found": (
        "the time only makes a text that no other test has posted"
    ),
    "browser/test_live.py::test_planted_a_late_stream_and_a_reload_are_found": (
        "a planted delay is a least time, which a slow machine only makes longer"
    ),
    "faults/firestore/kit.py::delay": "the planted fault is the delay of a server",
    "conformance/stores/test_store_tail.py"
    "::test_a_follower_that_waits_is_told_of_a_commit": _SILENCE,
    "conformance/stores/test_store_tail.py::test_what_is_followed_is_what_tail_reads": _SILENCE,
    "conformance/stores/test_store_tail.py::test_closing_ends_those_who_follow": _SILENCE,
    "faults/firestore/test_firestore_old_documents.py"
    "::test_what_an_old_server_adds_reaches_who_follows": _SILENCE,
    "faults/firestore/test_firestore_tail.py::test_who_follows_reads_a_document_a_commit": _SILENCE,
    "faults/postgres/test_postgres_replicas.py::test_a_tail_misses_no_commit_of_two_processes": (
        "lets the processes work between two reads; it ends when they have ended"
    ),
    "faults/postgres/test_postgres_restart.py::follow": _AGAIN,
    "faults/postgres/tools.py::append_until_kept": _AGAIN,
    "faults/postgres/tools.py::open_until_up": _AGAIN,
    "faults/recorder/test_interrupted_calls.py"
    "::test_a_child_that_was_forked_inside_a_call_is_told": (
        "keeps a call open for the handler of a signal that was raised before it"
    ),
    "faults/server/test_server_process.py::test_a_slow_body_is_told_so": _PUMP,
    "faults/server/test_server_process.py::test_dripping_sockets_come_to_an_end": _PUMP,
    "faults/server/test_server_sockets.py::test_empty_lines_keep_no_connection": _PUMP,
    "firestore_emulator.py::_listens": _AGAIN,
    "patience.py::until": _GUARD,
    "patience.py::wait_until": _GUARD,
    "unit/recorder/test_shipper.py::test_flush_says_whether_all_is_there": _SILENCE,
    "unit/recorder/test_trading_logger.py::test_shipping_off_counts_nothing": _SILENCE,
}
"""`file::function` that may, and why."""


def found_in_tests() -> dict[str, list[str]]:
    """What every module of tests has, by file and function."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        name = path.relative_to(TESTS).as_posix()
        for one in findings(path.read_text(encoding="utf-8")):
            found.setdefault(f"{name}::{one.function}", []).append(f"line {one.line} {one.what}")
    return found


def test_no_verdict_depends_on_pace() -> None:
    """No comparison with elapsed time, no short wait, no sleep, but where ALLOWED says why."""
    found = {name: what for name, what in found_in_tests().items() if name not in ALLOWED}
    assert found == {}, "count, wait for the event (tests/patience.py), or use figure()"


def test_every_exception_is_needed_and_has_a_reason() -> None:
    """An entry whose cause is gone is removed."""
    assert sorted(ALLOWED) == sorted(ALLOWED.keys() & found_in_tests().keys())
    assert all(len(reason) > 20 for reason in ALLOWED.values())


PLANTED = {
    "an assertion": "began = time.monotonic()\n    assert time.monotonic() - began < 3",
    "a deadline": "end = time.monotonic() + 9\n    while time.monotonic() < end:\n        pass",
    "a comparison elsewhere": "t = time.time()\n    if time.time() - t > 3:\n        fail()",
    "processor time": "a = time.process_time()\n    assert time.process_time() - a < 2",
    "a ratio by way of a list": (
        "took = []\n    took.append(time.perf_counter())\n    assert took[1] <= 12 * took[0]"
    ),
    "a wait": "child.wait(10)",
    "a wait by name": "child.communicate(timeout=20)",
    "a wait of asyncio": "await asyncio.wait_for(task, 5)",
    "a timeout of asyncio": "async with asyncio.timeout(5):\n        pass",
    "a wait for a page": "expect(row).to_be_visible(timeout=5_000)",
    "a sleep": "time.sleep(1)",
    "a short sleep": "await asyncio.sleep(0.01)",
}


@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_is_found(kind: str) -> None:
    """Each kind, and none of them in a test that is marked soak."""
    source = f"async def test_it():\n    {PLANTED[kind]}\n"
    assert [one.function for one in findings(source)][:1] == ["test_it"]
    assert list(findings(f"@pytest.mark.soak\n{source}")) == []


def test_a_function_that_gives_seconds_is_followed() -> None:
    """The clock is read in one function and compared in another."""
    source = (
        "def took():\n    a = time.monotonic()\n    return time.monotonic() - a\n"
        "def test_it():\n    assert took() < 3\n"
    )
    assert [(one.function, one.line) for one in findings(source)] == [("test_it", 5)]


@pytest.mark.parametrize(
    "source",
    [
        "clock.monotonic() < 3",
        "asyncio.sleep(0)",
        "child.wait(HANG_SECONDS)",
        "child.wait(120)",
        "a = time.monotonic()\nfigure('x', time.monotonic() - a, 3)",
        "','.join(names)",
    ],
)
def test_what_does_not_depend_on_pace_is_left_alone(source: str) -> None:
    """A test's own clock, letting others run, a guard against hanging, a figure."""
    assert list(findings(source)) == []


def test_who_measures_a_figure_bears_the_mark() -> None:
    """`make soak` finds figures by their mark; one in a helper is found by who calls it."""
    lacking = []
    for path in sorted(TESTS.rglob("test_*.py")):
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text if "tests.patience import" in text else "")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                calls = {ast.unparse(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
                marks = [ast.unparse(one) for one in node.decorator_list]
                if "figure" in calls and "pytest.mark.figures" not in marks:
                    lacking.append(f"{path.name}::{node.name}")
    assert lacking == []


def test_a_figure_judges_only_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine fails `make soak`, never `make test`."""
    monkeypatch.delenv(JUDGE, raising=False)
    figure("seconds", 9.0, 3.0)
    monkeypatch.setenv(JUDGE, "1")
    figure("seconds", 3.0, 3.0)
    with pytest.raises(AssertionError, match="promised at most 3"):
        figure("seconds", 9.0, 3.0)
