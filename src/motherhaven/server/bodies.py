"""Reading a request's body within its bound before anything parses it.

Its deadline is kept by server.protocol, which sees the bytes arrive.
"""

from typing import Any, Final

from starlette.requests import Request

from motherhaven.contract.jsonio import loads_wire
from motherhaven.server.config import Limits
from motherhaven.server.wire.problems import Problem, too_large

_DRAIN_FACTOR: Final = 8
"""An oversized body is read on up to this many times the limit, so that the client
hears the 413 instead of a reset connection."""


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body, at most `limits.body_bytes`.

    Raises:
        Problem: 413 too large, 415 compressed, 400 cut off.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in {"", "identity"}:
        raise Problem(
            415,
            "compressed_body",
            f"a body with Content-Encoding {encoding[:20]!r} is not accepted",
            "send the body uncompressed, without Content-Encoding",
            {"connection": "close"},
        )
    return await _collect(request, limits.body_bytes)


async def read_json(request: Request, limits: Limits) -> Any:
    """The body as strict JSON; a number beyond the wire's bounds is an OutOfRange in it.

    Raises:
        Problem: as read_json_bytes.
        InvalidJson: the body is not strict JSON.
    """
    return loads_wire(await read_json_bytes(request, limits))


async def read_json_bytes(request: Request, limits: Limits) -> bytes:
    """The body, said to be JSON but not parsed yet.

    Raises:
        Problem: as read_body, and 415 for another content type.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0]
    if kind.strip().lower() != "application/json":
        raise Problem(
            415,
            "unsupported_media_type",
            f"the content type {kind[:60]!r} is not accepted here",
            "send Content-Type: application/json",
        )
    return await read_body(request, limits)


async def _collect(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > _DRAIN_FACTOR * limit:
        raise too_large(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "cut_off", "the connection ended within the body", "send it again")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > _DRAIN_FACTOR * limit:
            raise too_large(limit)
        else:
            chunks.clear()
        if not message.get("more_body", False):
            break
    if size > limit:
        raise too_large(limit)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
