"""RiskLimits from named settings, whatever the case of the names."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.guard.types import RiskLimits
from motherhaven.contract.errors import ConfigError, InvalidMoney
from motherhaven.contract.money import to_decimal
from motherhaven.settings.names import KNOWN, is_foreign, meant
from motherhaven.settings.ranges import coin_list, fraction, part, positive_usd


def _number(name: str, value: object, check: Callable[[Decimal], Decimal]) -> Decimal:
    try:
        return check(to_decimal(value, name))
    except InvalidMoney as error:
        raise ConfigError(str(error)) from None
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None


def _money(name: str, value: object) -> Decimal:
    return _number(name, value, positive_usd)


def _fraction(name: str, value: object) -> Decimal:
    return _number(name, value, fraction)


def _part(name: str, value: object) -> Decimal:
    return _number(name, value, part)


def _between(least: int, most: int) -> Callable[[str, object], int]:
    """A reader of whole numbers from `least` to `most`."""

    def read(name: str, value: object) -> int:
        number = _number(name, value, Decimal)
        if number != number.to_integral_value():
            raise ConfigError(f"{name}: {number:f} is not a whole number")
        if not least <= number <= most:
            raise ConfigError(f"{name}: {number:f} must lie between {least} and {most}")
        return int(number)

    return read


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
        return frozenset(coin_list([str(part) for part in parts if str(part).strip()]))
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None


_READERS: Final[dict[str, Callable[[str, object], Any]]] = {
    "max_position_size_usd": _money,
    "max_leverage": _between(1, 100),
    "daily_loss_limit_usd": _money,
    "max_coin_usd": _money,
    "max_total_usd": _money,
    "max_positions": _between(1, 100),
    "min_confidence": _fraction,
    "cooldown_seconds": _between(0, 604_800),
    "max_trades_per_day": _between(1, 100_000),
    "price_band": _part,
    "stop_buffer": _fraction,
    "max_data_age_seconds": _between(1, 86_400),
    "max_answer_age_seconds": _between(1, 86_400),
    "max_model_cost_usd": _money,
    "clamp": _flag,
    "stop_may_widen": _flag,
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


def limits_from_mapping(values: Mapping[str, object]) -> RiskLimits:
    """Limits from settings by name, upper or lower case; names of other settings are ignored.

    A name that is no setting but resembles a limit is refused: a limit that the user
    thinks is set would not be.
    `settings.model_dump()` may be given as it is. TRADING_ASSETS gives the coins,
    ACTIVE_TRADING_ASSETS replaces it when not empty. Empty text or null switches an
    optional limit off.

    Raises:
        ConfigError: a limit cannot be read or is out of its range; the message names it.
    """
    _refuse_misspelt(values)
    lower = {name.lower(): value for name, value in values.items()}
    named = {_ALIASES.get(name, name): value for name, value in lower.items()}
    given = {_ALIASES.get(name, name): name.upper() for name in lower}
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
            found[name] = reader(given[name], value)
    return RiskLimits(**found)


def _refuse_misspelt(values: Mapping[str, object]) -> None:
    own = {name.upper() for name in (*_READERS, *_ALIASES, *_ASSETS)}
    for name in values:
        upper = str(name).upper()
        if upper in own or upper in KNOWN or is_foreign(upper):
            continue
        guess = meant(upper, own)
        if guess is not None:
            raise ConfigError(f"{upper[:60]} is no limit; did you mean {guess}?")


def changed_limits(limits: RiskLimits, changes: Mapping[str, object]) -> RiskLimits:
    """`limits` with some of them set anew, by the names that `limits_from_mapping` takes.

    Raises:
        ConfigError: a name is no limit, or a value cannot be read.
    """
    known = set(_READERS) | set(_ALIASES) | set(_ASSETS)
    _refuse_misspelt(changes)
    unknown = [name for name in changes if name.lower() not in known]
    if unknown:
        choice = ", ".join(sorted(name.upper() for name in {*_READERS, *_ALIASES}))
        raise ConfigError(f"{unknown[0]} is no limit of the guard; use one of {choice}")
    read = limits_from_mapping(changes)
    names = {_ALIASES.get(name.lower(), name.lower()) for name in changes}
    fields = {"coins" if name in _ASSETS else name for name in names}
    return replace(limits, **{name: getattr(read, name) for name in fields})
