"""Query parameters that several reads share, and the JSON of a read model."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from motherhaven.contract.times import parse_instant
from motherhaven.server.auth.policy import API, Policy, Routes
from motherhaven.server.auth.visible.reader import VisibleReader
from motherhaven.server.auth.visible.viewer import check_visible
from motherhaven.server.reads.at_cursor import DOCUMENTED, at_cursor
from motherhaven.server.wire import schemas
from motherhaven.server.wire.problems import Problem
from motherhaven.stores.looks import one_question

TextField = Literal[
    "system_prompt", "user_prompt", "raw_response", "justification", "analysis", "thinking"
]
EventKind = Literal["answer", "order", "cash_flow", "protection", "command"]
Status = Literal["open", "closed", "all"]
ErrorKind = Literal["cycle", "answer", "guard", "order", "ingest"]
Range = Literal["1h", "1d", "1w", "1m", "1y", "all"]

Id = Annotated[str, Query(min_length=1, max_length=128)]
MaybeId = Annotated[str | None, Query(min_length=1, max_length=128)]
MaybeTags = Annotated[
    str | None, Query(max_length=400, description="separated by commas; each must be there")
]
Ids = Annotated[str, Query(min_length=1, max_length=4_000, description="separated by commas")]
MaybeIds = Annotated[str | None, Query(max_length=4_000, description="separated by commas")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=2**40, description="in characters")]
TextLimit = Annotated[int, Query(ge=1, le=1_000_000, description="in characters")]
Time = Annotated[
    str | None,
    Query(max_length=40, description="RFC 3339, e.g. 2026-01-02T03:04:05Z; without offset UTC"),
]

MOST_IDS: Final = 100
FAILURES: Final = (400, 401, 403, 404, 410, 422, 429, 503)


def json_view(view: BaseModel) -> Response:
    """A read model as the JSON that its schema promises."""
    return Response(view.model_dump_json(), media_type="application/json")


def ids_of(text: str | None, *, most: int = MOST_IDS) -> tuple[str, ...] | None:
    """The ids of a list, each once, in order; None for no list.

    Raises:
        Problem: 422, more than `most` of them.
        NotFound: 404, this request may not see one of them.
    """
    if text is None:
        return None
    ids = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if len(ids) > most:
        raise Problem(
            422, "invalid_query", f"{len(ids)} bots; at most {most} at once", "ask for fewer"
        )
    check_visible(ids)
    return ids


def time_of(text: str | None, what: str) -> datetime | None:
    """The UTC time of a parameter; None stays None.

    Raises:
        InvalidEvent: 422, not a time. A + that came undecoded is read as the + it was.
    """
    return (
        None
        if text is None
        else parse_instant(text.replace(" ", "+") if "T" in text else text, what)
    )


def add_reads(
    routes: Routes,
    owner: object,
    reads: Sequence[tuple[str, str, Policy, Any]],
    seen: VisibleReader,
) -> None:
    """Register GET routes: (path below the API, method of `owner`, who may, what it answers).

    `seen`: what they read, whose cursor the answers carry.
    """
    for path, name, policy, model in reads:
        routes.add(
            API + path,
            _as_one_question(at_cursor(getattr(owner, name), seen)),
            policy,
            methods=["GET"],
            tags=["reads"],
            operation_id=name,
            response_model=model,
            responses={**DOCUMENTED, **schemas.failures(*FAILURES)},
        )


def _as_one_question(read: Callable[..., Awaitable[Response]]) -> Callable[..., Any]:
    """Let all that a read asks of the store belong together; see stores.looks."""

    @wraps(read)
    async def ask(*args: Any, **named: Any) -> Response:
        with one_question():
            return await read(*args, **named)

    return ask
