"""Documents as Firestore's own messages, built without the client's wrappers around each value.

Those take most of the time of a large commit: a wrapper for every number and text. Sums, and
fields to delete, are left to the client.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from google.cloud.firestore_v1.transforms import SERVER_TIMESTAMP
from google.cloud.firestore_v1.types import write as messages

_Write: Final[Any] = type(messages.Write.pb(messages.Write()))

_REQUEST_TIME: Final = int(messages.DocumentTransform.FieldTransform.ServerValue.REQUEST_TIME)


class NotPlain(Exception):
    """A value that the client has to encode."""


def written(name: str, data: Mapping[str, Any], *, new: bool) -> Any:
    """The write of a whole document; `new`: it must not be there yet.

    Raises:
        NotPlain: a value is none of JSON's, bytes or a time.
    """
    made = _Write()
    made.update.name = name
    fields = made.update.fields
    for key, value in data.items():
        if value is SERVER_TIMESTAMP and key.isidentifier():
            made.update_transforms.add(field_path=key, set_to_server_value=_REQUEST_TIME)
        else:
            _encode(fields[key], value)
    if new:
        made.current_document.exists = False
    return messages.Write.wrap(made)


def changed(name: str, data: Mapping[str, Any], update_time: Any) -> Any:
    """The write of some fields of a document that must have been changed last at `update_time`.

    Raises:
        NotPlain: as `written`; or a name that would be a path, or a time of another kind.
    """
    if not all(key.isidentifier() for key in data) or not hasattr(update_time, "timestamp_pb"):
        raise NotPlain
    made = written(name, data, new=False)
    given = [key for key, value in data.items() if value is not SERVER_TIMESTAMP]
    made._pb.update_mask.field_paths.extend(sorted(given))
    made._pb.current_document.update_time.CopyFrom(update_time.timestamp_pb())
    return made


def _encode(made: Any, value: Any) -> None:
    if isinstance(value, str):  # most are
        made.string_value = value
    elif value is None:
        made.null_value = 0
    elif isinstance(value, bool):
        made.boolean_value = value
    elif isinstance(value, int):
        made.integer_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif isinstance(value, bytes):
        made.bytes_value = value
    elif isinstance(value, datetime):
        made.timestamp_value.FromDatetime(value)
    elif isinstance(value, Mapping):
        made.map_value.SetInParent()
        for key, item in value.items():
            _encode(made.map_value.fields[key], item)
    elif isinstance(value, list | tuple):
        made.array_value.SetInParent()
        for item in value:
            _encode(made.array_value.values.add(), item)
    else:
        raise NotPlain
