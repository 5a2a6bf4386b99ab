"""Settings of the venue where real money moves: its name, the account, its keys, its network."""

import re
from ipaddress import ip_address
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

Network = Literal["mainnet", "testnet", "local"]
"""Where the money is: real, worthless, or a fake venue on this machine."""

HYPERLIQUID: Final = "hyperliquid"
_CCXT: Final = re.compile(r"ccxt:[a-z][a-z0-9_]{0,39}")
_MOST: Final = 200
"""Characters of an address or a name; a key may have more."""


def venue_name(value: str) -> str:
    """The name of a venue: hyperliquid, or ccxt:NAME in ccxt's own spelling.

    Raises:
        ValueError: it is neither.
    """
    name = value.strip().lower()
    if name != HYPERLIQUID and not _CCXT.fullmatch(name):
        raise ValueError("use hyperliquid or ccxt:NAME, e.g. ccxt:binanceusdm")
    return name


def loopback_url(value: str) -> str:
    """An http address on this machine: keys must never go to an address that was typed in.

    Raises:
        ValueError: it is not one.
    """
    text = value.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme != "http" or not plain or port is None or not _is_loopback(parts.hostname):
        raise ValueError(
            "only a fake venue on this machine has another address, e.g. http://127.0.0.1:8645; "
            "leave it empty for the venue's own"
        )
    return text


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


_Local = Annotated[str, AfterValidator(loopback_url)]


class VenueSettings(BaseSettings):
    """The venue's settings; keys are never shown, and are read in live mode only."""

    trading_venue: Annotated[str, AfterValidator(venue_name)] = HYPERLIQUID
    hyperliquid_wallet_private_key: str | None = Field(None, repr=False, max_length=_MOST)
    hyperliquid_account_address: str | None = Field(None, max_length=_MOST)
    hyperliquid_testnet: bool = True
    hyperliquid_api_url: _Local | None = Field(None, max_length=_MOST)
    ccxt_api_key: str | None = Field(None, repr=False, max_length=1_000)
    ccxt_secret: str | None = Field(None, repr=False, max_length=10_000)
    ccxt_password: str | None = Field(None, repr=False, max_length=1_000)
    ccxt_testnet: bool = True
    ccxt_api_url: _Local | None = Field(None, max_length=_MOST)

    @property
    def on_hyperliquid(self) -> bool:
        """Whether the venue is Hyperliquid; else one that ccxt reaches."""
        return self.trading_venue == HYPERLIQUID

    @property
    def venue_url(self) -> str | None:
        """The address of a fake venue on this machine; None for the venue's own."""
        return self.hyperliquid_api_url if self.on_hyperliquid else self.ccxt_api_url

    @property
    def venue_testnet(self) -> bool:
        """Whether the venue's test network is meant."""
        return self.hyperliquid_testnet if self.on_hyperliquid else self.ccxt_testnet

    @property
    def network(self) -> Network:
        """Where the money of live mode is."""
        if self.venue_url is not None:
            return "local"
        return "testnet" if self.venue_testnet else "mainnet"

    @property
    def venue_secrets(self) -> tuple[str, ...]:
        """Every key and password of a venue that is set: what must never be shown."""
        given = (
            self.hyperliquid_wallet_private_key, self.ccxt_api_key, self.ccxt_secret,
            self.ccxt_password,
        )  # fmt: skip
        return tuple(one for one in given if one)

    @property
    def missing_for_venue(self) -> list[str]:
        """The settings without which nothing can be signed at the venue."""
        needed = (
            ("hyperliquid_wallet_private_key", "hyperliquid_account_address")
            if self.on_hyperliquid
            else ("ccxt_api_key", "ccxt_secret")
        )
        return [name.upper() for name in needed if not getattr(self, name)]
