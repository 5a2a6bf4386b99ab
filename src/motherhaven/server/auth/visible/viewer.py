"""For whom a request reads: all bots, one bot alone, or what a share link shows.

The gate says it for each request; what reads within it needs no line of its own.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from motherhaven.contract.errors import NotFound
from motherhaven.server.auth.principal import Principal
from motherhaven.stores.share_links import ShareLink

_VIEWER: Final[ContextVar[Principal | None]] = ContextVar("motherhaven_viewer", default=None)


_HEARD: Final[ContextVar[str | None]] = ContextVar("motherhaven_heard", default=None)


@contextmanager
def viewing(who: Principal | None, heard: str | None = None) -> Iterator[None]:
    """Within the context, and in tasks begun there, reads are for `who`; None: see all.

    `heard`: the newest id that the caller says to have from the live stream.
    """
    token, token_heard = _VIEWER.set(who), _HEARD.set(heard)
    try:
        yield
    finally:
        _HEARD.reset(token_heard)
        _VIEWER.reset(token)


def heard_before() -> str | None:
    """The newest id of the live stream that the caller had when it asked, if it told."""
    return _HEARD.get()


def only_bot() -> str | None:
    """The one bot that this request may see; None: all."""
    who = _VIEWER.get()
    return None if who is None else who.bot_id


def viewing_link() -> ShareLink | None:
    """The link that this request came with; None: it has rights of its own."""
    who = _VIEWER.get()
    return None if who is None else who.link


def check_visible(names: Iterable[str]) -> None:
    """Refuse bots that this request may not see, whether they exist or not.

    Raises:
        NotFound: one of `names` is another bot than the only one.
    """
    mine = only_bot()
    for name in names:
        if mine is not None and name != mine:
            raise NotFound(f"there is no bot {name[:60]!r} that this key may see")
