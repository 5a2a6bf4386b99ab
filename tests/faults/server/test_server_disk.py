"""The server's disk is full: 503 and never 200, nothing lost; with space it goes on."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.patience import HANG_SECONDS
from tests.serverkit import API, KEY, item

SCRIPT = Path(__file__).with_name("serve_process.py")
MOUNT = """
mount -t tmpfs -o size=6m tmpfs "$1" || exit 1
head -c 2000000 /dev/zero > "$1/ballast"
shift
exec "$@"
"""
BATCH = 10


def need_small_disks() -> None:
    """Skip where this machine does not let us mount a file system of our own."""
    if shutil.which("unshare"):
        probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return
    pytest.skip("cannot mount a tmpfs here; test_sqlite_disk simulates the full disk")


@contextmanager
def on_a_small_disk(folder: Path) -> Iterator[tuple[httpx.Client, Path]]:
    """A server whose store is on 6 MB, a third of them ballast; a client, and the ballast."""
    need_small_disks()
    disk = folder / "disk"
    disk.mkdir()
    serve = [sys.executable, str(SCRIPT), f"sqlite:///{disk}/server.db", KEY]
    command = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", str(disk), *serve]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            # Nobody else sees that file system, except by way of the process that has it.
            ballast = Path(f"/proc/{process.pid}/root{disk}/ballast")
            with httpx.Client(
                base_url=url, headers={"x-api-key": KEY}, timeout=HANG_SECONDS
            ) as client:
                yield client, ballast
        finally:
            process.kill()


def post(client: httpx.Client, number: int) -> httpx.Response:
    """A batch of large decisions, the same ones for the same number."""
    payload = {**item(1)["payload"], "raw_response": "x" * 9_000}
    events: list[Any] = [item(number * BATCH + n, payload=payload) for n in range(BATCH)]
    return client.post(f"{API}/ingest/batch", json={"events": events})


def test_a_full_disk_is_503_until_there_is_space(tmp_path: Path) -> None:
    """ENOSPC on a real file system: what got 200 is all there, what got 503 is kept later."""
    with on_a_small_disk(tmp_path) as (client, ballast):
        done = 0
        while (answer := post(client, done)).status_code == 200:
            done += 1
            assert done < 100, "the disk does not get full"
        assert done > 5
        for _ in range(3):
            again = post(client, done)
            assert again.status_code == 503
            assert again.headers["retry-after"] == "2"
            assert again.json()["success"] is False
            assert "disk is full" in again.json()["error"]["message"]
        assert answer.status_code == 503
        rows = client.get(f"{API}/decisions?limit=500").json()
        assert len(rows) == done * BATCH, "exactly what was acknowledged"
        assert client.get("/healthz").status_code == 200
        ballast.unlink()
        assert {one["status"] for one in post(client, done).json()["results"]} == {"stored"}
        assert {one["status"] for one in post(client, 0).json()["results"]} == {"duplicate"}
        rows = client.get(f"{API}/decisions?limit=500").json()
        assert len({row["id"] for row in rows}) == len(rows) == (done + 1) * BATCH
    print(f"{done * BATCH} events acknowledged before the disk was full, none lost, none doubled")
