"""Power loss: acknowledged events survive at synchronous=FULL, and only there.

A recording VFS notes every write and sync of a real run. A power cut is then replayed at
many moments: what was synced is on the disk, of what was not any 512-byte sectors.
"""

import random

from benchmarks._sweeps.cuts import FILE, cuts, disk_after_cut, record_run


def test_power_cuts_lose_nothing_and_are_no_damage(tmp_path):
    """Full synchronisation: after 150 torn cuts every journal opens, with all acknowledged,
    in its own epoch; also after a cut on what another cut left behind.
    """
    tally = cuts(tmp_path, 150, 1)
    assert tally.acknowledged > 3_000
    assert tally.clean, tally


def test_the_check_can_see_a_loss(tmp_path):
    """The same with synchronous=NORMAL loses acknowledged events: the test above is no sham."""
    assert cuts(tmp_path, 60, 1, "normal").lost > 0


def test_cuts_fall_between_writes_and_syncs(tmp_path):
    """The series holds what makes a cut matter: writes, syncs of both files, acknowledgements."""
    series = record_run(tmp_path / "run", "full", {}, [], 3)
    synced = {step[1] for step in series.steps if step[0] == "sync"}
    assert {FILE, f"{FILE}-wal"} <= synced
    assert sum(step[0] == "sync" for step in series.steps) > 60
    _, acked = disk_after_cut(series, len(series.steps), random.Random(1))
    assert len(acked) == 60
