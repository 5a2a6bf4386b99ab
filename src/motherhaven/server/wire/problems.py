"""The one place where errors become HTTP answers."""

import json
import math
from typing import Any, Final

from starlette.responses import Response

from motherhaven.contract import errors
from motherhaven.contract.jsonio import dumps
from motherhaven.server.wire.redaction import without_keys

_NO_HEADERS: Final[dict[str, str]] = {}


class Problem(errors.MotherhavenError):
    """A refusal with its HTTP status, a stable code, what happened and how to mend it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fix: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.fix = fix
        self.headers = headers or _NO_HEADERS


_TABLE: Final[tuple[tuple[type[errors.MotherhavenError], int, str, str], ...]] = (
    (errors.InvalidJson, 400, "invalid_json", "send one strict JSON document in UTF-8"),
    (errors.InvalidEvent, 422, "invalid_event", "correct the named field and send it again"),
    (errors.InvalidQuery, 400, "invalid_query", "take the named characters out and ask again"),
    (errors.ContractError, 422, "invalid_event", "correct the named field and send it again"),
    (errors.AccessDenied, 401, "unauthorized", "send the server's LLM_BOT_API_KEY as x-api-key"),
    (errors.NotFound, 404, "not_found", "check the id"),
    (errors.CursorGone, 410, "cursor_gone", "start again without a cursor"),
    (errors.StoreError, 503, "store_unavailable", "send it again later; nothing was kept"),
)
"""Error, status, code, fix; the first row that matches counts."""

_STORE_FAILED: Final = "the server's store cannot work now; the server's log says why"
"""The store's own words name its host, file and schema, which are for the log alone."""

RETRY_SECONDS: Final = 2
TOO_MANY_ATTEMPTS: Final = "too_many_attempts"


def problem_of(error: errors.MotherhavenError) -> Problem:
    """The answer that an error of the tree becomes; anything unforeseen is a 500."""
    if isinstance(error, Problem):
        # One that is raised again and again would keep the frames of every time.
        return error.with_traceback(None)
    for kind, status, code, fix in _TABLE:
        if isinstance(error, kind):
            if status == 503:
                why = getattr(error, "reason", "")
                told = f"{_STORE_FAILED}{f': {why}' if why else ''}"
                return Problem(503, code, told, fix, {"retry-after": str(RETRY_SECONDS)})
            return Problem(status, code, str(error), fix)
    return internal_problem()


def internal_problem() -> Problem:
    """A fault of the server itself; its details go to the log, never to the client."""
    return Problem(
        500, "internal", "the server failed on this request", "look into the server's log"
    )


def answer(problem: Problem) -> Response:
    """The JSON answer that tells a problem."""
    body = {
        "success": False,
        # Who puts a key where an id belongs must not find it in a log of answers.
        "error": {"code": problem.code, "message": without_keys(str(problem)), "fix": problem.fix},
    }
    # Not the strict form: a message may quote what it refuses, such as a NUL character.
    return Response(
        json.dumps(body), problem.status, problem.headers, media_type="application/json"
    )


def json_answer(
    body: Any, *, status: int = 200, headers: dict[str, str] | None = None, numbers: bool = False
) -> Response:
    """`body` as canonical JSON; decimals are text, or exact numbers with `numbers`."""
    return Response(dumps(body, numbers=numbers), status, headers, media_type="application/json")


def too_many_attempts(wait: float, message: str) -> Problem:
    """429: `message`, and the time to wait in seconds."""
    seconds = max(1, math.ceil(wait))
    return Problem(
        429,
        TOO_MANY_ATTEMPTS,
        f"{message}; try again in {seconds} s",
        "wait for the time in Retry-After, and check the key",
        {"retry-after": str(seconds), "connection": "close"},
    )


def too_large(limit: int, what: str = "bytes") -> Problem:
    """413: the body or the batch is over its limit."""
    return Problem(
        413,
        "too_large",
        f"the request is larger than {limit} {what}",
        "send smaller batches; send long texts in parts",
        {"connection": "close"},
    )
