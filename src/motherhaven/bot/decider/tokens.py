"""How many tokens a text has, estimated without asking its provider.

Providers cut text alike: a word is one token for about eight letters, a number one for each
three digits with the space before it as another, a few signs in a row one. For prompts of
ours this comes within a tenth of what the public o200k encoding counts.
"""

import re
from typing import Final

_PIECE: Final = re.compile(
    r"(?P<word>[A-Za-z]+)|(?P<number>[0-9]+)|(?P<space>\s+(?=[0-9])|\n+|[^\S\n]{2,})"
    r"|[!-/:-@\[-`{-~]{1,3}|[^\s\x00-\x7f]"
)
_LETTERS: Final = 8
_DIGITS: Final = 3


def estimated_tokens(text: str) -> int:
    """About how many tokens `text` has; a sign beyond ASCII counts as one."""
    count = 0
    for found in _PIECE.finditer(text):
        length = found.end() - found.start()
        if found["word"] is not None:
            count += -(-length // _LETTERS)
        elif found["number"] is not None:
            count += -(-length // _DIGITS)
        else:
            count += 1
    return count
