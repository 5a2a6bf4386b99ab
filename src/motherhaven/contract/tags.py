"""Tags of a bot: a few short words by which its user sorts bots."""

import re
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field, StringConstraints

MAX_TAGS: Final = 8
MAX_TAG_CHARS: Final = 24

_TAG: Final = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{MAX_TAG_CHARS - 1}}}")

Tag = Annotated[str, StringConstraints(pattern=f"^{_TAG.pattern}$")]
Tags = Annotated[tuple[Tag, ...], Field(max_length=MAX_TAGS)]
"""Tags as they travel and are shown: at most MAX_TAGS, each as `tag_list` gives them."""


def tag_list(parts: Sequence[str]) -> tuple[str, ...]:
    """Tags in lower case, each once, in the order in which they were named.

    Raises:
        ValueError: there are more than MAX_TAGS, or one is too long or has other characters.
    """
    tags = tuple(dict.fromkeys(part.strip().lower() for part in parts if part.strip()))
    if len(tags) > MAX_TAGS:
        raise ValueError(f"{len(tags)} tags; name at most {MAX_TAGS}")
    for tag in tags:
        if _TAG.fullmatch(tag) is None:
            raise ValueError(
                f"{tag[:40]!r} is no tag; use 1 to {MAX_TAG_CHARS} of a-z 0-9 . _ -, the first a "
                "letter or digit, e.g. trend,test-2"
            )
    return tags
