"""Signatures of actions: what is hashed, who signed, and how a test signs.

Written from the venue's documentation, apart from the adapter and from the SDK, so that each
of them can be checked against this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgpack
from eth_keys.datatypes import PrivateKey
from eth_keys.datatypes import Signature as KeySignature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

MAINNET: Final = "a"
TESTNET: Final = "b"

_WORD: Final = 32
_DOMAIN: Final = keccak(
    keccak(
        text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    )
    + keccak(text="Exchange")
    + keccak(text="1")
    + (1337).to_bytes(_WORD, "big")
    + bytes(_WORD)
)
_AGENT: Final = keccak(text="Agent(string source,bytes32 connectionId)")


@dataclass(frozen=True, slots=True)
class Signature:
    """The three numbers of a signature; `v` is 27 or 28."""

    r: int
    s: int
    v: int


def action_hash(
    action: Mapping[str, Any], nonce: int, vault: str | None, expires_after: int | None
) -> bytes:
    """The connection id of an action: keccak of its msgpack, the nonce and what is optional."""
    data = msgpack.packb(action) + nonce.to_bytes(8, "big")
    data += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault.removeprefix("0x"))
    if expires_after is not None:
        data += b"\x00" + expires_after.to_bytes(8, "big")
    return bytes(keccak(data))


def digest(connection_id: bytes, source: str) -> bytes:
    """What is signed: the typed-data hash (EIP-712) of the agent that stands for the action."""
    message = keccak(_AGENT + keccak(text=source) + connection_id)
    return bytes(keccak(b"\x19\x01" + _DOMAIN + message))


def signer_of(connection_id: bytes, source: str, signature: Signature) -> str | None:
    """The lower-case address that signed; None where no key can have made this signature."""
    try:
        vrs = (signature.v - 27, signature.r, signature.s)
        public = KeySignature(vrs=vrs).recover_public_key_from_msg_hash(
            digest(connection_id, source)
        )
    except (BadSignature, ValidationError, ValueError):
        return None
    return public.to_address()


def sign(
    key: str,
    action: Mapping[str, Any],
    nonce: int,
    *,
    vault: str | None = None,
    expires_after: int | None = None,
    source: str = TESTNET,
) -> dict[str, Any]:
    """The signature of an action by a private key in hexadecimal, as it travels."""
    private = PrivateKey(bytes.fromhex(key.removeprefix("0x")))
    made = private.sign_msg_hash(digest(action_hash(action, nonce, vault, expires_after), source))
    return {"r": hex(made.r), "s": hex(made.s), "v": made.v + 27}


def address_of(key: str) -> str:
    """The lower-case address of a private key in hexadecimal."""
    return PrivateKey(bytes.fromhex(key.removeprefix("0x"))).public_key.to_address()


def worthless_key(name: str) -> str:
    """A private key that anybody can work out from its name: for tests and rehearsals only."""
    return "0x" + keccak(text=f"motherhaven worthless key: {name}").hex()


def transaction_hash(name: str) -> str:
    """The hash of a transaction by what happened in it; the same each time."""
    return "0x" + keccak(text=name).hex()
