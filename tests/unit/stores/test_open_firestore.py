"""Firestore by URL: Google's libraries only when asked for, and errors that say what to do."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.stores import open_store
from tests import firestore_emulator
from tests.conformance.stores.kit import StillClock


def told_by(program: str) -> str:
    """What a fresh interpreter prints; anything on its standard error fails the test."""
    command = [sys.executable, "-c", "import sys, motherhaven.stores as stores\n" + program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.strip()


def test_google_is_imported_only_for_its_own_url(tmp_path: Path) -> None:
    """The stores' package, a memory store and a file need nothing of it."""
    program = (
        "from pathlib import Path\n"
        "for url in ('memory:', 'sqlite:///x.db'):\n"
        f"    stores.open_store(url, clock=None, data_dir=Path({str(tmp_path)!r}))\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('google', 'grpc')])"
    )
    assert told_by(program) == "[]"


def test_without_the_extra_the_error_names_it() -> None:
    """ConfigError with the command that mends it."""
    program = (
        "sys.modules['google'] = None  # as if it were not installed\n"
        "try:\n"
        "    stores.open_store('firestore://project', clock=None, data_dir=None)\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)"
    )
    told = told_by(program)
    assert told.startswith("ConfigError MOTHERHAVEN_STORE=firestore:")
    assert told.endswith('run: pip install "motherhaven[firestore]"')


@pytest.mark.parametrize("url", ["firestore://my-project", "firestore://my-project/other"])
def test_missing_credentials_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """The error names the setting, the store, and both ways to sign in."""
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nowhere.json"))
    store = open_store(url, clock=StillClock(), data_dir=tmp_path)
    with pytest.raises(ConfigError, match="gcloud auth application-default login") as caught:
        asyncio.run(store.open())
    assert f"MOTHERHAVEN_STORE={url}" in str(caught.value)


def test_without_the_emulator_tests_are_skipped_in_sight_and_required_in_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A skip that says what is lacking; a failure where CI=true."""
    start = firestore_emulator.emulator_host.__wrapped__
    before = os.environ.get("FIRESTORE_EMULATOR_HOST")
    monkeypatch.setattr(firestore_emulator, "find_jar", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not installed"):
        start()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="not installed"):
        start()
    assert os.environ.get("FIRESTORE_EMULATOR_HOST") == before
