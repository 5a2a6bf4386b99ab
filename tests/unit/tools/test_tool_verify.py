"""What `make test` runs: every test file once, side by side, and a note of what was green."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scripts import verify
from scripts.common import ROOT, ToolError
from scripts.side_by_side import Step, finished, run_steps
from scripts.test_parts import LANE, LANES, PARTS, Result, paths_of

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="good" time="0.5"/>
<testcase classname="a" name="slow" time="9.5"/>
<testcase classname="a" name="left out"><skipped message="no Java here"/></testcase>
<testcase classname="a" name="bad"><failure message="1 != 2"/></testcase>
<testcase classname="a" name="broken"><error message="setup"/></testcase>
</testsuite></testsuites>"""


def test_every_test_file_is_in_one_part() -> None:
    """A new folder of tests is run, and none is run twice."""
    files = set((ROOT / "tests").rglob("test_*.py"))
    met: list[Path] = []
    for part in PARTS:
        for path in (ROOT / one for one in paths_of(part, ROOT)):
            met += [path] if path.is_file() else path.rglob("test_*.py")
    assert sorted(met) == sorted(files)


def test_steps_run_side_by_side_and_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Two that wait for each other both end; one that fails stops no other; output stays whole."""
    meeting = threading.Barrier(2)

    def meet(lane: int) -> str:
        meeting.wait()
        return f"lane {lane}\n"

    def fail(_lane: int) -> str:
        raise ToolError("what went wrong")

    steps = [Step("one", meet), Step("two", meet), Step("bad", fail), Step("last", lambda _: "")]
    assert run_steps(steps, 2) == ["bad"]
    told = capsys.readouterr()
    assert sorted(told.out.splitlines()) == ["lane 0", "lane 1", "what went wrong"]
    assert "FAILED bad" in told.err
    assert "ok last" in told.err


def test_a_command_knows_its_lane_and_its_failure_brings_its_output() -> None:
    """So that two processes of tests take different ports."""
    assert finished(["sh", "-c", f"echo ${LANE}"], 1) == "1\n"
    with pytest.raises(ToolError, match=r"(?s)reason.*exit code 3"):
        finished(["sh", "-c", "echo reason; exit 3"], 0)


def test_a_command_that_never_ends_is_stopped_and_tells_where_it_stood() -> None:
    """One hanging part must not use up the time of the whole run."""
    hang = "import faulthandler, threading; faulthandler.enable(); threading.Event().wait()"
    with pytest.raises(ToolError, match=r"(?s)in wait.*stopped after 2 s"):
        finished([sys.executable, "-c", hang], 0, limit=2)


def test_a_program_left_behind_holds_no_step_up() -> None:
    """It keeps the output open; the step is over all the same."""
    lines = finished(["sh", "-c", "sleep 60 & echo $!"], 0, limit=30)
    os.kill(int(lines), signal.SIGKILL)


def test_lanes_have_ports_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port of one is one of the other's, and none is given twice."""
    from scripts.ports import free_port

    ports = {}
    for lane in range(LANES):
        monkeypatch.setenv(LANE, str(lane))
        ports[lane] = {free_port() for _ in range(50)}
        assert len(ports[lane]) == 50
        first = 20_000 + 2_000 * lane
        assert first <= min(ports[lane]) <= max(ports[lane]) < first + 2_000
    assert max(ports[LANES - 1]) < 32_768, "from there on Linux gives ports to who asks for any"


def test_the_summary_names_skips_with_their_reason_and_failures(tmp_path: Path) -> None:
    """Skips are seen at the end of the run, not lost among dots."""
    (tmp_path / "a.xml").write_text(REPORT)
    result = Result()
    result.add(tmp_path / "a.xml")
    lines = "\n".join(result.lines(slowest=1))
    assert "9.5 s  a::slow" in lines
    assert "0.5 s" not in lines
    assert "skipped a::left out: no Java here" in lines
    assert "FAILED a::bad" in lines
    assert "FAILED a::broken" in lines
    assert lines.endswith("2 passed, 2 failed, 1 skipped")


@pytest.mark.parametrize(
    ("change", "noted"), [("", True), ("changed before", False), ("changed meanwhile", False)]
)
def test_only_a_clean_tree_is_noted_as_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, noted: bool
) -> None:
    """The commit in .tools/green is one whose very files have passed."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    real = verify.finished
    monkeypatch.setattr(verify, "finished", lambda command, lane: real(command, lane, cwd=tmp_path))
    monkeypatch.setattr(verify, "GREEN", verify.TOOLS / "green-of-a-test")
    try:
        if change == "changed before":
            (tmp_path / "new").touch()
        before = verify._commit()
        if change == "changed meanwhile":
            (tmp_path / "new").touch()
        verify._note_green(before)
        assert verify.GREEN.exists() == noted
        if noted:
            assert verify.GREEN.read_text().strip() == before
    finally:
        verify.GREEN.unlink(missing_ok=True)


def test_tests_write_to_memory_only_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little of it, or a system without such a folder: the usual place."""
    monkeypatch.setattr(verify, "MEMORY", tmp_path)
    monkeypatch.setattr(verify, "ROOM_BYTES", 1)
    assert verify._room() == tmp_path
    monkeypatch.setattr(verify, "ROOM_BYTES", 1 << 60)
    assert verify._room() is None
    monkeypatch.setattr(verify, "MEMORY", tmp_path / "none")
    assert verify._room() is None
