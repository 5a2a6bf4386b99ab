"""Who the account and the signer are, as the venue says; what is not proven is a problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.identity import AccountIdentity, Network, Problem
from motherhaven.bot.venues.hyperliquid.info import Agent, Info, Role
from motherhaven.contract.clock import Clock

NAME: Final = "hyperliquid"
MODES: Final = frozenset({"disabled", "default"})
"""How the account may count: then its equity is what the perpetuals' account says."""

WARN_BEFORE: Final = timedelta(days=14)
"""So long before an agent expires it is said; it may go on to work after that, or not."""

MINIMUM: Final = Decimal(10)
_OTHER: Final[Mapping[Network, str]] = {
    "mainnet": "testnet", "testnet": "mainnet", "local": "another venue",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read in one go."""

    role: Role
    mode: str
    equity: Decimal
    used_before: bool
    signer_role: Role | None
    agents: list[Agent]


async def read_identity(
    info: Info, signer: str | None, network: Network, clock: Clock
) -> AccountIdentity:
    """Ask the venue who we are.

    Raises:
        ExchangeError: one of the answers is missing; nothing is proven then.
    """
    seen = await _look(info, signer)
    until = next((one.until for one in seen.agents if one.address == signer), None)
    role = seen.signer_role
    problems = _of_account(info.account, network, seen) + _of_signer(
        info.account, signer, network, role, until, clock.now()
    )
    return AccountIdentity(
        NAME,
        network,
        info.account,
        seen.role.word,
        seen.mode,
        seen.equity,
        MINIMUM,
        signer,
        None if role is None else role.word,
        None if role is None else role.master,
        until,
        tuple(problems),
        _warnings(signer, role, until, clock.now()),
    )


async def _look(info: Info, signer: str | None) -> _Seen:
    role = await info.role(info.account)
    mode = await info.mode()
    state = await info.state()
    empty = not state.equity and not state.positions
    used = empty and bool((await info.allowance()).used)
    signer_role = None if signer is None else await info.role(signer)
    agents = [] if signer is None else await info.agents()
    return _Seen(role, mode, state.equity, used, signer_role, agents)


def _of_account(account: str, network: Network, seen: _Seen) -> list[Problem]:
    found = []
    role = seen.role
    if role.word == "agent":
        told = f"{account} is an agent's address (it signs for {role.master}), not an account's"
        found.append(Problem("account_is_agent", f"{told}: set the account that it trades for"))
    elif role.word == "missing":
        told = f"{network} does not know the account {account}"
        advice = f"deposit first, or choose {_OTHER[network]}"
        found.append(Problem("account_missing", f"{told}: {advice}"))
    elif role.word != "user":
        told = f"{account} is a {role.word[:40]}"
        found.append(Problem("account_wrong", f"{told}: only a user's own account is traded"))
    if seen.mode not in MODES:
        told = (
            f"the account's mode is {seen.mode[:40]!r}, in which its equity is not what the "
            "account of perpetuals says: set it to the mode without unified balances at the venue"
        )
        found.append(Problem("account_mode", told))
    if seen.used_before:
        told = f"{account} has sent orders before and is empty now: check that it is the right one"
        found.append(Problem("account_wrong", told))
    return found


def _of_signer(
    account: str,
    signer: str | None,
    network: Network,
    role: Role | None,
    until: datetime | None,
    now: datetime,
) -> list[Problem]:
    if signer is None or role is None:
        return [Problem("signer_missing", "no key is set, so nothing can be signed")]
    if signer == account:
        told = (
            "the key is that of the account itself, which can withdraw: make an API wallet at the "
            "venue and set its key"
        )
        return [Problem("signer_is_master", told)]
    if role.word != "agent":
        told = f"{network} does not know {signer} as an agent: it says {role.word[:40]}"
        advice = f"approve it for this account here; a key of {_OTHER[network]} is none here"
        return [Problem("signer_unknown", f"{told}; {advice}")]
    if role.master != account:
        told = f"{signer} is the agent of {role.master}, not of {account}"
        return [Problem("signer_other_master", f"{told}: set the key of an agent of this account")]
    if until is not None and until <= now:
        told = f"the agent {signer} has expired at {until.isoformat()}"
        return [Problem("signer_expired", f"{told}: approve a new one and set its key")]
    return []


def _warnings(
    signer: str | None, role: Role | None, until: datetime | None, now: datetime
) -> tuple[Problem, ...]:
    """What is well now and will not be, or cannot be told."""
    if role is None or role.word != "agent":
        return ()
    if until is None:
        told = f"when the agent {signer} expires is not told, because it has no name"
        return (Problem("signer_unnamed", f"{told}: make a named one at the venue"),)
    if now < until <= now + WARN_BEFORE:
        told = f"the agent {signer} expires at {until.isoformat()}"
        return (Problem("signer_expires", f"{told}: approve a new one in time"),)
    return ()
