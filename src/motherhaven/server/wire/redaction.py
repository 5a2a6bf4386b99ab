"""The form of a bot's own key, and text with all such keys blacked out."""

import re
from typing import Final

PREFIX: Final = "mh_"

KEY_FORM: Final = re.compile(rf"{PREFIX}([a-z2-7]{{10}})_[A-Za-z0-9_-]{{43}}")
"""A key; its group is the key's id."""


def without_keys(text: str) -> str:
    """`text` with every key in it blacked out."""
    return KEY_FORM.sub("***", text)
