"""What an advice names is there: each command, word of the bot and setting."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from motherhaven.bot.running.entry import WORDS
from motherhaven.cli.main import app
from motherhaven.contract.reasons import KINDS, REASONS
from motherhaven.settings import Settings
from motherhaven.settings.names import KNOWN

ADVICE = {**REASONS, **KINDS}
_COMMAND = re.compile(r"motherhaven (?P<name>[a-z][a-z-]*)(?: (?P<word>[a-z]+))?")
_WORD = re.compile(r"run_analysis_bot\.py (?P<word>[a-z]+)")
_SETTING = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")


def named(pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """Every place where an advice names something of that form."""
    for code, text in ADVICE.items():
        for found in pattern.finditer(text):
            yield code, found


def commands() -> dict[str, Any]:
    """The whole command line by the names of its commands."""
    found: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(("code", "found"), list(named(_COMMAND)), ids=lambda x: str(x)[:40])
def test_a_command_that_an_advice_names_is_there(code, found):
    """A word behind it is one of its own commands, or of the bot's words."""
    command = commands().get(found["name"])
    assert command is not None, f"{code}: {found[0]}"
    if hasattr(command, "commands"):
        assert found["word"] in command.commands, f"{code}: {found[0]}"
    elif found["name"] == "bot":
        assert found["word"] in WORDS, f"{code}: {found[0]}"


@pytest.mark.parametrize(("code", "found"), list(named(_WORD)), ids=lambda x: str(x)[:40])
def test_a_word_of_the_bot_that_an_advice_names_is_there(code, found):
    """As `python run_analysis_bot.py WORD`."""
    assert found["word"] in WORDS, f"{code}: {found[0]}"


@pytest.mark.parametrize(("code", "found"), list(named(_SETTING)), ids=lambda x: str(x)[:40])
def test_a_setting_that_an_advice_names_is_there(code, found):
    """Of the bot, the server, or a library that both use."""
    known = {name.upper() for name in Settings.model_fields} | set(KNOWN)
    assert found[0] in known | {"GOOGLE_APPLICATION_CREDENTIALS"}, f"{code}: {found[0]}"


def test_the_help_of_the_bot_names_each_of_its_words():
    """`motherhaven bot --help` is where one looks for them."""
    command = commands()["bot"]
    told = " ".join(getattr(one, "help", None) or "" for one in command.params)
    assert [word for word in WORDS if not re.search(rf"\b{word}\b", told)] == []
