"""What a run spares the garbage collector, and that nothing of it is left behind."""

import gc

import pytest

from motherhaven.bot.replay.settled import YOUNG, settled_objects


def test_what_was_there_before_is_spared_and_given_back() -> None:
    """Frozen within, not after, whatever ends the block."""
    seen = []

    def ends_badly() -> None:
        with settled_objects():
            seen.append(gc.get_freeze_count())
            raise KeyError

    with pytest.raises(KeyError):
        ends_badly()
    assert seen[0] > 0
    assert gc.get_freeze_count() == 0


def test_what_somebody_else_froze_stays_frozen() -> None:
    """A block within another one neither freezes again nor lets go."""
    with settled_objects():
        with settled_objects():
            assert gc.get_freeze_count() > 0
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_garbage_that_is_made_within_is_collected() -> None:
    """Only what was there before is spared."""
    with settled_objects():
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        assert gc.collect() >= 1


def test_young_objects_are_looked_at_less_often_within() -> None:
    """As often as before afterwards; a collector that is switched off stays so."""
    usual = gc.get_threshold()
    with settled_objects():
        assert gc.get_threshold()[0] >= YOUNG
    assert gc.get_threshold() == usual
    gc.set_threshold(0)
    try:
        with settled_objects():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*usual)
