"""Signatures at the fake venue: recovered, checked, and compared with the SDK's own recovery."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motherhaven.testing.fake_venue import FakeVenue, address_of, sign, worthless_key
from motherhaven.testing.fake_venue.actions import read_action
from motherhaven.testing.fake_venue.signing import Signature, action_hash, signer_of
from tests.unit.fake_venue.kit import Client, order, place, trigger

signing = pytest.importorskip("hyperliquid.utils.signing")

KEY = worthless_key("somebody")
ACTIONS = [
    place(order("0.0147", "1670.1")),
    place(order("0.1", cloid=1), trigger("49000", cloid=2), grouping="normalTpsl"),
    {"type": "cancel", "cancels": [{"a": 0, "o": 77}]},
    {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": f"0x{7:032x}"}]},
    {"type": "updateLeverage", "asset": 0, "isCross": False, "leverage": 5},
    {"type": "updateIsolatedMargin", "asset": 0, "isBuy": True, "ntli": -5},
    {"type": "noop"},
    {"type": "scheduleCancel", "time": 123456789},
]


def numbers(signature: dict[str, Any]) -> Signature:
    """A signature as it travels, as numbers."""
    return Signature(int(signature["r"], 16), int(signature["s"], 16), signature["v"])


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: str(action["type"]))
@pytest.mark.parametrize("vault", [None, "0x1719884eb866cb12b2287399b15f7db5e7d775ea"])
@pytest.mark.parametrize("expires", [None, 1_677_777_606_040])
@pytest.mark.parametrize("source", ["a", "b"])
def test_the_sdk_recovers_the_same_signer(
    action: dict[str, Any], vault: str | None, expires: int | None, source: str
) -> None:
    """What is signed here is signed by that address for the SDK too, and the other way round."""
    ours = sign(KEY, action, 17, vault=vault, expires_after=expires, source=source)
    mainnet = source == "a"
    told = signing.recover_agent_or_user_from_l1_action(action, ours, vault, 17, expires, mainnet)
    assert told.lower() == address_of(KEY)
    wallet = signing.Account.from_key(KEY)
    theirs = signing.sign_l1_action(wallet, action, vault, 17, expires, mainnet)
    hashed = action_hash(action, 17, vault, expires)
    assert signer_of(hashed, source, numbers(theirs)) == address_of(KEY)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(key=st.binary(min_size=32, max_size=32), nonce=st.integers(0, 2**63 - 1))
def test_any_key_and_nonce_agree_with_the_sdk(key: bytes, nonce: int) -> None:
    """Random keys and nonces: both find the same signer."""
    number = int.from_bytes(key, "big") % (2**255) + 1
    text = "0x" + number.to_bytes(32, "big").hex()
    made = sign(text, ACTIONS[0], nonce)
    told = signing.recover_agent_or_user_from_l1_action(ACTIONS[0], made, None, nonce, None, False)
    assert told.lower() == address_of(text)


def test_the_published_vectors_are_recovered() -> None:
    """Signatures from the tests of the SDK give the address of their published key."""
    folder = os.environ.get("MOTHERHAVEN_TEST_DATA")
    path = Path(folder or "nowhere") / "hyperliquid" / "signing_vectors.json"
    if not path.exists():
        pytest.skip("MOTHERHAVEN_TEST_DATA has no hyperliquid/signing_vectors.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    expected = address_of(data["private_key"])
    checked = 0
    for vector in data["vectors"]:
        if "action" not in vector or "nonce" not in vector:
            continue
        hashed = action_hash(
            vector["action"], vector["nonce"], vector.get("vault"), vector.get("expires_after")
        )
        for source, net in (("a", "mainnet"), ("b", "testnet")):
            assert signer_of(hashed, source, numbers(vector[net])) == expected, vector["name"]
            checked += 1
    assert checked >= 10


def test_the_body_may_be_spelled_otherwise(client: Client) -> None:
    """Padded numbers, upper-case cloids and another order of keys change nothing."""
    body = client.envelope(place(order("0.1", "52500", cloid=0xAB)))
    spelled = body["action"]["orders"][0]
    spelled |= {"p": "52500.00", "s": "0.10", "c": "0x" + f"{0xAB:032X}"}
    body["action"] = dict(reversed(body["action"].items()))
    reply = client.http.post("/exchange", json=body).json()
    assert reply["response"]["data"]["statuses"][0]["filled"]["totalSz"] == "0.1"


def test_what_was_signed_must_be_normal(client: Client, venue: FakeVenue) -> None:
    """Signing padded numbers recovers a stranger, whom the answer names."""
    reply = client.send(place(order("0.10", "52500.0")))
    stranger = venue.requests[-1].signer
    assert reply["response"] == f"User or API Wallet {stranger} does not exist."
    assert stranger not in (venue.address, address_of(venue.key()))


def test_a_signature_for_mainnet_is_a_strangers(client: Client, venue: FakeVenue) -> None:
    """Nothing happens, and the log says that it was signed for mainnet."""
    reply = client.send(place(order("0.1")), source="a")
    assert "does not exist" in reply["response"]
    seen = venue.requests[-1]
    assert (seen.source, seen.verified) == ("a", False)
    assert client.position() is None


def test_a_venue_that_is_told_to_be_mainnet_takes_it() -> None:
    """And then refuses signatures for testnet."""
    with FakeVenue(mainnet=True) as venue:
        client = Client(venue)
        assert client.send(place(order("0.1")), source="a")["status"] == "ok"
        assert "does not exist" in client.send(place(order("0.1")))["response"]
        client.close()


def test_a_signature_that_nobody_can_have_made(client: Client) -> None:
    """r of 0 recovers no key at all."""
    body = client.envelope(place(order("0.1")))
    body["signature"] = {"r": "0x0", "s": "0x1", "v": 27}
    reply = client.http.post("/exchange", json=body).json()
    assert reply == {"status": "err", "response": "Unable to recover signer."}


def test_agents_owners_and_strangers(client: Client, venue: FakeVenue) -> None:
    """Agent and owner trade the account; a stranger does not, until it is approved."""
    assert client.send({"type": "noop"}, key=venue.test_account.key)["status"] == "ok"
    stranger = worthless_key("stranger")
    named = f"User or API Wallet {address_of(stranger)} does not exist."
    assert client.send({"type": "noop"}, key=stranger)["response"] == named
    venue.approve_agent(address_of(stranger), name=None)
    assert client.send({"type": "noop"}, key=stranger)["status"] == "ok"
    listed = client.ask("extraAgents")
    assert [one["address"] for one in listed] == [address_of(venue.key())]
    client.user = address_of(stranger)
    assert client.ask("userRole") == {"role": "agent", "data": {"user": venue.address}}
    client.user = address_of(worthless_key("nobody"))
    assert client.ask("userRole") == {"role": "missing"}


def test_an_expired_agent_works_for_a_while(client: Client, venue: FakeVenue) -> None:
    """The venue prunes a quarter of an hour after validUntil."""
    until = venue.clock.now()
    venue.approve_agent(address_of(client.key), valid_until=until)
    assert client.ask("extraAgents")[0]["validUntil"] == int(until.timestamp() * 1000)
    venue.step(14 * 60)
    assert client.send({"type": "noop"})["status"] == "ok"
    venue.step(2 * 60)
    assert "does not exist" in client.send({"type": "noop"})["response"]
    assert client.ask("extraAgents") == []


def test_the_agents_address_is_an_empty_account(client: Client, venue: FakeVenue) -> None:
    """Questions about the agent instead of its master get an account without anything."""
    client.place(order("0.1"))
    client.user = address_of(venue.key())
    state = client.ask("clearinghouseState")
    assert (state["marginSummary"]["accountValue"], state["assetPositions"]) == ("0.0", [])


def test_a_reading_is_canonical() -> None:
    """Reading an action twice changes nothing more."""
    for action in ACTIONS:
        once = read_action(action).canonical
        assert once == action
        assert list(read_action(once).canonical) == list(action)
