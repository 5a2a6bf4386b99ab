"""`motherhaven replay`: recorded bars through the bot's own core."""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from motherhaven.bot.guard.limits import changed_limits
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.bot.replay.comparison import as_text, compare
from motherhaven.bot.replay.engine import ReplayConfig
from motherhaven.bot.replay.picture import draw
from motherhaven.bot.replay.report import ReplayReport, figures_data, slippage_data
from motherhaven.bot.replay.run import ReplayRequest, ShipTo, run_side_by_side
from motherhaven.bot.running.config import PAPER_SLIPPAGE, BotConfig, limits_of
from motherhaven.bot.running.entry import stop_on_signals
from motherhaven.cli.output import emit, say
from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import ConfigError, InvalidMoney
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import to_decimal
from motherhaven.contract.times import format_time
from motherhaven.metrics import Flow
from motherhaven.settings import Settings, SystemClock, TradingMode, load_settings, require_names

_SHOWN: Final = 200
_FIGURES: Final = ("win_rate", "sharpe", "profit_factor")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; lists hold one text for each time an option was given."""

    bars: Sequence[str]
    deciders: Sequence[str] = ()
    decisions: Path | None = None
    equity: str = "10000"
    journal: Path | None = None
    fees: str | None = None
    funding: Sequence[str] = ()
    limits: Sequence[str] = ()
    picture: Path | None = None
    pace: float | None = None
    ship: bool = False
    as_json: bool = False
    slippage: bool = True
    cash_flows: Sequence[str] = ()
    margin_mode: str | None = None


def replay(options: Options) -> None:
    """Run one replay or several side by side, and print the report or the comparison.

    Raises:
        ConfigError: an option or a setting is wrong.
        MarketError: a file of bars cannot be used; names file and line.
        JournalError: the journal cannot be opened or written.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings = load_settings(trading_mode=TradingMode.PAPER)
    require_names()
    requests = _requests(options, settings)
    reports = asyncio.run(_run(requests))
    if options.picture is not None:
        _save(options.picture, draw(reports))
    if options.as_json:
        emit(json.dumps(_data(reports), indent=2))
    elif len(reports) == 1:
        emit(_text(reports[0]))
    else:
        emit("\n\n".join([as_text(reports), *(_text(report) for report in reports)]))


async def _run(requests: Sequence[ReplayRequest]) -> list[ReplayReport]:
    stop = asyncio.Event()
    stop_on_signals(stop)
    return await run_side_by_side(requests, clock=SystemClock(), stop=stop, say=say)


def _requests(options: Options, settings: Settings) -> list[ReplayRequest]:
    files = _files(options.bars, "--bars", "BTC=bars/BTC.csv")
    if not options.pace and options.pace is not None:
        raise ConfigError("--pace: give seconds of market a second, above 0, e.g. --pace 600")
    first = ReplayRequest(
        config=ReplayConfig(
            bars=files,
            equity=_deposit(options.equity),
            interval_seconds=settings.execution_interval_seconds,
            limits=_limits(settings, tuple(files), options.limits),
            fees=_fees(options.fees),
            slippage=PAPER_SLIPPAGE if options.slippage else None,
            zone=settings.day_zone,
            pace=options.pace,
            funding=_files(options.funding, "--funding", "BTC=funding/BTC.csv"),
            cash_flows=tuple(_flow(text) for text in options.cash_flows),
            margin_mode=_margin_mode(options.margin_mode or settings.margin_mode),
        ),
        journal=options.journal,
        ship=_ship_to(settings) if options.ship else None,
        model=BotConfig.from_settings(settings).model,
    )
    names = list(dict.fromkeys(options.deciders))
    if not names and options.decisions is None:
        names = [_decider_of(settings)]
    requests = [replace(first, decider=name) for name in names]
    if options.decisions is not None:
        if options.journal is not None and options.journal.resolve() == options.decisions.resolve():
            raise ConfigError("--journal and --decisions name the same file; give another journal")
        requests.append(replace(first, decider="recorded", decisions=options.decisions))
    return requests if len(requests) == 1 else [_own(request) for request in requests]


def _own(request: ReplayRequest) -> ReplayRequest:
    """One of several runs: with a journal, and a name on the page, of its own."""
    journal = request.journal
    return replace(
        request,
        journal=None if journal is None else _own_journal(journal, request.decider),
        ship=None if request.ship is None else replace(request.ship, bot_name=None),
    )


def _files(texts: Sequence[str], option: str, example: str) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for text in texts:
        coin, _, file = text.partition("=")
        if not coin or not file:
            raise ConfigError(f"{option} {text!r}: write COIN=FILE, e.g. {option} {example}")
        name = normalise_symbol(coin)
        if name in files:
            raise ConfigError(f"{option}: each coin may be named once")
        files[name] = Path(file)
    return files


def _limits(settings: Settings, coins: tuple[str, ...], changes: Sequence[str]) -> RiskLimits:
    update = {"trading_assets": coins, "active_trading_assets": ()}
    limits = limits_of(settings.model_copy(update=update))
    named: dict[str, str] = {}
    for text in changes:
        name, separator, value = text.partition("=")
        if not separator:
            raise ConfigError(f"--limit {text!r}: write NAME=VALUE, e.g. --limit MAX_LEVERAGE=3")
        named[name.strip()] = value.strip()
    return changed_limits(limits, named)


def _fees(text: str | None) -> FeeRates:
    if text is None:
        return FeeRates()
    parts = text.split(",")
    try:
        rates = [to_decimal(part.strip(), "--fees") for part in parts]
    except InvalidMoney as error:
        raise ConfigError(str(error)) from None
    if len(rates) != 2 or not all(abs(rate) < Decimal("0.1") for rate in rates):
        raise ConfigError(
            f"--fees {text!r}: write the two rates as fractions, TAKER,MAKER, each below 0.1, "
            "e.g. --fees 0.00045,0.00015"
        )
    return FeeRates(*rates)


def _own_journal(path: Path, decider: str) -> Path:
    """A journal for one of several runs: replay.db becomes replay-ema-cross.db."""
    name = "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in decider)
    return path.with_name(f"{path.stem}-{name}{path.suffix}")


def _deposit(text: str) -> Decimal:
    try:
        deposit = to_decimal(text, "--equity")
    except InvalidMoney as error:
        raise ConfigError(str(error)) from None
    if deposit <= 0:
        raise ConfigError("--equity: give an amount above 0, e.g. --equity 10000")
    return deposit


def _flow(text: str) -> Flow:
    time, separator, amount = text.partition("=")
    example = "e.g. --cash-flow 2022-01-05T00:00Z=-1000"
    try:
        moment = datetime.fromisoformat(time.strip())
        flow = Flow(moment, to_decimal(amount.strip(), "--cash-flow"))
    except (ValueError, InvalidMoney) as error:
        raise ConfigError(
            f"--cash-flow {text[:80]!r}: {error}; write TIME=USD, {example}"
        ) from None
    if moment.tzinfo is None or not separator:
        raise ConfigError(f"--cash-flow {text[:80]!r}: the time has no zone; {example}")
    if not flow.amount:
        raise ConfigError(f"--cash-flow {text[:80]!r}: 0 USD move nothing; {example}")
    return Flow(moment.astimezone(UTC), flow.amount)


def _margin_mode(text: str) -> MarginMode:
    try:
        return MarginMode(text.strip().lower())
    except ValueError:
        raise ConfigError(f"--margin-mode {text[:40]!r}: use cross or isolated") from None


def _decider_of(settings: Settings) -> str:
    return settings.trading_decider if settings.trading_decider != "auto" else "ema-cross"


def _ship_to(settings: Settings) -> ShipTo:
    good, problems = settings.model_copy(
        update={"motherhaven_enabled": True}
    ).validate_motherhaven_config()
    if not good:
        raise ConfigError("--ship: " + "; ".join(problems))
    return ShipTo(
        base_url=settings.motherhaven_api_url,
        api_key=settings.motherhaven_api_key or "",
        timeout=settings.motherhaven_timeout,
        bot_name=settings.motherhaven_bot,
    )


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--picture {path}: {error.strerror}; give a writable path") from None


def _data(reports: Sequence[ReplayReport]) -> dict[str, Any]:
    if len(reports) == 1:
        return reports[0].to_json()
    return {"reports": [report.to_json() for report in reports], "comparison": compare(reports)}


def _text(report: ReplayReport) -> str:
    data = report.to_json()
    for shown_apart in ("gaps", "refusals", "slippage", *_FIGURES, *(f"{n}_n" for n in _FIGURES)):
        data.pop(shown_apart)
    lines = [f"{name:<18}{value}" for name, value in data.items()]
    lines.insert(list(data).index("deposit"), f"{'slippage':<18}{_slippage_text(report)}")
    lines += _figure_lines(report)
    lines += [
        f"{one.status:<18}{one.count} × {one.code}, e.g. {_one_line(one.example)}"
        for one in report.refusals
    ]
    lines += [
        f"{'gap':<18}{gap.coin} {format_time(gap.start)} to {format_time(gap.end)}"
        for gap in report.gaps
    ]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """A reason for a terminal: it may quote what a model wrote."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:_SHOWN])


def _slippage_text(report: ReplayReport) -> str:
    data = slippage_data(report.slippage)
    if data is None:
        return "none: takers fill at the mid"
    return (
        f"half-spread {data['half_spread']}, impact {data['impact']} of notional over depth "
        f"{data['depth']} USD"
    )


def _figure_lines(report: ReplayReport) -> list[str]:
    """Win rate, Sharpe and profit factor, each with its n; "-" where n is too small."""
    data = figures_data(report.performance())
    units = {"sharpe": "daily returns"}
    lines = []
    for name in _FIGURES:
        value = data[name]
        shown = "-" if value is None else f"{value:.4f}"
        lines.append(f"{name:<18}{shown} (n = {data[name + '_n']} {units.get(name, 'trades')})")
    return lines
