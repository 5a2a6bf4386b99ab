"""How bots are set up, what differs, and what a comparison should warn of."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.contract.limits import LIMIT_NAMES
from motherhaven.contract.money import plain
from motherhaven.contract.views import BotRow
from motherhaven.server.wire.figures import BotConfig

_WINDOW_TOLERANCE: Final = timedelta(hours=1)
_CAPITAL_TOLERANCE: Final = Decimal("0.01")
OFF: Final = "off"


def config_of(row: BotRow, model: str | None) -> BotConfig:
    """What a bot's records tell of its set-up."""
    status = row.status
    capital = capital_of(row)
    items = {
        "mode": row.mode,
        "decider": row.decider,
        "model": model,
        "market": row.market,
        "interval_seconds": _text(status.interval_seconds if status else None),
        "coins": ", ".join(sorted(status.coins)) if status and status.coins else None,
        "capital_usd": None if capital is None else plain(capital),
        "tags": ", ".join(status.tags) if status and status.tags else None,
        **_limits_of(row),
    }
    return BotConfig(bot_id=row.id, bot_name=row.name, items=items)


def _limits_of(row: BotRow) -> dict[str, str | None]:
    """The guard's limits under the names of their settings; none of a bot that told none."""
    told = (row.status.limits if row.status else None) or {}
    known = {name: told[name] for name in LIMIT_NAMES if name in told}
    return {name.upper(): value or OFF for name, value in known.items()}


def capital_of(row: BotRow) -> Decimal | None:
    """What was paid in, or the first equity that was told."""
    told = row.account.deposits_usd if row.account else None
    return row.stats.first_equity if told is None else told


def differing(configs: Sequence[BotConfig]) -> tuple[str, ...]:
    """The items that are not the same for all."""
    names = dict.fromkeys(name for config in configs for name in config.items)
    return tuple(name for name in names if len({config.items.get(name) for config in configs}) > 1)


def warnings_of(
    rows: Sequence[BotRow],
    configs: Sequence[BotConfig],
    spans: Mapping[str, tuple[datetime, datetime]],
) -> list[str]:
    """Why these bots' figures may not be comparable; `spans` are their first and last times."""
    told = []
    for name, why in _REASONS.items():
        values = {config.items.get(name) for config in configs} - {None}
        if len(values) > 1:
            told.append(f"{_each(configs, name)}: {why}")
    if _capital_differs(rows):
        told.append(
            f"{_each(configs, 'capital_usd')} USD: compare fractions, not dollars; limits in "
            "dollars bind the larger account harder"
        )
    return told + _window_warnings(rows, spans)


_REASONS: Final = {
    "mode": "the kind of money differs, so fills, fees and slippage do too",
    "market": "they see different prices",
    "interval_seconds": "they decide at different intervals",
    "coins": "they trade different coins",
}


def _window_warnings(
    rows: Sequence[BotRow], spans: Mapping[str, tuple[datetime, datetime]]
) -> list[str]:
    names = {row.id: row.name or row.id for row in rows}
    told = [f"{names[row.id]} has reported no account yet" for row in rows if row.id not in spans]
    if len(spans) < 2:
        return told
    begun, ended = (max(s[0] for s in spans.values()), min(s[1] for s in spans.values()))
    if begun >= ended:
        told.append("their windows do not overlap: nothing can be compared over the same time")
        return told
    for bot_id, (first, last) in spans.items():
        if begun - first > _WINDOW_TOLERANCE:
            told.append(f"{names[bot_id]} began {_span(begun - first)} before the aligned start")
        if last - ended > _WINDOW_TOLERANCE:
            told.append(f"{names[bot_id]} ran {_span(last - ended)} longer than the aligned end")
    return told


def _capital_differs(rows: Sequence[BotRow]) -> bool:
    amounts = [amount for amount in map(capital_of, rows) if amount is not None]
    if len(amounts) < 2:
        return False
    least, most = min(amounts), max(amounts)
    return most - least > _CAPITAL_TOLERANCE * abs(most)


def _each(configs: Sequence[BotConfig], name: str) -> str:
    told = (f"{config.bot_name or config.bot_id} {config.items[name] or '—'}" for config in configs)
    return f"{name.removesuffix('_usd').replace('_', ' ')} differs ({'; '.join(told)})"


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def _text(value: object) -> str | None:
    return None if value is None else str(value)
