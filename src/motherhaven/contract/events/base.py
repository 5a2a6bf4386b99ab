"""What the bodies of all events share, and how a payload is written and read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, WrapValidator
from pydantic.fields import FieldInfo

from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.times import format_time

Payload = dict[str, Any]
"""What is recorded of an event: plain values, Decimal for money, times as UTC text."""

T = TypeVar("T")

# A cycle's records share two or three moments; writing one out costs more than finding it.
stamp: Final[Callable[[datetime], str]] = lru_cache(maxsize=64)(format_time)


def _or_unknown(value: Any, handler: Callable[[Any], Any]) -> Any:
    try:
        return handler(value)
    except ValueError:
        return None


Lenient = Annotated[T | None, WrapValidator(_or_unknown)]
"""A field whose value may be anything on the wire: what cannot be read counts as not told."""


def is_lenient(field: FieldInfo) -> bool:
    """Whether a field of a model is Lenient."""
    return any(getattr(one, "func", None) is _or_unknown for one in field.metadata)


class EventBody(BaseModel):
    """A part of an event; what it does not name is kept."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class RecordedBody(EventBody):
    """What any event may say of how it was recorded.

    time_replaced, recorded_replaced: the text of the event's time (of `recorded_at`) as it
    was sent; the time of receipt stands for it, because the sender's clock was wrong.
    faults: what had no exact form, as `field`, `problem` and `value` each; the rest was
    recorded. text_repaired: characters that no store keeps were replaced by U+FFFD.
    cut_to_travel: `bytes`, `sha256` and `fields` of the whole, which is in the bot's journal.
    """

    time_replaced: str | None = None
    recorded_replaced: str | None = None
    faults: Any = None
    text_repaired: Any = None
    cut_to_travel: Any = None

    @classmethod
    def decode(cls, payload: Mapping[str, Any]) -> Self:
        """The event in a payload of our own, whichever version wrote it.

        Fields that nobody declared are kept; a declared one that is missing has its default.

        Raises:
            InvalidEvent: a declared field cannot be read; names it.
        """
        try:
            body = cls.model_validate(payload)
        except ValidationError as error:
            raise InvalidEvent(first_problem(error)) from None
        for name in _lenient(cls):
            if payload.get(name) is not None and getattr(body, name) is None:
                raise InvalidEvent(f"{name}: {str(payload[name])[:40]!r} cannot be read")
        return body


@lru_cache(maxsize=64)
def _lenient(kind: type[EventBody]) -> tuple[str, ...]:
    """The fields that may have become None because they cannot be read."""
    return tuple(name for name, field in kind.model_fields.items() if is_lenient(field))


def first_problem(error: ValidationError) -> str:
    """The first wrong field of a payload, why, and how many more there are."""
    problems = error.errors(include_url=False, include_input=False)
    first = problems[0]
    where = ".".join(str(part) for part in first["loc"]) or "payload"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where}: {first['msg']}{more}"


def lean(payload: Payload) -> Payload:
    """`payload` without what is not known; its keys are in order if they were.

    Payloads are made with their keys in order, so that nothing has to sort them to write them.
    """
    return {key: value for key, value in payload.items() if value is not None}
