"""The HTTP client for models, which remembers what came last: the provider's own words."""

from typing import Final

import httpx2

_MOST: Final = 1_000_000


class LastBody:
    """The text of the last HTTP answer, at most a megabyte of it; None before the first."""

    def __init__(self) -> None:
        self.text: str | None = None

    def client(self) -> httpx2.AsyncClient:
        """A client whose answers are remembered here; requests give their own timeouts."""
        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(600.0, connect=5.0),
            event_hooks={"response": [self._keep]},
        )

    async def _keep(self, response: httpx2.Response) -> None:
        self.text = None
        await response.aread()
        self.text = response.content[:_MOST].decode("utf-8", "replace")
