"""Ingest: validate, one store verb, and an answer only after the store's commit."""

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError
from motherhaven.contract.events import PAYLOADS
from motherhaven.contract.ids import IdSource
from motherhaven.contract.wire import Endpoint, event_from_single
from motherhaven.server.auth.keys.binding import Claims, bind_event
from motherhaven.server.auth.policy import API, INGEST, Routes
from motherhaven.server.auth.principal import Principal, principal_of
from motherhaven.server.bodies import read_json, read_json_bytes
from motherhaven.server.config import Limits
from motherhaven.server.ingest.batches import INCOMPLETE, Batch, read_batch
from motherhaven.server.ingest.lean import Handler, LeanRoute
from motherhaven.server.refusals import Refusals
from motherhaven.server.wire import schemas
from motherhaven.server.wire.answers import Accepted, BatchAccepted
from motherhaven.server.wire.problems import Problem, json_answer
from motherhaven.stores.protocol import Appended, Store

_SINGLES: Final[tuple[Endpoint, ...]] = ("decision", "account", "position", "status")
_PLAIN_SUCCESS: Final = b'{"success": true}'
_KINDS: Final = list(PAYLOADS)
_LARGE_BYTES: Final = 64 * 1024


class Ingest:
    """Takes events of the four old endpoints and of batches."""

    def __init__(
        self, store: Store, clock: Clock, ids: IdSource, limits: Limits, refusals: Refusals
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._refusals = refusals
        self._claims = Claims(store, clock, refusals)

    def add_routes(self, routes: Routes) -> None:
        """Each route answers with and without a trailing slash, never by redirect."""
        for endpoint in _SINGLES:
            extra = schemas.request_body(schemas.SINGLE_BODIES[endpoint])
            _add(routes, endpoint, self.single(endpoint), Accepted, extra)
        extra = schemas.request_body(schemas.BATCH_BODY)
        _add(routes, "batch", self.batch, BatchAccepted, extra)

    def single(self, endpoint: Endpoint) -> Handler:
        """The handler of one old endpoint."""

        async def handle(request: Request) -> Response:
            body: Any = None
            who = principal_of(request.scope)
            try:
                body = bind_event(await read_json(request, self._limits), who.bot_id)
                event = event_from_single(endpoint, body, self._clock.now(), self._ids)
                [event] = await self._claims.held([event], who.key)
                [result] = await self._store.append([event])
                _raise_for(result)
            except MotherhavenError as error:
                await self._refusals.of_request(endpoint, body, error)
                raise
            if "event_id" not in body:
                return Response(_PLAIN_SUCCESS, media_type="application/json")
            return json_answer({"success": True, "event_id": event.event_id})

        return handle

    async def batch(self, request: Request) -> Response:
        """Many events and text parts; one verdict for each."""
        who = principal_of(request.scope)
        try:
            batch = await self._read(request, who)
        except MotherhavenError as error:
            await self._refusals.of_request("batch", None, error)
            raise
        if batch.parts:
            await self._store.put_parts(batch.parts)
        if batch.events:
            batch.events = await self._claims.held(batch.events, who.key)
            batch.settle(await self._store.append(batch.events))
        for bot, why, code in batch.refused:
            await self._refusals.tell(bot, f"event refused: {why}", code)
        told = {
            "success": True,
            "results": batch.results,
            "parts": batch.part_results,
            "kinds": _KINDS,
        }
        return json_answer(told)

    async def _read(self, request: Request, who: Principal) -> Batch:
        body = await read_json_bytes(request, self._limits)
        arguments = (body, self._clock.now(), self._limits.batch_events, who.bot_id)
        if len(body) > _LARGE_BYTES:
            # Tens of milliseconds: other requests and the streams go on meanwhile.
            return await asyncio.to_thread(read_batch, *arguments)
        return read_batch(*arguments)


def _raise_for(result: Appended) -> None:
    if result.status == "conflict":
        raise Problem(
            409,
            "conflict",
            f"event {result.event_id} was kept before with another payload",
            "give a new event a new event_id; what is kept never changes",
        )
    if result.status == "incomplete":
        raise Problem(
            422,
            "parts_missing",
            f"event {result.event_id}: {INCOMPLETE}",
            "send all parts of the text before its event",
        )


def _add(
    routes: Routes, name: str, handler: Handler, model: type[Any], extra: dict[str, Any]
) -> None:
    path = f"{API}/ingest/{name}"
    routes.add(
        path,
        handler,
        INGEST,
        methods=["POST"],
        name=f"ingest_{name}",
        operation_id=f"ingest_{name}",
        response_model=model,
        responses=schemas.failures(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
        openapi_extra=extra,
        tags=["ingest"],
        route_class_override=LeanRoute,
    )
    routes.add(
        path + "/",
        handler,
        INGEST,
        methods=["POST"],
        include_in_schema=False,
        route_class_override=LeanRoute,
    )
