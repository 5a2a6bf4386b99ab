"""What a server needs to know, handed in by whoever starts it; no environment is read here."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.wire import MAX_BATCH_EVENTS, MAX_BODY_BYTES
from motherhaven.server.alerts.send import Target
from motherhaven.server.forwarding import TrustedProxies

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one client, or all together, may take. Times in seconds."""

    body_bytes: int = MAX_BODY_BYTES
    batch_events: int = MAX_BATCH_EVENTS
    header_bytes: int = 32 * 1024
    header_seconds: float = 10.0
    body_seconds: float = 20.0
    login_body_seconds: float = 5.0
    send_seconds: float = 10.0
    drain_seconds: float = 10.0
    drain_bytes: int = 256 << 20
    connections: int = 2_000
    requests: int = 256
    streams: int = 1_000
    streams_of_key: int = 64
    streams_of_session: int = 32
    streams_of_address: int = 600
    polls: int = 800
    polls_of_key: int = 64
    polls_of_bot: int = 4
    login_attempts: int = 8
    key_attempts: int = 60
    wrong_key_seconds: float = 1.0
    wrong_key_hold_seconds: float = 0.25
    heartbeat_seconds: float = 10.0
    history_messages: int = 2_000
    history_bytes: int = 16 << 20
    shutdown_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """The settings of one server.

    api_key: the shared key of ingest, and of reading when that is not open. bot_keys: the
    store has keys of single bots, which open the server too. open_reading: requests from
    this machine may read without a key. dev_proxy: accept the
    forwarding headers of a development proxy on this machine. proxies: whose word on a
    client's address is taken. session_secret: signs
    session cookies; None makes one that lasts as long as the process. revoked_path: the
    file that remembers ended sessions over a restart. page_dir: the built page;
    page_building: whether it is being built at the moment. take_link: uses up the
    token of a sign-in link, and tells whether it was good.
    alert_targets: where alerts go; alert_disk: a folder whose disk must not get full.
    """

    host: str = "127.0.0.1"
    port: int = 3000
    api_key: str | None = field(default=None, repr=False)
    bot_keys: bool = False
    open_reading: bool = False
    dev_proxy: bool = False
    allowed_hosts: tuple[str, ...] = ()
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    session_secret: bytes | None = field(default=None, repr=False)
    session_seconds: int = 30 * 24 * 3600
    revoked_path: Path | None = None
    page_dir: Path | None = None
    page_building: Callable[[], bool] = field(default=lambda: False, repr=False)
    take_link: Callable[[str], bool] = field(default=lambda _: False, repr=False)
    limits: Limits = Limits()
    alert_targets: tuple[Target, ...] = field(default=(), repr=False)
    alert_disk: Path | None = None

    def check(self) -> None:
        """Refuse settings that would leave the server open to the network.

        Raises:
            ConfigError: a port out of range, or an address beyond loopback without a key.
        """
        if not 0 <= self.port <= 65_535:
            raise ConfigError(f"port {self.port} does not exist; choose one from 1 to 65535")
        if not self.api_key and not self.bot_keys and not is_loopback(self.host):
            raise ConfigError(
                f"the server would listen on {self.host or 'every address'} without a key, open "
                "to the network; set LLM_BOT_API_KEY in the environment or .env.local, or make "
                "a key in its store: motherhaven keys create --name NAME --scope ingest "
                "--scope read; or listen on 127.0.0.1"
            )

    @property
    def hosts(self) -> frozenset[str]:
        """Host names, without port, under which reading without the key is answered."""
        return frozenset((*LOOPBACK_NAMES, *(name.lower() for name in self.allowed_hosts)))


def is_loopback(host: str | None) -> bool:
    """Whether an address or name can only mean this machine."""
    if not host:
        return False
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
