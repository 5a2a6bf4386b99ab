"""What is known of one exchange, as data: how its orders are named, listed, read and refused.

A venue without a profile is refused: what ccxt unifies is not enough to trade on. Each field
says what differs between exchanges; the code that reads them is the same for all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, Literal

Params = Mapping[str, Any]
Path = tuple[str | int, ...]
"""Where a value is in a raw answer: names of objects and numbers of lists."""

NONE: Final[Params] = {}
ORDINARY: Final = 36
"""Our client order ids have 34 characters: 0x and 32 hexadecimal digits."""
OURS: Final = re.compile(r"0x[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ClientIds:
    """The form that the exchange allows for client order ids; ours are turned into it and back.

    `longest` is in characters. Where `prefixed` is false only letters and digits go: 0x stays off.
    """

    longest: int = ORDINARY
    prefixed: bool = True

    def wire(self, cloid: str) -> str:
        """Our cloid as the exchange is given it."""
        return cloid if self.prefixed else cloid.removeprefix("0x")

    def ours(self, told: object) -> str:
        """The cloid of an order that this software placed, "" of any other."""
        text = told if isinstance(told, str) else ""
        if not self.prefixed:
            text = f"0x{text}"
        return text if OURS.fullmatch(text) else ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question that finds an order by its client id: a ccxt call and its parameters.

    `key` is the parameter that takes the id. A call that gives a list is searched for it.
    """

    call: Literal["fetch_order", "fetch_open_orders", "fetch_canceled_and_closed_orders"]
    key: str = "clientOrderId"
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Triggers:
    """How stops and targets are placed, found and canceled; each is reduce-only, by the mark.

    `place` goes with both, `stop` and `target` with one kind. `id_key` is one more parameter
    that takes the client id, `told_id` the raw field that gives it back. `order_of` is the raw
    field with the id of the order that a triggered one became.
    """

    place: Params = field(default_factory=dict)
    stop: Params = field(default_factory=dict)
    target: Params = field(default_factory=dict)
    id_key: str | None = None
    told_id: str | None = None
    kind: Path = ()
    order_of: Path = ()
    cancel: Params = field(default_factory=lambda: {"trigger": True})
    direction: str | None = None
    """The raw field with 1 for a trigger from below and 2 for one from above, if there is one."""
    always_reduce: bool = False
    """Those listed can only reduce, and do not say so."""


@dataclass(frozen=True, slots=True)
class AccountFields:
    """Where the account's money is in the raw answer to fetch_balance, in USD.

    An empty path is worked out: the wallet is the equity without what is unrealized, margins are
    the sums over the positions.
    """

    equity: Path
    wallet: Path
    available: Path
    used: Path
    maintenance: Path
    unrealized: Path


@dataclass(frozen=True, slots=True)
class LedgerFields:
    """How the account's ledger is read: which raw types are what, and where the amount is.

    What is neither a trade's nor funding is money that came or went. `symbol` and `id` are raw
    fields too; `window` is the longest span of one question, `kept` how far back there is any.
    """

    type: str
    amount: str
    id: str
    symbol: str
    trade: frozenset[str]
    funding: frozenset[str]
    window: timedelta = timedelta(days=7)
    page: int = 1000
    kept: timedelta = timedelta(days=89)


@dataclass(frozen=True, slots=True)
class FillFields:
    """How fills are read. `cloid`, `realized` are raw fields, None where they are not told.

    `by_symbol`: they must be asked for one market at a time. `liquidation`: a raw field and the
    texts in it that mean that the exchange closed the position. `kept` is how far back there
    are any.
    """

    page: int
    window: timedelta = timedelta(days=7)
    kept: timedelta = timedelta(days=89)
    by_symbol: bool = False
    cloid: str | None = None
    realized: str | None = None
    liquidation: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A raw question of the exchange: ccxt's method for it, and its parameters.

    `symbol` says that the market's id is a parameter named so.
    """

    method: str
    params: Params = field(default_factory=dict)
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class OneWay:
    """How one-way mode is seen: `path` must hold one of `values` in the answer to `ask`."""

    ask: Question
    path: Path
    values: tuple[str, ...]
    remedy: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the key may do: `ask`, and raw values that show that it may withdraw, or not trade.

    A value is found anywhere below `withdraw`, as a text that contains one of `words`.
    """

    ask: Question
    withdraw: Path
    words: tuple[str, ...]
    on_test: bool = True


@dataclass(frozen=True, slots=True)
class Leverage:
    """How leverage and cross margin are set and read back.

    `read` is fetch_leverage or fetch_leverages. `set_mode`: the margin mode of a market is set
    by a call of its own. `account_mode`: the mode is the account's; where to ask, where it is in
    the answer, and the word for cross.
    """

    read: Literal["fetch_leverage", "fetch_leverages"] = "fetch_leverage"
    set_mode: bool = False
    account_mode: tuple[Question, Path, str] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One exchange. `venue` is ccxt's name of it.

    `has_attached_stop` says that an entry could carry its stop; it is not used, because such a
    stop has no client id of ours and could not be told from a stranger's. `listings` are the
    parameters of every fetch_open_orders that it takes to see all that rests. `entry` and
    `market` go with orders at the market with and without a bound, `recv_window` is the
    parameter that ends a request's life in milliseconds. `refused` gives our reason code for the
    exchange's error code; `unclear` are codes after which an order may have been taken.
    """

    venue: str
    title: str
    needs_password: bool
    has_attached_stop: bool
    testnet: Literal["demo", "sandbox"]
    ids: ClientIds
    listings: tuple[Params, ...]
    plain: tuple[Lookup, ...]
    trigger: tuple[Lookup, ...]
    triggers: Triggers
    account: AccountFields
    ledger: LedgerFields
    fills: FillFields
    one_way: OneWay
    permissions: Permissions
    leverage: Leverage
    refused: Mapping[str, str]
    unclear: frozenset[str]
    gone: frozenset[str]
    options: Params = field(default_factory=dict)
    order: Params = field(default_factory=dict)
    balance: Params = field(default_factory=dict)
    positions: Params = field(default_factory=dict)
    code: tuple[Path, ...] = (("code",),)
    recv_window: str | None = None
    used: tuple[str, int] | None = None
    left: tuple[str, str] | None = None
    tiers_at_once: bool = False
    minimum: Decimal = Decimal(5)
    """The smallest order in USD where a market does not tell its own."""


def at(raw: object, path: Path) -> object:
    """The value at a path of a raw answer, None where it is not there."""
    for step in path:
        if isinstance(step, int):
            raw = raw[step] if isinstance(raw, list) and len(raw) > step else None
        else:
            raw = raw.get(step) if isinstance(raw, Mapping) else None
    return raw
