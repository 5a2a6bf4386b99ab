"""Whatever happens, and however many things at once: no naked position, no order twice."""

import pytest
from anything import Anything


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "seed", [1, 2, 3, *(pytest.param(n, marks=pytest.mark.soak) for n in range(4, 300))]
)
def test_venue_books_and_journal_end_equal(tmp_path, seed):
    """Trades both ways in three coins, two faults at once, hands, prices, deaths and kills."""
    drawn = Anything(tmp_path, seed)
    try:
        for _ in range(12):
            drawn.once()
        drawn.judge()
    finally:
        drawn.wire.close()
