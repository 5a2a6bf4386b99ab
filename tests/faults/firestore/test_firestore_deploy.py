"""The files that go to Firebase: nobody but the server comes in, every query has its index."""

import json
import re
from pathlib import Path

import httpx
import pytest

from motherhaven.stores.firestore import paths
from motherhaven.stores.firestore.shapes import (
    FASTER,
    INDEXES,
    SHAPES,
    Shape,
    indexes_file,
    is_served,
)
from tests.firestore_emulator import RULES, emulator_host
from tests.patience import HANG_SECONDS

INDEX_FILE = RULES.parent / "firestore.indexes.json"
COLLECTIONS = sorted(
    {shape.collection for shape in SHAPES} | {paths.META, paths.CANDLES, paths.REFUSALS, "other"}
)


def test_the_rules_allow_nothing() -> None:
    """One match over everything, and `false` is the only condition in the file."""
    text = re.sub(r"//.*", "", RULES.read_text("utf-8"))
    assert re.findall(r"allow\s+([a-z, ]+):\s*if\s+([^;]+);", text) == [("read, write", "false")]
    assert text.count("allow") == 1
    assert "match /{document=**}" in text


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_browsers_are_refused_by_the_emulator_under_these_rules(
    collection: str, method: str
) -> None:
    """Without the server's credentials each way in is 403; with them it is open."""
    root = f"http://{emulator_host()}/v1/projects/rules/databases/(default)/documents"
    url = f"{root}/{collection}" + ("" if method in ("GET", "POST") else "/x")
    body = {"json": {"fields": {}}} if method in ("POST", "PATCH") else {}
    assert httpx.request(method, url, **body).status_code == 403
    anonymous = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1In0."}
    assert httpx.request(method, url, headers=anonymous, **body).status_code in (401, 403)
    owner = {"Authorization": "Bearer owner"}
    assert httpx.get(f"{root}/{collection}", headers=owner, timeout=HANG_SECONDS).status_code == 200


def test_the_index_file_is_what_the_queries_need() -> None:
    """The file is the one made from the declared queries, and it serves each of them."""
    kept = json.loads(INDEX_FILE.read_text("utf-8"))
    assert kept == indexes_file()
    assert len(kept["indexes"]) == len(INDEXES)
    assert [shape for shape in SHAPES if not is_served(shape)] == []


def test_a_missing_index_would_be_seen() -> None:
    """Without any one of the indexes some declared query is not served any more."""
    for index in INDEXES - FASTER:
        assert [shape for shape in SHAPES if not is_served(shape, INDEXES - {index})], index


def test_an_undeclared_query_is_not_served() -> None:
    """Another filter, order or direction asks for another index."""
    assert not is_served(Shape(paths.EVENTS, ("kind", "mode"), "key", descending=True))
    assert not is_served(Shape(paths.ERRORS, ("kind",), "key"))
    assert is_served(Shape(paths.BOTS))


def test_firebase_knows_both_files() -> None:
    """`firebase deploy` in the folder takes them."""
    told = json.loads((RULES.parent / "firebase.json").read_text("utf-8"))["firestore"]
    assert {Path(name).exists() or (RULES.parent / name).exists() for name in told.values()} == {
        True
    }
