"""What the bodies of all events share."""

from pydantic import BaseModel, ConfigDict


class EventBody(BaseModel):
    """A part of an event; what it does not name is kept."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class RecordedBody(EventBody):
    """What any event may say of its times.

    time_replaced, recorded_replaced: the text of the event's time (of `recorded_at`) as it
    was sent; the time of receipt stands for it, because the sender's clock was wrong.
    """

    time_replaced: str | None = None
    recorded_replaced: str | None = None
