"""RiskLimits from named settings, whatever the case of the names: for `judge` and `replay`."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, Field, ValidationError

from motherhaven.bot.guard.presets import Preset, tightened
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import (
    ANSWER_GRACE_SECONDS,
    LIMIT_NAMES,
    OLD_NAMES,
    RiskLimits,
    canonical,
    explained,
)
from motherhaven.settings.names import KNOWN, is_foreign, meant

_ASSETS: Final = ("trading_assets", "active_trading_assets")
_NAMES: Final = frozenset((*LIMIT_NAMES, *OLD_NAMES, *_ASSETS))


class _Beside(BaseModel):
    """Settings that are no limits and decide some."""

    model_timeout_seconds: int | None = Field(None, ge=1, le=3_600)
    trading_preset: Preset = "standard"


def limits_from_mapping(values: Mapping[str, object]) -> RiskLimits:
    """Limits from settings by name, upper or lower case; names of other settings are ignored.

    A name that is no setting but resembles a limit is refused: a limit that the user
    thinks is set would not be.
    `settings.model_dump()` may be given as it is. TRADING_ASSETS gives the coins,
    ACTIVE_TRADING_ASSETS replaces it when not empty. Empty text or null switches a limit
    off that may be off. MODEL_TIMEOUT_SECONDS and TRADING_PRESET count as they do for a bot.

    Raises:
        ConfigError: a limit cannot be read or is out of its range; the message names it.
    """
    limits = _read(RiskLimits(), values)
    given = {str(name).lower(): value for name, value in values.items() if value not in (None, "")}
    try:
        beside = _Beside.model_validate(given)
    except ValidationError as error:
        raise ConfigError("; ".join(explained(error))) from None
    return completed(limits, beside.model_timeout_seconds, beside.trading_preset)


def completed(limits: RiskLimits, timeout_seconds: int | None, preset: Preset) -> RiskLimits:
    """The limits with what other settings decide of them: the age of an answer, and the preset.

    `timeout_seconds` is that of the model, None for the usual one.
    """
    if limits.max_answer_age_seconds is None and timeout_seconds is not None:
        limits = limits.changed(max_answer_age_seconds=timeout_seconds + ANSWER_GRACE_SECONDS)
    return tightened(limits, preset)


def changed_limits(limits: RiskLimits, changes: Mapping[str, object]) -> RiskLimits:
    """`limits` with some of them set anew, by the names that `limits_from_mapping` takes.

    Raises:
        ConfigError: a name is no limit, or a value cannot be read.
    """
    for name in changes:
        if name.lower() not in _ASSETS:
            canonical(name)
    return _read(limits, changes)


def _read(limits: RiskLimits, values: Mapping[str, object]) -> RiskLimits:
    _refuse_misspelt(values)
    lower = {str(name).lower(): value for name, value in values.items()}
    found: dict[str, Any] = {name: getattr(limits, name) for name in RiskLimits.model_fields}
    given: dict[str, str] = {}
    for name, value in lower.items():
        if name in _ASSETS or name not in _NAMES:
            continue
        known = canonical(name)
        given[known] = name.upper()
        found[known] = None if value == "" and _may_be_off(known) else value
    for name in _ASSETS:
        if lower.get(name):
            found["coins"] = lower[name]
            given["coins"] = name.upper()
    try:
        return RiskLimits(**found)
    except ValidationError as error:
        raise ConfigError("; ".join(explained(error, given))) from None


def _may_be_off(name: str) -> bool:
    return type(None) in get_args(RiskLimits.model_fields[name].annotation)


def _refuse_misspelt(values: Mapping[str, object]) -> None:
    own = {name.upper() for name in _NAMES}
    for name in values:
        upper = str(name).upper()
        if upper in own or upper in KNOWN or is_foreign(upper):
            continue
        guess = meant(upper, own)
        if guess is not None:
            raise ConfigError(f"{upper[:60]} is no limit; did you mean {guess}?")
