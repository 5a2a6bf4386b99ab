"""TradingLogger: the bot's logger. Durable in SQLite when a call returns, shipped behind."""

import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Self

from motherhaven.contract.errors import InvalidEvent, InvalidMoney
from motherhaven.contract.events import BotState, SideName
from motherhaven.contract.jsonio import loads
from motherhaven.contract.money import to_decimal
from motherhaven.recorder.client import MotherhavenLogger
from motherhaven.recorder.core import NewEvent, Recorder
from motherhaven.recorder.shipper import Shipper
from motherhaven.recorder.stats import ShippingStats
from motherhaven.recorder.writer import Recorded, Writer

Number = Decimal | float | str
LoggerParts = tuple[Recorder, Shipper | None, MotherhavenLogger | None]

_LOG: Final = logging.getLogger("motherhaven")
_EXIT_PLAN: Final = ("profit_target", "stop_loss", "invalidation_condition")
_DECISION: Final = ("coin", "signal", "quantity_usd", "leverage", "confidence", "justification")
_FROM_ENTRY: Final = ("coin", "side", "quantity_usd", "leverage", "entry_price", "entry_time")


class TradingLogger:
    """Logs what a bot does: to the journal, and through it to the dashboard.

    What a `log_*` call returned for is on disk. No call waits for the network. All raise
    InvalidEvent for values that make no sense and JournalError when the journal cannot
    take the event (disk full, read-only); `healthy` then stays False until it can.
    """

    recorder: Recorder
    shipper: Shipper | None
    motherhaven: MotherhavenLogger | None
    """The client for the dashboard, or None when the integration is disabled."""

    def __init__(self) -> None:
        """Set up from the environment and `.env`.

        Raises:
            ConfigError: a setting is wrong.
            JournalError: the journal cannot be opened; says what to do.
        """
        from motherhaven.recorder.factory import parts_from_settings  # settings only when asked for

        self._setup(*parts_from_settings())

    @classmethod
    def build(
        cls,
        recorder: Recorder,
        shipper: Shipper | None = None,
        motherhaven: MotherhavenLogger | None = None,
    ) -> Self:
        """A logger over parts made elsewhere; it owns them from now on."""
        logger = cls.__new__(cls)
        logger._setup(recorder, shipper, motherhaven)
        return logger

    def _setup(
        self,
        recorder: Recorder,
        shipper: Shipper | None,
        motherhaven: MotherhavenLogger | None,
    ) -> None:
        self.recorder = recorder
        self.shipper = shipper
        self.motherhaven = motherhaven

    @property
    def bot_id(self) -> str:
        """The random id made with the journal."""
        return self.recorder.journal.bot_id

    @property
    def healthy(self) -> bool:
        """Whether events can be recorded; while False, open no new position."""
        return self.recorder.journal.healthy()

    def stats(self) -> ShippingStats:
        """What was sent, is still kept, and was set aside; all 0 while shipping is off."""
        return ShippingStats() if self.shipper is None else self.shipper.stats()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait up to `timeout` seconds until all recorded so far is at the server.

        True if it is (or was set aside as refused); False if some is still kept, or
        shipping is off.
        """
        return self.shipper is not None and self.shipper.flush(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Ship what can be shipped within `timeout` seconds, and let go of everything."""
        if self.shipper is not None:
            self.shipper.close(timeout)
        self.recorder.journal.close()

    # -- the log calls ---------------------------------------------------------------

    def log_decision(
        self,
        decision: Mapping[str, Any],
        raw_response: str | None = None,
        system_prompt: str | None = None,
        user_prompt: str | None = None,
        *,
        time: datetime | None = None,
        event_id: str | None = None,
        **more: Any,
    ) -> int:
        """Log a decision; returns its id in the `decisions` view.

        `decision` has coin, signal, quantity_usd (margin), leverage, confidence,
        justification and exit_plan (None, or profit_target, stop_loss,
        invalidation_condition). `more` are further fields of the payload, such as
        cycle_id, decider, model, tokens_in, cost_usd, latency_ms, verdict.
        """
        payload = {field: decision.get(field) for field in _DECISION}
        plan = decision.get("exit_plan") or {}
        texts = {
            "raw_response": raw_response,
            "system_prompt": system_prompt,
            "user_prompt": user_prompt,
        }
        optional = {**{field: plan.get(field) for field in _EXIT_PLAN}, **texts, **more}
        payload.update({key: value for key, value in optional.items() if value is not None})
        return _row(self.recorder.record("decision", payload, time=time, event_id=event_id))

    def log_account_state(
        self,
        balance: Number,
        equity: Number,
        unrealized_pnl: Number = 0.0,
        realized_pnl: Number = 0.0,
        sharpe_ratio: Number | None = None,
        num_positions: int = 0,
        *,
        time: datetime | None = None,
        event_id: str | None = None,
        **more: Any,
    ) -> int:
        """Log the account in USD; returns its id in `account_state`.

        `balance` is the wallet, `equity` = balance + unrealized, `realized_pnl` net of
        fees and funding. `more`: deposits_usd, fees_usd, funding_usd, positions, …
        """
        unrealized = _number(unrealized_pnl, "unrealized_pnl")
        realized = _number(realized_pnl, "realized_pnl")
        payload = {
            "balance_usd": _number(balance, "balance"),
            "equity_usd": _number(equity, "equity"),
            "unrealized_pnl": unrealized,
            "realized_pnl": realized,
            "total_pnl": realized + unrealized,
            "num_positions": num_positions,
            **({} if sharpe_ratio is None else {"sharpe_ratio": sharpe_ratio}),
            **_known(more),
        }
        return _row(self.recorder.record("account", payload, time=time, event_id=event_id))

    def log_position_entry(
        self,
        position_id: str,
        coin: str,
        side: SideName,
        entry_price: Number,
        quantity_usd: Number,
        leverage: Number,
        *,
        decision_id: str | int | None = None,
        time: datetime | None = None,
        event_id: str | None = None,
        **more: Any,
    ) -> int:
        """Log that a position was opened; returns its id in `positions`.

        `quantity_usd` is the margin. `decision_id` is the event id of the decision, or
        the id that `log_decision` returned. `more`: size, fee_usd, stop_loss, …
        """
        payload = {
            "position_id": position_id,
            "coin": coin,
            "side": side,
            "entry_price": entry_price,
            "quantity_usd": quantity_usd,
            "leverage": leverage,
            "status": "open",
            **_known(more),
        }

        def build(writer: Writer) -> NewEvent:
            link = _decision_link(writer, decision_id)
            return NewEvent("position_opened", {**payload, **link}, time, event_id)

        recorded = self.recorder.record_with(build)
        assert recorded is not None
        return _row(recorded)

    def log_position_exit(
        self,
        position_id: str,
        exit_price: Number,
        realized_pnl: Number,
        *,
        decision_id: str | int | None = None,
        time: datetime | None = None,
        event_id: str | None = None,
        **more: Any,
    ) -> bool:
        """Log that a position was closed; `realized_pnl` is net of fees and funding.

        False if there is no such open position: closing twice changes nothing.
        `more`: reason, gross_pnl, fees_usd, funding_usd, …
        """

        def build(writer: Writer) -> NewEvent | None:
            opening = writer.opening(position_id)
            if opening is None:
                return None
            entry = loads(opening[0].encode())
            payload = {
                **{field: entry.get(field) for field in _FROM_ENTRY},
                "entry_time": opening[1],
                "position_id": position_id,
                "exit_price": exit_price,
                "realized_pnl": realized_pnl,
                "status": "closed",
                **_decision_link(writer, decision_id),
                **_known(more),
            }
            return NewEvent("position_closed", payload, time, event_id)

        return self.recorder.record_with(build) is not None

    def log_bot_status(
        self,
        status: BotState,
        message: str | None = None,
        error: str | None = None,
        *,
        time: datetime | None = None,
        event_id: str | None = None,
        **more: Any,
    ) -> None:
        """Log a heartbeat or change of state, with what shipping has kept and set aside.

        `more`: trades_today, pnl_today, cycle_id, decider, market, interval_seconds, …
        """
        stats = self.stats()
        payload = {
            "status": status,
            "message": message or error or "",
            **({} if error is None else {"error": error}),
            **({} if stats.state == "off" else _kept(stats)),
            **_known(more),
        }
        self.recorder.record("status", payload, time=time, event_id=event_id)

    def log_decision_from_trade_decision(
        self,
        trade_decision: Any,
        raw_response: str | None = None,
        system_prompt: str | None = None,
        user_prompt: str | None = None,
        **more: Any,
    ) -> int:
        """Log a decision object with the attributes that `log_decision` takes as keys."""
        plan = trade_decision.exit_plan
        decision = {field: getattr(trade_decision, field) for field in _DECISION}
        decision["exit_plan"] = plan and {field: getattr(plan, field) for field in _EXIT_PLAN}
        return self.log_decision(decision, raw_response, system_prompt, user_prompt, **more)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _kept(stats: ShippingStats) -> dict[str, int]:
    return {"behind": stats.behind, "quarantined": stats.quarantined}


def _row(recorded: Recorded) -> int:
    assert recorded.row_id is not None
    return recorded.row_id


def _number(value: Number, what: str) -> Decimal:
    try:
        return to_decimal(value, what)
    except InvalidMoney as error:
        raise InvalidEvent(str(error)) from None


def _decision_link(writer: Writer, decision_id: str | int | None) -> dict[str, str]:
    """The event id of a decision, given as such or as the row id in the view."""
    if isinstance(decision_id, int):
        event_id = writer.decision_event(decision_id)
        if event_id is None:
            raise InvalidEvent(
                f"decision_id: no decision {decision_id} in this journal; "
                "pass what log_decision returned"
            )
        return {"decision_id": event_id}
    return {} if decision_id is None else {"decision_id": decision_id}
