"""Who gets in, asked of real servers as people start them; and what a flood costs one."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.ports import free_port
from tests.acceptance.processes import KEY, Process, clean_environment
from tests.patience import HANG_SECONDS

COMMAND = ["-m", "motherhaven.cli.main"]
STARTS: dict[str, list[str]] = {
    "serve": ["serve"],
    "serve --open": ["serve", "--open"],
    "npm run dev": ["serve", "--open", "--dev-proxy"],
    "up": ["up"],
}
VISITORS: dict[str, dict[str, str]] = {
    "nobody": {},
    "the key": {"x-api-key": KEY},
    "a wrong key": {"x-api-key": "wrong-key-0123456789"},
    "a foreign name": {"host": "evil.example"},
    "a foreign name with the key": {"host": "evil.example", "x-api-key": KEY},
    "a proxy": {"x-forwarded-for": "127.0.0.1"},
    "another proxy": {"forwarded": "for=127.0.0.1"},
    "a proxy with the key": {"x-forwarded-for": "203.0.113.9", "x-api-key": KEY},
    "a proxy of another name": {"x-forwarded-host": "evil.example"},
}
READS = ("/llm-bot", "/api/llm-bot/bots", "/api/llm-bot/live", "/api/llm-bot/export?what=trades")
SEND = "/api/llm-bot/ingest/batch"


def expected(start: str, visitor: str) -> tuple[int, int]:
    """What reads and what sending must meet; 0: in."""
    if visitor in {"the key", "a foreign name with the key", "a proxy with the key"}:
        return 0, 0
    if start == "serve":
        return 401, 401
    if visitor == "a foreign name":
        return 403, 401
    local = {"nobody", "a wrong key"} | ({"a proxy"} if start == "npm run dev" else set())
    return (0 if visitor in local else 401), 401


def status(port: int, method: str, path: str, headers: dict[str, str]) -> int:
    """The status of one request; 0 for any that was let in."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG_SECONDS)
    try:
        body = b'{"events": []}' if method == "POST" else None
        headers = {"host": f"localhost:{port}", "content-type": "application/json", **headers}
        client.request(method, path, body, headers)
        found = client.getresponse().status
    finally:
        client.close()
    return found if found in {401, 403} else 0


@contextmanager
def started(folder: Path, words: list[str], port: int) -> Iterator[Process]:
    """A server as people start it, with the key in its settings."""
    env = clean_environment(folder, LLM_BOT_API_KEY=KEY)
    with Process([*COMMAND, *words, "--port", str(port)], cwd=folder, env=env) as process:
        process.wait_for("/llm-bot")
        yield process


@pytest.mark.parametrize("start", STARTS)
def test_each_start_lets_in_whom_it_says(tmp_path: Path, start: str) -> None:
    """Start × visitor × page, reads, stream, export and ingest."""
    port = free_port()
    with started(tmp_path, STARTS[start], port):
        for visitor, headers in VISITORS.items():
            read, send = expected(start, visitor)
            for path in READS:
                assert status(port, "GET", path, headers) == read, (visitor, path)
            assert status(port, "POST", SEND, headers) == send, visitor


def memory(process: Process) -> int:
    """The most memory that a process has held so far, in bytes."""
    lines = Path(f"/proc/{process.child.pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024


def test_a_flood_of_bombs_costs_little_memory(tmp_path: Path) -> None:
    """Forty bodies of 16 MiB at once, chunked and not, deep and flat: bounded, and it goes on."""
    port = free_port()
    with started(tmp_path, ["serve"], port) as process:
        assert status(port, "POST", SEND, {"x-api-key": KEY}) == 0
        before = memory(process)
        threads = [threading.Thread(target=bomb, args=(port, n)) for n in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(HANG_SECONDS)
        grown = memory(process) - before
        assert status(port, "POST", SEND, {"x-api-key": KEY}) == 0
    print(f"640 MiB of bombs: {grown / 2**20:.0f} MiB more memory")
    assert grown < 100 << 20


def bomb(port: int, number: int) -> None:
    """Send 16 MiB that are never to be taken, until the server hangs up."""
    piece = (b"[" if number % 2 else b'{"a":') * 8_192
    head = f"POST {SEND} HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n"
    head += "Content-Type: application/json\r\n"
    chunked = number % 4 < 2
    head += "Transfer-Encoding: chunked\r\n\r\n" if chunked else "Content-Length: 16777216\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=HANG_SECONDS) as one:
        try:
            one.sendall(head.encode())
            for _ in range((16 << 20) // len(piece)):
                one.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        except OSError:
            return  # cut off, as it must be
