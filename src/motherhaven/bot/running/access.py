"""From the settings to an account at a live venue; what cannot be meant is refused in words."""

import json
import re
from pathlib import Path
from typing import Final

from motherhaven.bot.execution.access import SendGate, VenueAccess, closed
from motherhaven.contract.errors import ConfigError
from motherhaven.settings.bot import Settings, TradingMode
from motherhaven.settings.places import state_folder

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_KEY: Final = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")


def venue_access(settings: Settings, gate: SendGate = closed) -> VenueAccess:
    """The account that the settings name, with the key that signs for it in live mode alone.

    Raises:
        ConfigError: a key or the account is missing, or cannot be one; never shows a key.
    """
    if settings.trading_mode is not TradingMode.LIVE:
        return VenueAccess(
            _account(settings), venue_folder(settings), settings.venue_testnet, settings.venue_url
        )
    missing = settings.missing_for_venue
    if missing:
        raise ConfigError(
            f"TRADING_MODE=live needs {' and '.join(missing)} in .env; see docs/how-to/go-live.md"
        )
    secret = _secret(settings)
    return VenueAccess(
        _account(settings), venue_folder(settings), settings.venue_testnet, settings.venue_url,
        lambda: secret, gate=gate, locks=signer_locks(),
    )  # fmt: skip


def refuse_keys_in_shadow(settings: Settings) -> None:
    """A shadow sends nothing; a process without a key cannot, whatever goes wrong in it.

    Raises:
        ConfigError: a key of a venue is set.
    """
    if settings.trading_mode is TradingMode.SHADOW and settings.venue_secrets:
        raise ConfigError(
            "TRADING_MODE=shadow sends no order, so it takes no key: empty "
            "HYPERLIQUID_WALLET_PRIVATE_KEY and CCXT_* in .env. The account's address alone is "
            "enough to read it",
            code="shadow_key",
        )


def venue_folder(settings: Settings) -> Path:
    """Where an adapter keeps its nonces and its lock: one folder for each account."""
    who = settings.hyperliquid_account_address if settings.on_hyperliquid else "account"
    parts = (settings.trading_venue, settings.network, who or "account")
    return settings.motherhaven_data / "venues" / _UNSAFE.sub("-", "-".join(parts)).lower()


def signer_locks() -> Path | None:
    """Where this user's bots keep one lock for each key, whatever their MOTHERHAVEN_DATA."""
    state = state_folder()
    return None if state is None else state / "signers"


def _account(settings: Settings) -> str:
    if not settings.on_hyperliquid:
        return settings.trading_venue
    address = (settings.hyperliquid_account_address or "").strip()
    if not _ADDRESS.fullmatch(address):
        raise ConfigError("HYPERLIQUID_ACCOUNT_ADDRESS is no address: 0x and 40 hexadecimal digits")
    return address.lower()


def _secret(settings: Settings) -> str:
    if settings.on_hyperliquid:
        key = (settings.hyperliquid_wallet_private_key or "").strip()
        if not _KEY.fullmatch(key):
            raise ConfigError(
                "HYPERLIQUID_WALLET_PRIVATE_KEY is no private key: 64 hexadecimal digits, with or "
                "without 0x; it is not shown here"
            )
        return key
    return json.dumps(
        {
            "key": settings.ccxt_api_key,
            "secret": settings.ccxt_secret,
            "password": settings.ccxt_password,
        }
    )
