"""The gate before every send: what is on disk counts at once, and nothing is guessed."""

import os
from datetime import timedelta

import pytest
from arming_support import ACCOUNT, LIMITS, NOON, SIGNER, armed, identity

from motherhaven.bot.arming.gate import ArmingGate, why_disarm
from motherhaven.bot.arming.record import standing_of
from motherhaven.bot.arming.store import ArmingStore
from motherhaven.bot.execution.access import GateRefusal, closed, code_of, every
from motherhaven.bot.execution.identity import Problem
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.contract.reasons import advice_of


def codes(gate):
    """What the gate says of an entry and of an exit: a code, None for open."""
    told = gate(False), gate(True)
    assert all(one is None or advice_of(code_of(one)) for one in told)
    return tuple(None if one is None else code_of(one) for one in told)


def now_with(gate, who, limits=LIMITS):
    """The gate of a bot that finds this account and runs with these limits."""
    gate.know(who, standing_of(who, limits))
    return gate


def test_nothing_passes_where_nobody_armed(tmp_path):
    """Exits neither: this bot never had a position of its own there."""
    gate = now_with(ArmingGate(tmp_path, lambda: NOON), identity())
    assert codes(gate) == ("not_armed", "not_armed")


def test_everything_passes_where_it_was_armed(tmp_path):
    """Entries and exits; a lower limit changes nothing."""
    gate = armed(tmp_path)
    assert codes(gate) == (None, None)
    assert codes(now_with(gate, identity(), LIMITS.changed(max_leverage=2))) == (None, None)


def test_a_kill_by_another_process_counts_at_once(tmp_path):
    """The latch is read at each send; exits pass, and clearing it by hand opens again."""
    gate = armed(tmp_path)
    KillLatch(tmp_path).engage(NOON, "by hand")
    assert codes(gate) == ("kill_switch", None)
    assert why_disarm(gate).code == "killed"
    assert KillLatch(tmp_path).clear()
    assert codes(gate) == (None, None)


@pytest.mark.parametrize(
    ("content", "flatten"),
    [(b"", False), (b"flatten\n", True), (b"{broken", False), (b'{"flatten": true}', True),
     (b"\x00\xff" * 9_000, False), (b"[]", False)],
)  # fmt: skip
def test_whatever_the_file_holds_it_kills(tmp_path, content, flatten):
    """`touch KILL` is enough; the word flatten closes everything too."""
    gate = armed(tmp_path)
    (tmp_path / "KILL").write_bytes(content)
    assert codes(gate) == ("kill_switch", None)
    assert gate.latch.read().flatten is flatten


def test_a_folder_named_kill_kills_too(tmp_path):
    """What cannot be read is not taken for nothing."""
    gate = armed(tmp_path)
    (tmp_path / "KILL").mkdir()
    assert codes(gate) == ("kill_switch", None)


def test_flattening_once_asked_for_stays(tmp_path):
    """A second, weaker kill does not take it back; a stronger one adds it."""
    latch = KillLatch(tmp_path)
    latch.engage(NOON, "first")
    assert latch.engage(NOON, "second", flatten=True).flatten
    assert latch.engage(NOON, "third").reason == "second"
    assert latch.read().flatten
    assert not KillLatch(tmp_path / "none").clear()


def test_disarming_by_another_process_counts_at_once(tmp_path):
    """What was armed before may still be closed."""
    gate = armed(tmp_path)
    assert codes(gate) == (None, None)
    ArmingStore(tmp_path).disarm(NOON, "disarmed_by_hand", "by hand")
    assert codes(gate) == ("disarmed", None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signer": "0x" + "c3" * 20}, "signer_changed"),
        ({"mode": "portfolioMargin"}, "account_mode_changed"),
    ],
)
def test_a_changed_signer_or_mode_stops_entries(tmp_path, changes, code):
    """Closing goes on: it is the same account."""
    gate = now_with(armed(tmp_path), identity(**changes))
    assert codes(gate) == (code, None)
    assert why_disarm(gate).code == code


@pytest.mark.parametrize(
    "changes", [{"account": "0x" + "d4" * 20}, {"network": "mainnet"}, {"venue": "ccxt:bybit"}]
)
def test_another_account_or_network_was_never_armed(tmp_path, changes):
    """Nothing is signed for it, exits neither."""
    gate = now_with(armed(tmp_path), identity(**changes))
    assert codes(gate) == ("account_changed", "account_changed")


def test_a_raised_limit_stops_entries(tmp_path):
    """The words name the limit with both values."""
    gate = now_with(armed(tmp_path), identity(), LIMITS.changed(max_leverage=9))
    assert codes(gate) == ("limit_raised", None)
    assert "MAX_LEVERAGE was 5 and is 9" in gate(False)


def test_before_the_account_was_read_nothing_passes(tmp_path):
    """A bot that starts while the venue is away sends nothing on a guess."""
    armed(tmp_path)
    assert codes(ArmingGate(tmp_path, lambda: NOON)) == ("account_unread", "account_unread")


@pytest.mark.parametrize(
    ("code", "exits"),
    [("signer_other_master", "signer_other_master"), ("signer_expired", "signer_expired"),
     ("account_mode", None)],
)  # fmt: skip
def test_a_problem_of_the_account_closes_the_gate(tmp_path, code, exits):
    """A wrong key signs nothing at all; a mode that was switched leaves closing."""
    who = identity(problems=(Problem(code, "the venue says so"),))
    gate = now_with(armed(tmp_path), who)
    assert codes(gate) == (code, exits)


def test_a_key_that_is_gone_signs_nothing(tmp_path):
    """The account can only be read then."""
    gate = armed(tmp_path)
    gate.know(identity(signer=None), None)
    assert codes(gate) == ("signer_missing", "signer_missing")


def test_after_the_agent_s_end_nothing_is_entered(tmp_path):
    """The venue may take orders a while longer; closing is tried as long as it does."""
    gate = now_with(armed(tmp_path), identity(signer_until=NOON))
    assert codes(gate) == ("signer_expired", None)
    gate = now_with(gate, identity(signer_until=NOON + timedelta(seconds=1)))
    assert codes(gate) == (None, None)


def test_a_damaged_record_closes_the_gate(tmp_path):
    """It does not say what was armed; one that is whole again opens it."""
    gate = armed(tmp_path)
    whole = gate.store.path.read_bytes()
    gate.store.path.write_bytes(whole[:-3])
    assert codes(gate) == ("arming_unreadable", "arming_unreadable")
    gate.store.path.write_bytes(whole)
    assert codes(gate) == (None, None)


def test_an_unchanged_record_is_parsed_once(tmp_path, monkeypatch):
    """The gate is asked before every send: it looks at the disk, and reads only what is new."""
    gate = armed(tmp_path)
    opened = []
    plain = type(gate.store.path).open
    monkeypatch.setattr(
        type(gate.store.path), "open", lambda path, *a: opened.append(path) or plain(path, *a)
    )
    for _ in range(50):
        assert gate(False) is None
    assert len(opened) == 1
    os.utime(gate.store.path, ns=(1, 1))
    assert gate(False) is None
    assert len(opened) == 2


def test_several_gates_open_together():
    """The first that refuses is heard; a gate without codes has one."""
    busy = GateRefusal("remote", "killed")
    assert every(lambda _: None)(False) is None
    assert code_of(every(lambda _: None, lambda _: busy, closed)(True)) == "killed"
    assert code_of("in words") == "gate_closed"
    assert code_of(closed(True)) == "not_armed"


def test_the_signer_and_the_account_are_one_in_any_case(tmp_path):
    """Addresses are hexadecimal: capitals mean nothing."""
    gate = now_with(armed(tmp_path), identity(account=ACCOUNT.upper(), signer=SIGNER.upper()))
    assert codes(gate) == (None, None)
