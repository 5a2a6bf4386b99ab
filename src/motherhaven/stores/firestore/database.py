"""One connection to Firestore: bounded calls, plain results, and errors of our own tree."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from google.api_core import exceptions as google
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.base_document import DocumentSnapshot
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.types import firestore as messages

from motherhaven.stores.firestore.encode import NotPlain, changed, written
from motherhaven.stores.firestore.failures import no_credentials, told_error
from motherhaven.stores.firestore.keytext import COMMIT_SECONDS, last_number
from motherhaven.stores.firestore.known import KnownBots
from motherhaven.stores.firestore.own_commits import OwnCommits
from motherhaven.stores.firestore.paths import Path
from motherhaven.stores.firestore.shapes import SHAPES, Shape
from motherhaven.stores.unreadable import UnreadableRows

READ_SECONDS: Final = 10.0
GET_STEP: Final = 300
"""Documents asked for in one call."""


class Dated(Protocol):
    """A document as it was read: when it was last changed."""

    @property
    def update_time(self) -> Any:
        """Firestore's own time."""
        ...


@dataclass(slots=True)
class Usage:
    """What was asked of Firestore, in documents; its bill counts the same."""

    reads: int = 0
    writes: int = 0
    commits: int = 0
    deletes: int = 0


class Database:
    """A client of one Firestore database, bound to the running event loop."""

    def __init__(self, project: str, database: str | None) -> None:
        self.name = f"firestore://{project}" + (f"/{database}" if database else "")
        self.usage = Usage()
        self.unreadable = UnreadableRows()
        self.known = KnownBots(self)
        self.own = OwnCommits()
        self.project = project
        self.seen = 0
        """A live number: what is asked from now on is answered with all up to there."""
        try:
            self._client = firestore.AsyncClient(project=project, database=database)
        except DefaultCredentialsError as error:
            raise no_credentials(self.name, error) from error

    async def close(self) -> None:
        """Close the channel. The library has no public way to do that for its async client."""
        await self._client._firestore_api.transport.close()

    def saw(self, number: int) -> None:
        """An answer, a commit or the listener told of this live number, as of the past."""
        self.seen = max(self.seen, number)

    def document(self, path: Path) -> Any:
        """A reference to the document at `path`."""
        return self._client.document(*path)

    def batch(self) -> "Batch":
        """Writes that take effect together."""
        return Batch(self)

    async def get(
        self, paths: Iterable[Path], *, opening: bool = False, only: Sequence[str] | None = None
    ) -> dict[Path, DocumentSnapshot[Any]]:
        """The documents that exist, by path; `only` names the fields that are wanted."""
        wanted = list(dict.fromkeys(paths))
        found: dict[Path, DocumentSnapshot[Any]] = {}
        async with self.translated(opening=opening):
            for at in range(0, len(wanted), GET_STEP):
                step = [self.document(path) for path in wanted[at : at + GET_STEP]]
                self.usage.reads += len(step)
                async for snapshot in self._client.get_all(
                    step, field_paths=only, retry=None, timeout=READ_SECONDS
                ):
                    self.saw(last_number(snapshot.read_time))
                    if snapshot.exists:
                        found[tuple(snapshot.reference._path)] = snapshot
        return found

    async def one(self, path: Path) -> DocumentSnapshot[Any] | None:
        """A document, or None."""
        return (await self.get([path])).get(path)

    async def query(
        self,
        shape: Shape,
        values: Sequence[Any] = (),
        *,
        after: Any = None,
        since: Any = None,
        until: Any = None,
        limit: int | None = None,
        only: Sequence[str] | None = None,
    ) -> list[DocumentSnapshot[Any]]:
        """The documents of a declared shape; `only` names the fields that are wanted.

        `after` is a value of the order field or a document to go on behind; `since` and
        `until` bound the order field, from a value on and below one.
        """
        assert shape in SHAPES, f"{shape} is not declared in SHAPES"
        query: Any = self._client.collection(shape.collection)
        for name, value in zip(shape.equals, values, strict=True):
            query = query.where(filter=FieldFilter(name, "==", value))
        if shape.order is not None:
            for sign, bound in ((">=", since), ("<", until)):
                if bound is not None:
                    query = query.where(filter=FieldFilter(shape.order, sign, bound))
            query = query.order_by(shape.order, direction=_way(shape.descending))
            if after is not None:
                document = isinstance(after, DocumentSnapshot)
                query = query.start_after(after if document else {shape.order: after})
        return await self._run(query if only is None else query.select(only), limit)

    async def holding(self, collection: str, field: str, value: str) -> list[DocumentSnapshot[Any]]:
        """The documents whose array `field` holds `value`."""
        query = self._client.collection(collection)
        return await self._run(query.where(filter=FieldFilter(field, "array_contains", value)))

    async def between(
        self, first: Path, last: Path, *, limit: int | None = None
    ) -> list[DocumentSnapshot[Any]]:
        """The documents of a collection whose id is at least `first` and below `last`."""
        query = self._client.collection(*first[:-1]).order_by("__name__")
        query = query.start_at({"__name__": self.document(first)})
        return await self._run(query.end_before({"__name__": self.document(last)}), limit)

    def since(self, shape: Shape, first: Any) -> Any:
        """The query of a declared shape from a value of its order field on, to listen to."""
        assert shape in SHAPES, f"{shape} is not declared in SHAPES"
        query: Any = self._client.collection(shape.collection)
        order = shape.order or "__name__"
        query = query.where(filter=FieldFilter(order, ">=", first))
        return query.order_by(order, direction=_way(shape.descending))

    async def every(self, *collection: str) -> list[DocumentSnapshot[Any]]:
        """All documents of a collection."""
        return await self._run(self._client.collection(*collection))

    async def count_since(self, collection: str, field: str, since: datetime) -> int:
        """How many documents there are from `since` on; billed as one read a thousand."""
        return (await self.counted_since(collection, field, since))[0]

    async def counted_since(
        self, collection: str, field: str, since: datetime
    ) -> tuple[int, datetime]:
        """The same, and the time at which Firestore counted."""
        query: Any = self._client.collection(collection)
        query = query.where(filter=FieldFilter(field, ">=", since))
        self.usage.reads += 1
        async with self.translated():
            answer = await query.count().get(retry=None, timeout=READ_SECONDS)
        count = int(answer[0][0].value)
        self.usage.reads += max(0, -(-count // 1_000) - 1)
        return count, answer[0][0].read_time

    async def _run(self, query: Any, limit: int | None = None) -> list[DocumentSnapshot[Any]]:
        if limit is not None:
            query = query.limit(limit)
        async with self.translated():
            found: list[DocumentSnapshot[Any]] = await query.get(retry=None, timeout=READ_SECONDS)
        self.usage.reads += max(len(found), 1)
        if found:
            self.saw(last_number(found[0].read_time))
        return list(found)

    @asynccontextmanager
    async def translated(self, *, opening: bool = False) -> AsyncIterator[None]:
        """Turn Google's errors into ours; what only a person can mend is ConfigError at first."""
        try:
            yield
        except (google.GoogleAPICallError, GoogleAuthError) as error:
            raise self.error_of(error, opening=opening) from error

    def error_of(self, error: Exception, *, opening: bool = False) -> Exception:
        """What an error of Google's means for a caller."""
        return told_error(self.name, self.project, error, opening=opening)


class Batch:
    """Writes that take effect together or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batch = database._client.batch()
        self._answer: messages.CommitResponse | None = None
        self.size = 0
        self._places: dict[Path, int] = {}
        self._deletes = 0

    def create(self, path: Path, data: Mapping[str, Any]) -> None:
        """A document that must not be there yet."""
        reference = self._database.document(path)
        try:
            self._batch._add_write_pbs([written(reference._document_path, data, new=True)])
        except NotPlain:
            self._batch.create(reference, dict(data))
        self._places[path] = self.size
        self.size += 1

    def set(self, path: Path, data: Mapping[str, Any], *, merge: bool = False) -> None:
        """A whole document; with `merge` only its given fields."""
        reference = self._database.document(path)
        try:
            if merge:
                raise NotPlain
            self._batch._add_write_pbs([written(reference._document_path, data, new=False)])
        except NotPlain:
            self._batch.set(reference, dict(data), merge=merge)
        self.size += 1

    def update(self, path: Path, data: Mapping[str, Any], seen: Dated) -> None:
        """Some fields of a document that must be as it was `seen`."""
        reference = self._database.document(path)
        try:
            made = changed(reference._document_path, data, seen.update_time)
            self._batch._add_write_pbs([made])
        except NotPlain:
            option = self._database._client.write_option(last_update_time=seen.update_time)
            self._batch.update(reference, dict(data), option=option)
        self._places[path] = self.size
        self.size += 1

    def change(self, path: Path, data: Mapping[str, Any]) -> None:
        """Some fields of a document that must be there."""
        self._batch.update(self._database.document(path), dict(data))
        self.size += 1

    def delete(self, path: Path) -> None:
        """A document that need not be there."""
        self._batch.delete(self._database.document(path))
        self.size += 1
        self._deletes += 1

    @property
    def bytes(self) -> int:
        """How long the request is."""
        return sum(one._pb.ByteSize() for one in self._batch._write_pbs)

    def updated(self, path: Path) -> Any:
        """When a created or updated document was changed, after the commit."""
        assert self._answer is not None
        return self._answer.write_results[self._places[path]].update_time

    async def commit(self) -> datetime:
        """Write; gives Firestore's own commit time.

        Raises:
            AlreadyExists, FailedPrecondition, Aborted, NotFound: of google.api_core; another
                writer was faster.
            StoreUnavailable, StoreError: anything else.
        """
        client = self._database._client
        # The client's own commit copies each document once more, and wraps each result.
        request = messages.CommitRequest.pb(messages.CommitRequest())
        request.database = client._database_string
        request.writes.extend(one._pb for one in self._batch._write_pbs)
        self._answer = answer = await client._firestore_api.commit(
            request=messages.CommitRequest.wrap(request), metadata=client._rpc_metadata,
            retry=None, timeout=COMMIT_SECONDS,
        )  # fmt: skip
        usage = self._database.usage
        usage.writes += self.size - self._deletes
        usage.deletes, usage.commits = usage.deletes + self._deletes, usage.commits + 1
        committed = answer.commit_time
        assert isinstance(committed, datetime)
        self._database.saw(last_number(committed))
        return committed


def _way(descending: bool) -> str:
    return "DESCENDING" if descending else "ASCENDING"


async def in_steps(
    database: Database, items: Sequence[Any], add: Callable[[Batch, Any], None], step: int = 400
) -> None:
    """Write many documents, `step` at a time; for writes that may be repeated."""
    for at in range(0, len(items), step):
        batch = database.batch()
        for item in items[at : at + step]:
            add(batch, item)
        async with database.translated():
            await batch.commit()
