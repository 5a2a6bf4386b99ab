"""Space that retention freed is given to new rows, without waiting for autovacuum."""

import logging
from typing import Final

import psycopg

from motherhaven.contract.errors import StoreError
from motherhaven.stores.postgres.connect import close, connect, translated
from motherhaven.stores.postgres.location import Location

_VACUUM: Final = "VACUUM (SKIP_LOCKED) events, texts, parts, errors"
_LOG: Final = logging.getLogger(__name__)


def free_space(location: Location) -> None:
    """Vacuum the tables that retention empties; one that fails is left to autovacuum."""
    try:
        connection = connect(location, "setup")
    except StoreError as error:
        _LOG.warning("pruned space is left to autovacuum: %s", error)
        return
    try:
        connection.execute(_VACUUM)
    except psycopg.Error as error:
        _LOG.warning("pruned space is left to autovacuum: %s", translated(error, location))
    finally:
        close(connection)
