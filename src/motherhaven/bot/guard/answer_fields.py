"""The fields of one decision, read strictly for an entry and forgivingly for a hold or close."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.guard.answer_json import Bad, Spoiled
from motherhaven.bot.guard.answer_names import AMOUNTS, CANONICAL, fold, read_action
from motherhaven.bot.guard.answer_shape import as_json, kind_of
from motherhaven.bot.guard.faults import AnswerFault, FaultCode
from motherhaven.contract.coins import normalise_symbol
from motherhaven.contract.errors import InvalidJson, MarketError
from motherhaven.contract.jsonio import check_text
from motherhaven.contract.money import plain

MAX_TEXT: Final = 20_000
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?")
_PLAN: Final = ("stop_loss", "profit_target", "invalidation_condition")


class Fields:
    """Fields by our names, read from whatever names the model gave them.

    With `forgive` a field that cannot be read counts as not given: coin and signal are all
    that a hold or a close needs. `notes` says what was read otherwise than it was written.
    """

    def __init__(self, item: Mapping[str, Any]) -> None:
        self.forgive = False
        self.notes: list[str] = []
        self._values: dict[str, dict[str, Any]] = {}
        self._amounts: list[str] = []
        self._differing = item.differing if isinstance(item, Spoiled) else frozenset()
        for key, value in item.items():
            name = fold(key)
            if name in AMOUNTS and value is not None:
                self._amounts.append(key)
            field = CANONICAL.get(name)
            mode = isinstance(value, str) and fold(value) in ("isolated", "cross", "crossed")
            if field is not None and value is not None and not (name == "margin" and mode):
                self._values.setdefault(field, {})[key] = value

    def named(self, field: str) -> Any:
        """The field's value under whichever of its names it has; None when it is not given.

        Raises:
            AnswerFault: two of its names have values that differ, or one came twice.
        """
        found = self._values.get(field)
        if not found:
            return None
        if self._differing & found.keys():
            key = min(self._differing & found.keys())
            self._refuse(FaultCode.DUPLICATE_KEY, f"duplicate key {key[:40]!r}; send each key once")
            return None
        (key, value), *others = sorted(found.items(), key=lambda pair: fold(pair[0]) != field)
        for other, second in others:
            if not _agree(field, value, second):
                self._refuse(
                    FaultCode.AMBIGUOUS, f"{key[:40]} differs from {other[:40]}; send {field} once"
                )
                return None
        if fold(key) != field and field != "side" and "." not in key:
            self._note(f"{key[:40]} was taken for {field}")
        return value

    def flatten_plan(self) -> None:
        """Put what exit_plan holds beside the other fields; a contradiction is refused."""
        plan = self.named("exit_plan")
        if plan is None:
            return
        if isinstance(plan, Spoiled):
            self._refuse(FaultCode.DUPLICATE_KEY, f"exit_plan: {plan.why}")
        if not isinstance(plan, Mapping):
            # A plan in words states no price; it is what the decision is to be watched by.
            text = plan if isinstance(plan, str) else as_json(plan)
            self._values.setdefault("invalidation_condition", {"exit_plan": text})
            return
        inner = Fields(plan)
        inner.forgive = self.forgive
        for field in _PLAN:
            value = inner.named(field)
            if value is not None:
                self._values.setdefault(field, {})[f"exit_plan.{field}"] = value

    def quantity(self, *, needed: bool) -> Decimal:
        """Margin in USD; 0 when it is not given and not needed."""
        value = self.decimal("quantity_usd")
        if value is None:
            if needed and self._amounts:
                raise AnswerFault(
                    FaultCode.UNIT_UNKNOWN,
                    f"{self._amounts[0][:40]} may be an amount in coins or in notional and is not "
                    "taken for margin; send quantity_usd, the margin in USD",
                )
            return self._absent("quantity_usd", ZERO, needed=needed)
        if value < 0 or (needed and value == 0):
            self._refuse(FaultCode.OUT_OF_RANGE, f"quantity_usd {value} must be above 0")
            return ZERO
        return value

    def leverage(self, *, needed: bool) -> int:
        """A whole number from 1 on; 1 when it is not given and not needed."""
        value = self.decimal("leverage")
        if value is None:
            return int(self._absent("leverage", ONE, needed=needed))
        if value != value.to_integral_value() or not 1 <= value <= 1000:
            self._refuse(
                FaultCode.OUT_OF_RANGE, f"leverage {value} must be a whole number from 1 on"
            )
            return 1
        return int(value)

    def confidence(self, *, needed: bool) -> Decimal:
        """From 0 to 1; what is above 1 and up to 100 is a percentage, and noted."""
        value = self.decimal("confidence")
        if value is None:
            return self._absent("confidence", ZERO, needed=needed)
        if not ZERO <= value <= HUNDRED:
            self._refuse(FaultCode.OUT_OF_RANGE, f"confidence {value} must lie between 0 and 1")
            return ZERO
        if value <= ONE:
            return value
        self._note(f"confidence {plain(value)} was taken as {plain(value)} %")
        return value.scaleb(-2)

    def fraction(self, field: str) -> Decimal | None:
        """A part of a whole, above 0 and at most 1; None when it is not given.

        Raises:
            AnswerFault: it is given and is none, whatever is forgiven else.
        """
        forgiving, self.forgive = self.forgive, False
        try:
            value = self.decimal(field)
            if value is not None and not ZERO < value <= ONE:
                hint = f"; for {plain(value)} % send {plain(value.scaleb(-2))}"
                self._refuse(
                    FaultCode.OUT_OF_RANGE,
                    f"{field} {plain(value)} must be above 0 and at most 1"
                    + (hint if ONE < value <= HUNDRED else ""),
                )
            return value
        finally:
            self.forgive = forgiving

    def price(self, field: str) -> Decimal | None:
        """A price in USD; None when it is not given or 0."""
        value = self.decimal(field)
        if value is not None and value < 0:
            self._refuse(FaultCode.OUT_OF_RANGE, f"{field} {value} must be above 0")
            return None
        return value or None

    def decimal(self, field: str) -> Decimal | None:
        """A number, or text that spells one plainly; None when it is not given."""
        value = self.named(field)
        if value is None or isinstance(value, Decimal):
            return value
        if isinstance(value, Bad):
            self._refuse(FaultCode.NOT_A_NUMBER, f"{field}: {value.why}")
        elif not isinstance(value, str):
            self._refuse(FaultCode.WRONG_TYPE, f"{field}: must be a number, not {kind_of(value)}")
        elif _PLAIN_NUMBER.fullmatch(value.strip(" ")):
            return Decimal(value.strip(" "))
        else:
            self._refuse(
                FaultCode.NUMBER_SPELLING,
                f"{field} {value[:40]!r} must be a number, not text; send digits with a decimal "
                "point and nothing else",
            )
        return None

    def text(self, field: str) -> str:
        """A text; lists and objects are kept as their JSON. Empty when it is not given."""
        value = self.named(field)
        if value is None:
            return ""
        text = value if isinstance(value, str) else as_json(value)
        if len(text) > MAX_TEXT:
            self._refuse(
                FaultCode.BAD_TEXT, f"{field} has {len(text)} characters; at most {MAX_TEXT}"
            )
            text = text[:MAX_TEXT]
        try:
            check_text(text)
        except InvalidJson as error:
            self._refuse(FaultCode.BAD_TEXT, f"{field}: {error}")
            clean = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
            text = clean.encode("utf-8", "replace").decode("utf-8")
        return text

    def _absent(self, field: str, default: Decimal, *, needed: bool) -> Decimal:
        if needed:
            raise AnswerFault(FaultCode.MISSING, f"{field} is missing; an entry needs it")
        return default

    def _refuse(self, code: FaultCode, message: str) -> None:
        if not self.forgive:
            raise AnswerFault(code, message)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _agree(field: str, one: object, other: object) -> bool:
    """Whether two names of one field say the same; a text in words says no action and no size."""
    if field in ("justification", "invalidation_condition", "analysis"):
        return True
    if isinstance(one, str) and isinstance(other, str):
        if field == "signal":
            return read_action(other) in (None, read_action(one))
        if field == "coin":
            return _short(one) == _short(other)
        return fold(one) == fold(other)
    return type(one) is type(other) and one == other


def _short(coin: str) -> str:
    try:
        return normalise_symbol(coin).casefold()
    except MarketError:
        return coin.casefold()
