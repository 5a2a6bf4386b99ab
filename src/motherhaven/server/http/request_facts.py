"""The parts of a request that decide about access."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import cookie_parser
from starlette.types import Scope

from motherhaven.server.forwarding import Header, is_forwarding

COOKIE: Final = "motherhaven_session"
SECURE_COOKIE: Final = "__Host-motherhaven_session"
SHARE_COOKIE: Final = "motherhaven_share"
SECURE_SHARE_COOKIE: Final = "__Host-motherhaven_share"
CONFIRMED: Final = b"x-motherhaven-confirmed"
"""The header with what a session was given when it confirmed; no other site can know it."""

HEARD: Final = b"motherhaven-heard"
"""The header with the newest id that the caller has from the live stream."""


class RequestFacts:
    """The parts of a request that decide about access."""

    def __init__(self, scope: Scope) -> None:
        client = scope.get("client")
        self.peer: str = client[0] if client else ""
        self.scheme: str = scope.get("scheme", "http")
        self.path: str = scope["path"]
        self.method: str = scope["method"]
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

    @property
    def share_tokens(self) -> list[str]:
        """The tokens of share links that the browser sent."""
        cookies = cookie_parser(self.header(b"cookie") or "")
        names = (SECURE_SHARE_COOKIE, SHARE_COOKIE)
        return [cookies[name] for name in names if name in cookies]


def place_of(origin: bytes) -> str | None:
    """The host and port of an Origin header in lower case; None where it names none."""
    try:
        return urlsplit(origin.decode("latin-1")).netloc.lower() or None
    except ValueError:
        return None


def at_root(scope: Scope) -> Scope:
    """The request as if the application were mounted nowhere: one path for every layer.

    Else the router would go by the path behind `root_path`, and the gate by the whole.
    """
    root = scope.get("root_path", "")
    path: str = scope["path"]
    if root and (path == root or path.startswith(f"{root.rstrip('/')}/")):
        path = path[len(root.rstrip("/")) :] or "/"
    return {**scope, "path": path, "root_path": ""} if root else scope


def host_name(header: str | None) -> str | None:
    """The name in a Host header without its port, in lower case; None if malformed."""
    if not header:
        return None
    has_port = ":" in header and not header.endswith("]")
    name, _, port = header.rpartition(":") if has_port else (header, "", "")
    if port and not port.isdecimal():
        return None
    return name.strip("[]").lower()
