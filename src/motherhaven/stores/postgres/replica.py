"""Questions answered by a standby, as long as it is there and knows what this server knows."""

import logging
from collections.abc import Callable
from typing import Final

from motherhaven.contract.errors import ConfigError, StoreError, StoreUnavailable
from motherhaven.stores.postgres.location import Location
from motherhaven.stores.postgres.readers import Readers
from motherhaven.stores.relational import log
from motherhaven.stores.relational.dialect import Session
from motherhaven.stores.relational.readers import Answer

_LOG: Final = logging.getLogger(__name__)


class _Behind(Exception):
    """The replica does not have yet what this server has told of."""


class Replica:
    """Reads from a replica; what it cannot answer now, or not as of now, the primary does.

    So an answer is never older than a commit that this server acknowledged or streamed.
    """

    def __init__(
        self, readers: Readers, primary: Readers, known: Callable[[], int], shown: str
    ) -> None:
        self._readers = readers
        self._primary = primary
        self._known = known
        self._shown = shown
        self._is_away = False
        readers.unreadable = primary.unreadable

    async def ask(self, query: Callable[[Session], Answer]) -> Answer:
        """The answer of `query`, which only reads."""

        def level(session: Session) -> Answer:
            if log.head(session) < self._known():
                raise _Behind
            return query(session)

        try:
            answer = await self._readers.ask(level)
        except _Behind:
            return await self._primary.ask(query)
        except StoreUnavailable as error:
            if not self._is_away:
                self._is_away = True
                _LOG.warning("the replica for reads is away, the primary answers: %s", error)
            return await self._primary.ask(query)
        self._is_away = False
        return answer

    def stop(self) -> None:
        """Close its connections. Blocks; safe to repeat."""
        self._readers.stop()

    async def check(self, generation: str) -> None:
        """See that it is a replica of this very database; one that is away may come later.

        Raises:
            ConfigError: it is another database.
        """
        try:
            found = await self._readers.ask(log.identity)
        except StoreUnavailable as error:
            self._is_away = True
            _LOG.warning("the replica for reads is away, the primary answers: %s", error)
            return
        except StoreError:
            found = None
        if found != generation:
            raise ConfigError(
                f"MOTHERHAVEN_STORE_READ: {self._shown} holds no copy of this store; name a "
                "standby of the database in MOTHERHAVEN_STORE, or leave it out"
            )


def replica_of(
    location: Location, lock: int, primary: Readers, known: Callable[[], int]
) -> Replica:
    """A replica at `location`; its connections are made when they are needed."""
    return Replica(Readers(location, lock), primary, known, location.shown)
