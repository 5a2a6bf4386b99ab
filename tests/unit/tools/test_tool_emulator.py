"""How tests start the Firestore emulator, with a program in its place."""

import socket
import sys

import pytest

from scripts.ports import free_port
from tests.firestore_emulator import start_emulator

SERVER = """
import http.server, sys
host, port = (word.split("=")[1] for word in sys.argv[1:])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer.allow_reuse_address = False
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""


def test_a_port_that_somebody_took_first_is_not_the_end() -> None:
    """Between the choice of a port and the start of a JVM lies a second."""
    with socket.create_server(("127.0.0.1", free_port())) as holder:
        taken = holder.getsockname()[1]
        ports = iter([taken, taken, free_port()])
        host = start_emulator([sys.executable, "-c", SERVER], lambda: next(ports))
    assert host != f"127.0.0.1:{taken}"


def test_one_that_never_starts_is_told_with_its_words() -> None:
    """What the program said is in the failure, as nobody can look it up afterwards."""
    with pytest.raises(AssertionError, match=r"4 times.*no such rules"):
        start_emulator([sys.executable, "-c", "raise SystemExit('no such rules')"])
