"""What commands print: results on standard output, everything else on standard error."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from motherhaven.contract.display import for_terminal
from motherhaven.contract.errors import MotherhavenError

P = ParamSpec("P")


def say(text: str) -> None:
    """A line for people, on standard error, at once; nothing in it moves the cursor."""
    print(for_terminal(text, lines=True), file=sys.stderr, flush=True)


def emit(text: str) -> None:
    """A line of the result, on standard output; what bots wrote in it: `for_terminal` first."""
    print(for_terminal(text, lines=True), flush=True)


def clear_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Let a command end with one clear line and exit code 1 on an error of ours."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except MotherhavenError as error:
            say("error: " + str(error).replace("\n", "\n  "))
            raise typer.Exit(1) from None

    return run
