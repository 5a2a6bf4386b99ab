"""The built page: Next's static export, served by the rules of its own file names."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from mimetypes import guess_type
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from motherhaven.server.auth.policy import HOME_PAGE, PAGE, Policy, Routes
from motherhaven.server.http.pages import building_page, not_built_page, plain_page

LOG: Final = logging.getLogger("motherhaven.server")

_HASH: Final = re.compile(r"'?(sha(?:256|384|512)-[A-Za-z0-9+/_=-]{20,100})'?")
_ZERO_WEIGHT: Final = re.compile(r"q\s*=\s*0(?:\.0{0,3})?", re.IGNORECASE)
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_REVALIDATE: Final = "no-cache"
_HIDDEN: Final = frozenset({"csp.json"})
PACKED: Final = ".br"
"""Ending of a file's form that was compressed at the build (dashboard/scripts/compress.mjs)."""
CODING: Final = "br"


class Page:
    """Serves the export in `folder`; says how to build it while it is not there.

    While `building` says so, an address of the page answers that it is on its way, and asks
    again by itself: an older page would miss the files that its successor replaces.
    """

    def __init__(self, folder: Path | None, building: Callable[[], bool] = lambda: False) -> None:
        self._folder = folder
        self._known: Mapping[str, Policy] = {}
        self._building = building
        self._files = StaticFiles(directory=folder, check_dir=False) if folder is not None else None
        self._hashes: tuple[float, dict[str, tuple[str, ...]]] = (-1.0, {})

    def add_routes(self, routes: Routes) -> None:
        """Register last: the second route takes every path that no other took."""
        methods = ["GET", "HEAD"]
        routes.add("/", self.home, HOME_PAGE, methods=methods, include_in_schema=False)
        routes.add("/{path:path}", self.file, PAGE, methods=methods, include_in_schema=False)
        self._known = routes.policies

    async def home(self) -> Response:
        """The dashboard's address."""
        return RedirectResponse("/llm-bot", status_code=307)

    async def file(self, request: Request) -> Response:
        """A file of the export, an answer without a body, or the page for what is not there."""
        path = request.scope["path"].strip("/")
        if path == "api" or path.startswith("api/"):
            raise HTTPException(405 if f"/{path}" in self._known else 404)
        if self._building():
            return building_page()
        if self._files is None or self._folder is None or not self._built():
            return not_built_page()
        if "//" in request.scope["path"].rstrip("/") or not _is_safe(path):
            return self._missing_page()
        name = _file_name(path)
        try:
            response = await self._response(name, request)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            return await self._missing(request, path)
        response.headers.update(self._headers(name))
        return response

    async def _response(self, name: str, request: Request) -> Response:
        """A file, in the form that was compressed at the build where the browser takes it."""
        assert self._files is not None
        assert self._folder is not None
        packed = f"{name}{PACKED}"
        if not (self._folder / packed).is_file():
            return await self._files.get_response(name, request.scope)
        if not takes_coding(request.headers.get("accept-encoding", ""), CODING):
            response = await self._files.get_response(name, request.scope)
        else:
            response = await self._files.get_response(packed, request.scope)
            if response.status_code != 304:
                response.headers["content-type"] = _media_type(name)
                response.headers["content-encoding"] = CODING
        response.headers.add_vary_header("Accept-Encoding")
        return response

    async def _missing(self, request: Request, path: str) -> Response:
        if "." in PurePosixPath(path).name or self._files is None:
            return self._missing_page()
        try:
            response = await self._files.get_response("404.html", request.scope)
        except HTTPException:
            return self._missing_page()
        response.status_code = 404
        response.headers.update(self._headers("404.html"))
        return response

    def _missing_page(self) -> Response:
        return plain_page("Not found", "There is no such page; the dashboard is at /llm-bot.", 404)

    def _built(self) -> bool:
        return self._folder is not None and (self._folder / "llm-bot.html").is_file()

    def _headers(self, name: str) -> dict[str, str]:
        caching = _IMMUTABLE if name.startswith("_next/static/") else _REVALIDATE
        return {"cache-control": caching, "content-security-policy": self._policy(name)}

    def _policy(self, name: str) -> str:
        known = self._known_hashes()
        hashes = known.get(name, known.get("", ())) if name.endswith(".html") else ()
        return (
            "default-src 'none'; "
            f"script-src 'self'{''.join(f' {one}' for one in hashes)}; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
            "connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )

    def _known_hashes(self) -> dict[str, tuple[str, ...]]:
        """Hashes of inline scripts by page, "" for all; read again when the build changed."""
        if self._folder is None:
            return {}
        path = self._folder / "csp.json"
        try:
            changed = path.stat().st_mtime
            if changed != self._hashes[0]:
                self._hashes = (changed, _parse_hashes(path.read_bytes()))
        except (OSError, ValueError) as error:
            LOG.warning("%s cannot be read (%s); build the page again: make page", path, error)
            return {}
        return self._hashes[1]


def _parse_hashes(data: bytes) -> dict[str, tuple[str, ...]]:
    parsed = json.loads(data)
    files = parsed.get("files", {}) if isinstance(parsed, dict) else {}
    listed = {"": parsed.get("script-src", []), **files} if isinstance(parsed, dict) else {}
    found: dict[str, tuple[str, ...]] = {}
    for name, hashes in listed.items():
        matches = (_HASH.fullmatch(one) for one in hashes if isinstance(one, str))
        found[name] = tuple(f"'{match[1]}'" for match in matches if match)
    return found


def _is_safe(path: str) -> bool:
    """No way out of the folder, and nothing that the export does not mean to show."""
    parts = path.split("/")
    if "\\" in path or "\x00" in path or not path.isprintable():
        return False
    hidden = path in _HIDDEN or path.endswith(PACKED)
    return not hidden and not any(part.startswith(".") for part in parts)


def takes_coding(header: str, coding: str) -> bool:
    """Whether an Accept-Encoding header names `coding` with a weight above 0 (RFC 9110, 12.5.3)."""
    for part in header.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == coding:
            return not _ZERO_WEIGHT.fullmatch(weight.strip())
    return False


def _media_type(name: str) -> str:
    media = guess_type(name)[0] or "text/plain"
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


def _file_name(path: str) -> str:
    """llm-bot/decision is the file llm-bot/decision.html, beside a folder of that name."""
    return path if "." in PurePosixPath(path).name else f"{path}.html"
