"""What can be wrong with a model's answer: one code for each kind, for people and programs."""

from enum import StrEnum
from typing import Final

from motherhaven.contract.errors import AnswerMalformed

TOOL: Final = "decide"
"""The only tool that a model is offered, and the only one that is obeyed."""


class FaultCode(StrEnum):
    """The kind of a fault; the message beside it says what was sent and what to send."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many_decisions"
    NOT_JSON = "not_json"
    COMMENT = "comment"
    TRAILING_COMMA = "trailing_comma"
    QUOTES = "quotes"
    TRUNCATED = "truncated"
    SEVERAL_DOCUMENTS = "several_documents"
    AMBIGUOUS = "ambiguous"
    DUPLICATE_KEY = "duplicate_key"
    WRONG_TOOL = "wrong_tool"
    WRONG_TYPE = "wrong_type"
    MISSING = "missing_field"
    UNKNOWN_COIN = "unknown_coin"
    UNKNOWN_SIGNAL = "unknown_signal"
    NUMBER_SPELLING = "number_spelling"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    UNIT_UNKNOWN = "unit_unknown"
    BAD_TEXT = "bad_text"


class AnswerFault(AnswerMalformed):
    """An answer, or one decision in it, that cannot be taken; `code` is the kind of fault."""

    def __init__(self, code: FaultCode, message: str) -> None:
        super().__init__(message)
        self.code = code
