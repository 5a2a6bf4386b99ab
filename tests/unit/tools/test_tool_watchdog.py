"""A test process that waits for ever is ended, and tells where it stood."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import HANG_SECONDS

ROOT = Path(__file__).parents[3]

HANGS = {
    "a test that loses its timeout": """
        import threading
        def test_one():
            while True:
                try:
                    threading.Event().wait()
                except BaseException:
                    pass
        """,
    "a fixture after the timeout of its test": """
        import pytest, threading
        @pytest.fixture
        def held():
            yield
            threading.Event().wait()
        def test_one(held):
            threading.Event().wait()
        """,
    "an event loop whose task will not end": """
        import asyncio
        def test_one():
            async def stays():
                while True:
                    try:
                        await asyncio.Event().wait()
                    except asyncio.CancelledError:
                        pass
            asyncio.run(stays())
        """,
    "a thread that outlives the tests": """
        import threading
        def stays():
            threading.Event().wait()
        def test_one():
            threading.Thread(target=stays).start()
        """,
}


@pytest.mark.parametrize("kind", HANGS)
def test_what_waits_for_ever_is_ended_and_tells_where(kind: str, tmp_path: Path) -> None:
    """pytest-timeout ends none of these: it raises once, in the main thread, during a test."""
    lines = HANGS[kind].strip("\n").split("\n")
    (tmp_path / "test_hang.py").write_text("\n".join(line[8:] for line in lines))
    (tmp_path / "conftest.py").write_text(
        "from tests import conftest\nconftest.LEFT_SECONDS = 0.5\nfrom tests.conftest import *\n"
    )
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "timeout=1", "."]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, encoding="utf-8", timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "most recent call first" in done.stderr
    assert "test_hang.py" in done.stderr
