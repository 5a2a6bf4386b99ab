"""MotherhavenLogger: posts single events to the dashboard, synchronously."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import MotherhavenError, ShippingError
from motherhaven.contract.events import Kind
from motherhaven.contract.jsonio import dumps
from motherhaven.contract.times import format_time
from motherhaven.contract.wire import validate_payload
from motherhaven.recorder.arguments import (
    DECISION,
    account_payload,
    decision_payload,
    known,
    moment,
    status_text,
)
from motherhaven.recorder.faults import FAULTS, Faults
from motherhaven.recorder.mending import mend
from motherhaven.recorder.payload import clean
from motherhaven.recorder.sending.report import ENDPOINTS, path_of
from motherhaven.recorder.sending.responses import ResponseKind, read_single
from motherhaven.recorder.sending.transport import HttpTransport, Transport

_LOG: Final = logging.getLogger("motherhaven")


class MotherhavenLogger:
    """Posts to the four ingest endpoints; every method says whether the server took it.

    True only for an acknowledged 200 with `{"success": true}`. Never raises for what the
    network or the server does; nothing is kept or tried again (TradingLogger does that).
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        enabled: bool = True,
        timeout: float = 10,
        *,
        bot_id: str | None = None,
        bot_name: str | None = None,
        clock: Clock | None = None,
        connect: Callable[[str, str], Transport] = HttpTransport,
    ) -> None:
        """`timeout` in seconds bounds a whole call: connecting, sending and the answer.

        Without `bot_id` the events belong to the server's bot `default`.

        Raises:
            ConfigError: enabled, and the URL or the key cannot be used.
        """
        self.base_url = base_url.rstrip("/")
        self.enabled = enabled
        self.timeout = timeout
        self.last_error: str | None = None
        named = {"bot_id": bot_id, "bot_name": bot_name}
        self._identity = {key: value for key, value in named.items() if value is not None}
        self._api_key = api_key
        self._clock = _system_clock() if clock is None else clock
        self._connect = connect
        if enabled:
            connect(self.base_url, api_key).close()

    def __repr__(self) -> str:
        return f"MotherhavenLogger({self.base_url!r}, enabled={self.enabled})"

    def log_decision(
        self,
        decision_data: Mapping[str, Any],
        raw_response: str | None = None,
        system_prompt: str | None = None,
        user_prompt: str | None = None,
    ) -> bool:
        """Post a decision; `decision_data` as for TradingLogger.log_decision."""
        texts = {
            "raw_response": raw_response,
            "system_prompt": system_prompt,
            "user_prompt": user_prompt,
        }
        faults = Faults()
        payload = clean(decision_payload(decision_data, texts, faults), faults)
        found = {key: value for key, value in payload.items() if key in DECISION or value}
        return self._post("decision", {"timestamp": self._now(), **found}, faults)

    def log_position_entry(
        self,
        position_id: str,
        coin: str,
        side: str,
        entry_price: Any,
        quantity_usd: Any,
        leverage: Any,
    ) -> bool:
        """Post that a position was opened; quantity_usd is the margin."""
        return self._post(
            "position_opened",
            {
                "position_id": position_id,
                "coin": coin,
                "side": side,
                "quantity_usd": quantity_usd,
                "leverage": leverage,
                "entry_price": entry_price,
                "entry_time": self._now(),
                "status": "open",
            },
        )

    def log_position_exit(
        self,
        position_id: str,
        coin: str,
        side: str,
        entry_price: Any,
        entry_time: datetime | str,
        exit_price: Any,
        quantity_usd: Any,
        leverage: Any,
        realized_pnl: Any,
    ) -> bool:
        """Post that a position was closed; realized_pnl is net of fees and funding."""
        return self._post(
            "position_closed",
            {
                "position_id": position_id,
                "coin": coin,
                "side": side,
                "quantity_usd": quantity_usd,
                "leverage": leverage,
                "entry_price": entry_price,
                "entry_time": _text(entry_time, self._clock.now()),
                "exit_price": exit_price,
                "exit_time": self._now(),
                "realized_pnl": realized_pnl,
                "status": "closed",
            },
        )

    def log_account_state(
        self,
        balance_usd: Any,
        equity_usd: Any,
        unrealized_pnl: Any = 0,
        realized_pnl: Any = 0,
        sharpe_ratio: Any = None,
        num_positions: int = 0,
    ) -> bool:
        """Post the account in USD."""
        amounts = {
            "balance": balance_usd,
            "equity": equity_usd,
            "unrealized_pnl": unrealized_pnl,
            "realized_pnl": realized_pnl,
        }
        faults = Faults()
        payload = {
            "timestamp": self._now(),
            **account_payload(amounts, faults),
            "num_positions": num_positions,
            **known({"sharpe_ratio": sharpe_ratio}),
        }
        return self._post("account", payload, faults)

    def log_status(
        self,
        status: str,
        message: str | None = None,
        trades_today: int | None = None,
        pnl_today: Any = None,
    ) -> bool:
        """Post a heartbeat: running, paused, stopped or error."""
        faults = Faults()
        told = status_text(message, None, faults)
        payload = {"timestamp": self._now(), "status": status, **told}
        payload |= known({"trades_today": trades_today, "pnl_today": pnl_today})
        return self._post("status", payload, faults)

    def _post(self, kind: Kind, payload: dict[str, Any], faults: Faults | None = None) -> bool:
        if not self.enabled:
            return False
        endpoint = ENDPOINTS[kind]
        try:
            cause = self._send(kind, payload, Faults() if faults is None else faults)
        except ShippingError as error:
            cause = str(error)
        except MotherhavenError as error:
            cause = f"not sent, {error}"
        self.last_error = cause
        if cause is not None:
            _LOG.warning("[Motherhaven] Failed to log %s: %s", endpoint, cause)
            return False
        _LOG.info("[Motherhaven] Successfully posted to %s", path_of(endpoint))
        return True

    def _send(self, kind: Kind, payload: dict[str, Any], faults: Faults) -> str | None:
        """Send one event; None when it was acknowledged, else the cause."""
        started = time.monotonic()
        mended = mend(kind, clean(payload, faults), faults)
        if mended is None:
            return f"not sent, {faults.summary()}"
        if faults.count:
            _LOG.warning("[Motherhaven] Sent with faults: %s: %s", kind, faults.summary())
            mended[FAULTS] = faults.listed()
        body = validate_payload(kind, mended).model_dump(exclude_unset=True) | self._identity
        transport = self._connect(self.base_url, self._api_key)
        try:
            left = self.timeout - (time.monotonic() - started)
            answer = transport.post(path_of(ENDPOINTS[kind]), dumps(body, numbers=True), left)
        finally:
            transport.close()
        reading, _ = read_single(answer, "", self._clock.now())
        return None if reading.kind is ResponseKind.TAKEN else reading.cause

    def _now(self) -> str:
        return format_time(self._clock.now())


def _text(given: object, now: datetime) -> str:
    """An entry's time as UTC text; one without a zone is taken as local."""
    if isinstance(given, str):
        return given
    return format_time(moment(given, now, Faults()) or now)


def _system_clock() -> Clock:
    from motherhaven.settings.clock import SystemClock  # settings are heavy

    return SystemClock()
