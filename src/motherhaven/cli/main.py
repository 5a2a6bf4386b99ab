"""The `motherhaven` command."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from motherhaven import __version__
from motherhaven.cli.control_commands import register as register_control
from motherhaven.cli.journal_commands import register as register_journal
from motherhaven.cli.key_commands import app as keys_app
from motherhaven.cli.live_commands import register as register_live
from motherhaven.cli.log_commands import register as register_log
from motherhaven.cli.market_commands import register as register_market
from motherhaven.cli.move_commands import register
from motherhaven.cli.output import clear_errors, emit
from motherhaven.cli.quarantine_commands import app as quarantine_app
from motherhaven.cli.rehearsal_commands import register as register_rehearsal
from motherhaven.cli.share_commands import register as register_share

app = typer.Typer(
    name="motherhaven",
    # rich's markup would cost every command a third of a second before it begins.
    rich_markup_mode=None,
    context_settings={"max_content_width": 120},
    help="Flight recorder, guard and window for LLM trading bots.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

HOST = Annotated[str, typer.Option("--host", help="Address to listen on.")]
NO_SLIPPAGE = Annotated[
    bool, typer.Option("--no-slippage", help="Fill takers at the mid, for worked cases.")
]
CASH_FLOW = Annotated[
    list[str] | None,
    typer.Option(
        "--cash-flow", help="TIME=USD that comes in, or goes out (negative); as often as needed."
    ),
]
MARGIN = Annotated[
    str | None, typer.Option("--margin-mode", help="cross or isolated; default: MARGIN_MODE.")
]
FEES = Annotated[
    str | None, typer.Option("--fees", help="TAKER,MAKER as fractions, e.g. 0.0005,0.0002.")
]
FUNDING = Annotated[
    list[str] | None,
    typer.Option("--funding", help="COIN=FILE of timestamp_ms,rate; without one it is 0."),
]
PORT = Annotated[int, typer.Option("--port", help="Port to listen on.")]


def _version(wanted: bool) -> None:
    if wanted:
        emit(f"motherhaven {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Flight recorder, guard and window for LLM trading bots."""


@app.command()
@clear_errors
def up(port: PORT = 3000) -> None:
    """Server, page and three paper bots on a simulated market: the first screen, at once."""
    from motherhaven.cli.up import up as run  # commands load only what they use

    run(port)


@app.command()
@clear_errors
def serve(
    host: HOST = "127.0.0.1",
    port: PORT = 3000,
    store: Annotated[
        str | None, typer.Option("--store", help="Store URL; default: MOTHERHAVEN_STORE.")
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Let this machine's browsers read without the key.")
    ] = False,
    dev_proxy: Annotated[bool, typer.Option("--dev-proxy", hidden=True)] = False,
) -> None:
    """The server: takes records, keeps them, shows them live at /llm-bot."""
    from motherhaven.cli.serve import serve as run  # commands load only what they use

    run(host, port, store, open_reading=open_, dev_proxy=dev_proxy)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bot(
    context: typer.Context,
    word: Annotated[
        str,
        typer.Argument(
            help="start, stop [--flatten], pause, resume, status; kill [--flatten], arm; "
            'guide "TEXT" [--hours N], guide --clear; unfreeze COIN.',
            metavar="WORD",
        ),
    ] = "start",
) -> None:
    """The trading bot of this folder's settings; the same as run_analysis_bot.py."""
    from motherhaven.bot.running.entry import main as run

    raise typer.Exit(run([word, *context.args]))


@app.command()
@clear_errors
def init(
    file: Annotated[Path, typer.Option("--file", help="The file to write.")] = Path(".env"),
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing; paper money and the defaults.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is there already.")
    ] = False,
) -> None:
    """A few questions, then a .env to start with; paper money by default."""
    from motherhaven.cli.init import init as run  # commands load only what they use

    def ask(question: str, default: str, hidden: bool) -> str:
        answer = typer.prompt(question, default=default, hide_input=hidden, show_default=not hidden)
        return str(answer).strip()

    run(file, ask, yes=yes, force=force)


@app.command()
@clear_errors
def fleet(
    file: Annotated[Path, typer.Argument(help="The fleet file (TOML).")],
    word: Annotated[str, typer.Argument(help="start, status or stop.", metavar="[WORD]")] = "start",
) -> None:
    """Many bots, each a process of its own, supervised."""
    from motherhaven.cli.fleet import fleet as run  # commands load only what they use

    run(file, word)


@app.command()
@clear_errors
def replay(
    bars: Annotated[
        list[str], typer.Option("--bars", help="COIN=FILE of any known form; once a coin.")
    ],
    decider: Annotated[
        list[str] | None,
        typer.Option(
            "--decider",
            help="As TRADING_DECIDER; default: ema-cross. Several are run side by side.",
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--decisions", "--from-journal", help="A journal whose recorded answers decide again."
        ),
    ] = None,
    equity: Annotated[str, typer.Option("--equity", help="The deposit in USD.")] = "10000",
    journal: Annotated[
        Path | None, typer.Option("--journal", help="Keep the record in this file.")
    ] = None,
    fees: FEES = None,
    funding: FUNDING = None,
    limit: Annotated[
        list[str] | None,
        typer.Option("--limit", help="NAME=VALUE of a guard's limit, e.g. MAX_LEVERAGE=3."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the equity curves into this SVG file.")
    ] = None,
    ship: Annotated[bool, typer.Option("--ship", help="Ship it to MOTHERHAVEN_API_URL.")] = False,
    pace: Annotated[
        float | None, typer.Option("--pace", help="Seconds of market a second.", min=0)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    no_slippage: NO_SLIPPAGE = False,
    cash_flow: CASH_FLOW = None,
    margin_mode: MARGIN = None,
) -> None:
    """Recorded bars through the bot's own core: what would have happened."""
    from motherhaven.cli.replay import Options  # commands load only what they use
    from motherhaven.cli.replay import replay as run

    run(
        Options(
            bars, decider or (), decisions, equity, journal, fees, funding or (), limit or (),
            picture, pace, ship, as_json, not no_slippage, cash_flow or (), margin_mode,
        )
    )  # fmt: skip


@app.command(name="import-bars")
@clear_errors
def import_bars(
    file: Annotated[Path, typer.Argument(help="Bars as others write them; .zip and .gz too.")],
    to: Annotated[Path, typer.Option("--to", help="The new CSV file.")],
    form: Annotated[
        str,
        typer.Option("--format", help="auto, csv, binance, tradingview, yfinance or freqtrade."),
    ] = "auto",
) -> None:
    """Check a file of bars that another tool wrote, and write it as our CSV."""
    from motherhaven.cli.import_bars import import_bars as run  # commands load only what they use

    run(file, to, form)


@app.command()
@clear_errors
def paper(
    scenario: Annotated[Path, typer.Option("--scenario", help="JSON file with the steps.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False,
) -> None:
    """Check the paper exchange's arithmetic on a list of steps."""
    from motherhaven.cli.check import paper as run  # commands load only what they use

    run(scenario, as_json=as_json)


@app.command()
@clear_errors
def judge(
    answer: Annotated[Path, typer.Option("--answer", help="A model's raw answer.")],
    state: Annotated[Path, typer.Option("--state", help="JSON file with the circumstances.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """What the guard makes of a model's answer; places nothing."""
    from motherhaven.cli.check import judge as run  # commands load only what they use

    run(answer, state, as_json=as_json)


@app.command()
@clear_errors
def selftest() -> None:
    """Check that this bot's records reach its server and come back (guide, step 4)."""
    from motherhaven.cli.selftest import run  # commands load only what they use

    raise typer.Exit(run())


@app.command()
@clear_errors
def doctor(
    alert: Annotated[bool, typer.Option("--alert", help="Send a test alert too.")] = False,
    store: Annotated[
        str | None, typer.Option("--store", help="Store URL; default: MOTHERHAVEN_STORE.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Look at the venue's account too, as before real money.")
    ] = False,
) -> None:
    """Check settings, store, journals, server, key, clock, page, disk and alerts."""
    from motherhaven.cli.doctor import run  # commands load only what they use

    raise typer.Exit(run(store, alert=alert, live=live))


register_live(app)
register_market(app)
register_rehearsal(app)
register(app)
register_journal(app)
register_control(app)
register_log(app)
register_share(app)
app.add_typer(keys_app)
app.add_typer(quarantine_app)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    sys.argv[0] = str(Path(sys.argv[0]).with_name("motherhaven"))
    main()
