"""The words of `motherhaven control`."""

from typing import Annotated

import typer

from motherhaven.cli.output import clear_errors

SERVER = Annotated[
    str | None, typer.Option("--server", help="Its address; default: MOTHERHAVEN_API_URL.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(clear_errors(control))


def control(
    bot: Annotated[str, typer.Argument(metavar="BOT", help="The bot, by id or name.")],
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD",
            help="status, no-entries, cancel-entries, flatten, halt, reduce, move-stop, snapshot, "
            "ask-again, guidance, resume.",
        ),
    ] = "status",
    coin: Annotated[str | None, typer.Option("--coin", help="flatten, reduce, move-stop.")] = None,
    fraction: Annotated[
        str | None, typer.Option("--fraction", help="reduce: above 0, up to 1.")
    ] = None,
    price: Annotated[str | None, typer.Option("--price", help="move-stop: in USD.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="guidance: empty clears it.")] = None,
    hours: Annotated[str | None, typer.Option("--hours", help="guidance: how long.")] = None,
    latch: Annotated[
        str | None, typer.Option("--latch", help="resume: the id of the command to lift.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; it is on record.")] = None,
    expires: Annotated[
        int | None, typer.Option("--expires", help="Seconds in which the bot may take it.")
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", help="Seconds to follow it; 0 only gives it.")
    ] = 60.0,
    server: SERVER = None,
) -> None:
    """Give a bot a command through the server, and follow it to its end.

    Exit code 0: verified (with --wait 0: given); 3 refused; 4 expired; 5 failed; 6 superseded;
    7: it is not over yet; 1: it could not be given.
    """
    from motherhaven.cli import control as run  # commands load only what they use

    with run.open_api(server) as api:
        bot_id = api.bot_id(bot)
        if word == "status":
            run.show(api, bot_id)
            return
        args = {
            "coin": coin, "fraction": fraction, "price": price, "text": text, "hours": hours,
            "latch": latch,
        }  # fmt: skip
        code = run.carry_out(api, run.body_of(word, bot_id, args, reason, expires), wait)
    raise typer.Exit(code)
