"""Lists that are JSON as they stand."""

from typing import Any


class PlainList(list[Any]):
    """A list that is JSON as it stands: texts, whole numbers and None, or rows of these.

    Whoever makes one has made its values so; `dumps_columns` does not look at them again.
    """
