"""Signatures are the venue's own, each is checked before it is sent, and the key never shows."""

import json
import pickle
from pathlib import Path

import pytest
from eth_account import Account
from hl_support import ADDRESS, FOLDER, KEY, needs_data
from hyperliquid.utils import signing as sdk

from motherhaven.bot.venues.hyperliquid import actions, extra, signing
from motherhaven.bot.venues.hyperliquid.signing import Signature, Signer
from motherhaven.contract.errors import ConfigError, ExchangeError

STOP = actions.trigger_order(3, False, "44000", "0", "48000", True, "0x" + "ab" * 16)
BUY = actions.limit_order(1, True, "100", "2", False, "Ioc", None)
NONCE, EXPIRES = 1_764_500_000_000, 1_764_500_015_000

PINNED = {
    "expiresAfter": (actions.order([BUY]), EXPIRES),
    "cancel": (actions.cancel([(1, 77)]), None),
    "cancelByCloid": (actions.cancel_by_cloid([(1, "0x" + "01" * 16)]), None),
    "updateLeverage": (actions.update_leverage(4, 5, cross=True), None),
    "positionTpsl": (actions.order([STOP], "positionTpsl"), EXPIRES),
    "updateIsolatedMargin": (actions.update_isolated_margin(4, 1_000_000), None),
    "noop": (actions.noop(), None),
}  # fmt: skip
HASHES = {
    "expiresAfter": "bf30948bcdfb8a6847529020bebcc2b86a4c9bb82e1454b24fdddb578d9becbe",
    "cancel": "386686d260174bfb0182d29d5cf65ffb5eda4b6127ca7af1391b539f4f75318f",
    "cancelByCloid": "aa7893572ccabc03c868f40aa55658bf39c31e2d667a409b210fd7a02303e549",
    "updateLeverage": "2f89f87816ec89d60c5a25ed1ad05ff7c317ba1ec0ff87cbd1a3786850408580",
    "positionTpsl": "54ca8709ccff4e9a32cda11b2ac916d7ca59c8e3b0872171d6e6b9b7571c1fc9",
    "updateIsolatedMargin": "4eea402a006f31c689110dea4ba860964c54228c39a49cf82fd3089c6bf7726c",
    "noop": "57e93f0c3e7ea2c6ad2556c90bd691944c09e9fea851de58de38e45717fe1c01",
}
"""The action hashes of PINNED at NONCE, as made once; key order and spelling change them."""


def vectors():
    """The recorded signatures, none without the data."""
    if FOLDER is None:
        return []
    file = Path(FOLDER) / "hyperliquid" / "signing_vectors.json"
    return json.loads(file.read_text())["vectors"]


@needs_data
@pytest.mark.parametrize("network", ["mainnet", "testnet"])
@pytest.mark.parametrize("vector", vectors(), ids=lambda one: one["name"])
def test_recorded_signatures_are_reproduced(vector, network):
    """Every vector of the SDK, for both networks."""
    signer = Signer(KEY, mainnet=network == "mainnet")
    made = signer.sign(vector["action"], vector["nonce"], vector["expires_after"], vector["vault"])
    assert made.wire() == vector[network]


@needs_data
def test_the_recorded_phantom_agent_is_reproduced():
    """Order, numbers and hash together."""
    told = json.loads((Path(FOLDER) / "hyperliquid" / "signing_vectors.json").read_text())
    one = told["phantom_agent"]
    order = one["order"]
    wire = actions.limit_order(
        order["asset"], order["is_buy"], order["limit"], order["size"], False, order["tif"], None
    )
    found = signing.action_hash(actions.order([wire]).body, one["nonce"], None)
    assert "0x" + found.hex() == one["connection_id"]


@pytest.mark.parametrize("name", PINNED)
def test_our_actions_are_signed_as_the_sdk_signs_them(name):
    """The same r, s and v, and the hash that was pinned."""
    action, expires = PINNED[name]
    assert signing.action_hash(action.body, NONCE, expires).hex() == HASHES[name]
    for mainnet in (True, False):
        made = Signer(KEY, mainnet=mainnet).sign(action.body, NONCE, expires)
        theirs = sdk.sign_l1_action(
            Account.from_key(KEY), action.body, None, NONCE, expires, mainnet
        )
        assert made.wire() == theirs


def test_a_signature_recovers_to_its_signer_and_to_nobody_else():
    """Another nonce, network, expiry or action gives another address."""
    action = actions.noop().body
    made = Signer(KEY, mainnet=False).sign(action, NONCE, EXPIRES)

    def who(body=action, nonce=NONCE, expires=EXPIRES, mainnet=False):
        return signing.recover(body, made, nonce, expires, mainnet=mainnet)

    assert who() == ADDRESS
    others = [who(nonce=NONCE + 1), who(expires=None), who(mainnet=True), who(body={"type": "x"})]
    assert ADDRESS not in others


def test_a_signature_that_does_not_recover_is_not_given_out(monkeypatch):
    """A fault of this program is refused, not sent."""
    monkeypatch.setattr(signing, "recover", lambda *_, **__: "0x" + "00" * 20)
    with pytest.raises(ExchangeError, match="nothing was sent"):
        Signer(KEY, mainnet=False).sign(actions.noop().body, NONCE, None)


@pytest.mark.parametrize("secret", ["", "0x12", "canary" * 11, KEY + "00", "0x" + "f" * 64])
def test_what_is_no_key_is_refused_without_showing_it(secret):
    """Neither the message nor what caused it has the text."""
    with pytest.raises(ConfigError) as told:
        Signer(secret, mainnet=False)
    shown = f"{told.value!r} {told.value.__cause__!r} {told.value.__context__!r}"
    assert len(secret) < 5 or secret not in shown


def test_a_signer_shows_nothing_of_its_key():
    """Not in its repr, not in a pickle, not in its attributes' texts."""
    signer = Signer(KEY, mainnet=True)
    digits = KEY[2:]
    assert digits not in repr(signer)
    assert digits not in str(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    """The core install works; only signing needs more."""

    def missing(name):
        raise ImportError(name=name)

    monkeypatch.setattr(extra, "import_module", missing)
    with pytest.raises(ConfigError, match=r"motherhaven\[live\]"):
        Signer(KEY, mainnet=False)


def test_a_signature_travels_as_the_sdk_writes_it():
    """r and s are hexadecimal without padding."""
    assert Signature("0x1", "0x2", 27).wire() == {"r": "0x1", "s": "0x2", "v": 27}
