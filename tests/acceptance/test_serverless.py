"""motherhaven.server.asgi as serverless platforms run it: a fresh process for every request.

Most processes are forked from one that has imported the code and run none of it; the first
request to each store comes to an interpreter that was started for it.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from scripts.ports import free_port
from tests.acceptance.processes import KEY, ROOT, Process, clean_environment, get, server_of
from tests.firestore_emulator import emulator_host, project_of
from tests.patience import HANG_SECONDS
from tests.postgres_server import store_url

API = "/api/llm-bot"
NOW = "2026-03-01T12:00:00+00:00"
DECISION = {
    "timestamp": NOW,
    "coin": "BTC",
    "signal": "hold",
    "quantity_usd": 20,
    "leverage": 3,
    "confidence": 0.75,
    "justification": "nothing to do",
}
ACCOUNT = {
    "timestamp": NOW,
    "balance_usd": 1000,
    "equity_usd": 1010,
    "unrealized_pnl": 10,
    "realized_pnl": 0,
    "total_pnl": 10,
    "num_positions": 1,
}
OPENED = {
    "coin": "BTC",
    "side": "long",
    "quantity_usd": 20,
    "leverage": 3,
    "entry_price": 50_000,
    "entry_time": NOW,
    "status": "open",
    "position_id": "p1",
}
CLOSED = {
    **OPENED,
    "exit_price": 51_000,
    "exit_time": "2026-03-01T13:00:00+00:00",
    "realized_pnl": 1.2,
    "status": "closed",
}
STATUS = {"timestamp": NOW, "status": "running", "message": "fine"}

Ask = Callable[..., dict[str, Any]]

SCRIPT = ROOT / "tests" / "acceptance" / "one_request.py"

_STARTED: set[str] = set()
"""The kinds of store that an interpreter of their own has served."""


@pytest.fixture(params=["sqlite", "postgresql", "firestore"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty store that every process reaches."""
    if request.param == "postgresql":
        return store_url(tmp_path)
    if request.param == "firestore":
        emulator_host()  # starts it, and puts its address into the environment
        return f"firestore://{project_of(tmp_path)}"
    return f"sqlite:///{tmp_path}/server.db"


class Platform:
    """Starts a process for each request; ends with the module."""

    def __init__(self, log: IO[str]) -> None:
        self._log = log
        self._warm = subprocess.Popen(
            [sys.executable, str(SCRIPT), "--warm"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, encoding="utf-8",
            env=clean_environment(Path(tempfile.gettempdir())),
        )  # fmt: skip

    def warm(self, env: dict[str, str], folder: Path, request: dict[str, Any]) -> dict[str, Any]:
        """The answer of a process that has the code and nothing else."""
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        given = {"env": env, "folder": str(folder), "request": request}
        self._warm.stdin.write(json.dumps(given) + "\n")
        self._warm.stdin.flush()
        line = self._warm.stdout.readline()
        if not line.startswith("{") or self._warm.stdout.readline() != "0\n":
            self._log.seek(0)
            raise AssertionError(line + self._log.read())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def cold(self, env: dict[str, str], folder: Path, request: dict[str, Any]) -> dict[str, Any]:
        """The answer of an interpreter that was started for this request."""
        done = subprocess.run(
            [sys.executable, str(SCRIPT)], input=json.dumps(request), cwd=folder, env=env,
            capture_output=True, encoding="utf-8", timeout=HANG_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def end(self) -> None:
        """End it, and every process that it started."""
        assert self._warm.stdin is not None
        self._warm.stdin.close()
        self._warm.wait(HANG_SECONDS)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """One for all tests."""
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8") as log:
        one = Platform(log)
        yield one
        one.end()


def request_of(method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    """A request of one who has the key."""
    given: dict[str, str] = {"content-type": "application/json", "x-api-key": KEY}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    text = "" if body is None else json.dumps(body)
    return {"method": method, "path": path, "headers": given, "body": text}


@pytest.fixture
def ask(store: str, tmp_path: Path, platform: Platform) -> Ask:
    """Makes one request in a process of its own, and ends it; the first one from nothing."""
    env = clean_environment(
        tmp_path,
        LLM_BOT_API_KEY=KEY,
        MOTHERHAVEN_STORE=store,
        MOTHERHAVEN_STREAM_SECONDS="1",
        MOTHERHAVEN_ALLOWED_HOSTS="app.example",
    )
    if "FIRESTORE_EMULATOR_HOST" in os.environ:
        env["FIRESTORE_EMULATOR_HOST"] = os.environ["FIRESTORE_EMULATOR_HOST"]
    kind = store.partition(":")[0]

    def one(method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        way = platform.warm if kind in _STARTED else platform.cold
        _STARTED.add(kind)
        return way(env, tmp_path, request_of(method, path, body, **headers))

    return one


def test_the_guide_s_endpoints_keep_what_a_process_took(ask: Ask) -> None:
    """Each endpoint answers 200 {"success": true}; other processes read all of it back."""
    sent = [("decision", DECISION), ("account", ACCOUNT), ("position", OPENED)]
    sent += [("position", CLOSED), ("status", STATUS)]
    for endpoint, body in sent:
        answer = ask("POST", f"{API}/ingest/{endpoint}", body)
        assert (answer["status"], json.loads(answer["body"])["success"]) == (200, True)
    decisions = json.loads(ask("GET", f"{API}/decisions?limit=10")["body"])
    assert [row["justification"] for row in decisions] == ["nothing to do"]
    positions = json.loads(ask("GET", f"{API}/positions?status=all")["body"])
    assert [(row["status"], row["realized_pnl"]) for row in positions] == [("closed", 1.2)]
    assert json.loads(ask("GET", f"{API}/account")["body"])["equity_usd"] == 1010
    assert json.loads(ask("GET", f"{API}/status")["body"])["status"] == "running"
    assert ask("GET", "/readyz")["status"] == 200


def test_an_event_sent_to_two_processes_counts_once(ask: Ask) -> None:
    """What a client sends again, because the first function died, is known to the second."""
    event = {**STATUS, "event_id": str(uuid.uuid4())}
    for _ in range(2):
        assert ask("POST", f"{API}/ingest/status", event)["status"] == 200
    other = ask("POST", f"{API}/ingest/status", {**event, "message": "other"})
    assert other["status"] == 409
    bots = json.loads(ask("GET", f"{API}/bots")["body"])["bots"]
    assert len(bots) == 1


def test_a_stream_ends_in_time_and_the_next_goes_on_without_a_gap(ask: Ask) -> None:
    """Last-Event-ID leads from one process to the next over what came in between."""
    first = ask("GET", f"{API}/live")
    assert first["status"] == 200
    place = first["body"].split("id: ", 1)[1].split("\n", 1)[0]
    ask("POST", f"{API}/ingest/decision", DECISION)
    second = ask("GET", f"{API}/live", None, last_event_id=place)
    assert "event: decision\n" in second["body"]
    assert "nothing to do" in second["body"]
    assert "event: reset" not in second["body"]


def test_a_session_of_one_process_is_known_to_the_next(ask: Ask) -> None:
    """Sign-in works though the process that made the cookie is gone; the cookie is Secure."""
    key_page = ask("GET", "/llm-bot", x_api_key="")
    assert (key_page["status"], 'type="password"' in key_page["body"]) == (401, True)
    origin = {"origin": "https://app.example", "sec_fetch_site": "same-origin"}
    signed_in = ask("POST", f"{API}/login", {"key": KEY}, x_api_key="", **origin)
    assert signed_in["status"] == 200
    cookie = next(value for name, value in signed_in["headers"] if name == "set-cookie")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    session = cookie.partition(";")[0]
    assert ask("GET", f"{API}/bots", x_api_key="", cookie=session)["status"] == 200
    assert ask("GET", f"{API}/bots", x_api_key="", cookie=session[:-2])["status"] == 401


def test_a_session_that_signed_out_is_over_in_every_process(ask: Ask) -> None:
    """The store knows it before the answer, for the process that answered is gone after it."""
    origin = {"origin": "https://app.example", "sec_fetch_site": "same-origin"}
    sessions = []
    for _ in range(2):
        signed_in = ask("POST", f"{API}/login", {"key": KEY}, x_api_key="", **origin)
        cookie = next(value for name, value in signed_in["headers"] if name == "set-cookie")
        sessions.append(cookie.partition(";")[0])
    left, kept = sessions
    signed_out = ask("POST", f"{API}/logout", {}, x_api_key="", cookie=left, **origin)
    assert signed_out["status"] == 200
    assert ask("GET", f"{API}/bots", x_api_key="", cookie=left)["status"] == 401
    assert ask("GET", f"{API}/bots", x_api_key="", cookie=kept)["status"] == 200


def test_without_the_key_nothing_is_taken_or_shown(ask: Ask) -> None:
    """A wrong key is 401 on both sides of the server."""
    assert ask("POST", f"{API}/ingest/status", STATUS, x_api_key="wrong-key")["status"] == 401
    assert ask("GET", f"{API}/bots", x_api_key="wrong-key")["status"] == 401


def test_a_deployment_without_a_key_refuses_to_serve(tmp_path: Path, platform: Platform) -> None:
    """Forgotten settings are a clear 503 and a line in the log, never an open server."""
    env = clean_environment(tmp_path, MOTHERHAVEN_STORE="memory:")
    answer = platform.cold(env, tmp_path, request_of("GET", "/llm-bot"))
    assert answer["status"] == 503
    assert json.loads(answer["body"])["error"]["code"] == "not_configured"
    assert KEY not in answer["body"]


def test_a_new_event_loop_gets_a_store_of_its_own(tmp_path: Path) -> None:
    """Platforms that make a loop for each request: the old loop's store is closed with it."""
    code = """
import asyncio, threading
from httpx import ASGITransport, AsyncClient
from motherhaven.server.asgi import app

async def main():
    async with AsyncClient(transport=ASGITransport(app), base_url="http://x") as client:
        print((await client.get("/readyz")).status_code)

for _ in range(3):
    asyncio.run(main())
    print(sum("motherhaven" in thread.name for thread in threading.enumerate()))
"""
    env = clean_environment(tmp_path, LLM_BOT_API_KEY=KEY, MOTHERHAVEN_DATA=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, encoding="utf-8",
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr) == (["200", "0"] * 3, "")


def test_any_asgi_server_runs_it(tmp_path: Path) -> None:
    """`uvicorn motherhaven.server.asgi:app` serves, keeps what it took, and ends when asked."""
    port = free_port()
    command = ["-m", "uvicorn", "motherhaven.server.asgi:app", "--port", str(port)]
    env = clean_environment(tmp_path, LLM_BOT_API_KEY=KEY, MOTHERHAVEN_DATA=str(tmp_path))
    with Process(command, cwd=tmp_path, env=env) as server:
        server.wait_for("Uvicorn running on")
        assert get(port, "/readyz") == (200, b'{"status":"ok"}')
        assert server.end() in {0, -signal.SIGTERM}
        assert "Application shutdown complete." in "\n".join(server.lines)
    assert server_of(tmp_path / "server.db").whole
