"""How many examples property tests draw: some in every run, all of them in `make soak`."""

import os
from typing import Final

FULL: Final = "MOTHERHAVEN_TEST_FULL"
"""The variable that asks for all; `make soak` and `make mutants` set it to 1."""

_SHARE: Final = 3
_LEAST: Final = 10


def examples(many: int) -> int:
    """`many` of them where all are asked for, else a third, and never fewer than ten."""
    return many if os.environ.get(FULL) == "1" else min(many, max(_LEAST, many // _SHARE))
