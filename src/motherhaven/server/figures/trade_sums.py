"""What a trade earned, as parts that add up exactly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from motherhaven.contract.exact import exact, quotient
from motherhaven.contract.money import ZERO
from motherhaven.contract.views import FillRow, FundingRow, PositionRow
from motherhaven.server.wire.details import TradeDetail
from motherhaven.stores.amounts import minus, plus, shown

_BP: Final = Decimal(10_000)
_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class _Parts:
    """In USD: gross, fees, and funding as paid."""

    gross: Decimal
    fees: Decimal
    paid: Decimal


def trade_detail(
    position: PositionRow, fills: Sequence[FillRow], funding: Sequence[FundingRow]
) -> TradeDetail:
    """The trade with gross - fees - funding paid = net, exactly.

    The figures that the bot reported at the exit come first; without them those of the
    fills, if these are complete; else only the reported net is known.
    """
    parts = _reported(position) or _summed(position, fills, funding)
    told = position.realized_pnl
    if parts is None:
        gross, fees, paid, net = position.gross_pnl, position.fees_usd, _paid(position), told
    else:
        gross, fees, paid = parts.gross, parts.fees, parts.paid
        net = minus(minus(gross, fees), paid)
    comparable = parts is not None and told is not None and position.status == "closed"
    return TradeDetail(
        position=position,
        fills=tuple(fills),
        funding=tuple(funding),
        fills_n=len(fills),
        funding_n=len(funding),
        gross_pnl=shown(gross),
        fees_usd=shown(fees),
        funding_usd=shown(paid),
        net_pnl=shown(net),
        agrees=net == told if comparable else None,
        **_shortfall(fills),
    )


def _shortfall(fills: Sequence[FillRow]) -> dict[str, Decimal]:
    """What the real books would have cost more than paper; nothing where none was compared."""
    lacking, notional = ZERO, ZERO
    with exact():
        for fill in fills:
            if fill.shortfall_usd is not None and fill.book_size:
                lacking += fill.shortfall_usd
                notional += fill.book_size * fill.price
    if not notional:
        return {}
    share = quotient(lacking * _BP, notional).quantize(_PLACES)
    return {"shortfall_usd": shown(lacking) or ZERO, "shortfall_bp": share}


def _reported(position: PositionRow) -> _Parts | None:
    paid = _paid(position)
    if position.status == "open" or paid is None:
        return None
    if position.gross_pnl is None or position.fees_usd is None:
        return None
    return _Parts(position.gross_pnl, position.fees_usd, paid)


def _summed(
    position: PositionRow, fills: Sequence[FillRow], funding: Sequence[FundingRow]
) -> _Parts | None:
    """The sums over the fills, unless some of a closed position's are missing."""
    if not fills or (position.status == "closed" and _sum(fill.size for fill in fills) != 0):
        return None
    return _Parts(
        gross=_sum(fill.realized for fill in fills),
        fees=_sum(fill.fee for fill in fills),
        paid=_sum(payment.amount for payment in funding),
    )


def _paid(position: PositionRow) -> Decimal | None:
    """Positions tell funding as received."""
    return None if position.funding_usd is None else minus(ZERO, position.funding_usd)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total: Decimal | None = ZERO
    for amount in amounts:
        total = plus(total, amount)
    return total or ZERO
