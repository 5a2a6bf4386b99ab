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
    """Base of every error raised on purpose by Motherhaven."""


class ConfigError(MotherhavenError):
    """A setting is missing or wrong; the message names it and the fix."""


class ContractError(MotherhavenError):
    """Data breaks the contract."""


class InvalidJson(ContractError):
    """The bytes are not strict JSON."""


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


class InvalidCursor(ContractError):
    """Not a page cursor of this list; leave it out to start at the newest."""


class InvalidQuery(ContractError):
    """A question names something with text that no store can hold, such as a NUL."""


class RecorderError(MotherhavenError):
    """The recorder cannot do its work."""


class JournalError(RecorderError):
    """The journal cannot take or give events."""


class JournalLocked(JournalError):
    """Another process owns what only one process may own."""


class JournalTooNew(JournalError):
    """The file was written by a newer Motherhaven."""


class ShippingError(RecorderError):
    """The server could not be reached or refused the events."""


class StoreError(MotherhavenError):
    """A store cannot do its work.

    The message may name files and hosts; `reason` is what anybody may be told.
    """

    reason = ""


class StoreUnavailable(StoreError):
    """The store cannot work now; the same call may work later."""


class StoreCorrupt(StoreError):
    """The database is damaged; the message says which, and how to go on."""


class CursorGone(StoreError):
    """The history behind a cursor is no longer kept."""


class NotFound(StoreError):
    """No such bot, decision, position or text."""


class Unreadable(NotFound):
    """It is kept, but its kept form is damaged or from before the bounds of today."""


class ExchangeError(MotherhavenError):
    """An exchange, paper or live, did not do what was asked."""


class OrderRejected(ExchangeError):
    """The order was refused before it had any effect."""


class OutcomeUnknown(ExchangeError):
    """The order was sent, but whether it took effect is not known."""


class OrderStateError(ExchangeError):
    """News of an order that its state does not allow, such as a fill of a refused one."""


class ScenarioError(ExchangeError):
    """A paper scenario cannot be run as it is written."""


class MarketError(MotherhavenError):
    """No, stale or impossible market data."""


class DeciderError(MotherhavenError):
    """The decider gave no usable answer."""


class AnswerMalformed(DeciderError):
    """The answer does not follow the schema, even after one repair."""


class AnswerTruncated(DeciderError):
    """The answer was cut off; it is discarded whole."""


class AnswerRefused(DeciderError):
    """The model refused to answer."""


class DeciderTimeout(DeciderError):
    """No answer within the time allowed."""


class DeciderUnavailable(DeciderError):
    """The provider is down, overloaded or limits the rate."""


class ModelBudgetExceeded(DeciderError):
    """The daily cap on what the model may cost is reached."""


class AccessDenied(MotherhavenError):
    """No or a wrong key, or a foreign host or origin."""
