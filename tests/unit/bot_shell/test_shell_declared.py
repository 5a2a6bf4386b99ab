"""Whatever a bot puts on record is named in the contract, so that its documentation tells of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from shell_support import MINUTE, NOON, action, answer, entry, new_cycle, new_trader, piece, placed

from motherhaven.bot.decider.guidance import Guidance
from motherhaven.bot.decider.types import Attempt
from motherhaven.bot.execution.commands import CancelOrders
from motherhaven.bot.execution.orders import OrderIntent, OrderKind
from motherhaven.bot.market.feed import Quote
from motherhaven.bot.portfolio.events import Liquidity, MarginMode, Side
from motherhaven.bot.running.cycle import Trouble
from motherhaven.bot.running.sink import MemorySink
from motherhaven.contract.events import PAYLOADS, PositionMark, Replaced, Verdict
from motherhaven.contract.events.base import is_lenient
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.wire import validate_payload
from motherhaven.testing.scripted_model import ScriptedModel

LIVE_KINDS = {"command"}
"""Kinds that this market brings none of."""
PARTS = {"verdict": Verdict, "positions": PositionMark, "replaces": Replaced}


class Told:
    """A decider whose answers carry everything that an answer can."""

    name = "told"

    def __init__(self, *said):
        self.inner = ScriptedModel(said)

    async def decide(self, context):
        """The scripted answer, with figures, two attempts and notes."""
        found = await self.inner.decide(context)
        decisions = tuple(replace(one, notes=("x was taken for y",)) for one in found.decisions)
        return replace(
            found, decisions=decisions, attempts=(Attempt("a", "bad"), Attempt("b")),
            tokens_in=1, tokens_out=1, tokens_cached=0, cost_usd=Decimal(1),
            cost_basis="fallback", latency_ms=1, finish_reason="stop", system_prompt="s",
            user_prompt="u",
        )  # fmt: skip


def history():
    """Records of a bot that trades, adds at another leverage, is liquidated, fails and stops."""
    said = [
        answer(entry(leverage=3, quantity_usd=40)),
        answer(entry(leverage=2, quantity_usd=30)),
        answer(action(signal="close"), {"coin": "ETH"}),
        answer(entry(leverage=3, quantity_usd=40)),
        "nonsense",
    ]
    trader = new_trader(candles=True)
    sink = MemorySink()
    cycle = new_cycle(trader, Told(*said), sink)
    cycle.notes.append("something to know")
    cycle.set_aside = {"SOL": "delisted"}
    trader.funding_rates = {"BTC": Decimal("0.0001")}
    at = NOON - MINUTE
    for number in range(len(said)):
        trader.on_slice(piece(at, BTC="50000"))
        at += MINUTE

        async def prices(at=at):
            price = Decimal(50_000)
            return {"BTC": Quote("BTC", price, price, price, at)}

        cycle.guidance = Guidance("be careful", at + timedelta(hours=1))
        asyncio.run(cycle.run(lambda at=at: at, prices, at + MINUTE))
        if number == 3:
            far = OrderIntent(
                "BTC", Side.SELL, Decimal(0), OrderKind.STOP, Decimal(1), reduce_only=True
            )
            (stop,) = [one for one in trader.account.orders.resting("BTC") if one.kind is far.kind]
            trader.account.submit([CancelOrders((stop.cloid,))])
            placed(trader, far)
            trader.report_account(at)
            trader.move_cash(Decimal(5), at, "x1")
            engine = trader.account.venue.engine
            engine.book_fill(
                "ETH", Decimal(1), Decimal(3_000), Liquidity.TAKER, 3, MarginMode.ISOLATED
            )
            engine.update_isolated_margin("ETH", Decimal(5))
            trader.follow()
            at += timedelta(hours=1)
    trader.on_slice(piece(at, BTC="10"))
    trader.stop_entries("test", at)
    cycle.status("bot stopped", at, error=Trouble("market", "why"), state="stopped")
    cycle.flush()
    return sink.kept


def test_every_recorded_field_is_declared():
    """In the model of its kind; parts in theirs."""
    kept = history()
    assert {record.kind for record in kept} == set(PAYLOADS) - LIVE_KINDS
    unknown = set()
    for record in kept:
        unknown |= {(record.kind, name) for name in record.payload} - {
            (record.kind, name) for name in PAYLOADS[record.kind].model_fields
        }
        for name, model in PARTS.items():
            value = record.payload.get(name) or []
            for part in value if isinstance(value, list) else [value]:
                unknown |= {(name, field) for field in part} - {
                    (name, field) for field in model.model_fields
                }
    assert not unknown


@pytest.mark.parametrize("value", ["words", 3, True, [1], {"a": None}, None])
def test_what_others_send_under_these_names_is_taken_as_before(value):
    """Declaring a name that bots of others may use for something else refuses nothing."""
    seen = set()
    for record in history():
        fields = PAYLOADS[record.kind].model_fields
        free = {name for name, field in fields.items() if field.annotation is Any}
        free |= {name for name, field in fields.items() if is_lenient(field)}
        free -= {name for name in free if name.endswith(("time", "timestamp", "_at"))}
        payload = {**record.payload, **dict.fromkeys(free, value)}
        validate_payload(record.kind, loads(dumps(payload)))
        seen |= free
    assert {"notes", "attempts", "cost_basis", "warnings", "stop_beyond_liquidation"} <= seen
