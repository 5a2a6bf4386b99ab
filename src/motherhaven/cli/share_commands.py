"""The words of `motherhaven share` and `motherhaven shares`."""

from typing import Annotated

import typer

from motherhaven.cli.control_commands import SERVER
from motherhaven.cli.output import clear_errors, emit, say
from motherhaven.contract.display import for_terminal

ALL = "all"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(clear_errors(share))
    app.command()(clear_errors(shares))


def share(
    bot: Annotated[str, typer.Argument(metavar="BOT", help="A bot, by id or name, or: all.")],
    days: Annotated[int, typer.Option("--days", min=1, max=90, help="How long it shows it.")] = 7,
    with_prompts: Annotated[
        bool, typer.Option("--with-prompts", help="Show prompts and answers too.")
    ] = False,
    server: SERVER = None,
) -> None:
    """A link that shows a bot, or all of them, to whoever has it, and nothing beside."""
    from motherhaven.cli.control import open_api  # commands load only what they use

    with open_api(server) as api:
        bot_id = None if bot == ALL else api.bot_id(bot)
        made = api.share({"bot_id": bot_id, "days": days, "prompts": with_prompts})
        told = made["share"]
        what = "with prompts" if told["prompts"] else "without prompts"
        say(f"Link {told['id']}: {told['bot_id'] or 'every bot'}, {what}, read only, until")
        say(f"{told['expires_at']}. It is shown only now. End it: motherhaven shares --revoke ID")
        emit(api.address + made["path"])


def shares(
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="ID", help="End the link of this id.")
    ] = None,
    server: SERVER = None,
) -> None:
    """The links that were made, and how to end one."""
    from motherhaven.cli.control import open_api  # commands load only what they use

    with open_api(server) as api:
        if revoke is not None:
            api.revoke_share(revoke)
            say(f"Link {revoke} shows nothing any more, at every server within a minute.")
            return
        links = api.shares()
        if not links:
            say("There are no links; make one with: motherhaven share BOT")
        for one in links:
            emit(
                "  ".join(
                    (
                        one["id"],
                        for_terminal(one["bot_id"] or "every bot"),
                        "with prompts" if one["prompts"] else "without prompts",
                        f"made {one['made_at'][:16]}Z by {for_terminal(one['made_by'])}",
                        f"until {one['expires_at'][:16]}Z",
                        "open" if one["open"] else "ended",
                    )
                )
            )
