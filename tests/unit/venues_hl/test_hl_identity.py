"""Who we are is proven by the venue's answers, or nothing may be signed."""

from datetime import timedelta

import pytest
from eth_account import Account
from hl_venue import COIN, buy

from motherhaven.contract.errors import ConfigError, ExchangeError
from motherhaven.contract.reasons import advice_of

STRANGER = "0x" + "77" * 32
MASTER = "0x" + "78" * 32


def address_of(key):
    """Its address in lower case."""
    return Account.from_key(key).address.lower()


def problems(desk, **options):
    """The codes of what is wrong; each has advice and a text that says what to do."""
    found = desk.run(desk.open(**options).identity())
    for one in (*found.problems, *found.warnings):
        assert advice_of(one.code), one.code
        assert len(one.text) > 30
    return [one.code for one in found.problems]


def test_an_account_and_its_agent_are_proven(desk):
    """Role, mode, whose agent, until when, what money: as the venue says."""
    found = desk.run(desk.open().identity())
    assert found.problems == ()
    assert (found.venue, found.network) == ("hyperliquid", "local")
    assert (found.account, found.role, found.mode) == (desk.fake.address, "user", "disabled")
    assert (found.signer, found.signer_role) == (address_of(desk.fake.key()), "agent")
    assert found.signer_of == desk.fake.address
    assert found.signer_until > desk.fake.clock.now()
    assert found.equity == 10_000
    assert found.minimum == 10


@pytest.mark.parametrize("mode", ["unifiedAccount", "portfolioMargin", "somethingNew"])
def test_a_mode_with_pooled_balances_is_a_problem_and_has_no_equity(desk, mode):
    """Its equity is elsewhere: none is better than a wrong one."""
    desk.fake.call(lambda: setattr(desk.fake.account(), "mode", mode))
    assert problems(desk) == ["account_mode"]
    with pytest.raises(ExchangeError, match="unified balances"):
        desk.run(desk.open().account())


def test_a_mode_that_changes_under_a_running_bot_is_seen(desk):
    """By the next look at who we are, and by the account within the hour."""
    venue = desk.open()
    assert desk.run(venue.account()).equity == 10_000
    desk.fake.call(lambda: setattr(desk.fake.account(), "mode", "unifiedAccount"))
    assert [one.code for one in desk.run(venue.identity()).problems] == ["account_mode"]
    with pytest.raises(ExchangeError, match="mode"):
        desk.run(venue.account())


def test_an_agents_address_is_no_account(desk):
    """Its own account is empty and valid: it reads as one without positions."""
    agent = address_of(desk.fake.key())
    assert "account_is_agent" in problems(desk, account=agent)


def test_an_account_that_the_network_does_not_know(desk):
    """A key of mainnet on testnet, and the reverse."""
    found = problems(desk, account=address_of(MASTER))
    assert "account_missing" in found
    assert problems(desk, key=STRANGER) == ["signer_unknown"]


def test_an_agent_of_another_account_is_refused(desk):
    """It would trade there."""
    other = desk.fake.open_account("other")
    assert problems(desk, key=other.agent_key) == ["signer_other_master"]


def test_the_accounts_own_key_is_refused(desk):
    """It can withdraw."""
    account = desk.fake.test_account
    assert problems(desk, key=account.key) == ["signer_is_master"]


def test_without_a_key_nothing_can_be_signed(desk):
    """It is said, and the rest is read all the same."""
    assert problems(desk, key="") == ["signer_missing"]


@pytest.mark.parametrize(
    ("left", "bad", "warned"),
    [
        (timedelta(minutes=-5), ["signer_expired"], []),
        (timedelta(days=13), [], ["signer_expires"]),
        (timedelta(days=15), [], []),
    ],
)
def test_an_agent_is_warned_of_before_it_expires(desk, left, bad, warned):
    """From 14 days on; one that has expired signs nothing, though the venue may let it."""
    until = desk.fake.clock.now() + left
    desk.fake.approve_agent(address_of(STRANGER), valid_until=until)
    found = desk.run(desk.open(key=STRANGER).identity())
    assert [one.code for one in found.problems] == bad
    assert [one.code for one in found.warnings] == warned


def test_an_agent_without_a_name_is_warned_of(desk):
    """The venue lists only named ones, so when it ends is not known."""
    desk.fake.approve_agent(address_of(STRANGER), name=None)
    found = desk.run(desk.open(key=STRANGER).identity())
    assert [one.code for one in found.warnings] == ["signer_unnamed"]
    assert found.problems == ()


def test_an_empty_account_with_a_history_is_an_alarm(desk):
    """A wrong address, or money that has gone: nothing is traded on it."""
    other = desk.fake.open_account("emptied", deposit=0)
    usage = desk.fake.account(other.address).usage
    desk.fake.call(lambda: setattr(usage, "used", 5))
    found = desk.run(desk.open(account=other.address, key=other.agent_key).identity())
    assert [one.code for one in found.problems] == ["account_wrong"]


@pytest.mark.parametrize("question", ["userRole", "userAbstraction", "extraAgents"])
def test_what_was_not_answered_is_not_proven(desk, question):
    """One missing answer, and there is no identity at all."""
    desk.fake.switch("rate_limited", only=question)
    with pytest.raises(ExchangeError):
        desk.run(desk.open().identity())


@pytest.mark.parametrize("account", ["", "0x12", "rehearsal", "0x" + "g" * 40])
def test_an_account_must_be_an_address(desk, account):
    """Before anything is asked."""
    with pytest.raises(ConfigError, match="HYPERLIQUID_ACCOUNT_ADDRESS"):
        desk.open(account=account or "?")


def test_spelling_of_the_address_does_not_matter(desk):
    """Upper and lower case name the same account."""
    upper = "0x" + desk.fake.address[2:].upper()
    venue = desk.open(account=upper)
    assert desk.run(venue.identity()).problems == ()
    desk.place(venue, buy())
    assert COIN in desk.run(venue.positions())
