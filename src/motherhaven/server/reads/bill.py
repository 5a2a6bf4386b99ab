"""What the store costs today, for the page."""

from starlette.responses import Response

from motherhaven.server.auth.policy import API, READ, Routes
from motherhaven.server.auth.visible.viewer import only_bot
from motherhaven.server.reads.params import FAILURES, json_view
from motherhaven.server.wire import schemas
from motherhaven.server.wire.bill import StoreBill
from motherhaven.stores.billing import FREE, Billed, Paid
from motherhaven.stores.protocol import Store


def billed_today(store: Store) -> Billed | None:
    """The day's bill; None where the store costs nothing or the request may not see it."""
    # The bill is the whole store's, so a key of one bot is told of none.
    if only_bot() is not None:
        return None
    return store.billed() if isinstance(store, Paid) else None


class BillReads:
    """Answers with the day's documents, where the store is paid by the document."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_routes(self, routes: Routes) -> None:
        """Register the reads."""
        routes.add(
            f"{API}/bill",
            self.bill,
            READ,
            methods=["GET"],
            tags=["reads"],
            operation_id="bill",
            response_model=StoreBill,
            responses=schemas.failures(*FAILURES),
        )

    async def bill(self) -> Response:
        """The documents that the store read, wrote and deleted today, and what they cost."""
        billed = billed_today(self._store)
        if billed is None:
            return json_view(StoreBill(paid=False))
        return json_view(
            StoreBill(
                paid=True,
                day=billed.day,
                reads=billed.reads,
                writes=billed.writes,
                deletes=billed.deletes,
                free_reads=FREE["reads"],
                free_writes=FREE["writes"],
                cost_usd=billed.cost_usd,
                budget_usd=billed.budget_usd,
                state=billed.state,
            )
        )
