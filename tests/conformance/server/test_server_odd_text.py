"""Odd text in any parameter of any route is 400, whatever the store; made from the OpenAPI."""

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest

from motherhaven.server.http.text_checks import MAX_QUERY_BYTES
from tests.conformance.server.conftest import Served
from tests.conformance.stores.kit import Backend
from tests.examples import FULL
from tests.serverkit import API, KEY, config, item, running

pytestmark = pytest.mark.anyio

ODD = {
    "nul": "%00",
    "nul within": "a%00b",
    "escape": "%1b%5b31m",
    "newline": "a%0Ab",
    "delete": "%7F",
    "c1 control": "%C2%9B31m",
    "lone surrogate": "%ED%A0%80",
    "not utf-8": "%FF%FE",
    "cut utf-8": "%E2%82",
    "overlong nul": "%C0%80",
    "noncharacter": "%EF%BF%BF",
    "long": "a" * 4_001,
    "long encoded": "%61" * 4_001,
}
HEADERS = ("last-event-id", "x-api-key", "user-agent", "cookie", "origin", "x-anything")


def parameters(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Method, path and name of every query parameter of every route, and one that none has."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, "nobodys"
            for one in operation.get("parameters", ()):
                if one["in"] == "query":
                    yield method.upper(), path, one["name"]


async def test_odd_text_is_400_on_every_route_and_store(served: Served, backend: Backend) -> None:
    """Every parameter × every kind of odd text, in value and in name; the store answers on.

    No store is asked, so all kinds are tried over one, and over the others each has its turn.
    """
    whole = backend.name == "memory" or os.environ.get(FULL) == "1"
    turns = itertools.cycle(ODD.items())
    async with served() as api:
        await api.keep(item(1))
        document = (await api.client.get("/api/openapi.json")).json()
        seen = 0
        for method, path, name in parameters(document):
            for kind, text in ODD.items() if whole else (next(turns), next(turns)):
                for query in (f"{name}={text}", f"{name}=1&{text}=1"):
                    answer = await api.client.request(method, f"{path}?{query}")
                    assert answer.status_code == 400, (method, path, name, kind)
                    assert answer.json()["error"]["code"] == "odd_text"
                    seen += 1
        assert seen > (1_000 if whole else 100)
        assert [row["id"] for row in (await api.get("feed"))["items"]] == ["event-000001"]


@pytest.mark.parametrize("odd", sorted(set(ODD) - {"long", "long encoded"}))
async def test_odd_text_in_a_path_is_400(odd: str) -> None:
    """Below the API and among the pages, before anybody looks for a file."""
    async with running() as server, server.client(key=KEY) as client:
        for path in (
            f"/{ODD[odd]}",
            f"/llm-bot/{ODD[odd]}",
            f"{API}/{ODD[odd]}",
            f"/api{ODD[odd]}",
        ):
            assert (await client.get(path)).status_code == 400


async def test_too_much_is_400() -> None:
    """Long queries, many parameters, long paths."""
    async with running() as server, server.client(key=KEY) as client:
        many = "&".join("a=1" for _ in range(65))
        long = "&".join(f"a{n}=" + "b" * 3_999 for n in range(MAX_QUERY_BYTES // 4_000 + 1))
        for address in (f"{API}/feed?{many}", f"{API}/feed?{long}", "/" + "a" * 2_049):
            assert (await client.get(address)).status_code == 400
        assert (await client.get(f"{API}/equity?bots={'a' * 4_000}")).status_code != 400


async def test_odd_headers_are_400() -> None:
    """A control character in any header, also in one that nobody reads."""
    async with running(config(open_reading=True)) as server, server.client() as client:
        for name in HEADERS:
            for value in (b"a\x00b", b"\x1b[31m", b"\x7f"):
                answer = await client.get(f"{API}/bots", headers={name: value})  # type: ignore[dict-item]
                assert answer.status_code == 400, (name, value)
        fine = await client.get(f"{API}/bots", headers={"x-anything": "tab\tand ü".encode()})  # type: ignore[dict-item]
        assert fine.status_code == 200
