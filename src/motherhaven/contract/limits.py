"""The limits that a user sets and the guard enforces: each with one default, range and meaning.

Settings, fleet file, `judge`, prompts, the reference and the page read them from here.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.money import plain
from motherhaven.contract.ranges import Fraction, Part, Usd, coin_list, whole
from motherhaven.contract.similar import closest

MODEL_TIMEOUT_SECONDS: Final = 60
"""The default of the setting of that name."""

ANSWER_GRACE_SECONDS: Final = 60
"""How much older than the model's timeout an answer may be, where no age is set."""

OLD_NAMES: Final[Mapping[str, str]] = {
    "max_coin_usd": "max_coin_margin_usd",
    "max_total_usd": "max_total_margin_usd",
    "max_positions": "max_open_positions",
    "cooldown_seconds": "entry_cooldown_seconds",
    "stop_buffer": "stop_liquidation_buffer",
    "clamp": "clamp_entries",
    "max_model_cost_usd": "model_daily_cost_usd",
}
"""Names that limits had in the guard, `judge` and `replay --limit`; they are still taken."""

_Leverage = Annotated[int, *whole(1, 100)]
_Positions = Annotated[int, *whole(1, 100)]
_Trades = Annotated[int, *whole(1, 100_000)]
_Pause = Annotated[int, *whole(0, 604_800)]
_Age = Annotated[int, *whole(1, 86_400)]


class LimitFields(BaseModel):
    """Every limit by the name of its setting in lower case. Money in USD, times in seconds."""

    max_position_size_usd: Usd = Field(
        Decimal(50),
        description="Margin of one position in USD (notional = margin x leverage)",
    )
    max_leverage: _Leverage = Field(5, description="Whole number from 1 to 100")
    daily_loss_limit_usd: Usd = Field(
        Decimal(20),
        description="No new entries for the rest of the day after this loss against the day's "
        "first equity",
    )
    max_coin_margin_usd: Usd | None = Field(
        None,
        description="Margin of all of one coin's entries together; empty means "
        "MAX_POSITION_SIZE_USD",
    )
    max_total_margin_usd: Usd | None = Field(
        None,
        description="Margin of all positions together in USD; empty means "
        "MAX_POSITION_SIZE_USD x MAX_OPEN_POSITIONS",
    )
    max_open_positions: _Positions = Field(
        3, description="Coins with an open position at the same time, from 1 to 100"
    )
    max_trades_per_day: _Trades | None = Field(
        100, description="Entries in one trading day, from 1 to 100000"
    )
    min_confidence: Fraction = Field(
        Decimal(0), description="From 0 to 1; entries below are refused"
    )
    entry_cooldown_seconds: _Pause = Field(
        0, description="Seconds that must pass between a coin's last entry and its next"
    )
    stop_liquidation_buffer: Fraction = Field(
        Decimal("0.005"),
        description="A stop must be nearer than the liquidation price by this fraction of the "
        "entry price",
    )
    price_band: Part = Field(
        Decimal("0.5"),
        description="A model's price further than this fraction from the mark is refused",
    )
    max_data_age_seconds: _Age = Field(
        180, description="Market data older than this many seconds is refused"
    )
    max_answer_age_seconds: _Age | None = Field(
        None,
        description="An answer older than this many seconds is refused; empty means "
        "MODEL_TIMEOUT_SECONDS + 60",
    )
    clamp_entries: bool = Field(
        False,
        description="true = an entry over a limit is cut down to it; false = it is refused",
    )
    stop_may_widen: bool = Field(
        False,
        description="false = a stop is only ever tightened; true = an adjust, or an entry that "
        "adds, may widen it",
    )
    model_daily_cost_usd: Usd | None = Field(
        Decimal(5),
        description="What the model may cost a day in USD; beyond it the bot holds, exits stay",
    )


LIMIT_NAMES: Final = tuple(LimitFields.model_fields)
"""The limits in the order in which they are shown."""


class RiskLimits(LimitFields):
    """The limits of one bot, frozen; an unknown name is refused, with the one that was meant.

    None switches a limit off, except for the three whose description says what it means.
    `coins` are those that may be traded; empty means every coin that has a mark. The names
    of OLD_NAMES are taken as well.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    coins: frozenset[str] = Field(
        frozenset(), description="The coins that may be entered; empty means all with a price"
    )

    @model_validator(mode="before")
    @classmethod
    def _by_known_names(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        named: dict[str, Any] = {}
        for given, value in values.items():
            name = canonical(str(given))
            if name in named:
                raise ValueError(f"{given}: {name} is given twice; keep one")
            named[name] = value
        return named

    @field_validator("coins", mode="before")
    @classmethod
    def _read_coins(cls, value: object) -> object:
        return _coins(value)

    @property
    def coin_cap_usd(self) -> Decimal:
        """The most margin in one coin, in USD."""
        cap = self.max_coin_margin_usd
        return self.max_position_size_usd if cap is None else cap

    @property
    def total_cap_usd(self) -> Decimal:
        """The most margin in all coins together, in USD."""
        cap = self.max_total_margin_usd
        return self.max_position_size_usd * self.max_open_positions if cap is None else cap

    @property
    def answer_age_seconds(self) -> int:
        """The oldest an answer may be, in seconds."""
        age = self.max_answer_age_seconds
        return MODEL_TIMEOUT_SECONDS + ANSWER_GRACE_SECONDS if age is None else age

    def changed(self, **changes: Any) -> Self:
        """These limits with some set anew, checked as at the start.

        Raises:
            ConfigError: a name is no limit, or a value is out of its range; names it.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        values |= {canonical(name): value for name, value in changes.items()}
        try:
            return type(self)(**values)
        except ValidationError as error:
            raise ConfigError("; ".join(explained(error))) from None

    def shown(self) -> dict[str, str | None]:
        """Every limit but the coins as text, by its name; None where it is off."""
        derived = {
            "max_coin_margin_usd": self.coin_cap_usd,
            "max_total_margin_usd": self.total_cap_usd,
            "max_answer_age_seconds": self.answer_age_seconds,
        }
        return {name: _text(derived.get(name, getattr(self, name))) for name in LIMIT_NAMES}


def canonical(name: str) -> str:
    """The limit that a name means, in any case and by its old names too.

    Raises:
        ConfigError: there is no such limit; says which one is near, else which there are.
    """
    lower = name.lower()
    known = OLD_NAMES.get(lower, lower)
    if known in RiskLimits.model_fields:
        return known
    meant = closest(lower, (*RiskLimits.model_fields, *OLD_NAMES))
    advice = f"did you mean {OLD_NAMES.get(meant, meant)}?" if meant else _choice()
    raise ConfigError(f"{name[:60]} is no limit; {advice}")


def explained(error: ValidationError, given: Mapping[str, str] | None = None) -> Iterable[str]:
    """What pydantic found wrong, a line for each field; `given` has names as they were written."""
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        name = ".".join(str(part) for part in item["loc"])
        shown = (given or {}).get(name, name.upper())
        said = item["msg"].removeprefix("Value error, ").removeprefix("value: ")
        yield f"{shown}: {said}" if shown else said


def _choice() -> str:
    return f"use one of {', '.join(LIMIT_NAMES)}"


def _coins(value: object) -> object:
    """Names as a user writes them; a set comes from a feed, in the venue's own spelling."""
    if isinstance(value, frozenset):
        return value
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple, set)):
        raise ValueError(f"{value!r} is not a list of coins; send e.g. BTC,ETH,SOL")
    return frozenset(coin_list([str(part) for part in parts if str(part).strip()]))


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(Decimal(value)) if isinstance(value, (Decimal, int)) else None
