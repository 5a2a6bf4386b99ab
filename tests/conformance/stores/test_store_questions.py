"""Odd text in any question is refused alike by every store, and never fails it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from motherhaven.contract.errors import InvalidQuery, NotFound
from motherhaven.stores import DecisionFilter, Store
from tests.conformance.stores.kit import ANY, START, Bot, Place

Ask = Callable[[Store, Any], Awaitable[Any]]
SPAN = {"start": START, "end": START + timedelta(days=1)}
QUESTIONS: dict[str, Ask] = {
    "decisions.bot": lambda s, t: s.decisions(DecisionFilter(bot_id=t), before=None, limit=1),
    "decisions.coin": lambda s, t: s.decisions(DecisionFilter(coin=t), before=None, limit=1),
    "decisions.signal": lambda s, t: s.decisions(DecisionFilter(signal=t), before=None, limit=1),
    "decisions.before": lambda s, t: s.decisions(ANY, before=t, limit=1),
    "decision": lambda s, t: s.decision(t),
    "text.id": lambda s, t: s.text(t, "raw_response", offset=0, limit=1),
    "text.field": lambda s, t: s.text("bot-a-1-1", t, offset=0, limit=1),
    "positions.bot": lambda s, t: s.positions(status="all", bot_id=t, before=None, limit=1),
    "positions.before": lambda s, t: s.positions(status="all", bot_id=None, before=t, limit=1),
    "position.bot": lambda s, t: s.position(t, "p"),
    "position.id": lambda s, t: s.position("bot-a", t),
    "opened_by.bot": lambda s, t: s.opened_by(t, "d"),
    "opened_by.id": lambda s, t: s.opened_by("bot-a", t),
    "fills.bot": lambda s, t: s.fills(t, "p"),
    "fills.id": lambda s, t: s.fills("bot-a", t),
    "fundings.id": lambda s, t: s.fundings("bot-a", t),
    "candles.bot": lambda s, t: s.candles(t, "BTC", limit=1, **SPAN),
    "candles.coin": lambda s, t: s.candles("bot-a", t, limit=1, **SPAN),
    "accounts": lambda s, t: s.accounts(t, limit=1),
    "statuses": lambda s, t: s.statuses(t, limit=1),
    "equity": lambda s, t: s.equity([t], bucket=60, **SPAN),
    "deposits": lambda s, t: s.deposits(["bot-a", t]),
    "errors.bot": lambda s, t: s.errors(bot_id=t, kind=None, before=None, limit=1),
    "errors.kind": lambda s, t: s.errors(bot_id=None, kind=t, before=None, limit=1),
    "errors.before": lambda s, t: s.errors(bot_id=None, kind=None, before=t, limit=1),
    "full_payload": lambda s, t: s.full_payload(t),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_text_that_no_row_can_have_is_refused(place: Place, name: str) -> None:
    """NUL, half a surrogate pair and megabytes: one clear error; the store goes on."""

    async def scenario(store: Store) -> None:
        await store.append([Bot().decision(0)])
        for text in ("\x00", "bot-a\x00", "\ud800", "x\udfffy", "z" * 20_000):
            with pytest.raises(InvalidQuery):
                await QUESTIONS[name](store, text)
        assert len((await store.decisions(ANY, before=None, limit=9)).items) == 1

    place.run(scenario)


def test_other_odd_text_only_finds_nothing(place: Place) -> None:
    """Quotes, patterns, controls and any script are names like others."""

    async def scenario(store: Store) -> None:
        await store.append([Bot().decision(0)])
        for text in ("' OR 1=1 --", "%", "*", "\x1b[2J", "\u202e", "a/b", "..", "{}", "🙂", " "):
            where = DecisionFilter(bot_id=text, coin=text)
            assert (await store.decisions(where, before=None, limit=1)).items == ()
            assert await store.accounts(text, limit=1) == []
            assert await store.fills(text, text) == []
            with pytest.raises(NotFound):
                await store.decision(text)
            with pytest.raises(NotFound):
                await store.position(text, text)

    place.run(scenario)
