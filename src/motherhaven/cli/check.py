"""`motherhaven paper` and `judge`: check the arithmetic and the guard, trading nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from motherhaven.bot.guard.trial import judge_answer
from motherhaven.bot.venues.simulated.scenario import run_scenario
from motherhaven.cli.output import emit
from motherhaven.contract.errors import ConfigError, InvalidJson
from motherhaven.contract.jsonio import loads


def paper(scenario: Path, *, as_json: bool) -> None:
    """Run the steps of a scenario file on a paper account and print the account.

    Raises:
        ConfigError: the file cannot be read as a JSON object.
        ScenarioError: a step cannot be run; the message names it.
    """
    _print(run_scenario(_object(scenario, "--scenario")), as_json=as_json)


def judge(answer: Path, state: Path, *, as_json: bool) -> None:
    """Parse a model's raw answer, judge it, and print both; places nothing.

    Raises:
        ConfigError: a file cannot be read, or the state is not usable.
    """
    try:
        text = answer.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(f"--answer {answer}: {error.strerror}") from None
    _print(judge_answer(text, _object(state, "--state")), as_json=as_json)


def _object(path: Path, option: str) -> Mapping[str, Any]:
    try:
        value = loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{option} {path}: {error.strerror}") from None
    except InvalidJson as error:
        raise ConfigError(f"{option} {path}: {error}") from None
    if not isinstance(value, Mapping):
        raise ConfigError(f"{option} {path}: must hold one JSON object")
    return value


def _print(result: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        if isinstance(value, (list, Mapping)):
            emit(f"{name}:")
            rows = value.items() if isinstance(value, Mapping) else enumerate(value)
            for key, row in rows:
                emit(f"  {key}: {json.dumps(row, ensure_ascii=False)}")
        else:
            emit(f"{name:<14}{'-' if value is None else value}")
