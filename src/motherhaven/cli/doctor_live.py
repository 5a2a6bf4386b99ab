"""`motherhaven doctor --live`: what stands between this folder and real money, and its fix."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.arming.compare import change_of
from motherhaven.bot.arming.record import standing_of
from motherhaven.bot.arming.store import ArmingStore
from motherhaven.bot.arming.testnet import NEEDED, TestnetTrades
from motherhaven.bot.execution.identity import AccountIdentity, VenueHealth
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.running.account_view import AccountView, view_account
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.control import ControlClient
from motherhaven.bot.running.entry import control_folder
from motherhaven.cli.findings import Finding, Grade
from motherhaven.contract.errors import ConfigError, MotherhavenError
from motherhaven.contract.limits import RiskLimits
from motherhaven.contract.money import plain
from motherhaven.contract.reasons import advice_of
from motherhaven.settings import Settings, SystemClock, TradingMode

EXPIRES_SOON: Final = timedelta(days=14)
_OFFSET_WARN: Final = 1.0
_OFFSET_FAIL: Final = 5.0
_BUDGET_WARN: Final = Decimal("0.2")
_ARM: Final = "motherhaven arm"
SOME_MORE: Final = Decimal("1.5")
"""So far above the venue's minimum an order should be: part of it is closed, prices move."""


def live_findings(settings: Settings) -> Iterator[Finding]:
    """Everything that stands between this folder and real money; nothing is signed."""
    if settings.trading_mode is not TradingMode.LIVE:
        yield Finding(
            "fail", "live mode", f"TRADING_MODE={settings.trading_mode.value}",
            "set TRADING_MODE=live in .env: docs/how-to/go-live.md",
        )  # fmt: skip
        return
    clock = SystemClock()
    try:
        config = BotConfig.from_settings(settings)
        view = view_account(settings, clock)
    except MotherhavenError as error:
        advice = advice_of(error.code) or "correct it in .env"
        yield Finding("fail", "account", str(error), advice)
        return
    yield from _account(view.identity, clock.now())
    yield from _connection(view.health)
    yield from _limits(view, config.limits)
    yield from _arming(settings, config, view.identity)
    yield _rehearsal(settings, view.identity)
    yield _running(settings)


def _account(who: AccountIdentity, now: datetime) -> Iterator[Finding]:
    where = f"{who.account} at {who.venue} ({who.network}), {plain(who.equity)} USD"
    problems = {problem.code: problem.text for problem in who.problems}
    of_account = {code: text for code, text in problems.items() if code.startswith("account")}
    if not of_account:
        yield Finding("ok", "account", where)
        yield Finding("ok", "account's mode", who.mode)
    for code, text in problems.items():
        what = "account" if code in of_account else "signer"
        yield Finding("fail", what, f"{text} ({code})", advice_of(code) or _ARM)
    if len(problems) == len(of_account):
        seen = f"{who.signer}, {who.signer_role} of {who.signer_of}"
        yield Finding("ok", "signer", seen)
    yield _expiry(who.signer_until, now)
    for warning in who.warnings:
        yield Finding("warn", "account", f"{warning.text}", advice_of(warning.code) or "")


def _expiry(until: datetime | None, now: datetime) -> Finding:
    if until is None:
        fix = "look at the venue's page of API wallets, and give the wallet a name"
        return Finding("warn", "signer's end", "the venue does not tell when it ends", fix)
    grade: Grade = "ok" if until - now >= EXPIRES_SOON else "warn" if until > now else "fail"
    fix = "" if grade == "ok" else "approve a new agent wallet at the venue and set its key"
    return Finding(grade, "signer's end", f"{until:%Y-%m-%d}, in {(until - now).days} days", fix)


def _connection(health: VenueHealth) -> Iterator[Finding]:
    offset = health.offset_seconds
    if offset is None:
        yield Finding("ok", "venue's clock", "the venue tells no time")
    else:
        off = abs(offset)
        grade: Grade = "ok" if off < _OFFSET_WARN else "warn" if off < _OFFSET_FAIL else "fail"
        fix = "" if grade == "ok" else "let this machine set its clock by NTP"
        yield Finding(grade, "venue's clock", f"{off:.1f} s from ours", fix)
    left, cap = health.requests_left, health.requests_cap
    if left is None or not cap:
        yield Finding("ok", "requests", "the venue does not count them")
    elif Decimal(left) / cap < _BUDGET_WARN:
        fix = advice_of("venue_rate") or "wait"
        yield Finding("warn", "requests", f"{left:,} of {cap:,} left", fix)
    else:
        yield Finding("ok", "requests", f"{left:,} of {cap:,} left")


def _limits(view: AccountView, limits: RiskLimits) -> Iterator[Finding]:
    who = view.identity
    most, minimum = limits.max_position_size_usd * limits.max_leverage, who.minimum
    seen = (
        f"{plain(limits.max_position_size_usd)} USD of margin at {limits.max_leverage}x is "
        f"{plain(most)} USD; the venue's minimum is {plain(minimum)}"
    )
    if limits.max_position_size_usd < minimum * SOME_MORE:
        fix = (
            f"raise MAX_POSITION_SIZE_USD to {plain(minimum * SOME_MORE)} or more, or entries at "
            "1x and partial closes are refused"
        )
        yield Finding("fail" if most < minimum else "warn", "minimum order", seen, fix)
    else:
        yield Finding("ok", "minimum order", seen)
    for name, value in (
        ("DAILY_LOSS_LIMIT_USD", limits.daily_loss_limit_usd),
        ("MAX_POSITION_SIZE_USD x MAX_OPEN_POSITIONS", limits.total_cap_usd),
    ):
        seen = f"{name} is {plain(value)} of {plain(who.equity)} USD"
        grade: Grade = "ok" if value <= who.equity else "warn"
        yield Finding(grade, "limits", seen, "" if grade == "ok" else "lower it, or deposit more")
    theirs = [one for one in view.orders if not one.cloid]
    if theirs:
        told = f"{len(theirs)} orders at the venue are not the bot's"
        fix = "cancel them there: they may open positions that the bot does not know"
        yield Finding("warn", "orders", told, fix)


def _arming(settings: Settings, config: BotConfig, who: AccountIdentity) -> Iterator[Finding]:
    folder = control_folder(settings)
    kill = KillLatch(folder).read()
    if kill is not None:
        fix = "find out why; then run_analysis_bot.py arm, and after it motherhaven arm"
        yield Finding("fail", "kill switch", f"engaged: {kill.reason}", fix)
    else:
        yield Finding("ok", "kill switch", "not engaged")
    try:
        record = ArmingStore(folder).read()
    except ConfigError as error:
        yield Finding("fail", "arming", str(error), _ARM)
        return
    if record is None or not record.armed:
        seen = "never armed here" if record is None else f"disarmed: {record.reason}"
        advice = advice_of("not_armed" if record is None else record.code)
        yield Finding("fail", "arming", seen, advice or _ARM)
        return
    change = change_of(record, standing_of(who, config.limits)) if who.signer else None
    if change is not None:
        yield Finding("fail", "arming", change.text, advice_of(change.code) or _ARM)
        return
    seen = f"armed at {record.armed_at:%Y-%m-%d %H:%M} UTC for {plain(record.max_loss)} USD"
    yield Finding("ok", "arming", seen)


def _rehearsal(settings: Settings, who: AccountIdentity) -> Finding:
    trades = TestnetTrades(settings.motherhaven_data).count(who.venue)
    seen = f"{trades} of {NEEDED} verified trades on the test network"
    if trades >= NEEDED or who.network != "mainnet":
        return Finding("ok", "rehearsal", seen)
    fix = "set HYPERLIQUID_TESTNET=true and trade there first, in this MOTHERHAVEN_DATA"
    return Finding("warn", "rehearsal", seen, fix)


def _running(settings: Settings) -> Finding:
    state = ControlClient(control_folder(settings), SystemClock(), str).state()
    if state is None:
        return Finding("ok", "lock", "free: no bot of this folder runs")
    left = state.get("not_flat")
    if left:
        return Finding(
            "fail", "lock", f"the bot (pid {state.get('pid')}) is closing: {left}", "wait"
        )
    return Finding("ok", "lock", f"the bot runs (pid {state.get('pid')})")
