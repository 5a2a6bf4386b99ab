"""The frozen events: what a bot did, as it travels and as it is kept.

An `Event` is an envelope (who, when, in which order) around a payload, the exact
canonical JSON that was recorded. There is one file an event, with its fields, how a payload
is made (`encode`) and how it is read (`decode` of its model). Models check meaning; they
allow unknown fields, so that newer and older sides understand each other.
"""

from motherhaven.contract.events.account import AccountReported, PositionMark
from motherhaven.contract.events.answer import AnswerGiven
from motherhaven.contract.events.base import EventBody, RecordedBody
from motherhaven.contract.events.cash_flow import CashFlowRecorded
from motherhaven.contract.events.command import CommandHandled, CommandState
from motherhaven.contract.events.decision import DecisionMade, Verdict
from motherhaven.contract.events.envelope import PAYLOADS, Event, TextPart, number
from motherhaven.contract.events.envelope import Body as Payload
from motherhaven.contract.events.execution import DecisionExecuted
from motherhaven.contract.events.kinds import (
    CUT_TEXTS,
    LANE_ORDER,
    LANES,
    LATER_KINDS,
    LISTED_KINDS,
    LONG_TEXTS,
    MARKS,
    OLD_LONG_TEXTS,
    PROMPT_TEXTS,
    BotState,
    ExecutionStatus,
    Kind,
    Lane,
    Mode,
    SideName,
    Signal,
)
from motherhaven.contract.events.market import (
    MAX_CANDLES,
    CandleRow,
    CandlesRecorded,
    FillRecorded,
    FundingPaid,
)
from motherhaven.contract.events.order import OrderRecorded, OrderState
from motherhaven.contract.events.position import (
    REPLACED,
    PositionClosed,
    PositionOpened,
    Replaced,
)
from motherhaven.contract.events.protection import ProtectionReported, ProtectionState
from motherhaven.contract.events.status import StatusReported

__all__ = [
    "CUT_TEXTS", "LANES", "LANE_ORDER", "LATER_KINDS", "LISTED_KINDS", "LONG_TEXTS", "MARKS",
    "MAX_CANDLES", "OLD_LONG_TEXTS", "PAYLOADS", "PROMPT_TEXTS", "REPLACED", "AccountReported",
    "AnswerGiven", "BotState", "CandleRow", "CandlesRecorded", "CashFlowRecorded",
    "CommandHandled", "CommandState", "DecisionExecuted", "DecisionMade", "Event", "EventBody",
    "ExecutionStatus", "FillRecorded", "FundingPaid", "Kind", "Lane", "Mode", "OrderRecorded",
    "OrderState", "Payload", "PositionClosed", "PositionMark", "PositionOpened",
    "ProtectionReported", "ProtectionState", "RecordedBody", "Replaced", "SideName", "Signal",
    "StatusReported", "TextPart", "Verdict", "number",
]  # fmt: skip
