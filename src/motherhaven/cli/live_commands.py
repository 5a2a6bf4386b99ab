"""The commands for real money: arm, disarm, kill."""

from typing import Annotated

import typer

from motherhaven.cli.output import clear_errors

MEAN = Annotated[
    str | None,
    typer.Option("--yes-i-mean", help="The whole address of the account, in place of typing."),
]
LOSS = Annotated[str | None, typer.Option("--max-loss", help="The most that may be lost, in USD.")]
KNOW = Annotated[
    bool, typer.Option("--i-know", help="Arm mainnet without the rehearsal on the test network.")
]
FLATTEN = Annotated[bool, typer.Option("--flatten", help="Close every position too.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the `motherhaven` command."""
    app.command(name="arm")(arm)
    app.command(name="disarm")(disarm)
    app.command(name="kill")(kill)


@clear_errors
def arm(yes_i_mean: MEAN = None, max_loss: LOSS = None, i_know: KNOW = False) -> None:
    """Arm live trading on this machine: see the account, say what may be lost."""
    from motherhaven.cli.arm import ArmWords, run_arm  # commands load only what they use

    run_arm(ArmWords(yes_i_mean, max_loss, i_know), lambda text: str(typer.prompt(text)))


@clear_errors
def disarm() -> None:
    """End live trading on this machine: no entries; what is open may be closed."""
    from motherhaven.cli.arm import run_disarm  # commands load only what they use

    run_disarm()


@clear_errors
def kill(flatten: FLATTEN = False) -> None:
    """No entries until re-armed by hand; works whether or not the bot runs."""
    from motherhaven.bot.running.entry import main as run  # commands load only what they use

    raise typer.Exit(run(["kill", *(["--flatten"] if flatten else [])]))
