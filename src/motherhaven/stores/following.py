"""Following a log whose commits are numbered one after the other, from one process' side."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Final

from motherhaven.stores.changes import Commit, CommitNotifier
from motherhaven.stores.cursors import live_cursor, read_live_cursor
from motherhaven.stores.protocol import Tail
from motherhaven.stores.unreadable import UnreadableRows

PAGE: Final = 200
"""Events read at once."""

OWN_PAGE: Final = 50
"""Events of an own commit given at once: making their rows takes time that requests wait."""

_HIGHEST: Final = 1 << 62

PollSeconds = Callable[[], tuple[float, float] | None]


async def follow(
    notifier: CommitNotifier,
    generation: str,
    tail: Callable[[str, int], Awaitable[Tail]],
    after: str,
    poll_seconds: PollSeconds | None,
    unreadable: UnreadableRows,
) -> AsyncGenerator[Tail, None]:
    """Tails after `after`: own commits as `notifier` brings them, the rest through `tail`.

    A commit follows what was given where its number does; where others committed between,
    the store is read. `poll_seconds` says how soon and how late at most to look for those
    of others; None where there are none, or while they wake `notifier` by themselves.
    """
    subscription = notifier.subscribe()
    at, looked = after, 0.0
    while not subscription.ended:
        step = await tail(at, PAGE)
        if step.events or step.cursor != at:
            looked = 0.0
            yield step
        at = step.cursor
        if step.more:
            continue
        while True:
            pause = None if poll_seconds is None else poll_seconds()
            if pause is not None:
                looked = min(max(pause[0], 2 * looked), pause[1])
            if not await subscription.wait(None if pause is None else looked):
                break
            if subscription.ended:
                return
            looked = 0.0
            commits, others = subscription.take()
            for step in _next(generation, at, commits, unreadable):
                yield step
                at = step.cursor
            if others or not commits or _number(generation, at) < commits[-1].last:
                break  # others committed too, or this process did more than waits here


def _next(
    generation: str, at: str, commits: list[Commit], unreadable: UnreadableRows
) -> Iterator[Tail]:
    """The commits that follow each other from `at` on."""
    number = _number(generation, at)
    for commit in commits:
        if commit.before != number:
            continue
        for start in range(0, commit.size, OWN_PAGE):
            events = commit.events(start, start + OWN_PAGE, unreadable)
            number = min(commit.before + start + OWN_PAGE, commit.last)
            more = number < commit.last
            yield Tail(tuple(events), live_cursor(generation, number), more=more)


def _number(generation: str, cursor: str) -> int:
    return read_live_cursor(generation, cursor, floor=0, head=_HIGHEST)
