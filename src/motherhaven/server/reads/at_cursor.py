"""Every answer that is read from the log says at which cursor of the live stream it was read.

So whoever reads and streams applies to the answer exactly what came after it, whichever
server answered, and however long the answer took.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from starlette.responses import Response

from motherhaven.stores.protocol import Reader

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


def at_cursor(read: Callable[..., Awaitable[Response]], seen: Reader) -> Callable[..., Any]:
    """`read`, whose answers tell the cursor up to which they have all that `seen` shows.

    The cursor is taken first: the answer may have a little of what comes after it.
    """

    @wraps(read)
    async def ask(*args: Any, **named: Any) -> Response:
        cursor = await seen.read_cursor()
        response = await read(*args, **named)
        response.headers[CURSOR] = cursor
        return response

    return ask
