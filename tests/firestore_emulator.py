"""The official Firestore emulator for tests: one JVM a session, one project a store.

It is a jar of the Google Cloud SDK and needs Java. Without them the tests that ask for it
are skipped and say so, except where CI=true: there they fail.
"""

import atexit
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from motherhaven.stores import Store
from scripts.ports import free_port
from tests.patience import HANG_SECONDS, wait_until

_JAR: Final = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
_MAIN: Final = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_SDK_FOLDERS: Final = (
    "/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "/opt/google-cloud-sdk",
    "/usr/local/google-cloud-sdk", "/snap/google-cloud-sdk/current",
)  # fmt: skip
_KEPT_PROJECTS: Final = 8
_STARTS: Final = 4
_TOLD_CHARACTERS: Final = 600
RULES: Final = Path(__file__).parent.parent / "deploy" / "firestore" / "firestore.rules"
"""The rules that deny everything: under them all tests run, as the server would."""

_projects: list[str] = []


def firestore_store(place: Path, clock: Any) -> Store:
    """A store of its own for `place`; the same place is the same store again."""
    from motherhaven.stores.firestore import FirestoreStore

    emulator_host()
    return FirestoreStore(project_of(place), clock=clock)


def project_of(place: Path) -> str:
    """The project of a place; the data of those long ago is cleared."""
    project = "test-" + hashlib.sha256(str(place).encode()).hexdigest()[:16]
    if project not in _projects:
        _projects.append(project)
    while len(_projects) > _KEPT_PROJECTS:
        clear(_projects.pop(0))
    return project


def clear(project: str) -> None:
    """Drop all documents of a project, in the way that the emulator has for it."""
    url = f"http://{emulator_host()}/emulator/v1/projects/{project}/databases/(default)/documents"
    httpx.delete(url, timeout=HANG_SECONDS).raise_for_status()


@cache
def emulator_host() -> str:
    """Where the emulator listens, started if need be; also in FIRESTORE_EMULATOR_HOST."""
    java, jar = shutil.which("java"), find_jar()
    if java is None or jar is None:
        lacking = "Java" if java is None else f"the Google Cloud SDK's {_JAR}"
        message = f"the Firestore emulator needs {lacking}, which is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    host = start_emulator([java, "-Xmx512m", "-XX:+UseSerialGC", "-cp", str(jar), _MAIN,
                           f"--rules={RULES}"])  # fmt: skip
    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    return host


def start_emulator(command: list[str], port: Callable[[], int] = free_port) -> str:
    """HOST:PORT of an emulator that answers until this process ends.

    It takes further ports of its own that somebody else may take first; then it ends, and is
    started again.
    """
    told = list[str]()
    for _ in range(_STARTS):
        number = port()
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [*command, "--host=127.0.0.1", f"--port={number}"],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            atexit.register(_stop, process)
            if _listens(process, f"http://127.0.0.1:{number}/"):
                return f"127.0.0.1:{number}"
            log.seek(0)
            told.append(log.read().decode(errors="replace")[:_TOLD_CHARACTERS])
    raise AssertionError(f"the Firestore emulator ended {_STARTS} times at its start: {told}")


def find_jar() -> Path | None:
    """The emulator's jar in the SDK of this system."""
    gcloud = shutil.which("gcloud")
    found = [Path(gcloud).resolve().parent.parent] if gcloud else []
    folders = found + [Path(folder) for folder in _SDK_FOLDERS] + [Path.home() / "google-cloud-sdk"]
    return next((folder / _JAR for folder in folders if (folder / _JAR).is_file()), None)


def _listens(process: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until the emulator answers; no if it ends before."""

    def answers() -> bool:
        try:
            httpx.get(url, timeout=1.0)
        except httpx.HTTPError:
            return process.poll() is not None
        return True

    wait_until(answers, "the Firestore emulator")
    return process.poll() is None


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
