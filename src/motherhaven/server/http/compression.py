"""How answers are compressed: those that are kept, and all others as they leave."""

import gzip
from typing import Final

LEAST_COMPRESSED: Final = 1_024
"""Bytes from which an answer is worth compressing: below, one packet carries it anyway."""

LEVEL: Final = 5


def compressed(body: bytes) -> bytes:
    """`body` as gzip sends it; a few dozen milliseconds for a few megabytes."""
    return gzip.compress(body, LEVEL, mtime=0)
