"""What the store costs today: for the page, and as text for a Prometheus scraper."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from motherhaven.server.access.visible import only_bot
from motherhaven.server.reads.params import FAILURES, add_reads, json_view
from motherhaven.server.wire import schemas
from motherhaven.server.wire.bill import StoreBill
from motherhaven.stores.billing import FREE, Billed, Paid
from motherhaven.stores.protocol import Store

_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class BillReads:
    """Answers with the day's documents, where the store is paid by the document."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_routes(self, router: APIRouter) -> None:
        """Register the reads."""
        add_reads(router, self, (("/bill", "bill", StoreBill),))
        router.add_api_route(
            "/metrics",
            self.scraped,
            methods=["GET"],
            tags=["health"],
            operation_id="scraped",
            response_model=str,
            responses=schemas.failures(*FAILURES),
        )

    async def bill(self) -> Response:
        """The documents that the store read, wrote and deleted today, and what they cost."""
        billed = self._billed()
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

    async def scraped(self) -> Response:
        """Figures of this server in Prometheus' text form."""
        billed = self._billed()
        return Response("" if billed is None else _exposition(billed), media_type=_TEXT)

    def _billed(self) -> Billed | None:
        # The bill is the whole store's, so a key of one bot is told of none.
        if only_bot() is not None:
            return None
        return self._store.billed() if isinstance(self._store, Paid) else None


def _exposition(billed: Billed) -> str:
    lines = [
        "# HELP motherhaven_store_documents_today Documents billed since midnight Pacific time.",
        "# TYPE motherhaven_store_documents_today gauge",
    ]
    lines += [
        f'motherhaven_store_documents_today{{operation="{name}"}} {getattr(billed, name)}'
        for name in FREE
    ]
    lines += [
        "# HELP motherhaven_store_cost_usd_today What they cost beyond the free quota, in USD.",
        "# TYPE motherhaven_store_cost_usd_today gauge",
        f"motherhaven_store_cost_usd_today {billed.cost_usd}",
        "# HELP motherhaven_store_budget_share Used share of the day's budget.",
        "# TYPE motherhaven_store_budget_share gauge",
        f"motherhaven_store_budget_share {billed.share:.4f}",
    ]
    return "\n".join(lines) + "\n"
