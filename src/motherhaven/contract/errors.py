"""The one error tree of Motherhaven.

    MotherhavenError
    ├── ConfigError              a setting is missing or wrong
    ├── ContractError            data breaks the contract
    │   ├── InvalidJson          not strict JSON (NaN, depth, duplicate keys, surrogates …)
    │   ├── InvalidEvent         JSON, but not a valid event
    │   ├── InvalidMoney         not an exact, finite decimal in range
    │   ├── InvalidCursor        not a page cursor of this list
    │   └── InvalidQuery         a question with text that no store can hold
    ├── RecorderError
    │   ├── JournalError         the journal cannot take or give events
    │   │   ├── JournalLocked    another process owns what only one may own
    │   │   └── JournalTooNew    written by a newer Motherhaven
    │   └── ShippingError        the server could not be reached or refused
    ├── StoreError
    │   ├── StoreUnavailable     try again later (disk full, connection lost)
    │   ├── StoreCorrupt         the database is damaged; trying again does not help
    │   ├── CursorGone           the history behind a cursor is no longer kept
    │   └── NotFound             no such bot, decision, position or text
    │       └── Unreadable       it is kept, but cannot be read back
    ├── ExchangeError
    │   ├── OrderRejected        refused before anything was sent
    │   ├── OutcomeUnknown       sent, but the answer is not known
    │   ├── OrderStateError      the venue told what cannot be true of an order
    │   └── ScenarioError        a paper scenario cannot be run as written
    ├── MarketError              no, stale or impossible market data
    ├── DeciderError             the model gave no usable answer
    │   ├── AnswerMalformed
    │   ├── AnswerTruncated
    │   ├── AnswerRefused
    │   ├── DeciderTimeout
    │   ├── DeciderUnavailable   rate limit, overload, connection
    │   └── ModelBudgetExceeded  the daily cap on model cost is reached
    └── AccessDenied             no or wrong key, foreign origin or host

Every message says what happened, where, why, and how to mend it.
"""


class MotherhavenError(Exception):
    """Base of every error raised on purpose by Motherhaven.

    `code` names the kind for programs; contract.reasons has the advice for each.
    """

    code: str = "error"


class ConfigError(MotherhavenError):
    """A setting is missing or wrong; the message names it and the fix.

    `code` is a stable word for the kind of fault.
    """

    code: str = "config"

    def __init__(self, message: str = "", *, code: str = "config") -> None:
        super().__init__(message)
        self.code = code


class ContractError(MotherhavenError):
    """Data breaks the contract."""

    code: str = "contract"


class InvalidJson(ContractError):
    """The bytes are not strict JSON."""

    code: str = "invalid_json"


class InvalidEvent(ContractError):
    """Not a valid event; the message names the field.

    `code` is a stable word for the kind of fault, `field` its place in the event (None:
    the event as a whole), `fix` what to give instead.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "invalid_event",
        field: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.fix = fix


class InvalidMoney(ContractError):
    """Not an exact, finite decimal within the accepted range."""

    code: str = "invalid_money"


class InvalidCursor(ContractError):
    """Not a page cursor of this list; leave it out to start at the newest."""

    code: str = "invalid_cursor"


class InvalidQuery(ContractError):
    """A question names something with text that no store can hold, such as a NUL."""

    code: str = "invalid_query"


class RecorderError(MotherhavenError):
    """The recorder cannot do its work."""

    code: str = "recorder"


class JournalError(RecorderError):
    """The journal cannot take or give events."""

    code: str = "journal"


class JournalLocked(JournalError):
    """Another process owns what only one process may own."""

    code: str = "journal_locked"


class JournalTooNew(JournalError):
    """The file was written by a newer Motherhaven."""

    code: str = "journal_too_new"


class ShippingError(RecorderError):
    """The server could not be reached or refused the events."""

    code: str = "shipping"


class StoreError(MotherhavenError):
    """A store cannot do its work.

    The message may name files and hosts; `reason` is what anybody may be told.
    """

    code: str = "store"

    reason = ""


class StoreUnavailable(StoreError):
    """The store cannot work now; the same call may work later."""

    code: str = "store_unavailable"


class StoreCorrupt(StoreError):
    """The database is damaged; the message says which, and how to go on."""

    code: str = "store_corrupt"


class CursorGone(StoreError):
    """The history behind a cursor is no longer kept."""

    code: str = "cursor_gone"


class NotFound(StoreError):
    """No such bot, decision, position or text."""

    code: str = "not_found"


class Unreadable(NotFound):
    """It is kept, but its kept form is damaged or from before the bounds of today."""

    code: str = "unreadable"


class ExchangeError(MotherhavenError):
    """An exchange, paper or live, did not do what was asked."""

    code: str = "exchange"


class NoPrice(ExchangeError):
    """A market has no price now, or nobody stands on the side that an order would take."""

    code: str = "no_price"


class OrderRejected(ExchangeError):
    """The order was refused before it had any effect."""

    code: str = "order_rejected"


class OutcomeUnknown(ExchangeError):
    """The order was sent, but whether it took effect is not known."""

    code: str = "outcome_unknown"


class OrderStateError(ExchangeError):
    """News of an order that its state does not allow, such as a fill of a refused one."""

    code: str = "order_state"


class ScenarioError(ExchangeError):
    """A paper scenario cannot be run as it is written."""

    code: str = "scenario"


class MarketError(MotherhavenError):
    """No, stale or impossible market data."""

    code: str = "market"


class DeciderError(MotherhavenError):
    """The decider gave no usable answer."""

    code: str = "decider"

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class AnswerMalformed(DeciderError):
    """The answer does not follow the schema, even after one repair."""

    code: str = "answer_malformed"


class AnswerTruncated(DeciderError):
    """The answer was cut off; it is discarded whole."""

    code: str = "answer_truncated"


class AnswerRefused(DeciderError):
    """The model refused to answer."""

    code: str = "answer_refused"


class DeciderTimeout(DeciderError):
    """No answer within the time allowed."""

    code: str = "decider_timeout"


class DeciderUnavailable(DeciderError):
    """The provider is down, overloaded or limits the rate."""

    code: str = "decider_unavailable"


class ModelBudgetExceeded(DeciderError):
    """The daily cap on what the model may cost is reached."""

    code: str = "model_budget"


class AccessDenied(MotherhavenError):
    """No or a wrong key, or a foreign host or origin."""

    code: str = "access_denied"
