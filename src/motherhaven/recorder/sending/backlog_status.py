"""The newest status stays true: it overtakes a backlog, and says so when that is gone."""

import logging
from typing import Final

from motherhaven.contract.errors import MotherhavenError
from motherhaven.contract.jsonio import loads_own
from motherhaven.recorder.core import Recorder
from motherhaven.recorder.writer import Writer

_LOG: Final = logging.getLogger("motherhaven")
_TIMES: Final = ("timestamp", "time_replaced", "recorded_replaced")

ON_THEIR_WAY: Final = 25
"""So few events are no backlog: they are on their way."""


class BacklogStatus:
    """Repeats the newest status once nothing is behind any more, if it told of a backlog."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._sent = 0

    def drained(self, sent: int) -> None:
        """Everything that could be sent is at the server; `sent` counts all events so far."""
        if sent == self._sent:
            return
        self._sent = sent
        try:
            text = self._recorder.journal.write(Writer.last_status)
            payload = {} if text is None else loads_own(text.encode())
            behind = payload.get("behind")
            if not isinstance(behind, int) or behind <= ON_THEIR_WAY:
                return
            kept = {key: value for key, value in payload.items() if key not in _TIMES}
            self._recorder.record("status", {**kept, "behind": 0})
        except MotherhavenError as error:
            _LOG.warning("[Motherhaven] The end of the backlog could not be recorded: %s", error)
