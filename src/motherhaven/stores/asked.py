"""What a store may be asked: the same texts for every one, whatever its database can hold."""

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, Final, TypeVar

from motherhaven.contract.errors import InvalidQuery
from motherhaven.stores.lanes import Lanes

Store = TypeVar("Store")

LONGEST: Final = 10_000
_QUESTIONS: Final = (
    "bots", "decisions", "decision", "text", "positions", "position", "opened_by", "fills",
    "fundings", "candles", "accounts", "statuses", "equity", "deposits", "errors", "full_payload",
    "revisions", "signals", "stated", "newest_errors",
    "event", "events",
)  # fmt: skip


def check_asked(value: Any) -> None:
    """Refuse text that no row can have, in a value, a list or a filter.

    Raises:
        InvalidQuery: a NUL, half of a surrogate pair, or more than LONGEST characters.
    """
    if isinstance(value, str):
        _check_text(value)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            check_asked(getattr(value, one.name))
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for one in value:
            check_asked(one)


def _check_text(text: str) -> None:
    what = ""
    if "\x00" in text:
        what = "a NUL character"
    elif len(text) > LONGEST:
        what = f"more than {LONGEST} characters"
    elif not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        what = "half of a surrogate pair"
    if what:
        raise InvalidQuery(f"{text[:40]!r} has {what}, which no stored text has; correct it")


def checks_questions(store: type[Store]) -> type[Store]:
    """Let every question to the stores of this class pass `check_asked` first.

    A store with `lanes` answers so many of each kind at once as they say.
    """
    for name in _QUESTIONS:
        setattr(store, name, _checked(name, getattr(store, name)))
    return store


def _checked(kind: str, question: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(question)
    async def ask(self: Any, *args: Any, **named: Any) -> Any:
        check_asked(args)
        check_asked(named.values())
        lanes: Lanes | None = getattr(self, "lanes", None)
        if lanes is None:
            return await question(self, *args, **named)
        async with lanes.place(kind):
            return await question(self, *args, **named)

    return ask
