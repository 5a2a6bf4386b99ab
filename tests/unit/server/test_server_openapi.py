"""OpenAPI: complete, and the same as the file that the page's types are made from."""

import json
from pathlib import Path

from starlette.routing import Route

from motherhaven.server import create_app
from motherhaven.server.openapi import openapi_text
from motherhaven.stores import MemoryStore
from tests.serverkit import FakeClock, config

ROOT = Path(__file__).parents[3]
NOT_API = {"/", "/{path:path}", "/api/openapi.json"}


def document() -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """The document, parsed."""
    return dict(json.loads(openapi_text()))


def test_the_page_s_copy_is_current() -> None:
    """dashboard/openapi.json is what the code says: run python -m motherhaven.server.openapi."""
    assert (ROOT / "dashboard/openapi.json").read_text() == openapi_text()


def test_every_route_of_the_api_is_described() -> None:
    """Lean handlers would vanish from OpenAPI; each is there with its methods."""
    app = create_app(config(), MemoryStore(), FakeClock())
    routes = {
        (route.path.rstrip("/"), method.lower())
        for route in app.routes
        if isinstance(route, Route) and route.path not in NOT_API
        for method in route.methods or ()
    }
    described = {(path, method) for path, item in document()["paths"].items() for method in item}
    assert described == routes


def test_every_answer_has_a_schema_and_every_post_a_body() -> None:
    """No route answers or takes `anything`; references lead somewhere."""
    told = document()
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            assert operation["operationId"], path
            success = operation["responses"]["200"]  # type: ignore[index]
            assert all(media["schema"] for media in success["content"].values()), path
            if method == "post" and not path.endswith("/logout"):
                assert operation["requestBody"]["content"], path  # type: ignore[index]
    text = json.dumps(told)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(told["components"]["schemas"])


def test_the_stream_is_described_as_one() -> None:
    """The live route answers text/event-stream; its messages have schemas by kind."""
    live = document()["paths"]["/api/llm-bot/live"]["get"]["responses"]["200"]  # type: ignore[index]
    assert list(live["content"]) == ["text/event-stream"]
    assert len(live["content"]["text/event-stream"]["schema"]["anyOf"]) == 6
