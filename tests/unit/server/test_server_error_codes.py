"""Advice about an error is found by its code: of cycles and of what ingest refuses, too."""

import ast
from pathlib import Path

import pytest

import motherhaven.server
from motherhaven.contract.reasons import REASONS
from motherhaven.server.auth.keys.api_keys import create_key
from tests.serverkit import API, KEY, NOW, decision, item, running, status

pytestmark = pytest.mark.anyio

SERVER = Path(motherhaven.server.__file__).parent
PLACES = [
    SERVER / name
    for name in (
        "ingest", "admission/uploads.py", "bodies.py", "auth/authorize.py", "auth/keys/binding.py",
    )
]  # fmt: skip


async def group_of(*events, client):
    """The only group of errors after these events."""
    answer = await client.post(f"{API}/ingest/batch", json={"events": list(events)})
    assert answer.status_code == 200
    (group,) = (await client.get(f"{API}/errors/groups")).json()["items"]
    return group


@pytest.mark.parametrize("code", ["market", "late", "reconciling", "model_key", "daily_loss"])
async def test_a_cycle_s_advice_is_that_of_its_code_whatever_its_words(code) -> None:
    """The words are those that old texts were read by, and mean nothing beside a code."""
    async with running() as server, server.client(key=KEY) as client:
        body = status(error="held: the disk, says the market", error_code=code)
        group = await group_of(item(1, kind="status", payload=body), client=client)
    assert (group["code"], group["next_step"]) == (code, REASONS[code])


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"error": "timed out", "error_code": "answer_malformed"}, "answer_malformed"),
        ({"verdict": {"allowed": False, "rule": "cooldown", "reason": "leverage"}}, "cooldown"),
    ],
)
async def test_a_decision_s_code_stands_with_the_error_itself(payload, code) -> None:
    """No other row has to be read for it."""
    async with running() as server, server.client(key=KEY) as client:
        group = await group_of(item(1, payload=decision(**payload)), client=client)
        rows = (await client.get(f"{API}/errors")).json()["items"]
    assert (group["code"], group["next_step"]) == (code, REASONS[code])
    assert [row["code"] for row in rows] == [code]


async def test_an_event_that_cannot_be_kept_carries_its_code() -> None:
    """A field that is wrong, and an id that was used before."""
    async with running() as server, server.client(key=KEY) as client:
        bad = await group_of(item(1, payload=decision(quantity_usd="lots")), client=client)
        assert bad["code"] in REASONS
        again = [item(2, payload=decision()), item(2, payload=decision(coin="ETH"))]
        for one in again:
            await client.post(f"{API}/ingest/batch", json={"events": [one]})
        found = (await client.get(f"{API}/errors/groups")).json()["items"]
    assert {group["code"] for group in found} == {bad["code"], "conflict"}
    assert all(group["next_step"] == REASONS[group["code"]] for group in found)


def codes_of_senders() -> set[str]:
    """The codes, given as literals, with which a sender is refused."""
    found = set()
    for place in PLACES:
        for path in [place] if place.is_file() else place.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                    status, code = node.args[:2]
                    if isinstance(code, ast.Constant) and getattr(status, "value", 500) < 500:
                        found.add(code.value)
    return found


def test_each_refusal_of_a_sender_has_advice_of_its_own() -> None:
    """A key without the scope, or one that was revoked: never "correct the named field"."""
    codes = codes_of_senders()
    assert {"missing_scope", "key_revoked", "foreign_bot", "too_slow"} <= codes
    assert codes - set(REASONS) == set()


async def test_a_key_of_another_bot_is_told_how_to_get_one() -> None:
    """What the errors screen says of it is about keys."""
    async with running() as server, server.client(key=KEY) as client:
        _, made = await create_key(
            server.store, NOW, name="a", bot_id="bot-1", scopes=("ingest",), live=False
        )
        async with server.client(key=made) as sender:
            answer = await sender.post(f"{API}/ingest/decision", json=decision(bot_id="bot-2"))
        assert answer.status_code == 403
        (group,) = (await client.get(f"{API}/errors/groups")).json()["items"]
    assert (group["code"], group["next_step"]) == ("foreign_bot", REASONS["foreign_bot"])
