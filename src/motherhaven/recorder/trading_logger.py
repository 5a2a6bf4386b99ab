"""TradingLogger: the bot's logger. Durable in SQLite when a call returns, shipped behind."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from motherhaven.contract.events import BotState, SideName
from motherhaven.recorder.arguments import (
    account_payload,
    decision_payload,
    known,
    position_text,
    status_text,
)
from motherhaven.recorder.calls import LogCall, closing
from motherhaven.recorder.client import MotherhavenLogger
from motherhaven.recorder.core import Recorder
from motherhaven.recorder.sending.shipper import Shipper
from motherhaven.recorder.sending.stats import ShippingStats

Number = Decimal | float | str
LoggerParts = tuple[Recorder, Shipper | None, MotherhavenLogger | None]


class TradingLogger:
    """Logs what a bot does: to the journal, and through it to the dashboard.

    What a `log_*` call returned for is on disk. No call waits for the network. A value that
    makes no sense (a NaN stop, an unknown signal, an object of a class of one's own) costs
    that value, not the record: the payload's `faults` name each field, the problem and
    what was given, and a warning is logged. With `strict` it raises InvalidEvent instead.
    All raise JournalError when the journal cannot take the event (disk full, read-only);
    `healthy` then stays False until it can.
    """

    recorder: Recorder
    shipper: Shipper | None
    motherhaven: MotherhavenLogger | None
    """The client for the dashboard, or None when the integration is disabled."""

    strict: bool
    """Whether a wrong value raises InvalidEvent (code, field, fix) and nothing is recorded."""

    def __init__(self, *, strict: bool = False) -> None:
        """Set up from the environment and `.env`.

        Raises:
            ConfigError: a setting is wrong.
            JournalError: the journal cannot be opened; says what to do.
        """
        from motherhaven.recorder.factory import parts_from_settings  # settings only when asked for

        self._setup(*parts_from_settings(), strict=strict)

    @classmethod
    def build(
        cls,
        recorder: Recorder,
        shipper: Shipper | None = None,
        motherhaven: MotherhavenLogger | None = None,
        *,
        strict: bool = False,
    ) -> Self:
        """A logger over parts made elsewhere; it owns them from now on."""
        logger = cls.__new__(cls)
        logger._setup(recorder, shipper, motherhaven, strict=strict)
        return logger

    def _setup(
        self,
        recorder: Recorder,
        shipper: Shipper | None,
        motherhaven: MotherhavenLogger | None,
        *,
        strict: bool,
    ) -> None:
        self.strict = strict
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
        if self.shipper is None:
            return ShippingStats()
        return self.recorder.journal.run(self.shipper.stats)

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait up to `timeout` seconds until all recorded so far is at the server.

        False if some is still kept, refused (see `motherhaven quarantine`) or waits for a
        newer server, or shipping is off; `stats()` tells how many of each.
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
        invalidation_condition); what else it has is kept beside them. `more` are further
        fields of the payload, such as cycle_id, decider, model, tokens_in, cost_usd,
        latency_ms, verdict.
        """
        call = self._call()
        texts = {
            "raw_response": raw_response,
            "system_prompt": system_prompt,
            "user_prompt": user_prompt,
        }
        payload = decision_payload(decision, {**texts, **more}, call.faults)
        return call.record("decision", payload, time, event_id) or 0

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
        call = self._call()
        amounts = {
            "balance": balance,
            "equity": equity,
            "unrealized_pnl": unrealized_pnl,
            "realized_pnl": realized_pnl,
        }
        payload = {
            **account_payload(amounts, call.faults),
            "num_positions": num_positions,
            **known({"sharpe_ratio": sharpe_ratio, **more}),
        }
        return call.record("account", payload, time, event_id) or 0

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

        A position that was added to or reduced is logged again under its id, with
        `replaces`: the quantity_usd, leverage and entry_price that were logged before,
        and its `entry_time`; its row then has the new numbers.
        """
        call = self._call()
        payload = {
            "position_id": position_text(position_id, call.faults),
            "coin": coin,
            "side": side,
            "entry_price": entry_price,
            "quantity_usd": quantity_usd,
            "leverage": leverage,
            "status": "open",
            **known(more),
        }
        return call.record("position_opened", payload, time, event_id, decision_id) or 0

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

        call = self._call()
        place = position_text(position_id, call.faults)
        if place is None:
            return False
        terms = {
            "exit_price": exit_price,
            "realized_pnl": realized_pnl,
            "status": "closed",
            **known(more),
        }
        build = closing(place, terms)
        return call.record("position_closed", build, time, event_id, decision_id) is not None

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
        call, stats = self._call(), self.stats()
        payload = {
            "status": status,
            **status_text(message, error, call.faults),
            **({} if stats.state == "off" else _kept(stats)),
            **({"tags": list(self.recorder.tags)} if self.recorder.tags else {}),
            **known(more),
        }
        call.record("status", payload, time, event_id)

    def log_decision_from_trade_decision(
        self,
        trade_decision: Any,
        raw_response: str | None = None,
        system_prompt: str | None = None,
        user_prompt: str | None = None,
        **more: Any,
    ) -> int:
        """Log a decision object with the attributes that `log_decision` takes as keys."""
        return self.log_decision(trade_decision, raw_response, system_prompt, user_prompt, **more)

    def _call(self) -> LogCall:
        return LogCall(self.recorder, strict=self.strict)


def _kept(stats: ShippingStats) -> dict[str, int]:
    return {"behind": stats.behind, "quarantined": stats.quarantined}
