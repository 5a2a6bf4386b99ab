"""The commands that look at a market and trade nothing, for the `motherhaven` command."""

from typing import Annotated

import typer

from motherhaven.cli.output import clear_errors


@clear_errors
def prompt(
    market: Annotated[
        str | None, typer.Option("--market", help="As TRADING_MARKET; default: the setting.")
    ] = None,
    decider: Annotated[
        str | None,
        typer.Option("--decider", help="PROVIDER:MODEL whose prices count; default: the setting."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """The prompt of the next cycle, its tokens (estimated) and cost; asks no model."""
    from motherhaven.cli.prompt import prompt as run  # commands load only what they use

    run(market, decider, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(prompt)
