"""What people give to log calls, as payloads: any object at any place, faults noted.

Nothing here uses a given object's truth value, length or equality before it is plain: an
array's or pandas.NA's raise.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from motherhaven.contract.errors import ContractError, InvalidEvent, InvalidMoney
from motherhaven.contract.ids import check_id
from motherhaven.contract.money import to_decimal
from motherhaven.contract.times import parse_time
from motherhaven.recorder.faults import FAULTS, Faults
from motherhaven.recorder.payload import clean
from motherhaven.recorder.values import Pairs, shown, simple

EXIT_PLAN: Final = ("profit_target", "stop_loss", "invalidation_condition")
DECISION: Final = ("coin", "signal", "quantity_usd", "leverage", "confidence", "justification")
_OURS: Final = ("timestamp", "entry_time", "exit_time", FAULTS)
_LONGEST_ID: Final = 128


def plain(value: object, where: str, faults: Faults) -> Any:
    """`value` as plain JSON."""
    return clean({where: value}, faults).get(where)


def fields_of(value: object, names: Iterable[str], where: str, faults: Faults) -> dict[Any, Any]:
    """The items of a mapping or of an object with named fields; of others the attributes
    `names`, if there is one."""
    if type(value) is dict:
        return value
    try:
        found = simple(value)
        if isinstance(found, Pairs):
            listed = {} if isinstance(value, Mapping) else _attributes(value, names)
            return {**listed, **dict(found)}
    except Exception:  # noqa: BLE001, S110  # a foreign object's own methods
        pass
    present = _attributes(value, names)
    if not present and value is not None:
        problem = "not a mapping of the documented fields; its text is kept"
        faults.add("not_a_mapping", where, problem, shown(value), "give a dict")
        present = {where: value}
    return present


def _attributes(value: object, names: Iterable[str]) -> dict[Any, Any]:
    present = {}
    for name in names:
        try:
            present[name] = getattr(value, name)
        except Exception:  # noqa: BLE001, S112  # a property may do anything; absent is missing
            continue
    return present


def decision_payload(decision: object, texts: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """A decision's payload; what else the decision holds travels beside it."""
    given = fields_of(decision, (*DECISION, "exit_plan"), "decision", faults)
    payload: dict[str, Any] = {field: given.get(field) for field in DECISION}
    more = _others(given, (*DECISION, "exit_plan"))
    payload.update(_exit_plan(given.get("exit_plan"), faults))
    payload.update(known(more))
    payload.update(known(texts))
    return payload


def _exit_plan(plan: object, faults: Faults) -> dict[str, Any]:
    if plan is None:
        return {}
    text = plain(plan, "exit_plan", Faults())
    if text is None or text == {} or text == []:
        return {}
    if isinstance(text, (str, int, list)) and not _attributes(plan, EXIT_PLAN):
        problem = "not a mapping of profit_target, stop_loss, invalidation_condition; kept as given"
        faults.add("not_a_mapping", "exit_plan", problem, shown(text), "give a dict or None")
        return {"exit_plan": text}
    given = fields_of(plan, EXIT_PLAN, "exit_plan", faults)
    found = {field: given.get(field) for field in EXIT_PLAN}
    return known({**found, "exit_plan": _others(given, EXIT_PLAN) or None})


def _others(given: Mapping[Any, Any], names: tuple[str, ...]) -> dict[Any, Any]:
    """What is under other keys; a key may be an object whose == raises."""
    return {key: v for key, v in given.items() if not (isinstance(key, str) and key in names)}


def account_payload(amounts: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """An account's amounts in USD; of balance and equity one can be had from the other.

    `amounts`: balance, equity, unrealized_pnl, realized_pnl as they were given.
    """
    found = {name: amount(value, name, faults) for name, value in amounts.items()}
    balance, equity = found["balance"], found["equity"]
    unrealized, realized = found["unrealized_pnl"], found["realized_pnl"]
    if unrealized is None and balance is not None and equity is not None:
        unrealized = equity - balance
    unrealized, realized = unrealized or Decimal(0), realized or Decimal(0)
    if balance is None and equity is not None:
        balance = equity - unrealized
    if equity is None and balance is not None:
        equity = balance + unrealized
    return {
        "balance_usd": balance,
        "equity_usd": equity,
        "unrealized_pnl": unrealized,
        "realized_pnl": realized,
        "total_pnl": realized + unrealized,
    }


def amount(value: object, name: str, faults: Faults) -> Decimal | None:
    """`value` as an exact amount, or None with a fault."""
    before = faults.count
    text = plain(value, name, faults)
    if faults.count > before and text is None:
        return None
    try:
        return to_decimal(text, name)
    except InvalidMoney as error:
        told = str(error).removeprefix(f"{name}: ")
        faults.add("not_an_amount", name, told, shown(text), "give a finite decimal number")
        return None


def status_text(message: object, error: object, faults: Faults) -> dict[str, Any]:
    """The message and the error of a status; the wire's message is either, or empty."""
    told = plain(message, "message", faults)
    wrong = plain(error, "error", faults)
    found = {"message": told or wrong or ""}
    return found if wrong is None else {**found, "error": wrong}


def position_text(value: object, faults: Faults) -> str | None:
    """A position's id as text; the same object always gives the same."""
    text = plain(value, "position_id", faults)
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or not text:
        fix = "give text, the same at entry and exit"
        faults.add("position_id", "position_id", "not an id; a new one is used", shown(text), fix)
        return None
    if len(text) <= _LONGEST_ID:
        return text
    faults.add("too_long", "position_id", f"longer than {_LONGEST_ID} characters; cut", text)
    return f"{text[:100]}#{sha256(text.encode()).hexdigest()[:16]}"


def event_text(value: object, faults: Faults) -> str | None:
    """An event id that the contract allows, else None with a fault."""
    if value is None:
        return None
    text = plain(value, "event_id", faults)
    try:
        return check_id(text, "event_id")
    except InvalidEvent as error:
        told = f"{error}; a new id is used".removeprefix("event_id: ")
        faults.add("event_id", "event_id", told, shown(text))
        return None


def decision_link(value: object, faults: Faults) -> str | int | None:
    """A decision's event id or row id; None with a fault for anything else."""
    text = None if value is None else plain(value, "decision_id", faults)
    if text is None or (isinstance(text, (str, int)) and not isinstance(text, bool)):
        return text
    fix = "give what log_decision returned, or an event id"
    faults.add("decision_id", "decision_id", "not a decision's id; left out", shown(text), fix)
    return None


def moment(value: object, now: datetime, faults: Faults) -> datetime | None:
    """A time of the market as aware UTC; None (now) with a fault for what is no time.

    A time without a zone is taken as local, as far as a zone can explain it.
    """
    if value is None:
        return None
    if type(value) is datetime and value.tzinfo is UTC:
        return value
    noted = Faults()
    text = plain(value, "time", noted)
    for fault in noted.found:
        faults.add(fault.code, "time", fault.problem, fault.value, fault.fix)
    try:
        return parse_time(text, now, "time")
    except (ContractError, ValueError, ArithmeticError) as error:
        faults.add("time", "time", f"{error}; the time of recording is used", shown(value))
        return None


def known(fields: Mapping[Any, Any]) -> dict[Any, Any]:
    """Fields that have a value; one with a name of ours is kept beside it."""
    return {
        f"given_{key}" if isinstance(key, str) and key in _OURS else key: value
        for key, value in fields.items()
        if value is not None
    }
