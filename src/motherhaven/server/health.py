"""Whether the process lives and whether its store answers."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.server.wire import schemas
from motherhaven.server.wire.answers import Health
from motherhaven.server.wire.problems import json_answer
from motherhaven.stores.protocol import Store

_READY_SECONDS = 3.0


def add_health_routes(router: APIRouter, store: Store) -> None:
    """/healthz answers while the process lives, /readyz while the store does too."""

    async def healthz() -> Response:
        """The process lives."""
        return json_answer({"status": "ok"})

    async def readyz() -> Response:
        """The store answers."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await store.head()
        except TimeoutError:
            raise StoreUnavailable(f"the store did not answer in {_READY_SECONDS:g} s") from None
        return json_answer({"status": "ok"})

    router.add_api_route(
        "/healthz", healthz, operation_id="healthz", response_model=Health, tags=["health"]
    )
    router.add_api_route(
        "/readyz",
        readyz,
        operation_id="readyz",
        response_model=Health,
        responses=schemas.failures(503),
        tags=["health"],
    )
