"""Lists within a document: JSON, compressed, since Firestore bills documents and not bytes."""

import json
import zlib
from typing import Any, Final

_MOST_BYTES: Final = 8 << 20
"""What no document of ours unpacks to; more is not one that was written here."""


def pack(value: Any) -> bytes:
    """A JSON value as bytes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def unpack(kept: Any) -> Any:
    """The value that was packed.

    Raises:
        ValueError: these bytes are not as they were written.
    """
    try:
        reader = zlib.decompressobj()
        text = reader.decompress(bytes(kept), _MOST_BYTES)
    except (zlib.error, TypeError) as error:
        raise ValueError(f"packed rows cannot be read: {error}") from None
    if not reader.eof:
        raise ValueError("packed rows end too early, or are too many")
    return json.loads(text)
