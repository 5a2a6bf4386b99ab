"""Account and history as compact text: data for a prompt, never instructions."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from motherhaven.bot.decider.briefing import Briefing, Plan, age_of, stakes_of
from motherhaven.bot.decider.figures import clipped, escape, percent, significant
from motherhaven.bot.decider.types import Context
from motherhaven.bot.portfolio.account import Position
from motherhaven.bot.portfolio.events import Trade
from motherhaven.contract.exact import exact, quotient

_THESIS: Final = 300
_CONDITION: Final = 200


def account_table(context: Context) -> str:
    """The account, its day, and the open positions with the idea behind each."""
    account, briefing = context.account, context.brief()
    lines = [
        f"equity={significant(account.equity, 8)} available={significant(account.available, 8)} "
        f"used_margin={significant(account.used)} "
        f"unrealized={significant(account.unrealized)}",
        _today(context, briefing, account.equity),
    ]
    for position in account.positions.values():
        lines.append(_position(position, context.now))
        lines.extend(_plan(briefing.plans.get(position.coin)))
    if not account.positions:
        lines.append("no open positions")
    return "\n".join(lines)


def results_table(briefing: Briefing) -> str:
    """What all finished trades of this account came to."""
    tally = briefing.tally
    if not tally.count:
        return "no finished trades yet"
    lost = tally.count - tally.won
    return (
        f"trades={tally.count} won={tally.won} ({_share(tally.won, tally.count)}) "
        f"net_usd={significant(tally.net, 5)} average_win={_mean(tally.net_won, tally.won)} "
        f"average_loss={_mean(-tally.net_lost, lost)} "
        f"profit_factor={significant(tally.profit_factor, 3)} "
        f"fees_paid={significant(tally.fees, 4)} funding_received={significant(tally.funding, 4)}"
    )


def trade_table(trades: Sequence[Trade]) -> str:
    """Finished trades, oldest first."""
    if not trades:
        return "none yet"
    return "\n".join(
        f"{trade.closed_at:%m-%d %H:%M} {trade.coin} "
        f"{'long' if trade.side.sign > 0 else 'short'} entry={significant(trade.entry)} "
        f"exit={significant(trade.exit)} net_usd={significant(trade.net, 4)} "
        f"reason={trade.reason.value}"
        for trade in trades
    )


def outcome_table(context: Context) -> str:
    """What became of the last decisions."""
    if not context.outcomes:
        return "none yet"
    return "\n".join(
        f"{item.time:%m-%d %H:%M} {escape(item.coin)} {escape(item.signal)}: {escape(item.result)}"
        for item in context.outcomes
    )


def _today(context: Context, briefing: Briefing, equity: Decimal) -> str:
    limit = context.limits.daily_loss_limit_usd
    if briefing.day_start is None:
        return f"today: pnl=n/a loss_limit={significant(limit)}"
    with exact():
        pnl = equity - briefing.day_start
        left = max(limit + pnl, Decimal(0))
    return (
        f"today: pnl={significant(pnl, 5)} loss_left={significant(left, 5)} of "
        f"{significant(limit)} entries={briefing.entries_today}"
    )


def _position(position: Position, now: datetime) -> str:
    side = "long" if position.size > 0 else "short"
    stakes = stakes_of(position)
    with exact():
        notional = abs(position.size) * position.mark
    return (
        f"{position.coin} {side} size={significant(abs(position.size))} "
        f"notional={significant(notional)} entry={significant(position.entry)} "
        f"mark={significant(position.mark, 8)} leverage={position.leverage} "
        f"age={age_of(position.opened_at, now)} "
        f"unrealized={significant(position.unrealized, 4)} roe={percent(position.roe)} "
        f"stop={significant(position.stop)} target={significant(position.target)} "
        f"liquidation={significant(position.liquidation)} "
        f"risk_to_stop_usd={significant(stakes.risk, 4)} "
        f"reward_to_target_usd={significant(stakes.reward, 4)} "
        f"reward_risk={significant(stakes.ratio, 3)} "
        f"fees={significant(position.fees, 3)} funding={significant(position.funding, 3)}"
    )


def _plan(plan: Plan | None) -> list[str]:
    if plan is None:
        return []
    lines = [f"  thesis: {clipped(plan.thesis, _THESIS)}"] if plan.thesis.strip() else []
    if plan.invalidation:
        lines.append(f"  invalidated if: {clipped(plan.invalidation, _CONDITION)}")
    return lines


def _share(part: int, whole: int) -> str:
    return f"{significant(quotient(Decimal(100 * part), Decimal(whole)), 3)}%"


def _mean(total: Decimal, count: int) -> str:
    return significant(quotient(total, Decimal(count)) if count else None, 4)
