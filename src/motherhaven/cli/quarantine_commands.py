"""The `motherhaven quarantine` commands: what the server refused, sent again or given up."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motherhaven.cli.output import clear_errors, emit, say
from motherhaven.contract.errors import ConfigError

if TYPE_CHECKING:
    from motherhaven.recorder.quarantine import Quarantine, SetAside

app = typer.Typer(
    rich_markup_mode=None,
    name="quarantine",
    help="Events that a server refused: list them, send them again, or give them up.",
    no_args_is_help=True,
)

JOURNAL = Annotated[
    Path | None, typer.Option("--journal", help="The bot's journal; default: of the settings.")
]
IDS = Annotated[list[str] | None, typer.Argument(help="Event ids.", metavar="[EVENT_ID]...")]
ALL = Annotated[bool, typer.Option("--all", help="Every event that is quarantined.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command("list")
@clear_errors
def list_(
    journal: JOURNAL = None,
    as_json: AS_JSON = False,
    dropped: Annotated[bool, typer.Option("--dropped", help="What was given up, too.")] = False,
) -> None:
    """What is set aside, why, and since when."""
    items = _open(journal).list(dropped=dropped)
    if as_json:
        emit(json.dumps([asdict(item) for item in items], ensure_ascii=True, indent=2))
        return
    for item in items:
        emit(_line(item))
    say(f"{len(items)} events are set aside" if items else "nothing is set aside")


@app.command()
@clear_errors
def retry(
    events: IDS = None, all_: ALL = False, journal: JOURNAL = None, as_json: AS_JSON = False
) -> None:
    """Send events again: at once if the bot runs, else when it next does."""
    _check(events, all_)
    count = _open(journal).retry(events or None)
    _told(count, "retried", "events will be sent again", as_json=as_json)


@app.command()
@clear_errors
def drop(
    events: IDS = None,
    all_: ALL = False,
    journal: JOURNAL = None,
    as_json: AS_JSON = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Give events up: they stay in the journal, marked as dropped, and are never sent."""
    _check(events, all_)
    quarantine = _open(journal)
    which = "all quarantined events" if all_ else f"{len(events or [])} events"
    if not yes and not typer.confirm(f"Never send {which} to the server?", err=True):
        raise typer.Exit(1)
    from motherhaven.settings import SystemClock  # commands load only what they use

    count = quarantine.drop(events or None, SystemClock().now())
    _told(count, "dropped", "events were given up; the journal keeps them", as_json=as_json)


def _open(journal: Path | None) -> "Quarantine":
    from motherhaven.recorder.factory import journal_path
    from motherhaven.recorder.quarantine import Quarantine
    from motherhaven.settings import load_settings  # commands load only what they use

    if journal is None:
        settings = load_settings()
        journal = journal_path(settings.motherhaven_data, settings.trading_mode)
    return Quarantine(journal)


def _check(events: list[str] | None, all_: bool) -> None:
    if bool(events) == all_:
        raise ConfigError("quarantine: give event ids, or --all for every quarantined event")


def _told(count: int, word: str, text: str, *, as_json: bool) -> None:
    if as_json:
        emit(json.dumps({word: count}))
    else:
        emit(f"{count} {text}")
    if count == 0:
        say("no such event is set aside; `motherhaven quarantine list` shows them")
        raise typer.Exit(1)


def _line(item: "SetAside") -> str:
    reason = "".join(c if c.isprintable() else " " for c in item.reason)[:200]
    return f"{item.event_id}  {item.kind:<15}  {item.state:<14}  {item.time}  {reason}"
