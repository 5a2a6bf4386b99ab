"""`motherhaven init`: a few questions, and a .env that only its owner can read."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from motherhaven.bot.decider.choose import (
    BASELINES,
    DEFAULT_ANTHROPIC,
    DEFAULT_OPENAI,
    check_decider,
)
from motherhaven.bot.market.choose import check_market
from motherhaven.cli.output import emit, say
from motherhaven.contract.errors import ConfigError
from motherhaven.settings import load_server_settings, load_settings

Ask = Callable[[str, str, bool], str]
"""Asks for a value: the question, its default, and whether what is typed stays hidden."""

_KEYS: Final = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}


def init(path: Path, ask: Ask, *, yes: bool, force: bool) -> None:
    """Write `path` from answers, or with `yes` from the defaults.

    Paper money is what it sets up. Real money is never one answer away: it is set by hand,
    step by step, and then armed.

    Raises:
        ConfigError: the file is there and stays, an answer is wrong, or live was chosen.
    """
    if path.exists() and not force:
        kept = f"{path} is there already and stays as it is; give --force to write it anew"
        if yes or ask(f"{path} is there already. Type overwrite to replace it", "keep", False) != (
            "overwrite"
        ):
            raise ConfigError(kept)
    values = _defaults() if yes else _asked(ask)
    text = _text(values)
    _check(values)
    _write(path, text)
    emit(f"{path} is written; only you can read it.")
    emit("Next: python start_bot.py (the dashboard, then the bot), or motherhaven bot start")


def _check(values: Mapping[str, str]) -> None:
    """Nothing is written that the bot would refuse at its start.

    Raises:
        ConfigError: a value is wrong; the message names the setting.
    """
    checked = {name.lower(): value for name, value in values.items() if value}
    settings = load_settings(_env_file=None, **checked)
    check_market(settings.trading_market)
    check_decider(settings.trading_decider)


def _defaults() -> dict[str, str]:
    return {
        "TRADING_MODE": "paper",
        "TRADING_MARKET": "auto",
        "TRADING_DECIDER": "auto",
        "TRADING_PRESET": "standard",
        "TRADING_ASSETS": "BTC,ETH,SOL",
        "PAPER_DEPOSIT_USD": "10000",
        "MAX_POSITION_SIZE_USD": "50",
        "MAX_LEVERAGE": "5",
        "DAILY_LOSS_LIMIT_USD": "20",
        **_dashboard(),
    }


def _dashboard() -> dict[str, str]:
    """The server's key if it has one already (.env.local, environment), else a new one."""
    key = load_server_settings().llm_bot_api_key or secrets.token_urlsafe(32)
    return {
        "MOTHERHAVEN_ENABLED": "true",
        "MOTHERHAVEN_API_URL": "http://localhost:3000",
        "MOTHERHAVEN_API_KEY": key,
        "LLM_BOT_API_KEY": key,
    }


def _asked(ask: Ask) -> dict[str, str]:
    values = _defaults()
    if ask("Money: paper or live", "paper", False).lower() != "paper":
        _refuse_live()
    values["TRADING_ASSETS"] = ask("Coins", values["TRADING_ASSETS"], False)
    choices = f"auto, {', '.join(BASELINES)}, {DEFAULT_ANTHROPIC}, {DEFAULT_OPENAI} or another"
    decider = ask(f"Who decides ({choices})", "auto", False)
    values["TRADING_DECIDER"] = decider
    key = _KEYS.get(decider.partition(":")[0])
    if key is not None and not os.environ.get(key):
        values[key] = ask(f"{key} (hidden)", "", True)
    for name, question in (
        ("TRADING_PRESET", "Preset: conservative, standard or aggressive"),
        ("PAPER_DEPOSIT_USD", "Paper money in USD"),
        ("MAX_POSITION_SIZE_USD", "Most margin in one position, in USD"),
        ("MAX_LEVERAGE", "Most leverage"),
        ("DAILY_LOSS_LIMIT_USD", "No new entries after this loss in a day, in USD"),
    ):
        values[name] = ask(question, values[name], False)
    return values


def _refuse_live() -> None:
    raise ConfigError(
        "init sets up paper money only, and nothing is written. Choose paper here; going live is "
        "a rehearsal, a test network and `motherhaven arm`: docs/how-to/go-live.md"
    )


def _text(values: Mapping[str, str]) -> str:
    head = "# Written by `motherhaven init`; every setting is explained in .env.example\n"
    for name, value in values.items():
        if "\n" in value or "\r" in value or "'" in value:
            raise ConfigError(f"{name}: a line break or a quote does not belong there")
    return head + "".join(
        f"{name}='{value}'\n" if set(value) & set(' #"$\\') else f"{name}={value}\n"
        for name, value in values.items()
    )


def _write(path: Path, text: str) -> None:
    """The whole file or none of it, readable by its owner alone from its first byte."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, text.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from None
    if path.name == ".env":
        say("Keep .env out of git: it holds keys.")
