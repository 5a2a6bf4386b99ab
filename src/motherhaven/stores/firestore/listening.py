"""Firestore's own listener: what changed in some queries, a consistent state at a time.

An idle listener costs nothing, each changed document one read. Firestore tells up to which
moment it has told everything; what was committed until then is given together. A connection
that is lost goes on where it was, with Firestore's token, at no cost for half an hour.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from google.api_core import exceptions as google
from google.cloud.firestore_v1 import _helpers
from google.cloud.firestore_v1.types import firestore as messages
from google.cloud.firestore_v1.types.write import DocumentChange

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.stores.firestore.database import Database
from motherhaven.stores.firestore.own_commits import Changed

SILENT_SECONDS: Final = 300.0
"""A connection that says nothing for so long is made anew."""

CLOSING_SECONDS: Final = 0.5
WINDOW: Final = 100
"""Once a server began anew by itself, as the emulator does at each change, a query that
brought more documents than this is replaced by one that begins later."""

_REMEMBERED: Final = 5_000
"""Given documents that are remembered; emulators tell of a few hundred again."""

_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_FINAL: Final = (google.PermissionDenied, google.Unauthenticated, google.InvalidArgument)
_CODES: Final[dict[int, type[google.GoogleAPICallError]]] = {
    3: google.InvalidArgument,
    7: google.PermissionDenied,
    16: google.Unauthenticated,
}
_Kind = messages.TargetChange.TargetChangeType


Queries = Mapping[str, Callable[[], Any]]
"""What to listen to, by name: each is made anew for a new beginning, from where that then is."""


@dataclass(slots=True)
class _Given:
    """The documents of some queries that were given: told again, they need not be decoded."""

    fixed: frozenset[str]
    names: dict[str, None] = field(default_factory=dict)

    def note(self, state: Mapping[str, Mapping[str, Changed]]) -> None:
        """What a state gives."""
        for query in self.fixed:
            self.names.update(dict.fromkeys(state.get(query, ())))
        while len(self.names) > _REMEMBERED:
            del self.names[next(iter(self.names))]


@dataclass(slots=True)
class _Round:
    """What came since the queries began; `names` has the number of each, as Firestore knows it.

    `behind` has those of which not all is told that was there when they began. `resumed`: they
    go on from a token, and nothing was told yet.
    """

    names: dict[int, str]
    given: _Given
    behind: set[int]
    resumed: bool
    found: dict[str, dict[str, Changed]] = field(default_factory=dict)
    documents: int = 0
    resets: int = 0

    @property
    def is_stale(self) -> bool:
        """Whether it is dearer to go on than to begin anew, from where that is by now."""
        return self.resets > 0 and (self.resumed or self.documents > WINDOW)


async def listen(
    database: Database, queries: Queries, fixed: frozenset[str] = frozenset()
) -> AsyncGenerator[dict[str, list[Changed]], None]:
    """For each consistent state the documents that changed since the last, by query.

    The first is all that the queries find. What was given may come again after a new beginning,
    but not what is found by a query in `fixed`: its documents are never changed.

    Raises:
        StoreUnavailable: Firestore refuses to be listened to, or the connection was closed.
    """
    token, failures = b"", 0
    given, asked = _Given(fixed), dict[str, Any]()
    while True:
        try:
            async with _connection(database) as connection:
                if not token:  # it belongs to the queries that it was given for
                    asked = _made(queries)
                round_ = await connection.begin(asked, token, given)
                while True:
                    response = await connection.hear()
                    state = _fold(database, round_, response)
                    if state is not None:
                        token, failures = bytes(response.target_change.resume_token), 0
                        if any(state.values()):
                            yield state
                    if round_.is_stale and (state is not None or round_.resumed):
                        token, asked = b"", _made(queries)
                        round_ = await connection.begin(asked, b"", given)
                    elif state is not None:
                        round_.resumed = False
        except _FINAL as error:
            raise database.error_of(error) from error
        except (google.GoogleAPICallError, TimeoutError, StopAsyncIteration):
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            # A token that is refused would be refused for ever.
            failures, token = failures + 1, token if failures < 1 else b""


def _made(queries: Queries) -> dict[str, Any]:
    """The queries as Firestore gets them, from where each begins now."""
    return {name: query()._to_protobuf() for name, query in queries.items()}


def _fold(
    database: Database, round_: _Round, response: messages.ListenResponse
) -> dict[str, list[Changed]] | None:
    """Take a message in; the state that is complete with it, None while more belongs to it."""
    kind = response._pb.WhichOneof("response_type")
    if kind == "document_change":
        _take(database, round_, response.document_change)
        return None
    if kind != "target_change":
        return None  # what was deleted or left a query is no news
    change = response.target_change
    if change.target_change_type == _Kind.REMOVE and change.cause.code:
        raise _ended(change.cause.code, change.cause.message)
    if change.target_change_type == _Kind.RESET:
        # That query is told anew from its beginning; what the others brought still counts.
        for target in change.target_ids or round_.names:
            round_.found.pop(round_.names.get(target, ""), None)
        round_.documents, round_.resets = 0, round_.resets + 1
    if change.target_change_type == _Kind.CURRENT:
        round_.behind.difference_update(change.target_ids or round_.names)
    is_state = change.target_change_type == _Kind.NO_CHANGE and not change.target_ids
    if not is_state or round_.behind or not change._pb.HasField("read_time"):
        return None
    found, round_.found = round_.found, {}
    round_.given.note(found)
    return {name: list(documents.values()) for name, documents in found.items()}


def _ended(code: int, message: str) -> google.GoogleAPICallError:
    """Why Firestore ended a target."""
    kind = _CODES.get(code, google.ServiceUnavailable)
    return kind(message)


def _take(database: Database, round_: _Round, change: DocumentChange) -> None:
    document = change.document
    database.usage.reads += 1
    round_.documents += 1
    if document.name in round_.given.names:
        return
    data: Any = _helpers.decode_dict(document.fields, database._client)
    changed = Changed(
        document.name.rpartition("/")[2],
        document.create_time,
        dict(data),
    )
    for target in set(change.target_ids) & set(round_.names):
        round_.found.setdefault(round_.names[target], {})[document.name] = changed


class _Connection:
    """One stream of requests and answers."""

    def __init__(self, database: Database) -> None:
        self._client = database._client
        self._name = database._client._database_string
        self._requests: asyncio.Queue[messages.ListenRequest | None] = asyncio.Queue()
        self._answers: AsyncIterator[messages.ListenResponse] | None = None
        self._stream: Any = None
        self._numbers = count(1)
        self._named: list[int] = []

    async def begin(self, asked: Mapping[str, Any], token: bytes, given: _Given) -> _Round:
        """Listen to these queries instead of those before; with a token from where it says."""
        for number in self._named:
            await self._requests.put(
                messages.ListenRequest(database=self._name, remove_target=number)
            )
        names = {next(self._numbers): name for name in asked}
        round_ = _Round(names, given, set(names), bool(token))
        self._named = list(names)
        for number, name in names.items():
            query = messages.Target.QueryTarget(
                parent=f"{self._name}/documents", structured_query=asked[name]
            )
            target = messages.Target(query=query, target_id=number)
            if token:
                target.resume_token = token
            await self._requests.put(messages.ListenRequest(database=self._name, add_target=target))
        return round_

    async def hear(self) -> messages.ListenResponse:
        """The next answer."""
        async with asyncio.timeout(SILENT_SECONDS):
            if self._answers is None:
                self._stream = await self._client._firestore_api.listen(
                    requests=self._sent(), metadata=self._client._rpc_metadata, retry=None,
                    timeout=None,
                )  # fmt: skip
                self._answers = aiter(self._stream)
            answer = await anext(self._answers)
        if not isinstance(answer, messages.ListenResponse):  # it could not be decoded
            raise _ended(0, "an answer came damaged")
        return answer

    async def _sent(self) -> AsyncIterator[messages.ListenRequest]:
        while (request := await self._requests.get()) is not None:
            yield request

    async def close(self) -> None:
        """Say that no request follows, and wait a moment for Firestore's end."""
        self._requests.put_nowait(None)
        if self._stream is None or self._answers is None:
            return
        with suppress(Exception):
            async with asyncio.timeout(CLOSING_SECONDS):
                async for _ in self._answers:
                    pass
        self._stream.cancel()


@asynccontextmanager
async def _connection(database: Database) -> AsyncIterator[_Connection]:
    connection = _Connection(database)
    try:
        yield connection
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # The call was cancelled, not we: the store was closed.
        raise StoreUnavailable(f"store {database.name}: it was closed") from None
    finally:
        await connection.close()
