"""Which event that comes again is the one kept before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from motherhaven.contract.wire import event_from_item
from motherhaven.stores.meaning import is_same
from motherhaven.stores.records import digest_of
from tests.serverkit import item


@pytest.mark.parametrize(
    ("bot_id", "kind", "same"),
    [(None, None, True), ("another", None, False), (None, "account", False)],
)
def test_the_same_bytes_of_another_bot_or_kind_are_another_event(
    bot_id: str | None, kind: Any, same: bool
) -> None:
    """Equal payloads alone say nothing: an id names one event of one bot and one kind."""
    event = event_from_item(item(1), datetime(2026, 1, 1, tzinfo=UTC))
    digest = digest_of(event)
    assert digest is not None
    known = (bot_id or event.bot_id, kind or event.kind, digest)
    assert is_same(event, digest, known, lambda: event.payload) is same
