"""A position that was added to, logged again by the guide's logger: one row that agrees."""

import pytest

from motherhaven.contract.errors import InvalidEvent
from motherhaven.recorder import TradingLogger

FIRST = {"entry_price": 100, "quantity_usd": 50, "leverage": 2}
SECOND = {"entry_price": 101, "quantity_usd": 75, "leverage": 2}


@pytest.fixture(params=[False, True], ids=["lenient", "strict"])
def logger(recorder, request):
    """A logger that ships nothing."""
    return TradingLogger.build(recorder, strict=request.param)


def positions(recorder):
    """Rows of the guide's view."""
    connection = recorder.journal.open_connection("normal")
    names = "position_id, entry_price, quantity_usd, leverage, status, realized_pnl"
    found = connection.execute(f"SELECT {names} FROM positions ORDER BY id").fetchall()
    connection.close()
    return [tuple(row) for row in found]


def test_a_changed_position_is_one_row_under_its_id(logger, recorder):
    """Added to twice, then closed by its id."""
    first = logger.log_position_entry("p", "BTC", "long", **FIRST)
    again = logger.log_position_entry("p", "BTC", "long", **SECOND, replaces=FIRST)
    assert again == first
    assert positions(recorder) == [("p", 101.0, 75.0, 2.0, "open", None)]
    third = {"entry_price": 102, "quantity_usd": 90, "leverage": 3}
    logger.log_position_entry("p", "BTC", "long", **third, replaces=SECOND)
    assert logger.log_position_exit("p", 110, 5)
    assert positions(recorder) == [("p", 102.0, 90.0, 3.0, "closed", 5.0)]


def test_a_change_of_a_position_that_is_closed_is_a_new_one(logger, recorder):
    """Its row stays as it was closed; under strict it is one InvalidEvent."""
    logger.log_position_entry("p", "BTC", "long", **FIRST)
    logger.log_position_exit("p", 110, 5)
    try:
        logger.log_position_entry("p", "BTC", "long", **SECOND, replaces=FIRST)
    except InvalidEvent:
        assert len(positions(recorder)) == 1
    else:
        assert [row[4] for row in positions(recorder)] == ["closed", "open"]
    assert positions(recorder)[0] == ("p", 100.0, 50.0, 2.0, "closed", 5.0)
