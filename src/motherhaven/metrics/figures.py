"""A figure never comes without the number of observations that it rests on."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

Value = TypeVar("Value", float, Decimal)


@dataclass(frozen=True, slots=True)
class Figure(Generic[Value]):
    """A value, None where it cannot be known, and its n."""

    value: Value | None
    n: int
