"""Reading a scenario's fields: every error names the step and the field."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import InvalidMoney, MarketError, ScenarioError
from motherhaven.contract.money import to_decimal

Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """The fields of one step. `names` are those it may have; None allows any."""

    def __init__(self, body: object, where: str, names: tuple[str, ...] | None) -> None:
        if not isinstance(body, Mapping):
            raise ScenarioError(f"{where}: must be an object with fields")
        for name in body:
            if names is not None and name not in names:
                raise ScenarioError(f"{where}: unknown field {name!r}; use {', '.join(names)}")
        self._body: Mapping[str, Any] = body
        self._where = where

    def __contains__(self, name: str) -> bool:
        return name in self._body

    def coin(self) -> str:
        """The normalised coin."""
        value = self._body.get("coin")
        if not isinstance(value, str):
            raise ScenarioError(f"{self._where}: coin is missing; send e.g. 'BTC'")
        return self._symbol(value)

    def decimal(self, name: str, default: Decimal | None = None) -> Decimal:
        """An exact number, `default` when it is left out or null."""
        value = self._body.get(name)
        if value is None:
            if default is None:
                raise ScenarioError(f"{self._where}: {name} is missing; send a decimal number")
            return default
        try:
            return to_decimal(value, name)
        except InvalidMoney as error:
            raise ScenarioError(f"{self._where}: {error}") from None

    def positive(self, name: str, default: Decimal | None = None) -> Decimal:
        """An exact number above 0."""
        value = self.decimal(name, default)
        if value <= 0:
            raise ScenarioError(f"{self._where}: {name} {value} must be above 0")
        return value

    def price_or_none(self, name: str) -> Decimal | None:
        """A price above 0, None when it is left out or null."""
        return None if self._body.get(name) is None else self.positive(name)

    def leverage(self, most: int) -> int | None:
        """A whole leverage from 1 to `most`, None when it is left out."""
        if self._body.get("leverage") is None:
            return None
        value = self.decimal("leverage")
        if value != value.to_integral_value() or not 1 <= value <= most:
            raise ScenarioError(
                f"{self._where}: leverage {value} must be a whole number from 1 to {most}"
            )
        return int(value)

    def flag(self, name: str) -> bool:
        """True or false; false when it is left out."""
        value = self._body.get(name, False)
        if not isinstance(value, bool):
            raise ScenarioError(f"{self._where}: {name} must be true or false")
        return value

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        """One of an enumeration's words, None when it is left out or null."""
        value = self._body.get(name)
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            words = ", ".join(kind)
            raise ScenarioError(f"{self._where}: {name} {value!r} is not one of {words}") from None

    def prices(self) -> dict[str, Decimal]:
        """All fields as prices by normalised coin."""
        return {self._symbol(coin): self.positive(coin) for coin in self._body}

    def whole_numbers(self, name: str) -> dict[str, int]:
        """An object of whole numbers from 1 on, by normalised coin."""
        body = self._body.get(name) or {}
        fields = Fields(body, f"{self._where}: {name}", None)
        found: dict[str, int] = {}
        for coin in body:
            value = fields.positive(coin)
            if value != value.to_integral_value():
                raise ScenarioError(f"{self._where}: {name} of {coin} must be a whole number")
            found[self._symbol(coin)] = int(value)
        return found

    def steps(self) -> list[Any]:
        """The list of steps."""
        steps = self._body.get("steps", [])
        if not isinstance(steps, list):
            raise ScenarioError(f"{self._where}: steps must be a list")
        return steps

    def _symbol(self, text: str) -> str:
        try:
            return normalise_symbol(text)
        except MarketError as error:
            raise ScenarioError(f"{self._where}: {error}") from None
