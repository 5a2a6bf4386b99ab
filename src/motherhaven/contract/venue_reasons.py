"""Why a venue, or the adapter before it, refused what was asked: a code, and what to do."""

from collections.abc import Mapping
from typing import Final

_REPORT: Final = "Report it with the bot's log: an order of this shape must not be made."

VENUE: Final[Mapping[str, str]] = {
    "venue_margin": "Lower the position size or close a position first.",
    "venue_no_match": "Nothing if it is rare; else allow more slippage.",
    "venue_minimum": "Raise the position size above the venue's minimum.",
    "venue_tick": "Round the price to the market's tick: five figures and few decimals.",
    "venue_size": "Round the size down to the market's lot; raise it where nothing is left.",
    "venue_reduce_only": "Nothing: there was no position to reduce any more, or it is on the other "
    "side; compare the positions if it is not rare.",
    "venue_trigger": "Give a stop on the losing and a target on the winning side of the mark.",
    "venue_post_only": "Nothing: the order would have taken instead of waiting.",
    "venue_open_interest": "Nothing: the market as a whole is full; trade another coin, or later.",
    "venue_price_band": "Check the market data: the price lies too far from the venue's own.",
    "venue_upgrade": "Nothing: after an upgrade the venue takes no such order for some minutes; "
    "watch open positions meanwhile, they cannot be closed either.",
    "venue_halted": "Look at the venue's status: trading in this market is halted.",
    "venue_gone": "Nothing: the order had been filled or cancelled before.",
    "venue_rate": "Wait: the account's requests are used up, one more comes for each USD traded; "
    "decide less often.",
    "venue_expired": "Check the machine's clock and the network: the order came too late.",
    "venue_nonce": "Check the machine's clock, and that no other program signs with this key.",
    "venue_signer": "Check at the venue that the API wallet is approved for this account and on "
    "this network, and HYPERLIQUID_WALLET_PRIVATE_KEY with it.",
    "venue_leverage": "Lower MAX_LEVERAGE to what the market allows; the margin mode can only "
    "change without a position.",
    "venue_budget": "Wait, or trade less often: what is left of the account's requests is kept "
    "for exits.",
    "venue_parent": "Look at the entry that it belonged to: it was not filled, so it needs none.",
    "venue_unreachable": "Check the network and the venue's status; nothing was sent.",
    "venue_key": "Check CCXT_API_KEY, CCXT_SECRET and CCXT_PASSWORD, the key's rights and the "
    "addresses that it may be used from, all at the exchange.",
    "venue_withdrawal": "Make a key that cannot withdraw, give that one in .env and delete the "
    "other at the exchange.",
    "venue_mode": "Set the account to one-way position mode and cross margin at the exchange, "
    "while it is flat.",
    "venue_limit": "Cancel orders or lower positions: the account has reached a limit of the "
    "exchange.",
    "venue_api": "Update Motherhaven: the exchange takes such orders in another way now. Nothing "
    "was placed.",
    "signer_is_master": "Make an API wallet for this account at the venue and set its key: the "
    "account's own key can withdraw.",
    "signer_expires": "Approve a new agent wallet at the venue and set its key before the old one "
    "expires.",
    "signer_unnamed": "Make an agent wallet with a name: of one without the venue does not tell "
    "when it expires.",
    "venue_cloid": _REPORT,
    "venue_action": _REPORT,
}
