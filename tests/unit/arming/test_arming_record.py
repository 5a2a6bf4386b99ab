"""The arming record: exact, versioned, private, and void once it was changed by hand."""

import json
import stat
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from arming_support import LIMITS, NOON, armed, identity

from motherhaven.bot.arming.compare import LOOSER, raised_limits
from motherhaven.bot.arming.record import arm, decode, encode, standing_of
from motherhaven.bot.arming.store import ArmingStore
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import LIMIT_NAMES


def a_record(**changes):
    """A record as `motherhaven arm` makes it."""
    return replace(
        arm(standing_of(identity(), LIMITS), "s1", NOON, Decimal(100), Decimal("20.5")), **changes
    )


def test_a_record_comes_back_as_it_was():
    """Every field, times and money included, armed and disarmed."""
    record = a_record()
    assert decode(encode(record)) == record
    ended = record.disarmed(NOON, "max_loss", "it was lost")
    assert decode(encode(ended)) == ended
    assert not ended.armed
    assert ended.disarmed(NOON + timedelta(1), "killed", "later") == ended


@pytest.mark.parametrize(
    "change",
    [
        lambda known: known["record"].update(max_loss="2000"),
        lambda known: known["record"]["limits"].update(max_leverage="50"),
        lambda known: known.update(version=2),
        lambda known: known.pop("record"),
        lambda known: known["record"].pop("signer"),
    ],
)
def test_a_record_that_was_changed_by_hand_is_none(change):
    """The digest is of all of it, so no limit of an armed account can be edited."""
    known = json.loads(encode(a_record()))
    change(known)
    with pytest.raises(ConfigError, match="arm again: motherhaven arm"):
        decode(json.dumps(known).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"x" * 70_000])
def test_what_is_no_record_is_none(data):
    """Damage and other files are refused, never taken for armed."""
    with pytest.raises(ConfigError):
        decode(data)


@pytest.mark.parametrize("most", ["0", "-1", "100.01"])
def test_the_most_that_may_be_lost_is_within_the_account(most):
    """Nothing, less than nothing and more than there is are refused."""
    with pytest.raises(ConfigError, match="at most the account's equity, 100 USD"):
        arm(standing_of(identity(), LIMITS), "s1", NOON, Decimal(100), Decimal(most))


def test_an_account_without_a_signer_cannot_be_armed():
    """What can only be read cannot trade."""
    with pytest.raises(ConfigError, match="no key that signs"):
        standing_of(identity(signer=None), LIMITS)


def test_every_limit_has_a_direction():
    """A new limit must say in which direction it allows more."""
    assert set(LOOSER) == set(LIMIT_NAMES)


RAISED = {
    "max_position_size_usd": (51, 49), "max_leverage": (6, 4), "daily_loss_limit_usd": (21, 19),
    "max_coin_margin_usd": (51, 40), "max_total_margin_usd": (151, 100),
    "max_open_positions": (4, 2), "max_trades_per_day": (101, 99), "min_confidence": (0, "0.9"),
    "entry_cooldown_seconds": (0, 90), "stop_liquidation_buffer": ("0.001", "0.02"),
    "price_band": ("0.6", "0.4"), "max_data_age_seconds": (181, 100),
    "max_answer_age_seconds": (121, 100), "clamp_entries": (True, False),
    "stop_may_widen": (True, False), "model_daily_cost_usd": (6, 4),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_a_limit_that_allows_more_is_told_and_one_that_allows_less_is_not(name):
    """Each limit in both directions; unchanged is neither."""
    base = LIMITS.changed(
        min_confidence="0.5", entry_cooldown_seconds=60, max_total_margin_usd=150,
        clamp_entries=False,
    )  # fmt: skip
    record = arm(standing_of(identity(), base), "s1", NOON, Decimal(100), Decimal(20))
    more, less = RAISED[name]
    assert raised_limits(record, standing_of(identity(), base)) == []
    found = raised_limits(record, standing_of(identity(), base.changed(**{name: more})))
    assert any(told.startswith(name.upper()) for told in found)
    assert raised_limits(record, standing_of(identity(), base.changed(**{name: less}))) == []


def test_a_limit_that_was_switched_off_allows_most():
    """None is no limit at all."""
    record = a_record()
    off = LIMITS.changed(max_trades_per_day=None)
    assert raised_limits(record, standing_of(identity(), off)) == [
        "MAX_TRADES_PER_DAY was 100 and is off"
    ]


def test_more_coins_are_more_risk():
    """A coin that was not armed is told; one fewer is not."""
    record = a_record()
    more = LIMITS.changed(coins=frozenset({"BTC", "ETH", "SOL"}))
    assert raised_limits(record, standing_of(identity(), more)) == ["coins were added: SOL"]
    fewer = LIMITS.changed(coins=frozenset({"BTC"}))
    assert raised_limits(record, standing_of(identity(), fewer)) == []
    every = LIMITS.changed(coins=frozenset())
    assert raised_limits(record, standing_of(identity(), every)) == ["coins were added: all"]


def test_the_record_is_private_and_survives_a_restart(tmp_path):
    """For its owner alone, and another process reads it; no draft stays behind."""
    armed(tmp_path)
    store = ArmingStore(tmp_path)
    assert store.read().max_loss == Decimal(20)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["arming.json", "arming.lock"]


def test_disarming_ends_only_the_session_that_was_meant(tmp_path):
    """A bot that disarms what it saw does not end what was armed by hand meanwhile."""
    gate = armed(tmp_path, session="s2")
    assert not gate.store.disarm(NOON, "max_loss", "lost", session="s1")
    assert gate.store.read().armed
    assert gate.store.disarm(NOON, "max_loss", "lost", session="s2")
    assert not gate.store.disarm(NOON, "killed", "again")
    assert gate.store.read().code == "max_loss"
    assert not ArmingStore(tmp_path / "nowhere").disarm(NOON, "killed", "nothing was armed")
