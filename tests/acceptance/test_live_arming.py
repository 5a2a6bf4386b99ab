"""`motherhaven arm` against a fake venue: what is shown, what is typed, and every refusal."""

import sys
from datetime import timedelta
from decimal import Decimal

import pytest

from motherhaven.bot.arming.store import ArmingStore
from motherhaven.bot.arming.testnet import TestnetTrades, VerifiedTrade
from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.cli.arm import ArmWords, refuse, run_arm, run_disarm
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.reasons import advice_of
from motherhaven.settings import SystemClock, load_settings
from motherhaven.testing.fake_venue import FakeVenue, address_of, worthless_key
from tests.acceptance.processes import clean_environment

CONTROL = "data/trading_bot_live_local.control"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the settings of an account at a fake venue; `set` changes one."""
    monkeypatch.chdir(tmp_path)
    with FakeVenue(clock=SystemClock()) as fake:
        settings = {
            "TRADING_MODE": "live", "TRADING_ASSETS": "BTC", "HYPERLIQUID_API_URL": fake.url,
            "HYPERLIQUID_ACCOUNT_ADDRESS": fake.address,
            "HYPERLIQUID_WALLET_PRIVATE_KEY": fake.key(),
        }  # fmt: skip
        for name in clean_environment(tmp_path, **settings):
            monkeypatch.delenv(name, raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        fake.folder, fake.set = tmp_path, monkeypatch.setenv
        yield fake
        assert [one for one in fake.requests if one.path == "/exchange"] == []


def answers(*typed):
    """What a user types, in order."""
    said = iter(typed)
    return lambda _question: next(said)


def record(place):
    """What was armed; None for nothing."""
    return ArmingStore(place.folder / CONTROL).read()


def test_a_user_types_the_account_s_end_and_the_most_that_may_be_lost(place, monkeypatch, capsys):
    """All of it is shown before; the record says what was accepted, and nothing is signed."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    run_arm(ArmWords(), answers(place.address[-6:].upper(), "25.5"))
    shown = capsys.readouterr().out
    for told in (
        "local, worthless money", place.address, "user, disabled", "agent of", "in 89 days",
        "equity      10000 USD", "minimum     10 USD", "MAX_LEVERAGE = 5", "none is open",
        "none rests", "ARMED",
    ):  # fmt: skip
        assert told in shown
    assert place.key() not in shown
    made = record(place)
    assert (made.armed, made.max_loss, made.start_equity) == (True, Decimal("25.5"), 10_000)
    assert made.limits["max_leverage"] == "5"
    assert made.coins == ("BTC",)
    run_disarm()
    assert record(place).code == "disarmed_by_hand"
    run_disarm()
    assert "not armed here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("000000",), "not the account's last characters"),
        (("END", "0"), "at most the account's equity, 10000 USD"),
        (("END", "20000"), "at most the account's equity, 10000 USD"),
        (("END", "all of it"), "write an amount in USD"),
        (("END", "NaN"), "write an amount in USD"),
        (("END", "9" * 5_000), "write an amount in USD"),
    ],
)
def test_what_is_typed_wrong_arms_nothing(place, monkeypatch, typed, said):
    """The wrong account, no amount, or more than there is."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    words = [place.address[-6:] if one == "END" else one for one in typed]
    with pytest.raises(ConfigError, match=said):
        run_arm(ArmWords(), answers(*words))
    assert record(place) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (ArmWords(), "give both --yes-i-mean ADDRESS and --max-loss USD"),
        (ArmWords(max_loss="20"), "give both --yes-i-mean ADDRESS and --max-loss USD"),
        (ArmWords("0x" + "0" * 40, "20"), "the account is 0x"),
    ],
)
def test_a_script_names_the_whole_account_and_the_amount(place, words, said):
    """Half of it, or another account, is refused; nobody is asked."""
    with pytest.raises(ConfigError, match=said):
        run_arm(words, answers())
    assert record(place) is None


def refused(place):
    """The codes with which arming is refused."""
    with pytest.raises(ConfigError) as caught:
        run_arm(ArmWords(place.address, "20"), answers())
    told = str(caught.value)
    assert "nothing was signed" in told
    assert record(place) is None
    return [line.rpartition("(")[2].rstrip(")") for line in told.splitlines() if ")" in line[-1:]]


def test_an_account_with_unified_balances_is_refused(place):
    """Its equity is not what the perpetuals' account says."""
    unified = place.open_account("unified", mode="unifiedAccount")
    place.set("HYPERLIQUID_ACCOUNT_ADDRESS", unified.address)
    place.set("HYPERLIQUID_WALLET_PRIVATE_KEY", unified.agent_key)
    assert refused(place) == ["account_mode"]


def test_an_agent_of_another_account_is_refused(place):
    """A key that trades for somebody else never signs for this one."""
    other = place.open_account("other")
    place.set("HYPERLIQUID_WALLET_PRIVATE_KEY", other.agent_key)
    assert refused(place) == ["signer_other_master"]


def test_the_agent_s_own_address_is_no_account(place):
    """It is always empty, so a bot would see no position of its own."""
    place.set("HYPERLIQUID_ACCOUNT_ADDRESS", address_of(place.key()))
    assert "account_is_agent" in refused(place)


def test_a_key_that_this_network_does_not_know_is_refused(place):
    """A key of mainnet on the test network, or one that was never approved."""
    place.set("HYPERLIQUID_WALLET_PRIVATE_KEY", worthless_key("nobody"))
    assert refused(place) == ["signer_unknown"]


def test_an_expired_agent_is_refused(place):
    """Though the venue goes on to take its orders for a while."""
    place.approve_agent(
        address_of(place.key()), name="motherhaven",
        valid_until=SystemClock().now() - timedelta(minutes=1),
    )  # fmt: skip
    assert refused(place) == ["signer_expired"]


def test_the_account_s_own_key_is_refused(place):
    """It can withdraw; an agent's cannot."""
    place.set("HYPERLIQUID_WALLET_PRIVATE_KEY", place.test_account.key)
    assert refused(place) == ["signer_is_master"]


def test_a_killed_bot_is_not_armed(place):
    """The kill switch is ended first, by its own word."""
    KillLatch(place.folder / CONTROL).engage(SystemClock().now(), "a test")
    with pytest.raises(ConfigError, match="the kill switch is engaged"):
        run_arm(ArmWords(place.address, "20"), answers())
    assert record(place) is None


@pytest.mark.parametrize("mode", ["paper", "shadow"])
def test_there_is_nothing_to_arm_without_live_mode(place, mode):
    """Nothing is asked of the venue."""
    place.set("TRADING_MODE", mode)
    with pytest.raises(ConfigError, match="set TRADING_MODE=live first"):
        run_arm(ArmWords(place.address, "20"), answers())
    assert place.requests == ()


def test_mainnet_wants_a_rehearsal_on_the_test_network(place):
    """Ten verified trades there, or the user says that they know."""
    who = AccountIdentity(
        "hyperliquid", "mainnet", place.address, "user", "disabled", Decimal(100), Decimal(10),
    )  # fmt: skip
    settings = load_settings()
    with pytest.raises(ConfigError, match="0 of 10 verified trades on the test network"):
        refuse(who, settings, i_know=False)
    refuse(who, settings, i_know=True)
    now = SystemClock().now()
    TestnetTrades(settings.motherhaven_data).add(
        VerifiedTrade("hyperliquid", f"p{number}", "BTC", now, ("1", "2")) for number in range(10)
    )
    refuse(who, settings, i_know=False)


def test_every_refusal_has_a_remedy():
    """What to do stands beside each code."""
    for code in (
        "account_missing", "account_is_agent", "account_wrong", "account_mode", "signer_unknown",
        "signer_other_master", "signer_expired", "signer_is_master", "signer_missing", "disarmed",
        "account_changed", "signer_changed", "account_mode_changed", "limit_raised", "max_loss",
        "killed", "not_armed", "account_unread", "arming_unreadable", "shadow_key",
    ):  # fmt: skip
        assert advice_of(code), code
