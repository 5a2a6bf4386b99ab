"""What each command wants: the state of the venue that ends it, and what brings it about.

Each goal may be worked on at any time and as often as one likes; it does only what is still
missing, so a bot that was killed in the middle begins again here.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.control.book import Entry
from motherhaven.bot.control.hands import Hands, Reading
from motherhaven.contract.control import CommandName
from motherhaven.contract.money import plain

Left = dict[str, Any]


def why_of(entry: Entry) -> str:
    """The command in words, for orders and records."""
    by = f" by {entry.command.by}" if entry.command.by else ""
    return f"command {entry.command.name} ({entry.command.id}){by}"


def prepare(entry: Entry, hands: Hands) -> None:
    """Fix what a command aims at, once, before anything is sent.

    Raises:
        Refused: it cannot be done. ExchangeError: the venue does not answer.
    """
    command = entry.command
    if command.name == "reduce" and entry.target is None:
        coin = str(command.args["coin"])
        entry.target = hands.part_of(coin, Decimal(str(command.args["fraction"])))
        entry.side = 1 if hands.look().positions.get(coin, Decimal(0)) > 0 else -1
    if command.name == "move_stop" and entry.target is None:
        entry.target = hands.tightened(
            str(command.args["coin"]), Decimal(str(command.args["price"]))
        )


def work(entry: Entry, hands: Hands) -> tuple[str, ...]:
    """Do what is still missing; what was refused meanwhile, in words.

    Raises:
        ExchangeError: the venue does not answer.
    """
    return _WORK[entry.command.name](entry, hands)


def left_of(entry: Entry, reading: Reading) -> Left:
    """What is still to be done by a fresh reading of the venue; empty when it is reached."""
    name, left = entry.command.name, Left()
    if name in ("no_entries", "cancel_entries", "flatten", "halt") and reading.entries:
        left["entries"] = list(reading.entries)[:20]
    if entry.closes:
        held = {
            coin: plain(size)
            for coin, size in reading.positions.items()
            if entry.coins is None or coin in entry.coins
        }
        if held:
            left["positions"] = held
    coin = str(entry.command.args.get("coin", ""))
    if name == "reduce" and entry.target is not None:
        size = reading.positions.get(coin, Decimal(0))
        if size * entry.side > entry.target:
            left["positions"] = {coin: plain(size)}
    if name == "move_stop" and entry.target is not None and coin in reading.positions:
        long = reading.positions[coin] > 0
        stop = reading.stops.get(coin)
        if stop is None or (stop < entry.target if long else stop > entry.target):
            left["stop"] = {coin: None if stop is None else plain(stop)}
    return left


def _stop(entry: Entry, hands: Hands) -> tuple[str, ...]:
    hands.stop_entries(why_of(entry))
    return ()


def _cancel(entry: Entry, hands: Hands) -> tuple[str, ...]:
    hands.stop_entries(why_of(entry))
    hands.cancel_entries()
    return hands.close(entry.coins, why_of(entry)) if entry.closes else ()


def _reduce(entry: Entry, hands: Hands) -> tuple[str, ...]:
    if entry.target is not None:
        hands.reduce_to(str(entry.command.args["coin"]), entry.target, entry.side)
    return ()


def _move(entry: Entry, hands: Hands) -> tuple[str, ...]:
    reading = hands.look()
    if entry.target is not None and left_of(entry, reading):
        hands.move_stop(str(entry.command.args["coin"]), entry.target, why_of(entry))
    return ()


def _nothing(entry: Entry, hands: Hands) -> tuple[str, ...]:
    return ()


def _ask(entry: Entry, hands: Hands) -> tuple[str, ...]:
    if entry.tries <= 1:
        hands.ask_again()
    return ()


def _guide(entry: Entry, hands: Hands) -> tuple[str, ...]:
    hours = entry.command.args.get("hours")
    hands.guide(str(entry.command.args.get("text", "")), None if hours is None else float(hours))
    return ()


_WORK: Final[Mapping[CommandName, Callable[[Entry, Hands], tuple[str, ...]]]] = {
    "no_entries": _stop,
    "cancel_entries": _cancel,
    "flatten": _cancel,
    "halt": _cancel,
    "reduce": _reduce,
    "move_stop": _move,
    "snapshot": _nothing,
    "ask_again": _ask,
    "guidance": _guide,
    "resume": _nothing,
}
