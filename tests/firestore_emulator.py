"""The official Firestore emulator for tests: one JVM a session, one project a store.

It is a jar of the Google Cloud SDK and needs Java. Without them the tests that ask for it
are skipped and say so, except where CI=true: there they fail.
"""

import atexit
import hashlib
import os
import shutil
import socket
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from motherhaven.stores import Store
from tests.patience import HANG_SECONDS, wait_until

_JAR: Final = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
_MAIN: Final = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_SDK_FOLDERS: Final = (
    "/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "/opt/google-cloud-sdk",
    "/usr/local/google-cloud-sdk", "/snap/google-cloud-sdk/current",
)  # fmt: skip
_KEPT_PROJECTS: Final = 8
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
    host = f"127.0.0.1:{_free_port()}"
    name, port = host.split(":")
    process = subprocess.Popen(
        [java, "-Xmx512m", "-XX:+UseSerialGC", "-cp", str(jar), _MAIN, f"--rules={RULES}",
         f"--host={name}", f"--port={port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    atexit.register(_stop, process)
    _wait(process, f"http://{host}/")
    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    return host


def find_jar() -> Path | None:
    """The emulator's jar in the SDK of this system."""
    gcloud = shutil.which("gcloud")
    found = [Path(gcloud).resolve().parent.parent] if gcloud else []
    folders = found + [Path(folder) for folder in _SDK_FOLDERS] + [Path.home() / "google-cloud-sdk"]
    return next((folder / _JAR for folder in folders if (folder / _JAR).is_file()), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the Firestore emulator ended at its start"
        try:
            httpx.get(url, timeout=HANG_SECONDS)
        except httpx.HTTPError:
            return False
        return True

    wait_until(answers, "the Firestore emulator")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
