"""What the core may ask of a venue: place orders and cancel them, nothing else."""

from dataclasses import dataclass

from motherhaven.bot.execution.orders import Grouping, OrderIntent
from motherhaven.contract.quick_init import quick_init, quick_inside


@quick_inside
@dataclass(frozen=True, slots=True)
class PlaceOrders:
    """Send orders; with NORMAL_TPSL the first is the parent of the rest."""

    intents: tuple[OrderIntent, ...]
    grouping: Grouping = Grouping.NA


@quick_init
@dataclass(frozen=True, slots=True)
class CancelOrders:
    """Cancel resting orders of ours."""

    cloids: tuple[str, ...]


Command = PlaceOrders | CancelOrders
