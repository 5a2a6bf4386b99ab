"""Cursors for callers that see one bot alone: sealed, so that they tell nothing of others.

A store's cursor holds the number of a commit, which counts every bot's events. Sealed, it is
encrypted and signed with a secret that all servers of the store share, unlike each time.
"""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Callable
from typing import Final

from motherhaven.contract.errors import StoreCorrupt, StoreUnavailable
from motherhaven.stores.shared import SharedRecords, put_own_record

RECORD: Final = "cursor-secret"
_ATTEMPTS: Final = 5
_NONCE: Final = 12
_TAG: Final = 12
_PLAIN: Final = 96
"""Every cursor is padded to this length, so that the number of its digits is hidden too."""

_LIVE: Final = rb"[0-9a-f]{1,32}-[0-9]{1,18}"
_PAGE: Final = rb"[dpce](?:\.[0-9a-f]{1,16}){4}"
_IN_STREAM: Final = re.compile(
    rb'^id: (?P<id>%b)$|"cursor":"(?P<field>%b|%b)"' % (_LIVE, _LIVE, _PAGE), re.MULTILINE
)


class CursorSeal:
    """Seals and opens cursors; `ready` must have been awaited once."""

    def __init__(self, store: SharedRecords, random_bytes: Callable[[int], bytes]) -> None:
        self._store = store
        self._random = random_bytes
        self._keys: tuple[bytes, bytes] | None = None

    async def ready(self) -> None:
        """Read the store's secret, and make it where there is none.

        Raises:
            StoreError: the store does not answer, or its record is damaged.
        """
        if self._keys is not None:
            return
        for _ in range(_ATTEMPTS):
            record = await self._store.get_shared_record(RECORD)
            if record is not None:
                self._keys = _keys_of(record.text)
                return
            secret = self._random(32).hex()
            await put_own_record(self._store, RECORD, json.dumps({"secret": secret}), None)
        raise StoreUnavailable("the secret of the cursors cannot be kept; try again")

    def seal(self, cursor: str) -> str:
        """The form of a cursor for who may see one bot alone."""
        encrypting, signing = self._ready_keys()
        plain = cursor.encode()
        if len(plain) >= _PLAIN:
            raise ValueError(f"a cursor of {len(plain)} bytes is longer than any store's")
        plain = bytes([len(plain)]) + plain.ljust(_PLAIN - 1, b"\0")
        nonce = self._random(_NONCE)
        hidden = _xor(plain, _stream(encrypting, nonce))
        tag = hmac.digest(signing, nonce + hidden, "sha256")[:_TAG]
        return base64.urlsafe_b64encode(nonce + tag + hidden).decode()

    def open(self, sealed: str) -> str | None:
        """The cursor in a sealed one; None if it was not sealed by a server of this store."""
        encrypting, signing = self._ready_keys()
        try:
            data = base64.b64decode(sealed.encode("ascii"), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        nonce, tag, hidden = data[:_NONCE], data[_NONCE : _NONCE + _TAG], data[_NONCE + _TAG :]
        wanted = hmac.digest(signing, nonce + hidden, "sha256")[:_TAG]
        if len(hidden) != _PLAIN or not hmac.compare_digest(tag, wanted):
            return None
        plain = _xor(hidden, _stream(encrypting, nonce))
        return plain[1 : 1 + plain[0]].decode()

    def seal_messages(self, data: bytes) -> bytes:
        """Messages of the live stream with every cursor in them sealed, the same one alike."""
        known: dict[bytes, bytes] = {}

        def sealed(match: re.Match[bytes]) -> bytes:
            is_id = match["id"] is not None
            plain = match["id"] if is_id else match["field"]
            if plain not in known:
                known[plain] = self.seal(plain.decode()).encode()
            return b"id: " + known[plain] if is_id else b'"cursor":"' + known[plain] + b'"'

        return _IN_STREAM.sub(sealed, data)

    def _ready_keys(self) -> tuple[bytes, bytes]:
        if self._keys is None:
            raise RuntimeError("ready() was not awaited")
        return self._keys


def _keys_of(text: str) -> tuple[bytes, bytes]:
    try:
        secret = bytes.fromhex(json.loads(text)["secret"])
    except (ValueError, KeyError, TypeError):
        secret = b""
    if len(secret) != 32:
        raise StoreCorrupt("the store's record cursor-secret is damaged; restore a backup")
    return (
        hmac.digest(secret, b"motherhaven cursor: encrypt", "sha256"),
        hmac.digest(secret, b"motherhaven cursor: sign", "sha256"),
    )


def _stream(key: bytes, nonce: bytes) -> bytes:
    blocks = (hmac.digest(key, nonce + bytes([n]), "sha256") for n in range(_PLAIN // 32))
    return b"".join(blocks)


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
