"""Programs that a test needs beside the project; scripts/test_programs.py brings them."""

import pytest

from scripts.test_programs import find, remedy


def needs(name: str) -> pytest.MarkDecorator:
    """A mark that skips where the program is missing, and says how to get it."""
    return pytest.mark.skipif(find(name) is None, reason=remedy(name))


def path_of(name: str) -> str:
    """Where the program is; skips the test where it is missing."""
    path = find(name)
    if path is None:
        pytest.skip(remedy(name))
    return path
