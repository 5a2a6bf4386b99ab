"""The security headers of every answer, whichever layer writes it."""

import json
from http import HTTPStatus
from typing import Final

from starlette.types import Message, Send

API_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"content-security-policy", API_POLICY.encode()),
    (b"cache-control", b"no-store"),
)
"""Set on every answer that does not set them itself. There is no CORS header anywhere."""


class SecureSend:
    """Sends with the security headers. `started`: the answer's head is out."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers += [item for item in SECURITY_HEADERS if item[0] not in present]
            message = {**message, "headers": headers}
        await self._send(message)


def raw_answer(status: int, code: str, message: str, fix: str, retry_after: int = 0) -> bytes:
    """A whole refusal as bytes, for where no request exists to answer; the connection ends."""
    error = {"code": code, "message": message, "fix": fix}
    body = json.dumps({"success": False, "error": error}).encode()
    lines = [
        b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode()),
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        b"connection: close",
        *(b"%b: %b" % item for item in SECURITY_HEADERS),
    ]
    if retry_after:
        lines.append(b"retry-after: %d" % retry_after)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
