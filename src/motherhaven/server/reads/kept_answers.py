"""Answers that were given before, given again as long as nothing of their bots has changed."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from motherhaven.server.auth.visible.viewer import only_bot, viewing_link
from motherhaven.server.http.compression import LEAST_COMPRESSED, compressed
from motherhaven.stores.protocol import Reader

MOST_BYTES: Final = 32 * 1024 * 1024
"""So much is kept, compressed forms included; what was made longest ago goes first."""


@dataclass(frozen=True, slots=True)
class Made:
    """An answer; `whole` says that nothing of it was unavailable, so that it may be kept."""

    view: BaseModel
    whole: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer's JSON, compressed too where that is worth it, and what it was made from."""

    revisions: Mapping[str, str]
    body: bytes
    packed: bytes | None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.body) + len(self.packed or b"")


class KeptAnswers:
    """What was answered, by who asked and for what.

    The revisions of the bots are asked for before anything else is read. While they are the
    same, so is the answer, whichever server or process wrote meanwhile.
    """

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._kept: dict[Hashable, _Kept] = {}
        self._size = 0
        self._making: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def give(
        self,
        request: Request,
        question: Hashable,
        bots: Sequence[str] | None,
        make: Callable[[], Awaitable[Made]],
    ) -> Response:
        """The answer of `make` about `bots` (None: all), made again only if they changed."""
        link = viewing_link()
        place = (question, only_bot(), link is None or link.prompts)
        revisions = await self._store.revisions(bots)
        # Who asks the same meanwhile waits, and then finds it made.
        async with self._making.setdefault(place, asyncio.Lock()):
            kept = self._kept.get(place)
            if kept is None or kept.revisions != revisions:
                made = await make()
                kept = await asyncio.to_thread(_pack, made.view, revisions)
                self._forget(place)
                if made.whole:
                    self._keep(place, kept)
        return _response(request, kept)

    def _keep(self, place: Hashable, kept: _Kept) -> None:
        self._kept[place] = kept
        self._size += kept.size
        while self._size > MOST_BYTES:
            self._forget(next(iter(self._kept)))

    def _forget(self, place: Hashable) -> None:
        known = self._kept.pop(place, None)
        self._size -= 0 if known is None else known.size


def _pack(view: BaseModel, revisions: Mapping[str, str]) -> _Kept:
    body = view.model_dump_json().encode()
    return _Kept(revisions, body, compressed(body) if len(body) >= LEAST_COMPRESSED else None)


def _response(request: Request, kept: _Kept) -> Response:
    if kept.packed is None or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(kept.body, media_type="application/json")
    headers = {"content-encoding": "gzip", "vary": "Accept-Encoding"}
    return Response(kept.packed, media_type="application/json", headers=headers)
