"""What follows from an object that does not change, worked out the first time it is read."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
Value = TypeVar("Value")


class once(Generic[T, Value]):  # it is written as a decorator: @once
    """As functools.cached_property, without its lock: two threads may both work it out.

    The object needs a `__dict__`; from the second read on it is a plain attribute.
    """

    def __init__(self, work: Callable[[T], Value]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type[T], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[T]) -> "once[T, Value]": ...

    @overload
    def __get__(self, instance: T, owner: type[T]) -> Value: ...

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._work(instance)
        return found
