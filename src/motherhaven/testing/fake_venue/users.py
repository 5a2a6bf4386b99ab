"""Who may sign for whom: accounts, their agents, and keys that are worth nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.nonces import Nonces
from motherhaven.testing.fake_venue.signing import address_of, worthless_key

PRUNED_AFTER: Final = timedelta(minutes=15)
"""An agent that has expired goes on working for so long: the venue prunes lazily."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A key that trades for an account; without a name it is not listed by extraAgents."""

    address: str
    master: str
    name: str | None
    valid_until: datetime

    def pruned(self, now: datetime) -> bool:
        """Whether the venue knows it no more."""
        return now > self.valid_until + PRUNED_AFTER


@dataclass(frozen=True, slots=True)
class TestAccount:
    """A funded account for tests: its address, its own key, and its agent's key."""

    __test__ = False  # not a class of tests, whatever pytest makes of its name

    address: str
    key: str
    agent_key: str

    @classmethod
    def named(cls, name: str) -> "TestAccount":
        """The account whose keys follow from a name."""
        key = worthless_key(name)
        return cls(address_of(key), key, worthless_key(f"{name} agent"))


class Users:
    """Accounts and agents by address, and the nonces of every signer."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.agents: dict[str, Agent] = {}
        self.nonces: dict[str, Nonces] = {}

    def acts_for(self, signer: str, now: datetime) -> Account | None:
        """The account that a signer may act for: its own, or its master's."""
        agent = self.agents.get(signer)
        if agent is not None and not agent.pruned(now):
            return self.accounts.get(agent.master)
        return self.accounts.get(signer)

    def agents_of(self, address: str, now: datetime) -> list[Agent]:
        """The agents of an account that the venue still knows."""
        return [
            one for one in self.agents.values() if one.master == address and not one.pruned(now)
        ]

    def nonces_of(self, signer: str) -> Nonces:
        """The nonces that a signer has used."""
        return self.nonces.setdefault(signer, Nonces())
