"""The fleet file: which bots there are, and the settings of each."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.running.config import refuse_live
from motherhaven.bot.running.entry import control_folder
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import LIMIT_NAMES
from motherhaven.contract.ranges import coin_list
from motherhaven.contract.similar import closest
from motherhaven.contract.tags import tag_list
from motherhaven.settings import Settings, load_settings
from motherhaven.settings.env_file import not_text

MAX_BOTS: Final = 100
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FLEET: Final = ("data", "spread_seconds")
_SETTINGS: Final = {
    "capital": "paper_deposit_usd",
    "decider": "trading_decider",
    "preset": "trading_preset",
    "market": "trading_market",
    "interval_seconds": "execution_interval_seconds",
}
"""A bot's keys and the settings that they stand for."""
_BOT: Final = ("name", "coins", "journal", "tags", "limits", *_SETTINGS)
LIMITS: Final = (*LIMIT_NAMES, "day_zone")
"""The keys of [bot.limits]: settings in lower case."""


@dataclass(frozen=True, slots=True)
class BotPlan:
    """One bot: its name, its settings, and what its process's environment must say."""

    name: str
    settings: Settings
    environment: Mapping[str, str]

    @property
    def control(self) -> Path:
        """The folder through which the bot is controlled."""
        return control_folder(self.settings)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """The whole fleet; `data` is the folder for its journals and its own state."""

    path: Path
    data: Path
    bots: tuple[BotPlan, ...]


def read_fleet(path: Path) -> FleetPlan:
    """Read and check a fleet file.

    Settings that a bot does not name are those of the environment and `.env`; its cycles
    are spread over `spread_seconds` (default 30), so that they do not all come at once.

    Raises:
        ConfigError: the file cannot be read, or a key or value is wrong; names bot and key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name a fleet file") from None
    except UnicodeDecodeError:
        raise not_text(path) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    _known(data, ("fleet", "bot"), f"{path}")
    fleet = _table(data.get("fleet", {}), f"{path}: fleet")
    _known(fleet, _FLEET, f"{path}: fleet")
    bots = data.get("bot")
    if not isinstance(bots, list) or not 1 <= len(bots) <= MAX_BOTS:
        raise ConfigError(f"{path}: write 1 to {MAX_BOTS} tables [[bot]], each with a name")
    home = load_settings()
    folder = Path(str(fleet.get("data", home.motherhaven_data / "fleet")))
    spread = fleet.get("spread_seconds", 30)
    if isinstance(spread, bool) or not isinstance(spread, int) or not 0 <= spread <= 55:
        raise ConfigError(f"{path}: fleet: spread_seconds must be a whole number from 0 to 55")
    plans = [
        _bot(_table(table, f"{path}: bot {number}"), f"{path}: bot {number}", folder,
             spread * (number - 1) // len(bots))
        for number, table in enumerate(bots, start=1)
    ]  # fmt: skip
    _apart(plans, path)
    return FleetPlan(path, folder, tuple(plans))


def _bot(table: Mapping[str, Any], where: str, folder: Path, offset: int) -> BotPlan:
    _known(table, _BOT, where)
    name = table.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"{where}: name must be 1 to 64 characters of A-Z a-z 0-9 . _ -")
    where = f"{where} ({name})"
    changes: dict[str, str] = {
        "motherhaven_bot": name,
        "motherhaven_data": str(table.get("journal", folder / name)),
        "cycle_offset_seconds": str(offset),
    }
    if "coins" in table:
        changes["trading_assets"] = ",".join(_coins(table["coins"], where))
        changes["active_trading_assets"] = changes["trading_assets"]
    if "tags" in table:
        changes["motherhaven_tags"] = ",".join(_tags(table["tags"], where))
    for key, setting in _SETTINGS.items():
        if key in table:
            changes[setting] = _text(table[key], f"{where}: {key}")
    limits = _table(table.get("limits", {}), f"{where}: limits")
    _known(limits, LIMITS, f"{where}: limits")
    for key, value in limits.items():
        changes[key] = _text(value, f"{where}: limits.{key}")
    try:
        settings = load_settings(**changes)
        refuse_live(settings, "a fleet")
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    return BotPlan(name, settings, {key.upper(): value for key, value in changes.items()})


def _apart(plans: Sequence[BotPlan], path: Path) -> None:
    """Names and journals must differ: two bots never share an account."""
    seen: dict[str, str] = {}
    for plan in plans:
        for what in (f"name {plan.name.lower()}", f"journal {plan.control.absolute()}"):
            if what in seen:
                raise ConfigError(
                    f"{path}: {plan.name} and {seen[what]} have the same {what.split()[0]}; "
                    "give each its own"
                )
            seen[what] = plan.name


def _known(table: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for key in table:
        if key not in names:
            meant = closest(key, names)
            advice = f"did you mean {meant}?" if meant else f"use {', '.join(names)}"
            raise ConfigError(f"{where}: unknown key {key!r}; {advice}")


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: must be a table")
    return value


def _coins(value: object, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(coin, str) for coin in value):
        raise ConfigError(f'{where}: coins must be a list, e.g. ["BTC", "ETH"]')
    try:
        return list(coin_list(value))
    except ValueError as error:
        raise ConfigError(f"{where}: coins: {error}") from None


def _tags(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise ConfigError(f'{where}: tags must be a list, e.g. ["trend", "test-2"]')
    try:
        return tag_list(value)
    except ValueError as error:
        raise ConfigError(f"{where}: tags: {error}") from None


def _text(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, Decimal)) and str(value):
        return str(value)
    raise ConfigError(f"{where}: must be text, a number, true or false")
