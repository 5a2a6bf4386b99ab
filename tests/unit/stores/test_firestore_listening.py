"""A listener whose connection breaks, or whose answers come damaged, at any message.

The stream is a fake of this process: it tells documents, and goes on from a token.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from google.api_core import exceptions as google
from google.cloud.firestore_v1.types import firestore as messages
from google.cloud.firestore_v1.types.document import Document, Value
from google.cloud.firestore_v1.types.query import StructuredQuery
from google.cloud.firestore_v1.types.write import DocumentChange

from motherhaven.stores.firestore import listening

BEGIN = datetime(2026, 1, 2, tzinfo=UTC)
DOCUMENTS = 6
KINDS = messages.TargetChange.TargetChangeType


def change(kind: Any, targets: list[int], token: bytes = b"") -> messages.ListenResponse:
    """What is told of targets; with a token of a consistent state."""
    told = messages.TargetChange(target_change_type=kind, target_ids=targets, resume_token=token)
    if token:
        told.read_time = BEGIN
    return messages.ListenResponse(target_change=told)


class Fake:
    """A Firestore that is listened to; `breaks` says what happens instead of the nth message."""

    def __init__(self, breaks: Callable[[int], Any] = lambda number: None) -> None:
        self.breaks = breaks
        self.documents = 2
        self.told = 0
        self.begun: list[tuple[bytes, int]] = []
        """Of each target: its token, and which version of the query it is."""
        self.resets_tokens = False
        self.more = asyncio.Event()

    async def listen(self, requests: Any, **options: Any) -> Any:
        """A connection."""
        return _Stream(self, requests)

    def add(self) -> None:
        """One more document."""
        self.documents += 1
        self.more.set()


class _Stream:
    def __init__(self, fake: Fake, requests: AsyncIterator[messages.ListenRequest]) -> None:
        self._fake = fake
        self._requests = requests

    def cancel(self) -> None:
        """Nothing is held."""

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for message in self._messages():
            self._fake.told += 1
            broken = self._fake.breaks(self._fake.told)
            if broken == "end":
                return
            if isinstance(broken, Exception):
                raise broken
            yield None if broken == "damaged" else message

    async def _messages(self) -> AsyncIterator[Any]:
        fake = self._fake
        asked = asyncio.ensure_future(anext(self._requests, None))
        number, given = 0, 0
        while True:
            fake.more.clear()
            more = asyncio.ensure_future(fake.more.wait())
            if number and given < fake.documents:
                more.cancel()
            else:
                await asyncio.wait((asked, more), return_when=asyncio.FIRST_COMPLETED)
                more.cancel()
            if asked.done():
                request = asked.result()
                if request is None:
                    return
                asked = asyncio.ensure_future(anext(self._requests, None))
                if not request.add_target.target_id:
                    continue
                target = request.add_target
                number, given = target.target_id, int(target.resume_token or b"0")
                fake.begun.append((target.resume_token, target.query.structured_query.offset))
                yield change(KINDS.ADD, [number])
                if given and fake.resets_tokens:
                    given = 0
                    yield change(KINDS.RESET, [number])
                for message in self._news(number, given):
                    yield message
                yield change(KINDS.CURRENT, [number])
            else:
                for message in self._news(number, given):
                    yield message
            given = fake.documents
            yield change(KINDS.NO_CHANGE, [], str(given).encode())

    def _news(self, number: int, given: int) -> list[Any]:
        return [
            messages.ListenResponse(document_change=DocumentChange(
                document=Document(
                    name=f"projects/p/documents/c/{index}",
                    fields={"n": Value(integer_value=index)},
                    create_time=BEGIN + timedelta(seconds=index),
                ),
                target_ids=[number],
            ))
            for index in range(given, self._fake.documents)
        ]  # fmt: skip


async def heard(fake: Fake) -> tuple[list[str], int]:
    """The ids as they were given while documents are added, and how many reads it took."""
    usage = SimpleNamespace(reads=0)
    client = SimpleNamespace(
        _database_string="projects/p/databases/d", _rpc_metadata=[], _firestore_api=fake
    )
    database: Any = SimpleNamespace(_client=client, usage=usage, name="fake")
    versions = iter(range(1_000))

    def query() -> Any:
        made = StructuredQuery(offset=next(versions))
        return SimpleNamespace(_to_protobuf=lambda: made)

    ids: list[str] = []
    states = listening.listen(database, {"commits": query}, frozenset({"commits"}))
    async with aclosing(states):
        async for state in states:
            ids += [one.id for one in state["commits"]]
            if len(ids) >= DOCUMENTS:
                return ids, usage.reads
            fake.add()
    raise AssertionError("a listener ends by itself")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next connection is made at once."""
    monkeypatch.setattr(listening, "_PAUSES", (0.0,))


BREAKS = {
    "damaged": "damaged", "ended": "end", "unavailable": google.ServiceUnavailable("away"),
    "lost": google.Unknown("Wire format was corrupt"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BREAKS)
@pytest.mark.parametrize("at", range(1, 14))
def test_a_break_at_any_message_costs_no_document(kind: str, at: int) -> None:
    """Each comes once and in order; what was told before the break is read once more at most."""
    fake = Fake(lambda number: BREAKS[kind] if number == at else None)
    ids, reads = asyncio.run(heard(fake))
    assert ids == [str(n) for n in range(DOCUMENTS)]
    assert reads <= DOCUMENTS + 2


@pytest.mark.parametrize("every", [6, 7, 9])
def test_breaks_again_and_again(every: int) -> None:
    """Some messages of each connection come through: the documents do too, each once."""
    fake = Fake(lambda number: "damaged" if number % every == 0 else None)
    ids, reads = asyncio.run(heard(fake))
    assert ids == [str(n) for n in range(DOCUMENTS)]
    assert reads <= DOCUMENTS * len(fake.begun)


def test_a_token_goes_with_the_queries_it_was_given_for() -> None:
    """Firestore may refuse another query with it; a query that begins later takes none."""
    fake = Fake(lambda number: "end" if number == 6 else None)
    asyncio.run(heard(fake))
    [first, second] = fake.begun
    assert first == (b"", 0)
    assert second[0] != b""
    assert second[1] == 0


def test_a_token_that_is_too_old_costs_no_second_beginning() -> None:
    """Firestore begins that query anew from long ago: it is replaced by one that begins now."""
    fake = Fake(lambda number: "end" if number == 6 else None)
    fake.resets_tokens = True
    ids, _ = asyncio.run(heard(fake))
    assert ids == [str(n) for n in range(DOCUMENTS)]
    assert [(bool(token), version) for token, version in fake.begun] == [
        (False, 0), (True, 0), (False, 1),
    ]  # fmt: skip


def test_a_state_from_before_the_queries_are_told_is_none() -> None:
    """What belongs to earlier targets may come in between: it completes nothing."""
    usage: Any = SimpleNamespace(usage=SimpleNamespace(reads=0), _client=None)
    given = listening._Given(frozenset())
    round_ = listening._Round({2: "commits"}, given, {2}, resumed=False)
    [document] = _Stream(Fake(), iter(()))._news(2, 1)  # type: ignore[arg-type]
    listening._fold(usage, round_, document)
    early = listening._fold(usage, round_, change(KINDS.NO_CHANGE, [], b"1"))
    assert early is None
    listening._fold(usage, round_, change(KINDS.CURRENT, [2], b"2"))
    state = listening._fold(usage, round_, change(KINDS.NO_CHANGE, [], b"2"))
    assert state is not None
    assert [one.id for one in state["commits"]] == ["1"]
