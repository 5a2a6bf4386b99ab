"""Signed session cookies, and what lets a session give commands for a while."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from itsdangerous import BadData, URLSafeSerializer

from motherhaven.contract.clock import Clock
from motherhaven.server.auth.sessions.revocation import Revoked

_MAX_TOKEN: Final = 300
_SESSION: Final = "motherhaven session"
_CONFIRMED: Final = "motherhaven confirmation"
"""What a token is for is signed with it: neither kind can be taken for the other."""

CONFIRMED_SECONDS: Final = 300
"""So long a session may give commands after it has shown its key again."""


def shared_secret(api_key: str) -> bytes:
    """What signs the sessions of all servers that have the same API key, on any machine.

    Slow on purpose: who holds a cookie could else try a short key offline at full speed.
    """
    return hashlib.scrypt(
        api_key.encode(), salt=b"motherhaven session", n=2**14, r=8, p=1, dklen=32
    )


@dataclass(frozen=True, slots=True)
class SessionClaims:
    """A valid session. expiry: Unix seconds. key_id: the bot's key it came from, or None."""

    name: str
    expiry: int
    key_id: str | None


class Sessions:
    """Makes and checks session tokens: random id, expiry and key, signed by itsdangerous.

    The signing key depends on the API key, so a new API key ends every session. A
    token is only ever made here, never taken over from a client.
    """

    def __init__(
        self,
        clock: Clock,
        api_key: str | None,
        *,
        secret: bytes | None,
        seconds: int,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        revoked_path: Path | None = None,
    ) -> None:
        base = secret or random_bytes(32)
        key = hmac.digest(base, hashlib.sha256((api_key or "").encode()).digest(), "sha256")
        self._sessions, self._confirmations = _signer(key, _SESSION), _signer(key, _CONFIRMED)
        self._clock = clock
        self._seconds = seconds
        self._random = random_bytes
        self._revoked = Revoked(revoked_path, clock.now().timestamp())
        self.revision = 0

    def new(self, key_id: str | None = None) -> str:
        """A fresh token; `key_id`: of the bot's key that was shown, None for the shared one."""
        name = urlsafe_b64encode(self._random(18)).decode()
        return self._sessions.dumps([name, self._now() + self._seconds, key_id])

    def read(self, token: str) -> SessionClaims | None:
        """The session, if the token was made here, has not ended and was not revoked."""
        claims = _read(self._sessions, token)
        if claims is None:
            return None
        session = SessionClaims(*claims)
        has_ended = session.name in self._revoked or session.expiry <= self._clock.now().timestamp()
        return None if has_ended else session

    def confirmation(self, name: str) -> str:
        """What lets the session of this name give commands for CONFIRMED_SECONDS; kept nowhere."""
        return self._confirmations.dumps([name, self._now() + CONFIRMED_SECONDS])

    def confirmed_until(self, name: str, given: str) -> int | None:
        """Until when `given` holds for this session (Unix seconds); None: it does not."""
        claims = _read(self._confirmations, given)
        if claims is None or claims[0] != name:
            return None
        until: int = claims[1]
        return until if until > self._clock.now().timestamp() else None

    def revoke(self, token: str) -> None:
        """End one session at once; a token that is not ours is ignored."""
        session = self.read(token)
        if session is not None:
            self._revoked.add(session.name, session.expiry)
            self.revision += 1

    def ended(self) -> dict[str, int]:
        """Names of the sessions that were ended, and when each would have expired."""
        return self._revoked.all()

    def learn_ended(self, elsewhere: Mapping[str, int]) -> bool:
        """End sessions that were ended on another server; whether any of them was still good."""
        now = self._clock.now().timestamp()
        fresh = {name: expiry for name, expiry in elsewhere.items() if expiry > now}
        for name, expiry in fresh.items():
            self._revoked.add(name, expiry)
        self.revision += bool(fresh)
        return bool(fresh)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _signer(key: bytes, purpose: str) -> URLSafeSerializer:
    ways = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(key, salt=purpose, signer_kwargs=ways)


def _read(signer: URLSafeSerializer, token: str) -> list[Any] | None:
    """What was signed; None where the token was not made here for this purpose."""
    if len(token) > _MAX_TOKEN or not token.isascii():
        return None
    try:
        claims: list[Any] = signer.loads(token)
    except BadData:
        return None
    return claims
