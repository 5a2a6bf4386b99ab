"""Whether the process lives and whether its store answers."""

import asyncio
import logging
from typing import Final

from starlette.responses import Response

from motherhaven.contract.errors import StoreError
from motherhaven.server.auth.policy import PUBLIC, Routes
from motherhaven.server.wire import schemas
from motherhaven.server.wire.answers import Health
from motherhaven.server.wire.problems import Problem, json_answer
from motherhaven.stores.protocol import Store

LOG: Final = logging.getLogger("motherhaven.server")

_READY_SECONDS: Final = 3.0
_NOT_READY: Final = Problem(
    503,
    "store_unavailable",
    "the server's store does not answer",
    "look into the server's log",
    {"retry-after": "2"},
)


def add_health_routes(routes: Routes, store: Store) -> None:
    """/healthz answers while the process lives, /readyz while the store does too."""

    async def healthz() -> Response:
        """The process lives."""
        return json_answer({"status": "ok"})

    async def readyz() -> Response:
        """The store answers."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await store.head()
        except (StoreError, TimeoutError) as error:
            # Anybody may ask here, so why is for the log alone.
            LOG.error("not ready: %s", str(error) or "the store did not answer in time")
            raise _NOT_READY from None
        return json_answer({"status": "ok"})

    routes.add(
        "/healthz",
        healthz,
        PUBLIC,
        operation_id="healthz",
        response_model=Health,
        responses=schemas.failures(400, 403),
        tags=["health"],
    )
    routes.add(
        "/readyz",
        readyz,
        PUBLIC,
        operation_id="readyz",
        response_model=Health,
        responses=schemas.failures(400, 403, 503),
        tags=["health"],
    )
