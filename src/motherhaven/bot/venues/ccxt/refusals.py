"""What an error at an order means: refused, or not known. Only the exchange's word is proof.

An error's class is not enough: ccxt gives a body that broke off as ExchangeError, which is also
its class for refusals, and a clock that is wrong, which is refused, as a network error.
"""

from typing import Final, Literal

from motherhaven.bot.venues.ccxt.admission import Refusal
from motherhaven.bot.venues.ccxt.profile import Profile
from motherhaven.bot.venues.ccxt.wire import Trace, code_of, words

_BY_CLASS: Final = (
    ("InsufficientFunds", "venue_margin"),
    ("OrderNotFillable", "venue_no_match"),
    ("OrderImmediatelyFillable", "venue_no_match"),
    ("MarketClosed", "venue_halted"),
    ("PermissionDenied", "venue_key"),
    ("AuthenticationError", "venue_key"),
)
_UNPROVEN: Final = frozenset({"OperationFailed", "DuplicateOrderId"})
FIRST_SERVER_STATUS: Final = 500
_RATE_STATUSES: Final = frozenset({418, 429})
"""The exchange's gate turned the request away before anything looked at it."""


def names(error: BaseException) -> frozenset[str]:
    """The names of an error's classes, its own and those above."""
    return frozenset(one.__name__ for one in type(error).__mro__)


def is_gone(profile: Profile, error: BaseException, trace: Trace) -> bool:
    """Whether the exchange said that it has no such order (any more)."""
    if trace.judged and code_of(profile, trace) in profile.gone:
        return True
    return "OrderNotFound" in names(error)


def verdict(profile: Profile, error: BaseException, trace: Trace) -> Refusal | Literal["not known"]:
    """Why an order was refused, or "not known": it may have been taken.

    Refused is what never left this process, and what the exchange answered with an error of its
    own that does not leave the outcome open. Everything else is not known.
    """
    if not trace.left:
        return Refusal("venue", words(error))
    if trace.status in _RATE_STATUSES:
        return Refusal("venue_rate", words(error, trace))
    if not trace.judged or (trace.status or 0) >= FIRST_SERVER_STATUS:
        return "not known"
    code = code_of(profile, trace)
    if code in profile.unclear:
        return "not known"
    known = profile.refused.get(code or "")
    if known is not None:
        return Refusal(known, words(error, trace))
    classes = names(error)
    if classes & _UNPROVEN or "BaseError" not in classes:
        return "not known"
    found = next((code for name, code in _BY_CLASS if name in classes), "venue")
    return Refusal(found, words(error, trace))
