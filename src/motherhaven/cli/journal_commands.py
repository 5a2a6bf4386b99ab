"""Commands that read a bot's journal."""

from pathlib import Path
from typing import Annotated

import typer

from motherhaven.cli.output import clear_errors


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("query")(clear_errors(_query))


def _query(
    sql: Annotated[str, typer.Argument(help="One SELECT.", metavar="SELECT")],
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help="The journal's file; default: that of this folder's bot."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Read a bot's journal with SQL, also while the bot runs; changes nothing."""
    from motherhaven.cli.query import run  # commands load only what they use

    run(sql, journal, as_json=as_json, as_csv=as_csv)
