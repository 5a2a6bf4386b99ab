"""What a browser with a share link may do: read one bot, or all, and nothing beside.

A link opens the routes whose policy says so; a new route is closed to it until it does.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreError
from motherhaven.server.auth.keys.cache import UNKNOWN_SECONDS, ApiKey
from motherhaven.server.auth.policy import Links
from motherhaven.server.background import Wanted, beside
from motherhaven.stores.capabilities import capabilities_of
from motherhaven.stores.protocol import Store
from motherhaven.stores.share_links import TOKEN_FORM, ShareLink, ShareLinks, find_link

KEY_PREFIX: Final = "share:"
REFRESH_SECONDS: Final = 2.0
BILLED_REFRESH_SECONDS: Final = 30.0
"""A link that was revoked elsewhere shows nothing from then on, at the latest."""

_CLOSED_PAGES: Final = re.compile(r"/llm-bot/(?:settings|errors)(?:[./].*)?", re.IGNORECASE)


def may_open(link: ShareLink, shown: Links, method: str, path: str) -> bool:
    """Whether a link opens a route that shows it so much."""
    if method not in ("GET", "HEAD"):
        return False
    if shown is Links.PAGES:
        return _CLOSED_PAGES.fullmatch(path.rstrip("/")) is None
    return shown is Links.SHOWN or (shown is Links.WITH_PROMPTS and link.prompts)


def key_of_link(link: ShareLink) -> ApiKey:
    """The link as a key that reads its bot and has no other right."""
    name = f"a share link of {link.made_by}"
    return ApiKey(f"{KEY_PREFIX}{link.id}", name, link.bot_id, ("read",), "", link.made_at)


class KnownLinks:
    """The store's links as this server knows them, read again when they are asked for."""

    def __init__(self, store: Store, clock: Clock, changed: Callable[[], None]) -> None:
        """`changed` lets open streams look again at whether they may stay."""
        self.store = ShareLinks(store)
        self._clock = clock
        self._changed = changed
        self._links: dict[str, ShareLink] = {}
        self._read_at = float("-inf")
        is_billed = capabilities_of(store).billed
        self._every = BILLED_REFRESH_SECONDS if is_billed else REFRESH_SECONDS
        self._lock = asyncio.Lock()
        self._wanted = Wanted()
        self.revision = 0

    def find(self, tokens: list[str]) -> ShareLink | None:
        """The first link among these tokens that is open."""
        now = self._clock.now()
        found = (find_link(self._links, token) for token in tokens)
        return next((link for link in found if link is not None and link.is_open(now)), None)

    async def find_shown(self, token: str) -> ShareLink | None:
        """The open link that somebody comes with; one that was made just now works.

        Anybody may come with any token, so guesses have the store read this often and no more.

        Raises:
            StoreError: the store does not answer; no link can be judged.
        """
        if TOKEN_FORM.fullmatch(token) is None:
            return None
        await self.refresh()
        if self.find([token]) is None:
            await self.refresh(UNKNOWN_SECONDS)
        return self.find([token])

    async def refresh(self, seconds: float | None = None) -> None:
        """Read them again if what is known is `seconds` old; by default, too old.

        Raises:
            StoreError: the store does not answer; no link can be judged.
        """
        oldest = self._every if seconds is None else seconds
        async with self._lock:
            if self._clock.monotonic() - self._read_at < oldest:
                return
            started = self._clock.monotonic()
            links = await self.store.all()
            self._read_at = started
            if links != self._links:
                self._links = links
                self.revision += 1
                self._changed()

    @contextmanager
    def watched(self, link: ShareLink | None) -> Iterator[None]:
        """While a request lasts that came with a link, they are kept fresh."""
        with nullcontext() if link is None else self._wanted.held():
            yield

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after open streams while the context lasts."""
        async with beside(self._follow):
            yield

    async def _follow(self) -> None:
        while True:
            await self._wanted.wait()
            await asyncio.sleep(self._every)
            with suppress(StoreError):
                await self.refresh(0)
            # Links also end by the clock, which no read tells.
            self.revision += 1
            self._changed()
