"""What the tests of the adapter for ccxt's exchanges share."""

import pytest
from ccxt_subject import CcxtSubject


@pytest.fixture
def subject(tmp_path):
    """The adapter against a fresh exchange."""
    made = CcxtSubject(tmp_path)
    yield made
    made.close()
