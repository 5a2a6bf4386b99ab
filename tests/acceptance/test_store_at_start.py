"""A server whose store cannot be used ends at once, with one line that says what to mend."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.acceptance.processes import KEY, clean_environment
from tests.patience import HANG_SECONDS
from tests.postgres_server import store_url

PASSWORD = "hunter2-canary"


def serve(folder: Path, url: str, **env: str) -> str:
    """What `serve` says on its way out; it must fail, briefly, and tell no password."""
    done = subprocess.run(
        [sys.executable, "-m", "motherhaven.cli.main", "serve", "--port", "0", "--store", url],
        cwd=folder, env=clean_environment(folder, **env), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    told = done.stderr + done.stdout
    assert done.returncode == 1, told
    assert PASSWORD not in told
    assert "Traceback" not in told
    [line] = [line for line in told.splitlines() if line.startswith("error: ")]
    assert told.endswith(line + "\n"), told
    return line


@pytest.mark.parametrize("key", [KEY, ""])
@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"postgresql://u:{PASSWORD}@127.0.0.1:1/db", "check that it runs"),
        (f"postgresql://u:{PASSWORD}@@/:x", "percent-encode"),
        (f"mysql://u:{PASSWORD}@h/db", "firestore://PROJECT"),
        ("firestore://my-project", "gcloud auth application-default login"),
        ("firestore:/project", "write firestore://PROJECT"),
        ("sqlite:////proc/x.db", "check that its folder exists"),
        ("sqlite:x.db", "write sqlite:///name.db"),
    ],
)
def test_each_wrong_store_has_its_line(tmp_path: Path, url: str, says: str, key: str) -> None:
    """With the shared key or without it, when the store is asked for keys of its own first."""
    env = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "nowhere.json")}
    assert says in serve(tmp_path, url, LLM_BOT_API_KEY=key, **env)


def test_a_user_that_postgresql_does_not_know_is_told_as_such(tmp_path: Path) -> None:
    """PostgreSQL itself refuses: its reason and what to check, not the password."""
    parts = urlsplit(store_url(tmp_path))
    place = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"nobody:{PASSWORD}@{place}"))
    told = serve(tmp_path, url)
    assert "nobody" in told
    assert "user, password and database" in told
