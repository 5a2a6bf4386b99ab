"""Where bots decided alike on a coin in one window of time, and where they did not."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from motherhaven.server.wire.figures import Agreement, BotSignal, Disagreement
from motherhaven.stores.protocol import Reader
from motherhaven.stores.signals import Signal

MOST_DECISIONS: Final = 1_000
"""So many of each bot's newest decisions are looked at."""

_SHOWN: Final = 50


async def signals_of(
    store: Reader, bot_id: str, start: datetime, end: datetime
) -> Sequence[Signal]:
    """A bot's decisions in [start, end], newest first, one more than MOST_DECISIONS at most."""
    until = end + timedelta(microseconds=1)
    return await store.signals(bot_id, start=start, end=until, limit=MOST_DECISIONS + 1)


def agreement(decided: Mapping[str, Sequence[Signal]], window: int) -> Agreement:
    """How often the bots agreed, from their decisions newest first; pure.

    A bot's newest decision on a coin within a window of `window` seconds counts.
    """
    cut = [rows[MOST_DECISIONS - 1].time for rows in decided.values() if len(rows) > MOST_DECISIONS]
    since = max(cut, default=None)
    windows: dict[tuple[int, str], dict[str, Signal]] = {}
    for bot_id, rows in decided.items():
        for row in rows:
            if since is None or row.time >= since:
                place = (int(row.time.timestamp()) // window, row.coin)
                windows.setdefault(place, {}).setdefault(bot_id, row)
    shared = {place: rows for place, rows in windows.items() if len(rows) > 1}
    apart = [
        place for place, rows in shared.items() if len({row.signal for row in rows.values()}) > 1
    ]
    apart.sort(reverse=True)
    return Agreement(
        n=len(shared),
        agreed=len(shared) - len(apart),
        window_seconds=window,
        disagreed=tuple(_disagreement(place, window, shared[place]) for place in apart[:_SHOWN]),
        truncated=since is not None,
    )


def _disagreement(place: tuple[int, str], window: int, rows: Mapping[str, Signal]) -> Disagreement:
    return Disagreement(
        time=datetime.fromtimestamp(place[0] * window, UTC),
        coin=place[1],
        signals=tuple(
            BotSignal(bot_id=bot_id, decision_id=row.id, signal=row.signal)
            for bot_id, row in rows.items()
        ),
    )
