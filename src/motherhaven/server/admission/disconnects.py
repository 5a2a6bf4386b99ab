"""Work for a reader ends when the reader leaves."""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EMPTY: Final[Message] = {"type": "http.request", "body": b"", "more_body": False}


async def run_for_reader(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run a request without a body; it is cancelled once its client is gone.

    Only for what changes nothing: a command or a post goes on though nobody waits for it.
    """
    leaving = asyncio.ensure_future(_left(receive))
    told = False

    async def heard() -> Message:
        nonlocal told
        if not told:
            told = True
            return _EMPTY
        return await asyncio.shield(leaving)

    working = asyncio.ensure_future(app(scope, heard, send))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(receive: Receive) -> Message:
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message
