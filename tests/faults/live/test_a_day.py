"""A day of a busy live bot: every request that it signed is proven by the venue's own library."""

import pytest
from hyperliquid.utils.signing import recover_agent_or_user_from_l1_action

from motherhaven.bot.decider import baselines
from motherhaven.testing.fake_venue.signing import address_of
from tests.live_minutes import Minutes

ALLOWED = {"order", "cancel", "cancelByCloid", "updateLeverage", "updateIsolatedMargin", "noop"}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("minutes", [12, pytest.param(1_440, marks=pytest.mark.soak)])
def test_every_request_of_a_day_is_recovered_to_the_agent(tmp_path, monkeypatch, minutes):
    """Signature, nonce and end time of each as they went over the wire; only what is allowed."""
    monkeypatch.setattr(baselines, "_ENTER_ODDS", 0.9)
    monkeypatch.setattr(baselines, "_CLOSE_ODDS", 0.3)
    limits = {"max_trades_per_day": 1_000, "entry_cooldown_seconds": 0}
    day = Minutes(tmp_path, decider="random", seconds=5, deaf=False, walks=True, limits=limits)
    day.run(minutes, hang=3_600)
    signed = [one for one in day.requests if one.path == "/exchange"]
    agent, nonces = address_of(day.fake.key()), [one.body["nonce"] for one in signed]
    for one in signed:
        body = one.body
        found = recover_agent_or_user_from_l1_action(
            body["action"], body["signature"], body["vaultAddress"], body["nonce"],
            body["expiresAfter"], False,
        )  # fmt: skip
        assert found.lower() == agent, body
    assert {one.kind for one in signed} <= ALLOWED
    assert nonces == sorted(set(nonces))
    assert not [one for one in day.requests if one.status == 429]
    print(f"{minutes} minutes: {len(day.requests)} requests, {len(signed)} signed and recovered")
    assert len(signed) >= 3
