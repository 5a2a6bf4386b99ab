"""Spares the garbage collector what is there before a run and stays to its end: the bars."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = 50_000
"""Objects that are made before the young ones are looked at: some hundred orders. Orders leave
hardly any cycles, and the usual 700 let the collector look at each of them several times."""


@contextmanager
def settled_objects() -> Iterator[None]:
    """Within, nothing that was made before is looked at for garbage; what is made within is.

    A full collection looks at every bar: that was a tenth of a replay's time. Where somebody
    has frozen objects already, nothing is changed.
    """
    if gc.get_freeze_count():
        yield
        return
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(max(YOUNG, usual[0]) if usual[0] else 0, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
