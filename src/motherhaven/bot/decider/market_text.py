"""One coin's market as compact text: prices, funding, indicators by timeframe, bars."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final

from motherhaven.bot.decider.figures import percent, significant
from motherhaven.bot.market.bar_series import BarSeries
from motherhaven.bot.market.feed import Quote
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.market.timeframes import label_of

_SHORTEST_ROWS: Final = 8
_ROWS: Final[Mapping[str, int]] = {"15m": 8, "1h": 12, "4h": 8}


def market_table(
    series: BarSeries,
    funding: Decimal | None,
    mark: Decimal | None = None,
    quote: Quote | None = None,
) -> str:
    """One coin: prices, indicators of each timeframe and its closed bars.

    `mark` is the ledger's, in USD; None takes the last close. `funding` is a fraction of the
    notional an hour.
    """
    mark = series.last.close if mark is None else mark
    lines = [
        f"{series.coin} mark={significant(mark, 8)} "
        f"tick={significant(series.spec.price_step(mark))} "
        f"max_leverage={series.spec.max_leverage} "
        f"min_notional={significant(series.spec.min_notional)}",
        " ".join(part for part in (_venue(quote), _funding(funding), _interest(quote)) if part),
    ]
    own = label_of(series.last.interval)
    lines.append(f"{own} indicators: {_values(series.indicators())}")
    lines.extend(
        f"{longer.label} indicators: {_values(longer.indicators())}"
        for longer in series.longer
        if longer.bars
    )
    lines.extend(_bars(own, list(islice(reversed(series.bars), _SHORTEST_ROWS))[::-1]))
    for longer in series.longer:
        lines.extend(_bars(longer.label, list(longer.bars)[-_ROWS[longer.label] :]))
    return "\n".join(lines)


def _venue(quote: Quote | None) -> str:
    if quote is None:
        return ""
    return (
        f"venue now: mid={significant(quote.mid, 8)} mark={significant(quote.mark, 8)} "
        f"oracle={significant(quote.oracle, 8)}"
    )


def _funding(rate: Decimal | None) -> str:
    if rate is None:
        return "funding=n/a"
    told = percent(rate, 4)
    if not rate:
        return f"funding={told} an hour"
    return f"funding={told} an hour ({'longs pay shorts' if rate > 0 else 'shorts pay longs'})"


def _interest(quote: Quote | None) -> str:
    if quote is None or quote.open_interest is None:
        return ""
    return f"open_interest_usd={significant(quote.open_interest * quote.mark, 4)}"


def _values(values: Mapping[str, float | None]) -> str:
    return " ".join(f"{name}={significant(value)}" for name, value in values.items())


def _bars(label: str, bars: Sequence[Bar]) -> list[str]:
    if not bars:
        return []
    rows = [f"{label} bars, oldest first: start open high low close volume"]
    rows.extend(_row(bar) for bar in bars)
    return rows


def _row(bar: Bar) -> str:
    prices = (bar.open, bar.high, bar.low, bar.close)
    shown = " ".join(significant(price) for price in prices)
    return f"{bar.start:%d %H:%M} {shown} {significant(bar.volume, 4)}"
