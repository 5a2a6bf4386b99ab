"""What is packed for PostgreSQL arrives as it was."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from motherhaven.stores.keys import micros, moment
from motherhaven.stores.postgres.arrays import ArrayKind, packed, register
from motherhaven.stores.postgres.location import locate
from tests.conformance.stores.kit import START
from tests.postgres_server import store_url

ARRAYS: list[tuple[ArrayKind, list[Any]]] = [
    ("int", [0, 1, -1, 2**31 - 1, -(2**31)]),
    ("big", [0, None, 2**63 - 1, -(2**63)]),
    ("small", [1, None, -3]),
    ("flag", [True, False, None]),
    ("text", ["", "a,b}{\"'\\", "NULL", None, "ü😀\n"]),
    ("bytes", [b"", b"\x00\xff", None]),
    ("key", [b"0123456789abcdef"]),
    ("money", [Decimal("1.50"), None, Decimal("-1E+30"), Decimal("1E-30"), Decimal("9" * 38)]),
]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A connection that may send packed arrays."""
    place: Path = tmp_path_factory.mktemp("arrays")
    with psycopg.connect(**locate(store_url(place)).parameters, autocommit=True) as open_one:
        register(open_one.adapters)
        yield open_one


@pytest.mark.parametrize(("kind", "values"), ARRAYS)
@pytest.mark.parametrize("whole", [True, False], ids=["with NULL", "without"])
def test_an_array_arrives_as_it_was(
    connection: Any, kind: ArrayKind, values: list[Any], whole: bool
) -> None:
    """Each type, with its extremes, with and without missing values."""
    sent = values if whole else [one for one in values if one is not None]
    got = connection.execute("SELECT %s", [packed(kind, sent)]).fetchone()[0]
    assert got == sent
    assert [type(one) for one in got] == [type(one) for one in sent]


def test_times_arrive_to_the_microsecond(connection: Any) -> None:
    """Before and after PostgreSQL's own epoch, and the end of the calendar."""
    times = [0, micros(START), 253_402_300_799_999_999, None, -1]
    got = connection.execute("SELECT %s", [packed("time", times)]).fetchone()[0]
    assert got == [None if one is None else moment(one) for one in times]


def test_digits_of_money_are_kept(connection: Any) -> None:
    """1.50 stays 1.50: a number's own digits are part of what was recorded."""
    row = connection.execute("SELECT (%s)[1]::text", [packed("money", [Decimal("1.50")])])
    assert row.fetchone()[0] == "1.50"
