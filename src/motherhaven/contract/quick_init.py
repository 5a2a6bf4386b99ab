"""Frozen dataclasses that are made as quickly as others: for what is made at every order."""

from dataclasses import MISSING, Field, fields
from typing import Any, Final, TypeVar

T = TypeVar("T")

_BECOME: Final = object.__dict__["__class__"].__set__
"""Sets an object's class past the `__setattr__` of a frozen one."""


def quick_init(cls: type[T]) -> type[T]:
    """Give a dataclass with frozen=True and slots=True an `__init__` that is several times quicker.

    The generated one calls `object.__setattr__` for each field. This one lets the object be of a
    twin class that is not frozen while its slots are filled; outside it nothing is different.

    Raises:
        TypeError: the class has a base, a `__post_init__` or a field that is not a plain one.
    """
    names = _plain_fields(cls)
    twin = type(cls.__name__, (), {"__slots__": tuple(names)})
    before = ["_kind = self.__class__", "_become(self, _open)"]
    return _with_init(cls, twin, before, ["self.__class__ = _kind"])


def quick_inside(cls: type[T]) -> type[T]:
    """As `quick_init`, three times as quick again: only the type checker keeps it from changes.

    For what stays inside the bot and is made several times an order. What a strategy, a rule or
    a recorder is handed is frozen in earnest.

    Raises:
        TypeError: as `quick_init`.
    """
    _plain_fields(cls)
    del cls.__setattr__, cls.__delattr__
    return _with_init(cls, None, [], [])


def _plain_fields(cls: type[Any]) -> list[str]:
    known = fields(cls)
    plain = all(one.init and not one.kw_only for one in known)
    if cls.__bases__ != (object,) or hasattr(cls, "__post_init__") or not plain:
        raise TypeError(f"{cls.__name__}: not a plain dataclass; leave quick_init out")
    return [one.name for one in known]


def _with_init(
    cls: type[T], twin: type[Any] | None, before: list[str], after: list[str]
) -> type[T]:
    """Set an `__init__` that fills the fields between the lines `before` and `after`."""
    known = fields(cls)  # type: ignore[arg-type]  # checked by the caller
    space: dict[str, Any] = {"_become": _BECOME, "_open": twin}
    taken = ", ".join(_parameter(one, space) for one in known)
    filled = [f"self.{one.name} = {_value(one)}" for one in known]
    lines = [f"def __init__(self, {taken}):", *before, *filled, *after]
    exec("\n ".join(lines), space)  # noqa: S102  # as dataclasses does: from the field names alone
    made = space["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__module__ = cls.__module__
    made.__annotations__ = {**cls.__init__.__annotations__}
    cls.__init__ = made  # type: ignore[method-assign]  # only its speed is another
    return cls


def _parameter(one: "Field[Any]", space: dict[str, Any]) -> str:
    """A field as a parameter; its default goes into `space`."""
    if one.default is not MISSING:
        space[f"_default_{one.name}"] = one.default
        return f"{one.name}=_default_{one.name}"
    if one.default_factory is not MISSING:
        space[f"_make_{one.name}"] = one.default_factory
        return f"{one.name}=_become"
    return one.name


def _value(one: "Field[Any]") -> str:
    """What a field is set to; `_become`, which nobody passes, stands for one that is left out."""
    if one.default_factory is MISSING:
        return one.name
    return f"_make_{one.name}() if {one.name} is _become else {one.name}"
