"""Signed session cookies and the throttle of the key page."""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.server.access.revoked import Revoked

_MAX_PEERS: Final = 1_024
_MAX_TOKEN: Final = 200


def shared_secret(api_key: str) -> bytes:
    """What signs the sessions of all servers that have the same API key, on any machine.

    Slow on purpose: who holds a cookie could else try a short key offline at full speed.
    """
    return hashlib.scrypt(
        api_key.encode(), salt=b"motherhaven session", n=2**14, r=8, p=1, dklen=32
    )


@dataclass(frozen=True, slots=True)
class Ticket:
    """A valid session. expiry: Unix seconds. key_id: the bot's key it came from, or None."""

    name: str
    expiry: int
    key_id: str | None


class Sessions:
    """Makes and checks session tokens: random id, expiry, key and an HMAC over them.

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
        self._key = hmac.digest(base, hashlib.sha256((api_key or "").encode()).digest(), "sha256")
        self._clock = clock
        self._seconds = seconds
        self._random = random_bytes
        self._revoked = Revoked(revoked_path, clock.now().timestamp())
        self.revision = 0

    def new(self, key_id: str | None = None) -> str:
        """A fresh token; `key_id`: of the bot's key that was shown, None for the shared one."""
        name = base64.urlsafe_b64encode(self._random(18)).decode()
        body = f"{name}.{int(self._clock.now().timestamp()) + self._seconds}"
        body += f".{key_id}" if key_id else ""
        return f"{body}.{self._sign(body)}"

    def read(self, token: str) -> Ticket | None:
        """The session, if the token was made here, has not ended and was not revoked."""
        if len(token) > _MAX_TOKEN or not token.isascii():
            return None
        body, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature, self._sign(body)):
            return None
        name, expiry, *key_id = body.split(".")
        if name in self._revoked or int(expiry) <= self._clock.now().timestamp():
            return None
        return Ticket(name, int(expiry), key_id[0] if key_id else None)

    def revoke(self, token: str) -> None:
        """End one session at once; a token that is not ours is ignored."""
        ticket = self.read(token)
        if ticket is not None:
            self._revoked.add(ticket.name, ticket.expiry)
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

    def _sign(self, body: str) -> str:
        digest = hmac.digest(self._key, body.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Throttle:
    """Lets each peer fail `attempts` times in `seconds`; forgets the oldest peers first."""

    def __init__(self, clock: Clock, *, attempts: int, seconds: float) -> None:
        self._clock = clock
        self._attempts = attempts
        self._seconds = seconds
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, peer: str) -> float:
        """Seconds until this peer may try again; 0 when it may now."""
        times = self._failures.get(_network(peer))
        if times is None:
            return 0.0
        now = self._clock.monotonic()
        while times and now - times[0] >= self._seconds:
            times.popleft()
        if len(times) < self._attempts:
            return 0.0
        return self._seconds - (now - times[0])

    def failed(self, peer: str) -> None:
        """Count one failure."""
        name = _network(peer)
        times = self._failures.setdefault(name, deque(maxlen=self._attempts))
        self._failures.move_to_end(name)
        times.append(self._clock.monotonic())
        while len(self._failures) > _MAX_PEERS:
            self._failures.popitem(last=False)


def _network(peer: str) -> str:
    """One IPv6 customer holds a /64; count it as one peer."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return address.packed[:8].hex()
    return peer
