"""Answers that were given before, given again as long as nothing of their bots has changed."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from weakref import WeakValueDictionary

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from motherhaven.server.auth.visible.viewer import only_bot, viewing_link
from motherhaven.server.http.compression import LEAST_COMPRESSED, compressed
from motherhaven.stores.protocol import Reader

MOST_BYTES: Final = 32 * 1024 * 1024
"""So much is kept, with what was asked and compressed; what was made longest ago goes first."""

_BESIDE: Final = 1_000
"""Bytes that an answer takes beside its texts."""


@dataclass(frozen=True, slots=True)
class Made:
    """An answer; `whole` says that nothing of it was unavailable, so that it may be kept."""

    view: BaseModel
    whole: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer's JSON, compressed too where that is worth it, and what it was made from.

    `look` is the number of the look at the bots that it was made after; `size` is in bytes.
    """

    look: int
    revisions: Mapping[str, str]
    body: bytes
    packed: bytes | None
    size: int


class _Making:
    """Those who ask the same at one time, and what the last of them was answered."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.last: _Kept | None = None


class KeptAnswers:
    """What was answered, by who asked and for what.

    The revisions of the bots are asked for before anything else is read. While they are the
    same, so is the answer, whichever server or process wrote meanwhile.
    """

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._kept: dict[Hashable, _Kept] = {}
        self._size = 0
        self._looks = 0
        self._making: WeakValueDictionary[Hashable, _Making] = WeakValueDictionary()

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
        making, before = self._making.setdefault(place, _Making()), self._looks
        # Who asks the same meanwhile waits, and then finds it made: what was begun after the
        # question is new enough, though the bots have changed, and though some of it failed.
        async with making.lock:
            kept = making.last
            if kept is None or kept.look <= before:
                kept = making.last = await self._current(place, bots, make)
        return _response(request, kept)

    async def _current(
        self, place: Hashable, bots: Sequence[str] | None, make: Callable[[], Awaitable[Made]]
    ) -> _Kept:
        """What is kept, if the bots are still as it was made from; else it is made."""
        look = self._looks = self._looks + 1
        revisions = await self._store.revisions(bots)
        kept = self._kept.get(place)
        if kept is not None and kept.revisions == revisions:
            return replace(kept, look=look)
        made = await make()
        kept = await asyncio.to_thread(_pack, place, look, revisions, made.view)
        self._forget(place)
        if made.whole:
            self._keep(place, kept)
        return kept

    def _keep(self, place: Hashable, kept: _Kept) -> None:
        self._kept[place] = kept
        self._size += kept.size
        while self._size > MOST_BYTES:
            self._forget(next(iter(self._kept)))

    def _forget(self, place: Hashable) -> None:
        known = self._kept.pop(place, None)
        self._size -= 0 if known is None else known.size


def _pack(place: Hashable, look: int, revisions: Mapping[str, str], view: BaseModel) -> _Kept:
    body = view.model_dump_json().encode()
    packed = compressed(body) if len(body) >= LEAST_COMPRESSED else None
    # The question counts too: it may name hundreds of bots of which there is nothing to tell.
    size = len(body) + len(packed or b"") + len(repr((place, revisions))) + _BESIDE
    return _Kept(look, revisions, body, packed, size)


def _response(request: Request, kept: _Kept) -> Response:
    if kept.packed is None or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(kept.body, media_type="application/json")
    headers = {"content-encoding": "gzip", "vary": "Accept-Encoding"}
    return Response(kept.packed, media_type="application/json", headers=headers)
