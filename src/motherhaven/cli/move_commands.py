"""The commands that move whole stores, for the `motherhaven` command."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from motherhaven.cli.output import clear_errors

STORE = Annotated[
    str | None, typer.Option("--store", help="Store URL; default: MOTHERHAVEN_STORE.")
]


@clear_errors
def migrate(
    origin: Annotated[str, typer.Option("--from", help="URL of the store to copy.")],
    target: Annotated[str, typer.Option("--to", help="URL of an empty store.")],
    partial: Annotated[
        bool, typer.Option("--partial", help="Accept that retention dropped old events.")
    ] = False,
) -> None:
    """Copy everything from one store to another; killed, it goes on when run again."""
    from motherhaven.cli.move import migrate as run  # commands load only what they use

    run(origin, target, partial=partial)


@clear_errors
def backup(
    file: Annotated[Path, typer.Argument(help="The new file, e.g. monday.jsonl.gz.")],
    store: STORE = None,
) -> None:
    """Write everything that a store holds to one file."""
    from motherhaven.cli.move import backup as run  # commands load only what they use

    run(file, store)


@clear_errors
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    store: STORE = None,
) -> None:
    """Bring a backup back into an empty store."""
    from motherhaven.cli.move import restore as run  # commands load only what they use

    run(file, store)


@clear_errors
def export(
    what: Annotated[
        Literal["decisions", "trades", "account", "events"],
        typer.Option("--what", help="Which rows; events have whole payloads with prompts."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The new file.")],
    form: Annotated[
        Literal["csv", "json", "parquet"], typer.Option("--format", help="The form of the file.")
    ] = "csv",
    bot: Annotated[str | None, typer.Option("--bot", help="Only this bot, by id.")] = None,
    store: STORE = None,
) -> None:
    """Decisions, trades, account states or raw events for other programs."""
    from motherhaven.cli.export import export as run  # commands load only what they use

    run(what, form, out, bot, store)


@clear_errors
def prune(
    keep: Annotated[str, typer.Option("--keep", help="How long to keep prompts, e.g. 90d.")],
    store: STORE = None,
) -> None:
    """Drop prompts, answers and raw events that are old; trades and curves stay."""
    from motherhaven.cli.move import prune as run  # commands load only what they use

    run(keep, store)


@clear_errors
def import_(
    file: Annotated[Path, typer.Argument(help="A bot's database file, old or new.")],
    store: STORE = None,
    bot: Annotated[
        str | None, typer.Option("--bot", help="Bot id for an old file; default: made from it.")
    ] = None,
) -> None:
    """Take a bot's own database file into a store, losing nothing."""
    from motherhaven.cli.import_file import import_file as run  # commands load only what they use

    run(file, store, bot)


@clear_errors
def adopt(store: STORE = None) -> None:
    """Take in what an old server wrote into the Firestore project of this store."""
    from motherhaven.cli.move import adopt as run  # commands load only what they use

    run(store)


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (migrate, backup, restore, export, prune, adopt):
        app.command()(command)
    app.command("import")(import_)
