"""What shipping says in the log, in the words of the integration guide."""

import logging
from collections.abc import Iterable
from typing import Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.events import Kind
from motherhaven.contract.wire import Endpoint

_LOG: Final = logging.getLogger("motherhaven")
_REPEAT_SECONDS: Final = 60.0

BATCH_PATH: Final = "/api/llm-bot/ingest/batch"

ENDPOINTS: Final[dict[Kind, Endpoint]] = {
    "decision": "decision",
    "account": "account",
    "position_opened": "position",
    "position_closed": "position",
    "status": "status",
}
"""The old endpoint of each kind; the other kinds have none."""


def path_of(endpoint: Endpoint) -> str:
    """The path of one of the four old endpoints."""
    return f"/api/llm-bot/ingest/{endpoint}"


def name_of(kind: Kind) -> str:
    """A kind in the words of the log: decision, account, position, status, fill, …"""
    return ENDPOINTS.get(kind, kind)


class Reporter:
    """Writes the log lines; repeats the same complaint at most once a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}
        self._told_at_least_once = False

    def posted(self, kind: Kind) -> None:
        """One event was acknowledged."""
        endpoint = ENDPOINTS.get(kind)
        if endpoint is not None:
            _LOG.info("[Motherhaven] Successfully posted to %s", path_of(endpoint))

    def failed(self, kinds: Iterable[Kind], cause: str) -> None:
        """A request with events of these kinds failed; they are kept."""
        for name in dict.fromkeys(name_of(kind) for kind in kinds):
            if self._is_due(name, cause):
                _LOG.warning("[Motherhaven] Failed to log %s: %s", name, cause)

    def unauthorized(self, kinds: Iterable[Kind], cause: str, retry_seconds: float) -> None:
        """The server refused the key; shipping pauses."""
        name = next(iter(name_of(kind) for kind in kinds))
        if self._is_due("key", cause):
            _LOG.warning(
                "[Motherhaven] Failed to log %s: %s - MOTHERHAVEN_API_KEY of the bot must equal "
                "LLM_BOT_API_KEY of the server; shipping is paused, everything is kept, and the "
                "key is tried again every %.0f s",
                name, cause, retry_seconds,
            )  # fmt: skip

    def quarantined(self, kind: Kind, event_id: str, reason: str) -> None:
        """The server will never take this event."""
        _LOG.warning(
            "[Motherhaven] Failed to log %s: refused for good (%s); event %s is kept in the "
            "journal and set aside, the next ones go on. `motherhaven quarantine` lists such "
            "events and sends them again",
            name_of(kind), reason, event_id,
        )  # fmt: skip

    def deferred(self, kind: Kind, event_id: str, reason: str) -> None:
        """The server refuses this event alone; it is tried again, and others go on."""
        _LOG.warning(
            "[Motherhaven] Failed to log %s: %s - the server takes other events but not event %s; "
            "it is kept and sent again later, the next ones go on",
            name_of(kind), reason, event_id,
        )  # fmt: skip

    def upgraded(self) -> None:
        """A server that was an old one takes batches now."""
        _LOG.info(
            "[Motherhaven] The server takes batches now; sending what it could not take before"
        )

    def conflict(self, kind: Kind, event_id: str) -> None:
        """The server has another payload under this event's id."""
        _LOG.critical(
            "[Motherhaven] ALARM: the server holds another payload under event %s (%s); ours is "
            "kept in the journal and set aside. A copied journal or a changed record does this",
            event_id, name_of(kind),
        )  # fmt: skip

    def fell_back(self, cause: str) -> None:
        """The server has no batch endpoint."""
        _LOG.info(
            "[Motherhaven] The server has no batch endpoint (%s); posting each event by itself",
            cause,
        )

    def at_least_once(self) -> None:
        """The server's answers do not carry our event ids."""
        if not self._told_at_least_once:
            self._told_at_least_once = True
            _LOG.warning(
                "[Motherhaven] This server's answers do not name our event ids, so it cannot tell "
                "a repeated event from a new one: delivery to it is at least once"
            )

    def recovered(self, kept: int) -> None:
        """The server takes events again."""
        self._said.clear()
        _LOG.info("[Motherhaven] Connection restored - sending what was kept (%d left)", kept)

    def _is_due(self, name: str, cause: str) -> bool:
        now = self._clock.monotonic()
        last = self._said.get((name, cause))
        if last is not None and now - last < _REPEAT_SECONDS:
            return False
        if len(self._said) > 100:
            self._said.clear()
        self._said[name, cause] = now
        return True
