"""What each route asks of its caller, and the parts of a request that decide about it."""

from enum import StrEnum
from typing import Final

from starlette.requests import cookie_parser
from starlette.types import Scope

from motherhaven.server.forwarding import Header, is_forwarding

COOKIE: Final = "motherhaven_session"
SECURE_COOKIE: Final = "__Host-motherhaven_session"


class Rule(StrEnum):
    """What a route asks of its caller.

    PUBLIC: nothing. INGEST: a key. READ: a key or a session, unless reading is open.
    PAGE: as READ, but a browser without access is shown the key page. FORM: a
    POST from our own pages.
    """

    PUBLIC = "public"
    INGEST = "ingest"
    READ = "read"
    PAGE = "page"
    FORM = "form"


class Visitor:
    """The parts of a request that decide about access."""

    def __init__(self, scope: Scope) -> None:
        client = scope.get("client")
        self.peer: str = client[0] if client else ""
        self.scheme: str = scope.get("scheme", "http")
        self.path: str = scope["path"]
        self.method: str = scope["method"]
        self.admitted: tuple[int, int] | None = None
        self.headers: list[Header] = scope["headers"]

    def raw_header(self, name: bytes) -> bytes | None:
        """The value of a header; None when it is missing or sent more than once."""
        found = [value for key, value in self.headers if key == name]
        return found[0] if len(found) == 1 else None

    def header(self, name: bytes) -> str | None:
        """As raw_header, as text."""
        value = self.raw_header(name)
        return None if value is None else value.decode("latin-1")

    def all_values(self, name: bytes) -> list[bytes]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key == name]

    @property
    def forwarded(self) -> list[Header]:
        """The headers by which proxies tell where a request came from."""
        return [item for item in self.headers if is_forwarding(item[0])]

    @property
    def tokens(self) -> list[str]:
        """The session tokens that the browser sent."""
        cookies = cookie_parser(self.header(b"cookie") or "")
        return [cookies[name] for name in (SECURE_COOKIE, COOKIE) if name in cookies]
