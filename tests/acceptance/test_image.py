"""The image of the Dockerfile, built and run for real by `make soak`, where something can."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from scripts.ports import free_port
from tests.acceptance.imagekit import Image, built
from tests.acceptance.processes import KEY, get
from tests.patience import HANG_SECONDS, wait_until

pytestmark = pytest.mark.soak

OURS = "/app/lib/python*/site-packages/motherhaven"
SIZES = f"du -sk {OURS}/server/page {OURS} /app /usr | cut -f1"
SEEN = """
import json, os, pathlib, stat
mode = lambda path: oct(stat.S_IMODE(path.lstat().st_mode))
data = pathlib.Path("/data")
found = [path for path in data.rglob("*")]
print(json.dumps({
    "uid": os.getuid(),
    "data": mode(data),
    "owners": sorted({path.lstat().st_uid for path in (data, *found)}),
    "files": sorted({mode(path) for path in found if path.is_file()}),
    "folders": sorted({mode(path) for path in found if path.is_dir()}),
    "names": sorted(path.name for path in found),
    "writable": [str(path) for path in map(pathlib.Path, ("/app", "/usr", "/etc"))
                 if os.access(path, os.W_OK)],
}))
"""


@pytest.fixture(scope="module")
def image() -> Image:
    """Built once for this module."""
    return built("motherhaven-test")


@pytest.fixture(scope="module")
def port(image: Image) -> Iterator[int]:
    """Where a server of the image answers."""
    number = free_port()
    with image.running(number, {"LLM_BOT_API_KEY": KEY}):

        def answers() -> bool:
            try:
                return get(number, "/healthz", None)[0] == 200
            except OSError:
                return False

        wait_until(answers, "the image's server")
        yield number


@pytest.mark.timeout(4_000)
def test_the_image_says_how_it_runs(image: Image) -> None:
    """A user without rights, its data in a volume, the server as its command."""
    found = image.config()
    assert found["User"] == "motherhaven"
    assert list(found["Volumes"]) == ["/data"]
    assert found["Entrypoint"] == ["motherhaven"]
    assert found["Cmd"] == ["serve", "--host", "0.0.0.0", "--port", "3000"]


def test_its_server_shows_the_page_and_keeps_a_record(port: int) -> None:
    """The page is in it; a decision comes in and is read back with the key alone."""
    status, page = get(port, "/llm-bot")
    assert status == 200
    assert b"<script" in page
    body = {
        "timestamp": datetime.now(UTC).isoformat(),
        "coin": "BTC",
        "signal": "hold",
        "quantity_usd": 20,
        "leverage": 3,
        "confidence": 0.75,
        "justification": "from the image",
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/llm-bot/ingest/decision",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "x-api-key": KEY},
    )
    with urllib.request.urlopen(request, timeout=HANG_SECONDS) as answer:
        assert answer.status == 200
    assert get(port, "/api/llm-bot/decisions", None)[0] == 401
    assert b"from the image" in get(port, "/api/llm-bot/decisions")[1]


def test_it_runs_as_its_own_user_and_keeps_its_data_to_itself(image: Image, port: int) -> None:
    """Not root; every file of the data 0600 in folders 0700, of that user, and nothing else its."""
    assert get(port, "/healthz", None)[0] == 200
    seen = json.loads(image.told("python", "-c", SEEN))
    assert seen["uid"] == 10_001
    assert seen["owners"] == [10_001]
    assert seen["data"] == "0o700"
    assert seen["names"], "the server has written something"
    assert (seen["files"], set(seen["folders"]) <= {"0o700"}) == (["0o600"], True), seen
    assert seen["writable"] == []


def test_what_of_its_size_is_ours(image: Image, port: int) -> None:
    """The page, our package, all packages and the base, in MB; ours is a small part."""
    assert get(port, "/healthz", None)[0] == 200
    page, ours, packages, base = (
        int(line) / 1_024 for line in image.told("sh", "-c", SIZES).splitlines()
    )
    print(
        f"image: ours {ours:.1f} MB (the page {page:.1f}), with its packages {packages:.1f} MB, "
        f"base {base:.1f} MB"
    )
    assert ours < 20
    assert packages < 700, "it is for the server and for bots, with all extras"
