"""What a fork must not carry along: connections, locks and threads are begun anew."""

import os
import threading
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """Something that must know when its process is copied."""

    def before_fork(self) -> None:
        """Called in the parent before; must not fail."""
        ...

    def after_fork_in_parent(self) -> None:
        """Called in the parent after."""
        ...

    def after_fork_in_child(self) -> None:
        """Called in the child; no other thread exists there."""
        ...


_registered: "weakref.WeakKeyDictionary[ForkAware, int]" = weakref.WeakKeyDictionary()
_guard = threading.Lock()
_prepared: list[ForkAware] = []


def register(thing: ForkAware, *, rank: int) -> None:
    """Tell `thing` of every fork as long as it lives.

    Locks are taken by ascending `rank`: one that is held while another is taken has the
    lower rank (0 shipper, 1 journal, 2 outbox, 3 locks on files).
    """
    with _guard:
        _registered[thing] = rank


def unregister(thing: ForkAware) -> None:
    """Forget `thing`."""
    with _guard:
        _registered.pop(thing, None)


def _before() -> None:
    _guard.acquire()
    _prepared[:] = sorted(_registered, key=lambda thing: (_registered[thing], id(thing)))
    for thing in _prepared:
        thing.before_fork()


def _in_parent() -> None:
    for thing in reversed(_prepared):
        thing.after_fork_in_parent()
    _prepared.clear()
    _guard.release()


def _in_child() -> None:
    for thing in _prepared:
        thing.after_fork_in_child()
    _prepared.clear()
    _guard.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
