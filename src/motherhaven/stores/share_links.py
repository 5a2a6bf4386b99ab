"""Links by which others see one bot, or all of them, for a while: kept as digests in the store.

They stand in one shared record, so every server of the store knows them and a restart forgets
none. The token itself is shown once and kept nowhere.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from motherhaven.contract.errors import ContractError, StoreCorrupt, StoreUnavailable
from motherhaven.contract.times import format_time, parse_instant
from motherhaven.stores.shared import SharedRecords, put_own_record

RECORD: Final = "share-links"
MOST: Final = 200
"""Links that are kept; those that ended are forgotten first."""

LONGEST: Final = timedelta(days=90)
TOKEN_FORM: Final = re.compile(r"mhs_([a-z2-7]{10})_[A-Za-z0-9_-]{43}")
"""A token; its group is the link's id."""

_ATTEMPTS: Final = 10
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_MOST_NAME: Final = 100

RandomBytes = Callable[[int], bytes]


class TooManyLinks(ContractError):
    """As many links are open as one store keeps."""


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link without its token. `bot_id`: the only bot it shows; None: all.

    `key_id`: the bot's key whose session made it, with whose rights it ends; None: the shared
    key, or somebody at the store. `prompts`: prompts and answers are shown too.
    """

    id: str
    sha256: str
    bot_id: str | None
    prompts: bool
    made_at: datetime
    expires_at: datetime
    made_by: str
    key_id: str | None = None
    revoked_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it still shows anything."""
        return self.revoked_at is None and now < self.expires_at


def digest_of(token: str) -> str:
    """What is kept of a token; its 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_link(links: dict[str, ShareLink], token: str) -> ShareLink | None:
    """The link of a token, ended or not; every wrong one takes the same time."""
    form = TOKEN_FORM.fullmatch(token)
    link = links.get(form[1]) if form else None
    right = hmac.compare_digest(digest_of(token), link.sha256 if link else "0" * 64)
    return link if right else None


class ShareLinks:
    """The links of one store; safe from several servers at once."""

    def __init__(
        self, store: SharedRecords, random_bytes: RandomBytes = secrets.token_bytes
    ) -> None:
        self._store = store
        self._random = random_bytes

    async def all(self) -> dict[str, ShareLink]:
        """Every link that is kept, by id, the oldest first.

        Raises:
            StoreError: the store does not answer, or its record is damaged.
        """
        record = await self._store.get_shared_record(RECORD)
        return {} if record is None else _read(record.text)

    async def create(
        self,
        now: datetime,
        lasts: timedelta,
        *,
        bot_id: str | None,
        prompts: bool,
        made_by: str,
        key_id: str | None = None,
    ) -> tuple[ShareLink, str]:
        """A new link and its token.

        Raises:
            TooManyLinks: MOST are open.
            ContractError: it would last longer than LONGEST, or not at all.
            StoreError: it is not kept.
        """
        if not timedelta(minutes=1) <= lasts <= LONGEST:
            raise ContractError(f"a link lasts from one minute to {LONGEST.days} days")
        name = "".join(_LETTERS[byte % 32] for byte in self._random(10))
        token = f"mhs_{name}_{_text_of(self._random(32))}"
        link = ShareLink(
            name, digest_of(token), bot_id, prompts, now, now + lasts, made_by[:_MOST_NAME], key_id
        )

        def change(links: dict[str, ShareLink]) -> bool:
            if len(links) >= MOST:
                for one in [one.id for one in links.values() if not one.is_open(now)]:
                    del links[one]
            if len(links) >= MOST:
                raise TooManyLinks(f"{MOST} links are open; revoke one first")
            links[name] = link
            return True

        await self._change(change)
        return link, token

    async def revoke(self, link_id: str, now: datetime) -> bool:
        """End a link for good; whether there is one of this id.

        Raises:
            StoreError: it is not ended.
        """
        found = False

        def change(links: dict[str, ShareLink]) -> bool:
            nonlocal found
            link = links.get(link_id)
            found = link is not None
            if link is None or link.revoked_at is not None:
                return False
            links[link_id] = replace(link, revoked_at=now)
            return True

        await self._change(change)
        return found

    async def _change(self, change: Callable[[dict[str, ShareLink]], bool]) -> None:
        for _ in range(_ATTEMPTS):
            record = await self._store.get_shared_record(RECORD)
            links = {} if record is None else _read(record.text)
            if not change(links):
                return
            text = _write(links, self._random(8).hex())
            if await put_own_record(self._store, RECORD, text, record.revision if record else None):
                return
        raise StoreUnavailable("others change the links at the same time; try again")


def _text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _write(links: dict[str, ShareLink], token: str) -> str:
    rows = [
        {
            "id": one.id, "sha256": one.sha256, "bot_id": one.bot_id, "prompts": one.prompts,
            "made_at": format_time(one.made_at), "expires_at": format_time(one.expires_at),
            "made_by": one.made_by, "key_id": one.key_id,
            "revoked_at": None if one.revoked_at is None else format_time(one.revoked_at),
        }
        for one in links.values()
    ]  # fmt: skip
    return json.dumps({"links": rows, "token": token}, ensure_ascii=False, separators=(",", ":"))


def _read(text: str) -> dict[str, ShareLink]:
    try:
        links = [_link_of(row) for row in json.loads(text)["links"]]
    except (ValueError, KeyError, TypeError, ContractError) as error:
        raise StoreCorrupt(
            f"the store's record of share links is damaged ({type(error).__name__}); restore a "
            "backup"
        ) from None
    return {link.id: link for link in links}


def _link_of(row: Any) -> ShareLink:
    return ShareLink(
        id=str(row["id"]),
        sha256=str(row["sha256"]),
        bot_id=row["bot_id"],
        prompts=row["prompts"] is True,
        made_at=parse_instant(row["made_at"]),
        expires_at=parse_instant(row["expires_at"]),
        made_by=str(row["made_by"]),
        key_id=row["key_id"],
        revoked_at=None if row["revoked_at"] is None else parse_instant(row["revoked_at"]),
    )
