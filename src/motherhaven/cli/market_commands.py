"""The commands that look at a market and trade nothing, for the `motherhaven` command."""

from pathlib import Path
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


@clear_errors
def candles(
    coins: Annotated[
        list[str] | None, typer.Argument(help="Coins; default: those of the settings.")
    ] = None,
    market: Annotated[
        str | None, typer.Option("--market", help="hyperliquid or ccxt:NAME.")
    ] = None,
    interval: Annotated[
        str, typer.Option("--interval", help="1m, 5m, 15m, 30m, 1h, 4h or 1d.")
    ] = "1m",
    days: Annotated[float, typer.Option("--days", help="How far back, without --from.")] = 3.0,
    since: Annotated[
        str | None, typer.Option("--from", help="The first moment, e.g. 2026-03-01 (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="The last moment; default: now.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("bars"),
    funding: Annotated[
        bool, typer.Option("--funding/--no-funding", help="Download funding rates too.")
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that are there already.")
    ] = False,
) -> None:
    """Download bars and funding for `motherhaven replay`: public data, no key."""
    from motherhaven.cli.candles import Options  # commands load only what they use
    from motherhaven.cli.candles import candles as run

    run(Options(coins or (), market, interval, days, since, until, out, funding, force))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(candles)
    app.command()(prompt)
