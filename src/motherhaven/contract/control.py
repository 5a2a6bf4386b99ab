"""Commands to a running bot: named after their outcome, and held to what only reduces risk.

A command is a goal, not a list of steps, so that it may be looked at again at any time:
"no entry order rests", "nothing is held in BTC". Both sides read commands with this module;
a bot refuses whatever it does not find here, whoever sent it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, get_args

from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import ContractError, InvalidEvent, MarketError
from motherhaven.contract.ids import check_id
from motherhaven.contract.money import plain, to_decimal
from motherhaven.contract.times import format_time, parse_instant

CommandName = Literal[
    "no_entries",
    "cancel_entries",
    "flatten",
    "halt",
    "reduce",
    "move_stop",
    "snapshot",
    "ask_again",
    "guidance",
    "resume",
]
NAMES: Final[tuple[CommandName, ...]] = get_args(CommandName)

LOCAL_ONLY: Final = frozenset(
    {
        "arm", "rearm", "start", "enter", "buy", "sell", "open", "withdraw", "deposit", "transfer",
        "limits", "set_limits", "raise_limit", "config", "set_config", "set_leverage",
    }
)  # fmt: skip
"""Known wishes that no bot takes from afar: they could add risk or move money."""

REDUCING: Final[frozenset[CommandName]] = frozenset(
    {"no_entries", "cancel_entries", "flatten", "halt", "reduce", "move_stop"}
)
"""Commands that only take risk away: they are done even where they cannot be recorded."""

MAX_GUIDANCE: Final = 2_000
MAX_HOURS: Final = 24 * 31
MAX_REASON: Final = 500
MAX_BY: Final = 200
MAX_SEQ: Final = 1 << 50

CLOCK_TOLD: Final = timedelta(seconds=5)
"""A clock of the bot that is further off than this from the server's is told."""

CLOCK_MARGIN: Final = timedelta(seconds=60)
"""Beyond this no expiry can be trusted: everything but halt is refused."""

_UUID7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a command of a kind is good for, in seconds: unless told, and at most."""

    usual: int
    most: int


LIFETIMES: Final[Mapping[CommandName, Lifetime]] = {
    # A late halt is still welcome; a flatten that arrives next morning is a trade nobody asked for.
    "halt": Lifetime(86_400, 7 * 86_400),
    "no_entries": Lifetime(86_400, 7 * 86_400),
    "cancel_entries": Lifetime(3_600, 86_400),
    "flatten": Lifetime(120, 300),
    "reduce": Lifetime(120, 300),
    "move_stop": Lifetime(120, 300),
    "snapshot": Lifetime(60, 300),
    "ask_again": Lifetime(60, 300),
    "guidance": Lifetime(300, 3_600),
    "resume": Lifetime(30, 60),
}

STRENGTH: Final[Mapping[str, int]] = {"no_entries": 1, "cancel_entries": 2, "flatten": 3, "halt": 4}
"""A stronger command takes over what a weaker one still has to do."""


@dataclass(frozen=True, slots=True)
class Command:
    """A wish for one bot. `seq` counts the bot's commands at the server, 0: given locally."""

    id: str
    name: CommandName
    args: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    reason: str | None = None
    seq: int = 0
    issued_at: datetime | None = None
    expires_at: datetime | None = None

    def encoded(self) -> dict[str, Any]:
        """The command as JSON, read back by `read_command`."""
        told = {
            "id": self.id,
            "seq": self.seq,
            "name": self.name,
            "args": dict(self.args),
            "by": self.by,
            "reason": self.reason,
            "issued_at": self.issued_at and format_time(self.issued_at),
            "expires_at": self.expires_at and format_time(self.expires_at),
        }
        return {key: value for key, value in told.items() if value is not None}


def read_name(value: object) -> CommandName:
    """The kind of a command.

    Raises:
        InvalidEvent: code unknown_command, or local_only for what no bot takes from afar.
    """
    if isinstance(value, str) and value in NAMES:
        return value
    shown = str(value)[:40]
    if isinstance(value, str) and value.lower() in LOCAL_ONLY:
        raise InvalidEvent(
            f"name: {shown!r} is never taken from afar; do it on the bot's own machine",
            code="local_only",
            field="name",
        )
    raise InvalidEvent(
        f"name: {shown!r} is no command; send one of {', '.join(NAMES)}",
        code="unknown_command",
        field="name",
    )


def read_args(name: CommandName, given: object) -> dict[str, Any]:
    """The arguments of a command, each checked and in one spelling; numbers as plain text.

    Raises:
        InvalidEvent: code command_args; names the argument.
    """
    if given is None:
        given = {}
    if not isinstance(given, Mapping) or len(given) > len(_READERS):
        raise _wrong("args", "send an object with the command's arguments")
    wanted = _ARGUMENTS.get(name, {})
    for key in given:
        if key not in wanted:
            known = ", ".join(wanted) or "none"
            raise _wrong(f"args.{str(key)[:40]}", f"{name} takes these arguments: {known}")
    found = {}
    for key, needed in wanted.items():
        if given.get(key) is not None:
            found[key] = _READERS[key](given[key])
        elif needed:
            raise _wrong(f"args.{key}", f"{name} needs it")
    return found


def read_command(data: object) -> Command:
    """A command as a server sends it, or as a bot keeps it.

    Raises:
        InvalidEvent: a field is missing or wrong; its code says what kind of fault it is.
    """
    if not isinstance(data, Mapping):
        raise _wrong("command", "send an object")
    name = read_name(data.get("name"))
    try:
        issued, expires = (
            None if data.get(key) is None else parse_instant(data[key], key)
            for key in ("issued_at", "expires_at")
        )
        command_id = check_id(data.get("id"), "id")
    except ContractError as error:
        raise InvalidEvent(str(error), code="command_args") from None
    return Command(
        command_id,
        name,
        read_args(name, data.get("args")),
        read_text(data.get("by") or "", "by", MAX_BY),
        read_reason(data.get("reason")),
        read_seq(data.get("seq", 0)),
        issued,
        expires,
    )


def read_reason(value: object) -> str | None:
    """Why somebody gives a command, in their own words; None where they do not say.

    Raises:
        InvalidEvent: no text, or longer than MAX_REASON characters.
    """
    return (None if value is None else read_text(value, "reason", MAX_REASON)) or None


def read_text(value: object, what: str, most: int) -> str:
    """A text of at most `most` characters, trimmed.

    Raises:
        InvalidEvent: anything else, or characters that no store keeps.
    """
    if not isinstance(value, str) or len(value) > most:
        raise _wrong(what, f"send text of at most {most} characters")
    if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
        raise _wrong(what, "leave out NUL and half surrogate pairs")
    return value.strip()


def read_seq(value: object) -> int:
    """A place among a bot's commands.

    Raises:
        InvalidEvent: not a whole number from 0 to MAX_SEQ.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SEQ:
        return value
    raise _wrong("seq", f"send a whole number from 0 to {MAX_SEQ}")


def made_at(command_id: str) -> datetime | None:
    """When a UUIDv7 was made, as it says itself; None for any other id."""
    if _UUID7.fullmatch(command_id) is None:
        return None
    millis = int(command_id[:8] + command_id[9:13], 16)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)


def stronger(one: str, other: str) -> bool:
    """Whether a command of kind `one` takes over what one of kind `other` has to do."""
    return STRENGTH.get(one, 0) > STRENGTH.get(other, 0) > 0


def _wrong(what: str, why: str) -> InvalidEvent:
    return InvalidEvent(f"{what}: {why}", code="command_args", field=what)


def _coin(value: object) -> str:
    try:
        return normalise_symbol(str(value)) if isinstance(value, str) else normalise_symbol("")
    except MarketError as error:
        raise _wrong("args.coin", str(error)) from None


def _number(value: object, what: str) -> Decimal:
    try:
        if isinstance(value, str) and len(value) > 60:
            raise InvalidEvent("too long")
        return to_decimal(value, what)
    except ContractError:
        raise _wrong(what, "send a plain decimal number") from None


def _fraction(value: object) -> str:
    number = _number(value, "args.fraction")
    if not 0 < number <= 1:
        raise _wrong("args.fraction", "send more than 0 and at most 1; 1 closes the position")
    return plain(number)


def _price(value: object) -> str:
    number = _number(value, "args.price")
    if number <= 0:
        raise _wrong("args.price", "send the new stop's price in USD, above 0")
    return plain(number)


def _hours(value: object) -> str:
    number = _number(value, "args.hours")
    if not 0 < number <= MAX_HOURS:
        raise _wrong("args.hours", f"send more than 0 and at most {MAX_HOURS}")
    return plain(number)


_READERS: Final[Mapping[str, Any]] = {
    "coin": _coin,
    "fraction": _fraction,
    "price": _price,
    "text": lambda value: read_text(value, "args.text", MAX_GUIDANCE),
    "hours": _hours,
    "latch": lambda value: read_text(value, "args.latch", 128),
}

_ARGUMENTS: Final[Mapping[CommandName, Mapping[str, bool]]] = {
    "flatten": {"coin": False},
    "reduce": {"coin": True, "fraction": True},
    "move_stop": {"coin": True, "price": True},
    "guidance": {"text": True, "hours": False},
    # What it lifts: only the very latch that its issuer has seen.
    "resume": {"latch": True},
}
"""The arguments of each kind, and whether it needs them."""
