"""Long texts and huge payloads: no document may be over 1 MiB.

The texts of a decision stand in its own document while they are short together (versions
before kept them in the readable one); otherwise, and for every other kind, they are cut into
chunks under it, written before it. A chunk's id carries the digest of the payload, so that
chunks of an event that is then refused can never pass for those of the one kept.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from motherhaven.contract.errors import NotFound, Unreadable
from motherhaven.contract.views import TextSlice
from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.database import Database, in_steps
from motherhaven.stores.firestore.documents import Document, record_of
from motherhaven.stores.records import ROW_CHARS, Prepared, Record, no_text
from motherhaven.stores.unreadable import UNREADABLE, unreadable

CHUNK: Final = 200_000
"""Characters in a chunk: at most 800,000 bytes."""

INLINE_BYTES: Final = 200_000
PAYLOAD_BYTES: Final = 600_000
CHUNKS_PER_WRITE: Final = 10
PAYLOAD: Final = "payload"
"""The name of the payload among the chunks, when it is too large itself."""

PROMPTS: Final = "prompts"
"""The field with the texts of a decision that are short together."""


class Layout:
    """Where the texts of one prepared event go."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        texts = prepared.texts
        is_short = sum(len(text.encode()) for text in texts.values()) <= INLINE_BYTES
        self._inline = is_short and prepared.event.kind == "decision"
        self._lean = prepared.lean.decode()
        self._is_huge = len(prepared.lean) > PAYLOAD_BYTES

    @property
    def readable(self) -> dict[str, str]:
        """The texts of the readable document: whole, or their beginning."""
        if self._inline:
            return self._prepared.texts
        return {name: _beginning(text) for name, text in self._prepared.texts.items()}

    @property
    def fields(self) -> dict[str, Any]:
        """What the event's document says of them: [characters, chunks] for each text."""
        fields: dict[str, Any] = {
            "texts": {
                name: [len(text), 0 if self._inline else _chunks(text)]
                for name, text in self._prepared.texts.items()
            }
        }
        if self._inline and self._prepared.texts:
            fields[PROMPTS] = dict(self._prepared.texts)
        if self._is_huge:
            return fields | {"payload_chunks": _chunks(self._lean)}
        return fields | {PAYLOAD: self._lean}

    def chunks(self) -> list[tuple[paths.Path, str]]:
        """The documents to be written before the event."""
        texts = {} if self._inline else dict(self._prepared.texts)
        if self._is_huge:
            texts[PAYLOAD] = self._lean
        event_id, digest = self._prepared.event.event_id, self._prepared.digest
        return [
            (paths.chunk(event_id, digest, name, index), text[index * CHUNK : (index + 1) * CHUNK])
            for name, text in texts.items()
            for index in range(_chunks(text))
        ]


async def write_chunks(database: Database, chunks: list[tuple[paths.Path, str]]) -> None:
    """Keep chunks; the same ones again change nothing."""
    await in_steps(
        database, chunks, lambda batch, one: batch.set(one[0], {"text": one[1]}), CHUNKS_PER_WRITE
    )


async def records_of(
    database: Database, snapshots: Iterable[DocumentSnapshot[Any]]
) -> list[Record]:
    """The records of event documents; what cannot be read is noted and left out."""
    records = []
    for snapshot in snapshots:
        try:
            records.append(await the_record(database, snapshot))
        except Unreadable as error:
            bot_id = (snapshot.to_dict() or {}).get("bot_id")
            database.unreadable.note(str(bot_id), str(snapshot.id), error)
    return records


async def the_record(database: Database, snapshot: DocumentSnapshot[Any]) -> Record:
    """The record of an event document, a huge payload put together.

    Raises:
        Unreadable: the document, or a chunk of its payload, is not as it was written.
    """
    document = snapshot.to_dict() or {}
    try:
        payload = document.get(PAYLOAD)
        if payload is None:
            count = document["payload_chunks"]
            payload = await _joined(database, snapshot.id, document, PAYLOAD, range(count))
        return record_of(snapshot.id, document, payload)
    except (*UNREADABLE, NotFound) as error:
        raise unreadable(str(snapshot.id), error) from None


async def read_texts(database: Database, event_id: str, document: Document) -> dict[str, str]:
    """All long texts of an event.

    Raises:
        NotFound: one is no longer there.
    """
    texts: dict[str, str] = {}
    readable: Document | None = None
    for field, (_, count) in document["texts"].items():
        if count:
            texts[field] = await _joined(database, event_id, document, field, range(count))
            continue
        readable = readable or await _inline(database, event_id, document)
        texts[field] = _inline_text(readable, event_id, field)
    return texts


async def read_slice(
    database: Database, event_id: str, document: Document, field: str, *, offset: int, limit: int
) -> TextSlice:
    """`limit` characters from `offset` on, reading only the chunks that hold them.

    Raises:
        NotFound: the event has no such text.
    """
    if field not in document["texts"]:
        raise no_text(event_id, field)
    total, count = document["texts"][field]
    begin = max(offset, 0)
    end = min(begin + max(limit, 0), total)
    if not count:
        text = _inline_text(await _inline(database, event_id, document), event_id, field)
        return TextSlice(text=text[begin:end], offset=begin, total=total)
    if end <= begin:
        return TextSlice(text="", offset=begin, total=total)
    first = begin // CHUNK
    wanted = range(first, (end - 1) // CHUNK + 1)
    text = await _joined(database, event_id, document, field, wanted)
    begin -= first * CHUNK
    return TextSlice(
        text=text[begin : begin + end - max(offset, 0)], offset=max(offset, 0), total=total
    )


async def _joined(
    database: Database, event_id: str, document: Document, field: str, indexes: range
) -> str:
    digest = bytes.fromhex(document["sha256"])
    wanted = [paths.chunk(event_id, digest, field, index) for index in indexes]
    found = await database.get(wanted)
    if len(found) < len(wanted):
        raise no_text(event_id, field)
    return "".join(str(found[path].get("text")) for path in wanted)


async def _inline(database: Database, event_id: str, document: Document) -> Document:
    own = document.get(PROMPTS)
    if isinstance(own, Mapping):
        return own
    snapshot = await database.one((paths.OLD_DECISIONS, event_id))
    return {} if snapshot is None else snapshot.to_dict() or {}


def _inline_text(readable: Document, event_id: str, field: str) -> str:
    text = readable.get(field)
    if not isinstance(text, str):
        raise no_text(event_id, field)
    return text


def _chunks(text: str) -> int:
    return max(1, -(-len(text) // CHUNK))


def _beginning(text: str) -> str:
    return text if len(text) <= ROW_CHARS else text[:ROW_CHARS] + "…"


def text_lengths(document: Document) -> dict[str, int]:
    """The length in characters of each long text."""
    return {field: length for field, (length, _) in document["texts"].items()}


def parse_lean(prepared: Prepared) -> Mapping[str, Any]:
    """The payload without its long texts, as JSON values."""
    payload: Mapping[str, Any] = json.loads(prepared.lean)
    return payload
