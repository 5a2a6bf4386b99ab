"""What OpenAPI says about bodies that lean handlers read themselves."""

from copy import deepcopy
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from motherhaven.contract.events import (
    AccountReported,
    DecisionMade,
    Mode,
    PositionClosed,
    PositionOpened,
    StatusReported,
)
from motherhaven.contract.wire import MAX_BATCH_EVENTS, MAX_PARTS, PART_CHARS, Endpoint
from motherhaven.server.wire.answers import ErrorBody, Hello

_REF: Final = "#/components/schemas/{model}"

_INPUTS: Final = (DecisionMade, AccountReported, PositionOpened, PositionClosed, StatusReported)
_BODIES: Final[dict[Endpoint, tuple[str, ...]]] = {
    "decision": ("DecisionMade",),
    "account": ("AccountReported",),
    "position": ("PositionOpened", "PositionClosed"),
    "status": ("StatusReported",),
}

_TIME: Final = {"type": "string", "format": "date-time"}
_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_ENVELOPE: Final[dict[str, Any]] = {
    "event_id": _ID,
    "bot_id": _ID,
    "bot_name": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
    "mode": {"enum": list(get_args(Mode))},
    "epoch": _COUNT,
    "seq": _COUNT,
    "recorded_at": _TIME,
}

SINGLE_BODIES: Final[dict[Endpoint, dict[str, Any]]] = {
    endpoint: {
        "allOf": [
            {"oneOf": [{"$ref": _REF.format(model=name)} for name in names]}
            if len(names) > 1
            else {"$ref": _REF.format(model=names[0])},
            {"type": "object", "properties": _ENVELOPE},
        ]
    }
    for endpoint, names in _BODIES.items()
}
"""The payload of each old endpoint with our optional envelope beside it."""

BATCH_BODY: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "events": {
            "type": "array",
            "maxItems": MAX_BATCH_EVENTS,
            "items": {
                "type": "object",
                "required": ["event_id", "kind", "time", "payload"],
                "properties": {
                    **_ENVELOPE,
                    "kind": {"type": "string"},
                    "time": _TIME,
                    "parts": {"type": "object", "additionalProperties": _COUNT},
                    "sha256": {"type": "string"},
                    "payload": {"type": "object"},
                },
            },
        },
        "parts": {
            "type": "array",
            "maxItems": MAX_BATCH_EVENTS,
            "items": {
                "type": "object",
                "required": ["event_id", "field", "index", "count", "text"],
                "properties": {
                    "event_id": _ID,
                    "bot_id": _ID,
                    "field": {"type": "string"},
                    "index": _COUNT,
                    "count": {"type": "integer", "minimum": 1, "maximum": MAX_PARTS},
                    "text": {"type": "string", "maxLength": PART_CHARS},
                },
            },
        },
    },
}
"""Items of our own client, and the long texts that travel apart."""

_REASONS: Final = {
    400: "Not strict JSON, or text that no route takes",
    401: "No or a wrong key",
    403: "Foreign host or origin",
    404: "No such thing",
    408: "The body came too slowly",
    409: "The event_id was kept before with another payload",
    410: "The history behind this cursor is gone",
    413: "Too large",
    415: "Not plain JSON",
    422: "A field is wrong",
    429: "Too many attempts",
    503: "Try again later",
}


def request_body(schema: dict[str, Any]) -> dict[str, Any]:
    """openapi_extra for a JSON body that the handler reads itself."""
    content = {"application/json": {"schema": deepcopy(schema)}}
    return {"requestBody": {"required": True, "content": content}}


def failures(*statuses: int, html: bool = False) -> dict[int | str, dict[str, Any]]:
    """The documented failures of a route; with `html` a form is answered with a page.

    By reference: of a model FastAPI would build a serializer for each status of each route.
    """
    page = {"text/html": {"schema": {"type": "string"}}} if html else {}
    body = {"application/json": {"schema": {"$ref": _REF.format(model=ErrorBody.__name__)}}}
    return {
        status: {"description": _REASONS[status], "content": deepcopy({**page, **body})}
        for status in statuses
    }


def extra_schemas() -> dict[str, Any]:
    """Component schemas that no route declares: payloads, stream openings, failures."""
    models: list[tuple[type[BaseModel], Literal["validation", "serialization"]]]
    models = [(Hello, "serialization"), (ErrorBody, "serialization")]
    models += [(model, "validation") for model in _INPUTS]
    _, schema = models_json_schema(models, ref_template=_REF)
    return {name: _loosen(part) for name, part in schema["$defs"].items()}


def _loosen(schema: Any) -> Any:
    """Money may come as a number too: the old clients send it so."""
    if isinstance(schema, list):
        return [_loosen(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {**schema, "type": ["string", "number"]}
    return {key: _loosen(value) for key, value in schema.items()}
