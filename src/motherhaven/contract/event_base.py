"""What the bodies of all events share."""

from typing import Any

from pydantic import BaseModel, ConfigDict


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
