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
    known = fields(cls)  # type: ignore[arg-type]  # TypeError where it is no dataclass
    plain = all(one.init and not one.kw_only for one in known)
    if cls.__bases__ != (object,) or hasattr(cls, "__post_init__") or not plain:
        raise TypeError(f"{cls.__name__}: not a plain dataclass; leave quick_init out")
    names = [one.name for one in known]
    space: dict[str, Any] = {
        "_become": _BECOME,
        "_open": type(cls.__name__, (), {"__slots__": tuple(names)}),
    }
    taken = ", ".join(_parameter(one, space) for one in known)
    lines = [f"def __init__(self, {taken}):", " _kind = self.__class__", " _become(self, _open)"]
    lines += [f" self.{one.name} = {_value(one)}" for one in known]
    lines += [" self.__class__ = _kind"]
    exec("\n".join(lines), space)  # noqa: S102  # as dataclasses does: from the field names alone
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
