"""An event as it travels and as it is kept: an envelope around a payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from motherhaven.contract.events.account import AccountReported
from motherhaven.contract.events.answer import AnswerGiven
from motherhaven.contract.events.cash_flow import CashFlowRecorded
from motherhaven.contract.events.command import CommandHandled
from motherhaven.contract.events.decision import DecisionMade
from motherhaven.contract.events.execution import DecisionExecuted
from motherhaven.contract.events.kinds import LANES, Kind, Lane, Mode
from motherhaven.contract.events.market import CandlesRecorded, FillRecorded, FundingPaid
from motherhaven.contract.events.order import OrderRecorded
from motherhaven.contract.events.position import PositionClosed, PositionOpened
from motherhaven.contract.events.protection import ProtectionReported
from motherhaven.contract.events.status import StatusReported

Body = (
    AnswerGiven
    | DecisionMade
    | DecisionExecuted
    | AccountReported
    | PositionOpened
    | PositionClosed
    | FillRecorded
    | FundingPaid
    | StatusReported
    | CandlesRecorded
    | OrderRecorded
    | CashFlowRecorded
    | ProtectionReported
    | CommandHandled
)

PAYLOADS: Final[dict[Kind, type[Body]]] = {
    "answer": AnswerGiven,
    "decision": DecisionMade,
    "execution": DecisionExecuted,
    "account": AccountReported,
    "position_opened": PositionOpened,
    "position_closed": PositionClosed,
    "fill": FillRecorded,
    "funding": FundingPaid,
    "status": StatusReported,
    "candles": CandlesRecorded,
    "order": OrderRecorded,
    "cash_flow": CashFlowRecorded,
    "protection": ProtectionReported,
    "command": CommandHandled,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded event.

    `time` is the market's clock, `recorded_at` the wall clock of the recorder, and
    `received_at` the wall clock of the server (None inside the bot); all UTC.
    `payload` is canonical JSON; `body` the same, parsed and validated. `parts` counts,
    for each long text that travels apart, in how many parts it does. `marks` are the fields
    that validation set; `payload` has them already, unless there are `parts`: then the
    digest tells of the payload as it was sent, and they are set when it was checked.
    """

    event_id: str
    bot_id: str
    bot_name: str | None
    mode: Mode
    epoch: int
    seq: int
    kind: Kind
    time: datetime
    recorded_at: datetime
    received_at: datetime | None
    payload: bytes
    body: Body
    parts: dict[str, int] | None = None
    sha256: str | None = None
    marks: Mapping[str, Any] | None = None

    @property
    def lane(self) -> Lane:
        """The lane in which this event keeps its order."""
        return LANES[self.kind]

    @property
    def shown_at(self) -> datetime:
        """When it happened, as shown: a clock that is ahead tells no later than the receipt."""
        return min(self.time, self.received_at or self.recorded_at)

    @property
    def written_at(self) -> datetime:
        """When it was recorded, no later than the receipt."""
        return min(self.recorded_at, self.received_at or self.recorded_at)


@dataclass(frozen=True, slots=True)
class TextPart:
    """One part of a long text that travels apart from its event."""

    event_id: str
    bot_id: str
    field: str
    index: int
    count: int
    text: str


def number(value: Decimal | int | None) -> Decimal | None:
    """`value` as Decimal, None staying None (unknown is never 0)."""
    return None if value is None else Decimal(value)
