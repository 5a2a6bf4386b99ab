"""What a fake venue has been asked: every request, and who signed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request. `kind` is the type of its action or question, "" where it has none.

    `signer` is the address that its signature gives, `account` whom that may act for (None:
    for nobody), `source` the network that was signed for: "a" for mainnet, "b" for any other.
    `reply` is what was answered, None where the connection was cut instead.
    """

    path: str
    kind: str
    body: Any
    time: datetime
    signer: str | None = None
    account: str | None = None
    source: str | None = None
    nonce: int | None = None
    reply: Any = None
    status: int = 200

    @property
    def action(self) -> Any:
        """The action of a request to /exchange, None of others."""
        return self.body.get("action") if isinstance(self.body, dict) else None

    @property
    def verified(self) -> bool:
        """Whether its signature is that of an account here or of its agent."""
        return self.account is not None
