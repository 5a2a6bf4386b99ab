"""The command that serves a fake venue, for the `motherhaven` command."""

from importlib.util import find_spec
from typing import Annotated, Final

import typer

from motherhaven.cli.output import clear_errors
from motherhaven.contract.errors import ConfigError

NEEDED: Final = ("eth_keys", "msgpack", "websockets")
"""What signatures and the stream need: the packages of the extra "live"."""


@clear_errors
def fake_venue(
    port: Annotated[
        int, typer.Option("--port", help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8645,
    seed: Annotated[
        int, typer.Option("--seed", help="The simulated market, and what switches draw.", min=0)
    ] = 7,
    bars: Annotated[
        list[str] | None,
        typer.Option("--bars", help="COIN=FILE of one-minute bars to play instead; once a coin."),
    ] = None,
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--switch",
            help="NAME[:N][,KEY=VALUE] that goes wrong from the start; N times, or on.",
        ),
    ] = None,
    deposit: Annotated[str, typer.Option("--deposit", help="The account's USD.")] = "10000",
) -> None:
    """A fake Hyperliquid on this machine: rehearse live trading with worthless money."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"fake-venue needs packages that are not installed ({', '.join(missing)}); "
            'run: pip install "motherhaven[live]"'
        )
    from motherhaven.cli.fake_venue import Options  # commands load only what they use
    from motherhaven.cli.fake_venue import fake_venue as run

    run(Options(port, seed, bars or (), switch or (), deposit))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="fake-venue")(fake_venue)
