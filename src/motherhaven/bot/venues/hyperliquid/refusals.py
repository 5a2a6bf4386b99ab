"""What the venue's words mean: the one place that reads a text of the venue.

| the venue's text begins with                         | code                  |
|------------------------------------------------------|-----------------------|
| Price must be divisible by tick size, invalid price  | venue_tick            |
| Order has invalid size, zero size                    | venue_size            |
| Order must have minimum value                        | venue_minimum         |
| Insufficient margin, margin tier                     | venue_margin          |
| Reduce only order would increase position            | venue_reduce_only     |
| could not immediately match, no liquidity            | venue_no_match        |
| Post only order would have immediately matched       | venue_post_only       |
| Invalid TP/SL price                                  | venue_trigger         |
| open interest, aggressive at the cap                 | venue_open_interest   |
| too far from oracle or reference price               | venue_price_band      |
| only post-only after an upgrade                      | venue_upgrade         |
| Trading is halted                                    | venue_halted          |
| never placed, already canceled, or filled            | venue_gone            |
| Too many cumulative requests, over weight            | venue_rate            |
| Action already expired                               | venue_expired         |
| Invalid nonce                                        | venue_nonce           |
| unknown wallet, deposit first, signer not recovered  | venue_signer          |
| leverage and margin mode                             | venue_leverage        |
| Builder fee, vault, everything else                  | venue                 |

The texts end in " asset=N" for orders; only the beginning counts. An unknown text is a refusal
all the same, with the code `venue`.
"""

import re
from typing import Final

from motherhaven.contract.errors import OrderRejected

SHOWN: Final = 300
"""How much of a venue's text is kept."""

_ASSET: Final = re.compile(r"\s+asset=\d+\s*\Z")

PREFIXES: Final[tuple[tuple[str, str], ...]] = (
    ("Price must be divisible by tick size", "venue_tick"),
    ("Order has invalid price", "venue_tick"),
    ("Order has invalid size", "venue_size"),
    ("Order has zero size", "venue_size"),
    ("Order must have minimum value of", "venue_minimum"),
    ("Insufficient margin to place order", "venue_margin"),
    ("Order would cause position to exceed margin tier limit", "venue_margin"),
    ("Reduce only order would increase position", "venue_reduce_only"),
    ("Order could not immediately match", "venue_no_match"),
    ("No liquidity available for market order", "venue_no_match"),
    ("Post only order would have immediately matched", "venue_post_only"),
    ("Invalid TP/SL price", "venue_trigger"),
    ("Main order cannot be trigger order", "venue_trigger"),
    ("Unexpected number of trigger orders", "venue_trigger"),
    ("Order would increase open interest", "venue_open_interest"),
    ("Order rejected due to price more aggressive than oracle", "venue_open_interest"),
    ("Order price too far from oracle", "venue_price_band"),
    ("Price too far from oracle", "venue_price_band"),
    ("Order price cannot be more than", "venue_price_band"),
    ("Only post-only orders allowed immediately after network upgrade", "venue_upgrade"),
    ("Trading is halted", "venue_halted"),
    ("Order was never placed, already canceled, or filled", "venue_gone"),
    ("Too many cumulative requests sent", "venue_rate"),
    ("Signed action over weight limit", "venue_rate"),
    ("Action already expired", "venue_expired"),
    ("Invalid nonce", "venue_nonce"),
    ("User or API Wallet", "venue_signer"),
    ("Must deposit before performing actions", "venue_signer"),
    ("Unable to recover signer", "venue_signer"),
    ("Invalid leverage value", "venue_leverage"),
    ("Cannot switch leverage type with open position", "venue_leverage"),
    ("Cross margin is not allowed for this asset", "venue_leverage"),
    ("Cross position does not have sufficient margin available", "venue_leverage"),
    ("Isolated position does not have sufficient margin available", "venue_leverage"),
    ("Position does not use isolated margin", "venue_leverage"),
    ("Cannot automatically accept new margin tiers", "venue_leverage"),
)

_DUPLICATE: Final = "Invalid nonce: duplicate nonce"


class Refused(OrderRejected):
    """Refused before anything was sent, or by the venue's own words; `code` says why."""

    def __init__(self, message: str, code: str = "venue") -> None:
        super().__init__(message)
        self.code = code


def code_of(text: str) -> str:
    """Our word for a refusal of the venue, of contract.reasons; `venue` for an unknown one."""
    for prefix, code in PREFIXES:
        if text.startswith(prefix):
            return code
    return "venue"


def says_nonce_used(text: str) -> bool:
    """Whether an action with this very nonce has reached the venue before."""
    return text.startswith(_DUPLICATE)


def shown(text: str) -> str:
    """A venue's text as it is kept: bounded, on one line, without the market's number."""
    line = " ".join(text[: 2 * SHOWN].split())
    return _ASSET.sub("", line)[:SHOWN]
