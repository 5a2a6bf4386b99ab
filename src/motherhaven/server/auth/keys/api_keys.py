"""Making, listing and revoking keys in the store, whoever else does it at the same time."""

import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from motherhaven.contract.errors import ConfigError, NotFound, StoreUnavailable
from motherhaven.server.auth.keys.cache import (
    RECORD,
    SCOPES,
    ApiKey,
    KeyScope,
    digest_of,
    read_keys,
    write_keys,
)
from motherhaven.server.wire.redaction import PREFIX
from motherhaven.stores.shared import SharedRecords, put_own_record

MAX_KEYS: Final = 400
_ATTEMPTS: Final = 10
_NAME_CHARS: Final = 64
_BOT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")

Keys = tuple[ApiKey, ...]
RandomBytes = Callable[[int], bytes]


async def list_keys(store: SharedRecords) -> Keys:
    """All keys, oldest first, revoked ones too."""
    record = await store.get_shared_record(RECORD)
    return read_keys(record.text) if record else ()


async def create_key(
    store: SharedRecords,
    now: datetime,
    *,
    name: str,
    bot_id: str | None,
    scopes: tuple[KeyScope, ...],
    live: bool = False,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is nowhere else.

    Raises:
        ConfigError: the name, bot id or scopes are not valid, or there are MAX_KEYS.
        StoreUnavailable: the store cannot be written now.
    """
    _check(name, bot_id, scopes)
    key, secret = _new(now, name, bot_id, scopes, random_bytes)
    key = replace(key, live=live)

    def add(keys: Keys) -> Keys:
        return _added(keys, key)

    await _change(store, add, random_bytes)
    return key, secret


async def rotate_key(
    store: SharedRecords,
    now: datetime,
    key_id: str,
    *,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> tuple[ApiKey, str]:
    """A new key like the one of this id, which stays as it is, and the new one's secret.

    Raises:
        NotFound: no key has this id.
        ConfigError: there are MAX_KEYS.
        StoreUnavailable: the store cannot be written now.
    """
    old = _find(await list_keys(store), key_id)
    return await create_key(
        store,
        now,
        name=old.name,
        bot_id=old.bot_id,
        scopes=old.scopes,
        live=old.live,
        random_bytes=random_bytes,
    )


def _new(
    now: datetime,
    name: str,
    bot_id: str | None,
    scopes: tuple[KeyScope, ...],
    random_bytes: RandomBytes,
) -> tuple[ApiKey, str]:
    key_id = base64.b32encode(random_bytes(7))[:10].decode().lower()
    body = base64.urlsafe_b64encode(random_bytes(32)).decode().rstrip("=")
    secret = f"{PREFIX}{key_id}_{body}"
    ordered = tuple(scope for scope in SCOPES if scope in scopes)
    return ApiKey(key_id, name, bot_id, ordered, digest_of(secret), now), secret


def _added(keys: Keys, key: ApiKey) -> Keys:
    """With `key`; where there are too many, revoked ones are forgotten, which are refused too."""
    kept = keys if len(keys) < MAX_KEYS else tuple(k for k in keys if k.revoked_at is None)
    if len(kept) >= MAX_KEYS:
        raise ConfigError(f"{MAX_KEYS} keys are active, which is the most; revoke some")
    return (*kept, key)


def _find(keys: Keys, key_id: str) -> ApiKey:
    for key in keys:
        if key.id == key_id:
            return key
    raise NotFound(f"no key has the id {key_id[:60]!r}; `motherhaven keys list` shows them")


async def revoke_key(
    store: SharedRecords,
    now: datetime,
    key_id: str,
    *,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> ApiKey:
    """Revoke a key for good; revoking it again changes nothing.

    Raises:
        NotFound: no key has this id.
        StoreUnavailable: the store cannot be written now.
    """

    def end(keys: Keys) -> Keys:
        _find(keys, key_id)
        return tuple(
            replace(key, revoked_at=key.revoked_at or now) if key.id == key_id else key
            for key in keys
        )

    keys = await _change(store, end, random_bytes)
    return next(key for key in keys if key.id == key_id)


async def _change(
    store: SharedRecords, change: Callable[[Keys], Keys], random_bytes: RandomBytes
) -> Keys:
    for _ in range(_ATTEMPTS):
        record = await store.get_shared_record(RECORD)
        keys = change(read_keys(record.text) if record else ())
        text = write_keys(keys, random_bytes(8).hex())
        if await put_own_record(store, RECORD, text, record.revision if record else None):
            return keys
    raise StoreUnavailable("others change the keys at the same time; try again")


def _check(name: str, bot_id: str | None, scopes: tuple[KeyScope, ...]) -> None:
    if not name.strip() or len(name) > _NAME_CHARS or not name.isprintable():
        raise ConfigError(f"a key's name is 1 to {_NAME_CHARS} printable characters")
    if bot_id is not None and _BOT_ID.fullmatch(bot_id) is None:
        raise ConfigError(
            f"{bot_id[:60]!r} is not a bot id; `motherhaven keys bots` shows those of the store"
        )
    if not scopes:
        raise ConfigError(f"a key needs at least one scope: {', '.join(SCOPES)}")
