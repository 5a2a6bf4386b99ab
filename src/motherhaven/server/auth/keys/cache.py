"""Keys of single bots: random, kept as digests in the store, known to every server of it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import StoreCorrupt, StoreError
from motherhaven.contract.times import format_time, parse_instant
from motherhaven.server.background import Wanted, beside
from motherhaven.server.wire.redaction import KEY_FORM
from motherhaven.stores.shared import SharedRecords

KeyScope = Literal["ingest", "read", "control"]
SCOPES: Final[tuple[KeyScope, ...]] = get_args(KeyScope)
RECORD: Final = "keys"
REFRESH_SECONDS: Final = 2.0
"""A revoked key is refused at the latest after so many seconds, on every server."""

UNKNOWN_SECONDS: Final = 0.25
"""A key that was made just now works: for an id that is not known they are read this often."""

_NO_DIGEST: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. `bot_id`: the only bot it sends for and sees; None: any.

    `live`: a bound key's bot may call itself live.
    """

    id: str
    name: str
    bot_id: str | None
    scopes: tuple[KeyScope, ...]
    sha256: str
    created_at: datetime
    revoked_at: datetime | None = None
    live: bool = False


def digest_of(secret: str) -> str:
    """What is kept of a key; its 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def looks_like_key(given: bytes | None) -> bool:
    """Whether this has the form of a bot's own key."""
    return given is not None and KEY_FORM.fullmatch(given.decode("latin-1")) is not None


def read_keys(text: str) -> tuple[ApiKey, ...]:
    """The keys of the store's record.

    Raises:
        StoreCorrupt: it is not a record of keys.
    """
    try:
        return tuple(_key_of(entry) for entry in json.loads(text)["keys"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreCorrupt(
            f"the store's record of keys is damaged ({type(error).__name__}); restore a backup"
        ) from None


def write_keys(keys: tuple[ApiKey, ...], token: str) -> str:
    """The record's text; `token` makes it unlike any that another process would write."""
    entries = [
        {
            "id": key.id,
            "name": key.name,
            "bot_id": key.bot_id,
            "scopes": list(key.scopes),
            "sha256": key.sha256,
            "created_at": format_time(key.created_at),
            "revoked_at": format_time(key.revoked_at) if key.revoked_at else None,
            "live": key.live,
        }
        for key in keys
    ]
    return json.dumps({"keys": entries, "token": token}, separators=(",", ":"))


def _key_of(entry: Any) -> ApiKey:
    revoked = entry["revoked_at"]
    return ApiKey(
        id=entry["id"],
        name=entry["name"],
        bot_id=entry["bot_id"],
        scopes=tuple(scope for scope in SCOPES if scope in entry["scopes"]),
        sha256=entry["sha256"],
        created_at=parse_instant(entry["created_at"]),
        revoked_at=parse_instant(revoked) if revoked else None,
        live=entry.get("live") is True,
    )


class ApiKeyCache:
    """What a server knows of the keys: at most REFRESH_SECONDS old when it decides.

    Requests with such a key renew it when it is older; while a stream that came in with
    one is open, a task does. `changed` is called after the keys changed.
    """

    def __init__(self, store: SharedRecords, clock: Clock, changed: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._changed = changed
        self._keys: dict[str, ApiKey] = {}
        self._known: int | None = None
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()
        self._wanted = Wanted()
        self.revision = 0

    @property
    def any_active(self) -> bool:
        """Whether a key was known when the store was last read that is not revoked."""
        return any(key.revoked_at is None for key in self._keys.values())

    def reader(self, key_id: str) -> ApiKey | None:
        """The key of this id, if it may read; None if it is revoked or not known."""
        key = self._keys.get(key_id)
        return key if key and key.revoked_at is None and "read" in key.scopes else None

    def find(self, given: bytes | None) -> ApiKey | None:
        """The key that was given, revoked or not; every wrong one takes the same time."""
        text = "" if given is None else given.decode("latin-1")
        form = KEY_FORM.fullmatch(text)
        key = self._keys.get(form[1]) if form else None
        right = hmac.compare_digest(digest_of(text), key.sha256 if key else _NO_DIGEST)
        return key if right else None

    async def renew(self, given: bytes | None) -> None:
        """Read the keys again if `given` may be one and what is known is too old.

        Raises:
            StoreError: the store does not answer; no key of it can be judged.
        """
        form = KEY_FORM.fullmatch(given.decode("latin-1")) if given is not None else None
        if form is not None:
            await self.refresh(REFRESH_SECONDS if form[1] in self._keys else UNKNOWN_SECONDS)

    async def refresh(self, seconds: float = REFRESH_SECONDS) -> None:
        """Read the keys again if what is known is at least `seconds` old.

        Raises:
            StoreError: the store does not answer.
        """
        async with self._lock:
            if self._clock.monotonic() - self._read_at >= seconds:
                await self._read()

    @contextmanager
    def stream(self, key: ApiKey | None) -> Iterator[None]:
        """While a request lasts that came in with `key`, the keys are kept fresh."""
        with nullcontext() if key is None else self._wanted.held():
            yield

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after open streams while the context lasts."""
        async with beside(self._follow):
            yield

    async def _follow(self) -> None:
        while True:
            await self._wanted.wait()
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                async with self._lock:
                    await self._read()
            except StoreError:
                continue  # the stream itself tells that the store fails

    async def _read(self) -> None:
        started = self._clock.monotonic()
        record = await self._store.get_shared_record(RECORD)
        revision = record.revision if record else 0
        if revision != self._known:
            keys = read_keys(record.text) if record else ()
            self._keys = {key.id: key for key in keys}
            self._known = revision
            self.revision += 1
            self._changed()
        self._read_at = started
