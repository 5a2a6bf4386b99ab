"""Schemathesis over OpenAPI: whatever fits or breaks the schema, the server never fails."""

import json
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from motherhaven.server import ServerConfig, ServerThread
from motherhaven.server.openapi import openapi_text
from motherhaven.settings import SystemClock
from motherhaven.stores import MemoryStore
from tests.serverkit import KEY

schema = schemathesis.openapi.from_dict(json.loads(openapi_text()))
"""The whole API but what waits: the stream never ends, a bot's look for commands ends late."""

WAITING = ["/api/llm-bot/live", "/api/llm-bot/bots/{bot}/commands"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server with some events of each kind."""
    with ServerThread(ServerConfig(port=0, api_key=KEY), MemoryStore(), SystemClock()) as server:
        yield server.url


@schema.exclude(path=WAITING).parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_answers_fit_the_schema(case: schemathesis.Case, url: str) -> None:
    """No 5xx, no undocumented status, type or shape, for generated requests with the key."""
    headers = {"x-api-key": KEY}
    case.call_and_validate(base_url=url, headers=headers, checks=CHECKS, allow_redirects=False)
