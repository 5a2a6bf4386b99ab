"""POST /info: which question it is, and whom it is about."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from motherhaven.testing.fake_venue import faults, info_account, info_market
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.market import Market
from motherhaven.testing.fake_venue.switches import Switches
from motherhaven.testing.fake_venue.users import Users
from motherhaven.testing.fake_venue.wire import to_ms

UNREADABLE: Final = "Failed to deserialize the JSON body into the target type"
WEIGHTS: Final[Mapping[str, int]] = {
    "l2Book": 2, "allMids": 2, "clearinghouseState": 2, "orderStatus": 2,
    "spotClearinghouseState": 2, "exchangeStatus": 2, "userRole": 60,
}  # fmt: skip
WEIGHT: Final = 20
_LISTS: Final = 20
_CANDLES: Final = 60
"""Answers that are lists cost one more for each so many rows."""
_STAMPS: Final = ("startTime", "endTime")

Answer = tuple[int, Any]
"""The HTTP status and what is answered."""


class InfoEndpoint:
    """Answers questions. Whoever asks about a stranger gets an empty account, as at the venue."""

    def __init__(
        self,
        market: Market,
        users: Users,
        now: Callable[[], datetime],
        stranger: Callable[[str], Account],
        switches: Switches,
    ) -> None:
        self._switches = switches
        self._market = market
        self._users = users
        self._now = now
        self._stranger = stranger

    def answer(self, ask: Any) -> Answer:
        """What is answered to a question."""
        if not isinstance(ask, Mapping) or not _times_are_whole(ask):
            return 422, UNREADABLE
        kind = ask.get("type")
        if not isinstance(kind, str):
            return 422, UNREADABLE
        about_market = info_market.QUESTIONS.get(kind)
        if about_market is not None:
            return _found(about_market(self._market, ask, self._now()))
        user = _address(ask.get("user"))
        if user is None:
            return 422, UNREADABLE
        if kind == "userRole":
            return 200, self._role(user)
        if kind == "extraAgents":
            return 200, self._agents(user)
        about_account = info_account.QUESTIONS.get(kind)
        if about_account is None:
            return 422, UNREADABLE
        account = self._users.accounts.get(user) or self._stranger(user)
        account.inside.now = self._now()
        answer = about_account(account, ask)
        return _found(self._garbled(answer) if kind == "orderStatus" else answer)

    def _garbled(self, answer: Any) -> Any:
        """An orderStatus as the switches have it."""
        if self._switches.take(faults.ForgetfulOrderStatus) is not None:
            return {"status": "unknownOid"}
        unknown = self._switches.on(faults.UnknownStatus)
        if unknown is None or answer["status"] != "order":
            return answer
        self._switches.take(faults.UnknownStatus)
        return {**answer, "order": {**answer["order"], "status": unknown.word}}

    def _role(self, user: str) -> dict[str, Any]:
        agent = self._users.agents.get(user)
        if agent is not None and not agent.pruned(self._now()):
            return {"role": "agent", "data": {"user": agent.master}}
        account = self._users.accounts.get(user)
        return {"role": "missing" if account is None else account.role}

    def _agents(self, user: str) -> list[dict[str, Any]]:
        """The agents that have a name; the venue does not list one without."""
        return [
            {"name": one.name, "address": one.address, "validUntil": to_ms(one.valid_until)}
            for one in self._users.agents_of(user, self._now())
            if one.name is not None
        ]


def base_weight(kind: str) -> int:
    """What a question costs of the weight that an address of the network has in a minute."""
    return WEIGHTS.get(kind, WEIGHT)


def rows_weight(kind: str, answer: Any) -> int:
    """What the length of its answer costs beyond."""
    rows = len(answer) if isinstance(answer, list) else 0
    return rows // (_CANDLES if kind == "candleSnapshot" else _LISTS)


def _found(answer: Any) -> Answer:
    return (500, "null") if answer is None else (200, answer)


def _times_are_whole(ask: Mapping[str, Any]) -> bool:
    return all(_is_stamp(ask.get(name)) for name in _STAMPS) and (
        not isinstance(ask.get("req"), Mapping)
        or all(_is_stamp(ask["req"].get(name)) for name in _STAMPS)
    )


def _is_stamp(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
    return value is None or whole


def _address(value: object) -> str | None:
    if not isinstance(value, str) or len(value) != 42 or not value.startswith("0x"):
        return None
    try:
        bytes.fromhex(value[2:])
    except ValueError:
        return None
    return value.lower()
