"""Ingest: validate, one store verb, and an answer only after the store's commit."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ContractError, InvalidEvent
from motherhaven.contract.events import Event, TextPart
from motherhaven.contract.ids import IdSource
from motherhaven.contract.wire import (
    Endpoint,
    event_from_item,
    event_from_single,
    part_from_item,
)
from motherhaven.server import schemas
from motherhaven.server.access import API
from motherhaven.server.bodies import read_json
from motherhaven.server.config import Limits
from motherhaven.server.lean import Handler, LeanRoute
from motherhaven.server.models import Accepted, BatchAccepted
from motherhaven.server.problems import Problem, json_answer, too_large
from motherhaven.stores.protocol import Appended, Store

_SINGLES: Final[tuple[Endpoint, ...]] = ("decision", "account", "position", "status")
_PLAIN_SUCCESS: Final = b'{"success": true}'


class Ingest:
    """Takes events of the four old endpoints and of batches."""

    def __init__(self, store: Store, clock: Clock, ids: IdSource, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._limits = limits

    def add_routes(self, router: APIRouter) -> None:
        """Each route answers with and without a trailing slash, never by redirect."""
        for endpoint in _SINGLES:
            extra = schemas.request_body(schemas.SINGLE_BODIES[endpoint])
            _add(router, endpoint, self.single(endpoint), Accepted, extra)
        extra = schemas.request_body(schemas.BATCH_BODY)
        _add(router, "batch", self.batch, BatchAccepted, extra)

    def single(self, endpoint: Endpoint) -> Handler:
        """The handler of one old endpoint."""

        async def handle(request: Request) -> Response:
            body = await read_json(request, self._limits)
            event = event_from_single(endpoint, body, self._clock.now(), self._ids)
            [result] = await self._store.append([event])
            _raise_for(result)
            if "event_id" not in body:
                return Response(_PLAIN_SUCCESS, media_type="application/json")
            return json_answer({"success": True, "event_id": event.event_id})

        return handle

    async def batch(self, request: Request) -> Response:
        """Many events and text parts; one verdict for each."""
        body = await read_json(request, self._limits)
        events, parts = self._lists(body)
        part_results = await self._take_parts(parts)
        results = await self._take_events(events)
        return json_answer({"success": True, "results": results, "parts": part_results})

    def _lists(self, body: object) -> tuple[list[object], list[object]]:
        if not isinstance(body, Mapping):
            raise InvalidEvent("batch: the body is not a JSON object with events and parts")
        events, parts = body.get("events", []), body.get("parts", [])
        if not isinstance(events, list) or not isinstance(parts, list):
            raise InvalidEvent("batch: events and parts must be arrays")
        limit = self._limits.batch_events
        if len(events) > limit or len(parts) > limit:
            raise too_large(limit, "events or parts")
        return events, parts

    async def _take_parts(self, items: list[object]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        good: list[TextPart] = []
        for item in items:
            known = item if isinstance(item, Mapping) else {}
            result: dict[str, Any] = {
                "event_id": _text(known.get("event_id")),
                "field": _text(known.get("field")),
                "index": _whole(known.get("index")),
            }
            try:
                good.append(part_from_item(item))
            except ContractError as error:
                result |= {"status": "rejected", "error": str(error)}
            else:
                result["status"] = "stored"
            results.append(result)
        if good:
            await self._store.put_parts(good)
        return results

    async def _take_events(self, items: list[object]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        good: list[Event] = []
        places: list[int] = []
        now = self._clock.now()
        for place, item in enumerate(items):
            known = item if isinstance(item, Mapping) else {}
            results.append({"event_id": _text(known.get("event_id"))})
            try:
                good.append(event_from_item(known, now))
                places.append(place)
            except ContractError as error:
                results[place] |= {"status": "rejected", "error": str(error)}
        if good:
            for place, done in zip(places, await self._store.append(good), strict=True):
                results[place]["status"] = done.status
                if done.status in _REASONS:
                    results[place]["error"] = _REASONS[done.status]
        return results


_REASONS: Final = {
    "conflict": "this event_id was kept before with another payload; nothing was changed",
    "incomplete": "parts of its long texts are missing or do not match its sha256; send them again",
}


def _raise_for(result: Appended) -> None:
    if result.status == "conflict":
        raise Problem(
            409,
            "conflict",
            f"event {result.event_id} was kept before with another payload",
            "give a new event a new event_id; what is kept never changes",
        )
    if result.status == "incomplete":
        raise InvalidEvent(f"event {result.event_id}: {_REASONS['incomplete']}")


def _text(value: object) -> str | None:
    return value[:128] if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _add(
    router: APIRouter, name: str, handler: Handler, model: type[Any], extra: dict[str, Any]
) -> None:
    path = f"{API}/ingest/{name}"
    router.add_api_route(
        path,
        handler,
        methods=["POST"],
        name=f"ingest_{name}",
        operation_id=f"ingest_{name}",
        response_model=model,
        responses=schemas.failures(400, 401, 408, 409, 413, 415, 422, 503),
        openapi_extra=extra,
        tags=["ingest"],
        route_class_override=LeanRoute,
    )
    router.add_api_route(
        path + "/",
        handler,
        methods=["POST"],
        include_in_schema=False,
        route_class_override=LeanRoute,
    )
