"""What the store costs, as the page shows it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from motherhaven.contract.money import Money


class StoreBill(BaseModel):
    """Today's documents of all servers of a store that is paid by the document.

    Days begin at midnight Pacific time. cost_usd: beyond the free quota. budget_usd: what
    a day may cost; None: nothing beyond the free quota. Without `paid` all else is None.
    """

    model_config = ConfigDict(frozen=True)

    paid: bool
    day: str | None = None
    reads: int | None = None
    writes: int | None = None
    deletes: int | None = None
    free_reads: int | None = None
    free_writes: int | None = None
    cost_usd: Money | None = None
    budget_usd: Money | None = None
    state: Literal["ok", "warning", "exceeded"] | None = None
