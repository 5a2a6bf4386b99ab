"""The words of `motherhaven log`."""

from typing import Annotated

import typer

from motherhaven.cli.control_commands import SERVER
from motherhaven.cli.output import clear_errors, emit, say
from motherhaven.contract.display import for_terminal
from motherhaven.contract.errors import ConfigError

_NONE = "The server has no log of this bot: set MOTHERHAVEN_SHIP_LOG=info in its .env, restart it."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(clear_errors(log))


def log(
    bot: Annotated[str, typer.Argument(metavar="BOT", help="The bot, by id or name.")],
    level: Annotated[
        str, typer.Option("--level", help="From this level on: debug, info, warning, error.")
    ] = "debug",
    lines: Annotated[int, typer.Option("--lines", min=1, help="So many, the newest.")] = 50,
    server: SERVER = None,
) -> None:
    """The last lines of a bot's log, oldest first, if it ships them."""
    from motherhaven.cli.control import open_api  # commands load only what they use
    from motherhaven.contract.log_lines import LEVELS

    if level.upper() not in LEVELS:
        raise ConfigError(f"--level {level[:20]!r}: use one of {', '.join(LEVELS).lower()}")
    wanted = LEVELS[LEVELS.index(level.upper()) :]
    with open_api(server) as api:
        told = api.log(api.bot_id(bot))
    if not told["lines"]:
        say(_NONE)
    found = [line for line in told["lines"] if line["level"] in wanted]
    for line in found[-lines:]:
        emit(f"{line['time']}  {line['level']:8}  {for_terminal(line['text'])}")
