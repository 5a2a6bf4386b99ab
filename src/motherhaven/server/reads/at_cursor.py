"""Every answer that is read from the log says at which cursor of the live stream it was read.

So whoever reads and streams applies to the answer exactly what came after it, whichever
server answered, and however long the answer took.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from starlette.responses import Response

from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.stores.read_places import read_at

CURSOR: Final = "motherhaven-cursor"

DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            CURSOR: {
                "description": "the answer has all up to this cursor; the live stream goes on "
                "after it with ?after=",
                "required": True,
                "schema": {"type": "string"},
            }
        }
    }
}
"""What a route's `responses` say of it."""


def at_cursor(read: Callable[..., Awaitable[Response]], seen: VisibleReader) -> Callable[..., Any]:
    """`read`, whose answers tell the cursor up to which they have all that `seen` shows.

    The cursor is taken first: the answer may have a little of what comes after it. Where a
    part of the answer was kept from an earlier one, it is the cursor of that.
    """

    @wraps(read)
    async def ask(*args: Any, **named: Any) -> Response:
        with read_at(await seen.read_cursor()) as place:
            response = await read(*args, **named)
        response.headers[CURSOR] = seen.shown_cursor(place.cursor)
        return response

    return ask
