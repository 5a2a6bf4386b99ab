"""Documents that are encoded here are the very messages that Google's own client makes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from motherhaven.stores.firestore.encode import NotPlain, changed, written

PLAIN: dict[str, Any] = {
    "text": "prices ✓", "count": 7, "ratio": 0.5, "flag": True, "none": None, "raw": b"\x00",
    "at": datetime(2026, 1, 2, tzinfo=UTC), "list": [1, "a", [None]], "map": {"a.b": {"c": 1}},
    "empty": [], "nothing": {},
}  # fmt: skip
SEEN = DatetimeWithNanoseconds(2026, 1, 2, nanosecond=123_456_000, tzinfo=UTC)


def theirs(call: str, data: dict[str, Any], **options: Any) -> Any:
    """The message that the client makes of a batch's call."""
    client = firestore.Client(project="p", credentials=AnonymousCredentials())
    batch = client.batch()
    getattr(batch, call)(client.document("c", "d"), data, **options)
    [made] = batch._write_pbs
    return made._pb


NAME = "projects/p/databases/(default)/documents/c/d"


@pytest.mark.parametrize("data", [PLAIN, {"at": firestore.SERVER_TIMESTAMP, "ids": ["a", "b"]}])
@pytest.mark.parametrize("call", ["create", "set"])
def test_a_whole_document_is_as_the_client_writes_it(call: str, data: dict[str, Any]) -> None:
    """Each type, the server's own time among them."""
    assert written(NAME, data, new=call == "create")._pb == theirs(call, data)


@pytest.mark.parametrize("more", [{}, {"changed": firestore.SERVER_TIMESTAMP}])
def test_a_change_is_as_the_client_writes_it(more: dict[str, Any]) -> None:
    """With the fields that it changes and the time that the document must have, to the digit."""
    client = firestore.Client(project="p", credentials=AnonymousCredentials())
    option = client.write_option(last_update_time=SEEN)
    ours = changed(NAME, PLAIN | more, SEEN)._pb
    assert ours == theirs("update", PLAIN | more, option=option)


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ({"a.b": 1}, SEEN),
        ({"a": firestore.DELETE_FIELD}, SEEN),
        ({"a": [firestore.SERVER_TIMESTAMP]}, SEEN),
        ({"a": 1}, datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_what_only_the_client_can_write_is_left_to_it(data: dict[str, Any], seen: Any) -> None:
    """A path, a field to delete, a time within a list, a time without nanoseconds."""
    with pytest.raises(NotPlain):
        changed(NAME, data, seen)
