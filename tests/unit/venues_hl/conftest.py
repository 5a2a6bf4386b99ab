"""A fake venue for each test that asks for one."""

import pytest
from hl_venue import Desk


@pytest.fixture
def desk(tmp_path):
    """A fake venue with BTC at 50,000 and a funded account, and a folder for the keys."""
    with Desk(tmp_path / "keys") as made:
        yield made
