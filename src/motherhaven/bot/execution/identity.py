"""Who we are at a venue that holds real money, as the venue itself says it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Network = Literal["mainnet", "testnet", "local"]
"""Where the money is: real, worthless, or a fake venue on this machine."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing may be signed for this account: a code of contract.reasons, and the remedy."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class AccountIdentity:
    """An account and its signer, read from the venue in one go. Money in USD.

    `role` and `mode` are the venue's words. `signer` is the address that orders are signed
    with (None: none is given, so the account can only be read), `signer_role` what the venue
    says it is, `signer_of` whose agent, `signer_until` when it ends. `minimum` is the
    venue's smallest order. `problems` is empty when orders may be signed; `warnings` is what
    is well now and should be seen to.
    """

    venue: str
    network: Network
    account: str
    role: str
    mode: str
    equity: Decimal
    minimum: Decimal
    signer: str | None = None
    signer_role: str | None = None
    signer_of: str | None = None
    signer_until: datetime | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class VenueHealth:
    """How the connection stands. `requests_left` of `requests_cap` are those of the account.

    `heard_at` is when the venue's stream last said something, `reconnects` how often it was
    opened again, `offset_seconds` how far its clock is ahead of ours. None: not known.
    """

    requests_left: int | None = None
    requests_cap: int | None = None
    heard_at: datetime | None = None
    reconnects: int = 0
    offset_seconds: float | None = None
