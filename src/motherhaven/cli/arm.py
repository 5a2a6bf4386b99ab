"""`motherhaven arm` and `disarm`: who the account is, what it may lose, and a person's own word."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.arming.record import ArmingRecord, arm, standing_of
from motherhaven.bot.arming.store import ArmingStore
from motherhaven.bot.arming.testnet import NEEDED, TestnetTrades
from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.bot.running.account_view import AccountView, view_account
from motherhaven.bot.running.config import BotConfig
from motherhaven.bot.running.entry import control_folder
from motherhaven.cli.output import emit
from motherhaven.contract.errors import ConfigError, InvalidMoney
from motherhaven.contract.ids import IdSource
from motherhaven.contract.money import plain, to_decimal
from motherhaven.contract.reasons import advice_of
from motherhaven.settings import Settings, SystemClock, TradingMode, load_settings, require_names

TYPED: Final = 6
"""So many of the address's last characters are typed."""

Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ArmWords:
    """What was said on the command line; None where it was not."""

    address: str | None = None
    max_loss: str | None = None
    i_know: bool = False


def run_arm(words: ArmWords, ask: Ask) -> None:
    """Show the account, let the user say what may be lost, and write it down.

    Raises:
        ConfigError: the account may not be armed, or the user did not say so; nothing is armed.
        ExchangeError: the venue does not answer.
    """
    settings, clock = load_settings(), SystemClock()
    require_names()
    if settings.trading_mode is not TradingMode.LIVE:
        raise ConfigError(
            f"TRADING_MODE={settings.trading_mode.value}: there is nothing to arm; set "
            "TRADING_MODE=live first: docs/how-to/go-live.md"
        )
    config, folder = BotConfig.from_settings(settings), control_folder(settings)
    _refuse_killed(KillLatch(folder))
    view = view_account(settings, clock)
    for line in described(view, config, clock.now()):
        emit(line)
    refuse(view.identity, settings, i_know=words.i_know)
    standing = standing_of(view.identity, config.limits)
    most = _confirmed(view.identity, words, ask)
    session = IdSource(clock, os.urandom).new()
    record = arm(standing, session, clock.now(), view.identity.equity, most)
    ArmingStore(folder).write(record)
    emit("")
    emit(armed_words(record))


def run_disarm() -> None:
    """End live trading on this machine: no entries until it is armed again.

    Raises:
        ConfigError: the record cannot be written.
    """
    settings, clock = load_settings(), SystemClock()
    store = ArmingStore(control_folder(settings))
    if store.disarm(clock.now(), "disarmed_by_hand", "motherhaven disarm in a terminal"):
        emit("disarmed: no entry is sent from now on; stops stay, and what is open may be closed")
        emit("to close everything: motherhaven kill --flatten")
    else:
        emit("live trading is not armed here; nothing has changed")


def described(view: AccountView, config: BotConfig, now: datetime) -> list[str]:
    """The account, its signer, the limits and what is open, as lines for people."""
    who = view.identity
    until = who.signer_until
    ends = "not told by the venue" if until is None else f"{until:%Y-%m-%d} ({_days(until, now)})"
    limits = config.limits.shown()
    lines = [
        f"venue       {who.venue} ({who.network}{_money(who)})",
        f"account     {who.account}",
        f"role, mode  {who.role}, {who.mode}",
        f"signer      {who.signer or 'none'}: {who.signer_role or 'unknown'} of "
        f"{who.signer_of or 'nobody'}",
        f"signer ends {ends}",
        f"equity      {plain(who.equity)} USD",
        f"minimum     {plain(who.minimum)} USD an order",
        f"coins       {', '.join(config.coins)}",
        *(f"limit       {name.upper()} = {value or 'off'}" for name, value in limits.items()),
    ]
    lines += [f"warning     {one.text}" for one in who.warnings]
    lines += [
        f"position    {coin} {plain(held.size)} at {plain(held.entry)}, {held.leverage}x"
        for coin, held in view.positions.items()
    ] or ["position    none is open"]
    lines += [
        f"order       {one.coin} {one.side.value} {plain(one.size)} {one.kind.value}"
        f"{' (reduce only)' if one.reduce_only else ''}{'' if one.cloid else ' (not ours)'}"
        for one in view.orders
    ] or ["order       none rests"]
    return lines


def refuse(who: AccountIdentity, settings: Settings, *, i_know: bool) -> None:
    """Whether this account may be armed at all.

    Raises:
        ConfigError: it may not; each reason with its code and its remedy.
    """
    told = [
        f"{problem.text} ({problem.code})\n  {advice_of(problem.code) or ''}"
        for problem in who.problems
    ]
    if told:
        raise ConfigError("not armed, and nothing was signed:\n" + "\n".join(told))
    trades = TestnetTrades(settings.motherhaven_data).count(who.venue)
    if who.network == "mainnet" and trades < NEEDED and not i_know:
        raise ConfigError(
            f"not armed: {trades} of {NEEDED} verified trades on the test network are on record in "
            f"{settings.motherhaven_data}. Trade there first (HYPERLIQUID_TESTNET=true), or say "
            "--i-know"
        )


def armed_words(record: ArmingRecord) -> str:
    """What was armed, and what ends it."""
    return (
        f"ARMED: {record.account} at {record.venue} ({record.network}), at most "
        f"{plain(record.max_loss)} USD of {plain(record.start_equity)} may be lost. A kill, a "
        "raised limit, another signer, account, mode or network ends it; so does motherhaven disarm"
    )


def _refuse_killed(latch: KillLatch) -> None:
    kill = latch.read()
    if kill is not None:
        raise ConfigError(
            f"the kill switch is engaged ({kill.reason}); end it first: start the bot and say "
            "run_analysis_bot.py arm, or remove the file " + str(latch.path)
        )


def _confirmed(who: AccountIdentity, words: ArmWords, ask: Ask) -> Decimal:
    """The most that may be lost, once the user has said which account is meant."""
    given = (words.address, words.max_loss)
    if None in given and (any(given) or not sys.stdin.isatty()):
        raise ConfigError(
            "not armed: without a terminal to type at, give both --yes-i-mean ADDRESS and "
            "--max-loss USD"
        )
    if words.address is not None:
        if words.address.strip().lower() != who.account.lower():
            raise ConfigError(f"not armed: the account is {who.account}, not {words.address[:80]}")
        return _usd(words.max_loss or "")
    end = who.account[-TYPED:]
    if ask(f"Type the last {TYPED} characters of the account").strip().lower() != end.lower():
        raise ConfigError("not armed: those are not the account's last characters")
    return _usd(ask("The most that may be lost, in USD"))


def _usd(text: str) -> Decimal:
    try:
        return to_decimal(text.strip()[:40], "the most that may be lost")
    except InvalidMoney as error:
        raise ConfigError(f"not armed: {error}; write an amount in USD, e.g. 20") from None


def _money(who: AccountIdentity) -> str:
    return ", REAL MONEY" if who.network == "mainnet" else ", worthless money"


def _days(until: datetime, now: datetime) -> str:
    days = (until - now).days
    return f"in {days} days" if days >= 0 else "it has ended"
