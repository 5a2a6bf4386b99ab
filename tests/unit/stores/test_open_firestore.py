"""Firestore by URL: Google's libraries only when asked for, and errors that say what to do."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.api_core import exceptions as google
from google.auth.exceptions import RefreshError

from motherhaven.contract.errors import ConfigError, StoreUnavailable
from motherhaven.stores import open_store
from motherhaven.stores.firestore.failures import told_error
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


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("UPPER-case", "did you mean firestore://upper-case?"),
        ("My Trading Bots", "did you mean firestore://my-trading-bots?"),
        ("1bot", "PROJECT_ID"),
        ("x" * 31, "6 to 30"),
        ("ends-in-", "did you mean firestore://ends-in?"),
    ],
)
def test_a_name_that_is_no_project_id_is_refused_at_once(
    tmp_path: Path, name: str, told: str
) -> None:
    """The sentence says what an id looks like, what was probably meant, and where it stands."""
    with pytest.raises(ConfigError) as caught:
        open_store(f"firestore://{name}", clock=StillClock(), data_dir=tmp_path)
    assert told in str(caught.value)
    assert "gcloud projects list" in str(caught.value)
    assert caught.value.code == "firestore_project_id"


@pytest.mark.parametrize("name", ["my-project", "bots-12345", "example.com:trading"])
def test_ids_that_google_gives_are_taken(tmp_path: Path, name: str) -> None:
    """Those of organisations have their domain in front."""
    open_store(f"firestore://{name}", clock=StillClock(), data_dir=tmp_path)


@pytest.mark.parametrize(
    ("error", "code", "fix"),
    [
        (google.NotFound("x"), "firestore_no_database", "databases create --project=the-project"),
        (google.PermissionDenied("x"), "firestore_permission", "services enable"),
        (google.Unauthenticated("x"), "firestore_credentials", "application-default login"),
        (google.FailedPrecondition("x"), "firestore_index", "firebase deploy"),
        (RefreshError("x"), "firestore_credentials", "application-default login"),
    ],
)
def test_what_only_a_person_can_mend_has_a_code_and_a_command(
    error: Exception, code: str, fix: str
) -> None:
    """At the start it is a ConfigError; later the server goes on asking."""
    told = told_error("firestore://the-project", "the-project", error, opening=True)
    assert isinstance(told, ConfigError)
    assert (told.code, fix in str(told)) == (code, True)
    later = told_error("firestore://the-project", "the-project", error, opening=False)
    assert isinstance(later, StoreUnavailable)
    assert fix in str(later)
