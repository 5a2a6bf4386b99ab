"""Bounds on requests at once: a place is taken when a request is whole, never before."""

import asyncio
import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from motherhaven.server.admission.bounds import Bound, Bounds, part
from motherhaven.server.admission.callers import Caller, CallerKind, caller_of
from motherhaven.server.admission.disconnects import run_for_reader
from motherhaven.server.admission.uploads import Upload, Uploads
from motherhaven.server.auth.policy import API
from motherhaven.server.config import Limits
from motherhaven.server.wire.problems import Problem, answer

_LONG_LIVED: Final = frozenset({f"{API}/live"})
"""Streams have bounds of their own, and so have bots that wait for commands."""

_POLL: Final = re.compile(rf"{API}/bots/[^/]+/commands/?")
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Places:
    """The layer behind the gate: whoever comes here has shown what its route asks for.

    One bot's key takes at most a quarter of the places, all such keys three quarters, and
    who showed no key takes none of them. A body that is not whole holds no place.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        most = limits.requests
        self._app = app
        self._limits = limits
        self._running = Bounds()
        self._uploads = {
            CallerKind.OWNER: Uploads(part(most, 3 / 4), part(most, 3 / 4)),
            CallerKind.KEY: Uploads(part(most, 1 / 2), part(most, 1 / 8)),
            CallerKind.STRANGER: Uploads(part(most, 1 / 4), part(most, 1 / 16)),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].rstrip("/") in _LONG_LIVED:
            await self._app(scope, receive, send)
            return
        if scope["method"] == "GET" and _POLL.fullmatch(scope["path"]):
            await run_for_reader(self._app, scope, receive, send)
            return
        caller = caller_of(scope)
        place = _Place(self._running, _bounds(caller, self._limits.requests))
        try:
            if scope["method"] in _WITHOUT_BODY:
                try:
                    place.take()
                except Problem as problem:
                    await answer(problem)(scope, receive, send)
                    return
                await run_for_reader(self._app, scope, receive, send)
            else:
                await self._with_body(caller, place, scope, receive, send)
        finally:
            place.give()

    async def _with_body(
        self, caller: Caller, place: "_Place", scope: Scope, receive: Receive, send: Send
    ) -> None:
        uploads = self._uploads[caller.kind]
        upload = uploads.begin(caller.name)
        late: asyncio.TimerHandle | None = None
        if caller.kind is CallerKind.STRANGER:
            seconds = self._limits.login_body_seconds
            late = asyncio.get_running_loop().call_later(seconds, _give_up, uploads, upload)

        async def pieces() -> Message:
            if place.is_taken:
                return await receive()
            message = await upload.wait(receive)
            if message["type"] != "http.request" or not message.get("more_body", False):
                uploads.finish(upload)
                if late is not None:
                    late.cancel()
                place.take()
            return message

        try:
            await self._app(scope, pieces, send)
        finally:
            uploads.finish(upload)
            if late is not None:
                late.cancel()


class _Place:
    """A place of one request, taken at most once."""

    __slots__ = ("_bounds", "_taken", "is_taken")

    def __init__(self, taken: Bounds, bounds: tuple[Bound, ...]) -> None:
        self._taken = taken
        self._bounds = bounds
        self.is_taken = False

    def take(self) -> None:
        """Take it.

        Raises:
            Problem: 503, none is free for this caller.
        """
        reached = self._taken.take(self._bounds)
        if reached is not None:
            raise Problem(
                503,
                "busy",
                f"{reached.whose} has as many requests at once as the server takes",
                "send it again after the time in Retry-After",
                {"retry-after": "1"},
            )
        self.is_taken = True

    def give(self) -> None:
        """Give it back, if it was taken."""
        if self.is_taken:
            self._taken.give(self._bounds)


def _bounds(caller: Caller, most: int) -> tuple[Bound, ...]:
    if caller.kind is CallerKind.STRANGER:
        return (Bound("strangers", part(most, 1 / 4), "everybody without a key together"),)
    everybody = Bound("all", most, "everybody together")
    if caller.kind is CallerKind.OWNER:
        return (everybody,)
    return (
        everybody,
        Bound("keys", part(most, 3 / 4), "the keys of single bots together"),
        Bound(f"key {caller.key_id}", part(most, 1 / 4), "this key"),
    )


def _give_up(uploads: Uploads, upload: Upload) -> None:
    uploads.finish(upload)
    upload.end()
