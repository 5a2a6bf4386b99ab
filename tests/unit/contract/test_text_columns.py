"""Columns that are JSON as they stand are written as any others would be."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from motherhaven.contract.columns import texts
from motherhaven.contract.events.market import encode_candles
from motherhaven.contract.jsonio import dumps, dumps_columns

COLUMNS = (
    [Decimal("1.50"), Decimal(7)],
    [Decimal("1E+3"), Decimal("0.0000000001")],
)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_of_numbers_is_written_the_same_either_way(column: list[Decimal]) -> None:
    """Exponents too, which no column of plain texts has."""
    made = texts(column)
    assert ("E" in "".join(map(str, column))) is (made == column)
    assert dumps_columns({"a": made}) == dumps({"a": column})


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("volumes", [[Decimal(3), Decimal("4E+1")], [None, Decimal(1)]])
def test_candles_are_written_the_same_either_way(
    column: list[Decimal], volumes: list[Decimal | None]
) -> None:
    """Whatever one of their columns needs, no volume included."""
    known = [one for one in volumes if one is not None]
    payload = encode_candles(
        datetime(2026, 1, 5, tzinfo=UTC),
        coin="BTC",
        interval_seconds=60,
        starts=range(0, 120_000, 60_000),
        prices=[texts(column)] * 4,
        volumes=texts(known) if len(known) == 2 else volumes,
    )
    assert dumps_columns(payload) == dumps(payload)
    plain = [[one, *[column[n]] * 4, volumes[n]] for n, one in enumerate((0, 60_000))]
    assert dumps(payload) == dumps({**payload, "candles": plain})
