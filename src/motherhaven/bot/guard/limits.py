"""GuardLimits from named settings, whatever the case of the names."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.exchange.symbols import normalise_symbol
from motherhaven.bot.guard.types import GuardLimits
from motherhaven.contract.errors import ConfigError, InvalidMoney, MarketError
from motherhaven.contract.money import to_decimal


def _money(name: str, value: object) -> Decimal:
    try:
        number = to_decimal(value, name)
    except InvalidMoney as error:
        raise ConfigError(str(error)) from None
    if number < 0:
        raise ConfigError(f"{name}: {value!r} is below 0; send 0 or more")
    return number


def _whole(name: str, value: object) -> int:
    number = _money(name, value)
    if number != number.to_integral_value():
        raise ConfigError(f"{name}: {value!r} is not a whole number")
    return int(number)


def _leverage(name: str, value: object) -> int:
    number = _whole(name, value)
    if not 1 <= number <= 100:
        raise ConfigError(f"{name}: {value!r} must lie between 1 and 100")
    return number


def _flag(name: str, value: object) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if isinstance(value, bool):
        return value
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise ConfigError(f"{name}: {value!r} is not true or false") from None


def _coins(name: str, value: object) -> frozenset[str]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple, set, frozenset)):
        raise ConfigError(f"{name}: {value!r} is not a list of coins; send e.g. BTC,ETH,SOL")
    try:
        return frozenset(normalise_symbol(str(part)) for part in parts if str(part).strip())
    except MarketError as error:
        raise ConfigError(f"{name}: {error}") from None


_READERS: Final[dict[str, Callable[[str, object], Any]]] = {
    "max_position_size_usd": _money,
    "max_leverage": _leverage,
    "daily_loss_limit_usd": _money,
    "max_coin_usd": _money,
    "max_total_usd": _money,
    "max_positions": _whole,
    "min_confidence": _money,
    "cooldown_seconds": _whole,
    "max_trades_per_day": _whole,
    "price_band": _money,
    "stop_buffer": _money,
    "max_data_age_seconds": _whole,
    "max_answer_age_seconds": _whole,
    "max_model_cost_usd": _money,
    "clamp": _flag,
    "coins": _coins,
}
_OPTIONAL: Final = {"max_coin_usd", "max_total_usd", "max_trades_per_day", "max_model_cost_usd"}
_DERIVED: Final = {"max_answer_age_seconds"}
"""Limits whose default is worked out where nothing is set."""
_ALIASES: Final = {
    "max_coin_margin_usd": "max_coin_usd",
    "max_total_margin_usd": "max_total_usd",
    "max_open_positions": "max_positions",
    "entry_cooldown_seconds": "cooldown_seconds",
    "stop_liquidation_buffer": "stop_buffer",
    "clamp_entries": "clamp",
    "model_daily_cost_usd": "max_model_cost_usd",
}
"""Names of the bot's settings that differ from the limits' own."""
_ASSETS: Final = ("trading_assets", "active_trading_assets")


def limits_from_mapping(values: Mapping[str, object]) -> GuardLimits:
    """Limits from settings by name, upper or lower case; names of other settings are ignored.

    `settings.model_dump()` may be given as it is. TRADING_ASSETS gives the coins,
    ACTIVE_TRADING_ASSETS replaces it when not empty. Empty text or null switches an
    optional limit off.

    Raises:
        ConfigError: a limit cannot be read; the message names it.
    """
    lower = {name.lower(): value for name, value in values.items()}
    named = {_ALIASES.get(name, name): value for name, value in lower.items()}
    found: dict[str, Any] = {}
    for name in _ASSETS:
        if named.get(name):
            found["coins"] = _coins(name.upper(), named[name])
    for name, reader in _READERS.items():
        if name not in named:
            continue
        value = named[name]
        if value in (None, "") and (name in _OPTIONAL or name in _DERIVED):
            if name in _OPTIONAL:
                found[name] = None
        else:
            found[name] = reader(name.upper(), value)
    return GuardLimits(**found)


def changed_limits(limits: GuardLimits, changes: Mapping[str, object]) -> GuardLimits:
    """`limits` with some of them set anew, by the names that `limits_from_mapping` takes.

    Raises:
        ConfigError: a name is no limit, or a value cannot be read.
    """
    known = set(_READERS) | set(_ALIASES) | set(_ASSETS)
    unknown = [name for name in changes if name.lower() not in known]
    if unknown:
        choice = ", ".join(sorted(name.upper() for name in {*_READERS, *_ALIASES}))
        raise ConfigError(f"{unknown[0]} is no limit of the guard; use one of {choice}")
    read = limits_from_mapping(changes)
    names = {_ALIASES.get(name.lower(), name.lower()) for name in changes}
    fields = {"coins" if name in _ASSETS else name for name in names}
    return replace(limits, **{name: getattr(read, name) for name in fields})
