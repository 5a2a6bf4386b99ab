"""`motherhaven replay`: recorded bars through the bot's own core."""

import asyncio
import json
import logging
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from motherhaven.bot.config import BotConfig, limits_of
from motherhaven.bot.entry import stop_on_signals
from motherhaven.bot.exchange.types import normalise_symbol
from motherhaven.bot.replay import ReplayConfig
from motherhaven.bot.replay_run import ReplayRequest, ShipTo, run_replay
from motherhaven.bot.report import ReplayReport
from motherhaven.cli.output import emit, say
from motherhaven.contract.errors import ConfigError, InvalidMoney
from motherhaven.contract.money import to_decimal
from motherhaven.settings import Settings, SystemClock, TradingMode, load_settings


def replay(
    bars: Sequence[str],
    decider: str | None,
    equity: str,
    journal: Path | None,
    *,
    ship: bool,
    pace: float | None,
    as_json: bool,
) -> None:
    """Run a replay and print its report.

    Raises:
        ConfigError: an option or a setting is wrong.
        MarketError: a file of bars cannot be used; names file and line.
        JournalError: the journal cannot be opened or written.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings = load_settings(trading_mode=TradingMode.PAPER)
    files = dict(_coin_and_file(text) for text in bars)
    if len(files) != len(bars):
        raise ConfigError("--bars: each coin may be named once")
    if not pace and pace is not None:
        raise ConfigError("--pace: give seconds of market a second, above 0, e.g. --pace 600")
    limits = limits_of(settings.model_copy(update={"trading_assets": tuple(files)}))
    request = ReplayRequest(
        config=ReplayConfig(
            bars=files,
            equity=_deposit(equity),
            interval_seconds=settings.execution_interval_seconds,
            limits=limits,
            zone=settings.day_zone,
            pace=pace,
        ),
        decider=decider or _decider_of(settings),
        journal=journal,
        ship=_ship_to(settings) if ship else None,
        model=BotConfig.from_settings(settings).model,
    )
    report = asyncio.run(_run(request))
    emit(json.dumps(report.to_json(), indent=2) if as_json else _text(report))


async def _run(request: ReplayRequest) -> ReplayReport:
    stop = asyncio.Event()
    stop_on_signals(stop)
    return await run_replay(request, clock=SystemClock(), stop=stop, say=say)


def _coin_and_file(text: str) -> tuple[str, Path]:
    coin, separator, file = text.partition("=")
    if not separator or not coin or not file:
        raise ConfigError(f"--bars {text!r}: write COIN=FILE, e.g. --bars BTC=bars/BTC.csv")
    return normalise_symbol(coin), Path(file)


def _deposit(text: str) -> Decimal:
    try:
        deposit = to_decimal(text, "--equity")
    except InvalidMoney as error:
        raise ConfigError(str(error)) from None
    if deposit <= 0:
        raise ConfigError("--equity: give an amount above 0, e.g. --equity 10000")
    return deposit


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


def _text(report: ReplayReport) -> str:
    data = report.to_json()
    gaps = data.pop("gaps")
    lines = [f"{name:<18}{value}" for name, value in data.items()]
    lines += [f"{'gap':<18}{gap['coin']} {gap['from']} to {gap['to']}" for gap in gaps]
    return "\n".join(lines)
