"""Market, account and history as compact text: data for a prompt, never instructions."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from motherhaven.bot.decider.types import Context
from motherhaven.bot.exchange.types import Bar, Position, Trade
from motherhaven.bot.tape import Tape, resample

FIGURES: Final = 6
_FRAMES: Final = (("1m", 1, 10), ("15m", 15, 12), ("1h", 60, 12))
"""Label, minutes a row, rows: several timeframes of the same bars."""


def significant(value: Decimal | float | None, figures: int = FIGURES) -> str:
    """`value` with `figures` significant digits and no exponent, "n/a" for None.

    Small coins keep their digits: 0.00001234567 becomes 0.0000123457.
    """
    if value is None:
        return "n/a"
    text = format(Decimal(format(value, f".{figures}g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def escape(text: str) -> str:
    """Text that cannot close or open an envelope's tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def market_table(tape: Tape, funding: Decimal | None) -> str:
    """One coin: last price, indicators and three timeframes of bars."""
    values = " ".join(f"{name}={significant(value)}" for name, value in tape.indicators().items())
    lines = [
        f"{tape.coin} mark={significant(tape.last.close, 8)} "
        f"tick={significant(tape.spec.price_step(tape.last.close))} "
        f"max_leverage={tape.spec.max_leverage} "
        f"min_notional={significant(tape.spec.min_notional)} "
        f"funding_per_hour={significant(funding)}",
        values,
    ]
    minutes = int(tape.last.interval.total_seconds()) // 60 or 1
    for label, width, rows in _FRAMES:
        if width % minutes:
            continue
        bars = resample(tape.bars, width // minutes, rows)
        if bars:
            lines.append(f"{label} bars, oldest first: start open high low close volume")
            lines.extend(_row(bar) for bar in bars)
    return "\n".join(lines)


def account_table(context: Context) -> str:
    """The account and the open positions."""
    account = context.account
    lines = [
        f"equity={significant(account.equity, 8)} available={significant(account.available, 8)} "
        f"unrealized={significant(account.unrealized)}"
    ]
    lines.extend(_position(position) for position in account.positions.values())
    if not account.positions:
        lines.append("no open positions")
    return "\n".join(lines)


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


def _row(bar: Bar) -> str:
    prices = (bar.open, bar.high, bar.low, bar.close)
    shown = " ".join(significant(price) for price in prices)
    return f"{bar.start:%d %H:%M} {shown} {significant(bar.volume, 4)}"


def _position(position: Position) -> str:
    side = "long" if position.size > 0 else "short"
    return (
        f"{position.coin} {side} size={significant(abs(position.size))} "
        f"entry={significant(position.entry)} leverage={position.leverage} "
        f"unrealized={significant(position.unrealized, 4)} "
        f"stop={significant(position.stop)} target={significant(position.target)} "
        f"liquidation={significant(position.liquidation)}"
    )
