"""The guide's step 4 and the kinds that servers of version 0.1 do not know."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from motherhaven.contract.events import LATER_KINDS, LISTED_KINDS
from scripts.ports import free_port
from tests.acceptance.processes import KEY, start_server
from tests.acceptance.test_guide import PASSED, guide_env, run_step_4
from tests.patience import HANG_SECONDS

Answer = tuple[int, bytes]
Pass = Callable[[bytes], Answer]
Twist = Callable[[str, bytes, Pass], Answer]
"""What a server in between does with a path and a body, given the way to the real one."""


@contextmanager
def between(port: int, twist: Twist) -> Iterator[int]:
    """A server that passes all requests on to the one at `port`, but for what `twist` does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            status, answer = twist(self.path, self.rfile.read(size), self._pass)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _pass(self, body: bytes) -> Answer:
            headers = {"Content-Type": "application/json", "X-API-Key": KEY}
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}{self.path}", body or None, headers, method=self.command
            )
            try:
                with urllib.request.urlopen(request, timeout=HANG_SECONDS) as found:
                    return found.status, found.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def changing(kinds: frozenset[str], change: Callable[[dict[str, Any]], dict[str, Any] | None],
             verdict: str) -> Twist:  # fmt: skip
    """Changes the events of some kinds on their way; those that become None get `verdict`."""

    def twist(path: str, body: bytes, send: Pass) -> Answer:
        if not path.endswith("/ingest/batch"):
            return send(body)
        sent = json.loads(body)
        mine = [one for one in sent["events"] if one["kind"] in kinds]
        gone = {one["event_id"] for one in mine if change(one) is None}
        rest = [one for one in sent["events"] if one["event_id"] not in gone]
        status, answer = send(json.dumps(sent | {"events": rest}).encode())
        told = json.loads(answer)
        done = {one["event_id"]: one for one in told["results"]}
        told["results"] = [
            done.get(one["event_id"], {"event_id": one["event_id"], "status": verdict})
            for one in sent["events"]
        ]
        return status, json.dumps(told).encode()

    return twist


def version_0_1(path: str, body: bytes, send: Pass) -> Answer:
    """Names no kinds, refuses the later ones, and has no reads of them."""
    if path.startswith("/api/llm-bot/events"):
        return 404, b"{}"
    refuse = changing(LATER_KINDS, lambda event: None, "rejected")
    status, answer = refuse(path, body, send)
    if path.endswith("/ingest/batch"):
        told = json.loads(answer)
        del told["kinds"]
        answer = json.dumps(told).encode()
    return status, answer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real server's port."""
    number, folder = free_port(), tmp_path_factory.mktemp("served")
    with start_server(folder, number, "--store", f"sqlite:///{folder}/s.db"):
        yield number


@pytest.fixture
def port(served: int, tmp_path: Path) -> int:
    """The server's port, whose key is in this test's folder too: each test is a bot of its own."""
    (tmp_path / ".env.local").write_text(f"LLM_BOT_API_KEY={KEY}\n", encoding="utf-8")
    return served


def bots_at(base: str) -> set[str]:
    """The ids of all bots."""
    with urllib.request.urlopen(f"{base}/bots", timeout=HANG_SECONDS) as found:
        return {bot["id"] for bot in json.load(found)["bots"]}


def test_every_later_kind_arrives_with_its_fields(tmp_path: Path, port: int) -> None:
    """One event of each is kept by the server that the guide's lines are printed for."""
    read = changing(frozenset(), lambda event: event, "stored")
    with between(port, read) as front:
        base = f"http://127.0.0.1:{front}/api/llm-bot"
        known = bots_at(base)
        done = run_step_4(tmp_path, guide_env(port))
        assert done.stdout.endswith(PASSED), done.stdout + done.stderr
        [bot] = bots_at(base) - known
        for kind in LISTED_KINDS:
            query = f"{base}/events?bot={bot}&kind={kind}"
            with urllib.request.urlopen(query, timeout=HANG_SECONDS) as found:
                assert len(json.load(found)["items"]) == 1, kind


@pytest.mark.parametrize("kind", LISTED_KINDS)
def test_a_server_that_drops_a_kind_fails(tmp_path: Path, port: int, kind: str) -> None:
    """Acknowledged as stored and not given back: the check names the kind."""
    with between(port, changing(frozenset({kind}), lambda event: None, "stored")) as front:
        done = run_step_4(tmp_path, guide_env(front))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ TradingLogger Integration: FAILED" in done.stdout
    assert f"does not give the {kind.replace('_', ' ')} back" in done.stdout


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [("order", "size", "0.5"), ("protection", "stop_inside_liquidation", False),
     ("answer", "raw_response", "other"), ("command", "positions", {"BTC": "9"})],
)  # fmt: skip
def test_a_server_that_changes_a_value_fails(
    tmp_path: Path, port: int, kind: str, field: str, value: Any
) -> None:
    """A number, a flag, a long text and a nested number: the check names the field."""

    def twist(path: str, body: bytes, send: Pass) -> Answer:
        status, answer = send(body)
        found = json.loads(answer)
        if f"kind={kind}" in path:
            for row in found["items"]:
                if field in row["payload"]:
                    row["payload"][field] = value
        if f"field={field}" in path:
            found["text"] = value
        return status, json.dumps(found).encode()

    with between(port, twist) as front:
        done = run_step_4(tmp_path, guide_env(front))
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"with other values than were sent, in {field}:" in done.stdout


def test_a_server_of_version_0_1_is_told_and_does_not_fail(tmp_path: Path, port: int) -> None:
    """Twice, with what the first run left in the journal: passed, with the kinds it lacks."""
    with between(port, version_0_1) as front:
        for _ in range(2):
            done = run_step_4(tmp_path, guide_env(front))
            assert done.returncode == 0, done.stdout + done.stderr
            assert "✓ TradingLogger Integration: PASSED" in done.stdout
            assert "not taken by this server: answer, order, cash flow, protection, command" in (
                done.stdout
            )
    done = run_step_4(tmp_path, guide_env(port))
    assert done.stdout.endswith(PASSED), "the server was updated"
