"""Revisions that two threads look at, one at a standby that is behind."""

from collections.abc import Sequence
from typing import Any, cast

from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.revisions import Revisions

EVENTS = {1: "bot-a", 2: "bot-b", 3: "bot-a"}


class Seen:
    """A database as one session sees it: the events up to `head`."""

    def __init__(self, head: int) -> None:
        self.head = head

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The ends of the log, the newest events of each bot, or the bots."""
        if "max(e.n)" in query:
            after, last = values
            newest = {bot: n for n, bot in EVENTS.items() if after < n <= min(last, self.head)}
            return list(newest.items())
        return [("bot-a",), ("bot-b",)] if "bots" in query else [(self.head, 0)]


def test_what_another_thread_saw_is_asked_of_who_answers_next() -> None:
    """A revision that the other session told of is not given with the number of this one."""
    revisions = Revisions()
    look = [cast(Session, cast(Any, Seen(head))) for head in (2, 3, 2)]
    assert revisions.look(look[0], None)[0] == 2
    newest, before = revisions.look(look[1], None)
    behind, told = revisions.look(look[2], None)
    assert newest == 3
    assert told == before
    assert behind == 3, "an answer from the session behind would be kept as if it had event 3"
