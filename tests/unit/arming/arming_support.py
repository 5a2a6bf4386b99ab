"""An account, its limits and an armed folder, for tests of arming."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from motherhaven.bot.arming.gate import ArmingGate
from motherhaven.bot.arming.record import arm, standing_of
from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.contract.limits import RiskLimits

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ACCOUNT = "0x" + "a1" * 20
SIGNER = "0x" + "b2" * 20
LIMITS = RiskLimits(coins=frozenset({"BTC", "ETH"}))


def identity(**changes):
    """A plain account on the test network with an agent of its own."""
    known = AccountIdentity(
        "hyperliquid", "testnet", ACCOUNT, "user", "disabled", Decimal(100), Decimal(10),
        SIGNER, "agent", ACCOUNT, NOON + timedelta(days=60),
    )  # fmt: skip
    return replace(known, **changes)


def armed(folder, *, limits=LIMITS, who=None, max_loss="20", session="s1"):
    """A gate over a folder that was armed for this account and these limits."""
    gate = ArmingGate(folder, lambda: NOON)
    who = who or identity()
    standing = standing_of(who, limits)
    gate.store.write(arm(standing, session, NOON, who.equity, Decimal(max_loss)))
    gate.know(who, standing)
    return gate
