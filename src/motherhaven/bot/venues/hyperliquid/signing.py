"""Signatures of actions, by the SDK's primitives, each checked by recovery before it is sent.

The key is kept in one object that shows nothing of it: no repr, no error and no log has it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from motherhaven.bot.venues.hyperliquid.extra import load
from motherhaven.contract.errors import ConfigError, ExchangeError

_KEY: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_SDK: Final = "hyperliquid.utils.signing"


@dataclass(frozen=True, slots=True)
class Signature:
    """r and s as hexadecimal text, v 27 or 28: as the venue takes them."""

    r: str
    s: str
    v: int

    def wire(self) -> dict[str, Any]:
        """As it travels."""
        return {"r": self.r, "s": self.s, "v": self.v}


def is_address(text: str) -> bool:
    """Whether it is 0x and 40 hexadecimal digits."""
    return _ADDRESS.fullmatch(text) is not None


def action_hash(
    action: Mapping[str, Any], nonce: int, expires_at: int | None, vault: str | None = None
) -> bytes:
    """The 32 bytes that an action is signed by; times in milliseconds."""
    hashed: bytes = load(_SDK).action_hash(dict(action), vault, nonce, expires_at)
    return hashed


def recover(
    action: Mapping[str, Any],
    signature: Signature,
    nonce: int,
    expires_at: int | None,
    *,
    mainnet: bool,
    vault: str | None = None,
) -> str:
    """The address, in lower case, that signed the action."""
    hashed = action_hash(action, nonce, expires_at, vault)
    signed = load("eth_account.messages").encode_typed_data(full_message=_message(hashed, mainnet))
    vrs = (signature.v, int(signature.r, 16), int(signature.s, 16))
    return str(load("eth_account").Account.recover_message(signed, vrs=vrs)).lower()


class Signer:
    """Signs for one network with one key. `address` is in lower case."""

    __slots__ = ("_account", "_mainnet", "address")

    def __init__(self, secret: str, *, mainnet: bool) -> None:
        """Take a private key: 64 hexadecimal digits, with or without 0x.

        Raises:
            ConfigError: it is no such key, or the extra `live` is not installed.
        """
        made = None
        if _KEY.fullmatch(secret.strip()):
            try:
                made = load("eth_account").Account.from_key(secret.strip())
            except ConfigError:
                raise
            except Exception:  # noqa: BLE001  # its words may quote the key
                made = None
        if made is None:
            raise ConfigError(
                "HYPERLIQUID_WALLET_PRIVATE_KEY is no private key: give the 64 hexadecimal digits "
                "of the API wallet, which the venue shows once when the wallet is made"
            )
        self._account = made
        self._mainnet = mainnet
        self.address = str(made.address).lower()

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def __reduce__(self) -> str:
        raise TypeError("a signer is not written down")

    def sign(
        self,
        action: Mapping[str, Any],
        nonce: int,
        expires_at: int | None,
        vault: str | None = None,
    ) -> Signature:
        """The signature of an action; times in milliseconds.

        Raises:
            ExchangeError: it does not recover to this signer's address: a fault of this program.
        """
        hashed = action_hash(action, nonce, expires_at, vault)
        encode = load("eth_account.messages").encode_typed_data
        made = self._account.sign_message(encode(full_message=_message(hashed, self._mainnet)))
        signature = Signature(hex(made.r), hex(made.s), int(made.v))
        found = recover(action, signature, nonce, expires_at, mainnet=self._mainnet, vault=vault)
        if found != self.address:
            raise ExchangeError(
                f"the signature of {action.get('type')!r:.40} recovers to {found}, not to "
                f"{self.address}; nothing was sent: report it, it is a fault of this program"
            )
        return signature


def _message(hashed: bytes, mainnet: bool) -> Any:
    sdk = load(_SDK)
    return sdk.l1_payload(sdk.construct_phantom_agent(hashed, mainnet))
