"""Which errors belong together."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal

import pytest

from motherhaven.contract.reasons import KINDS, next_step
from motherhaven.contract.views import ErrorRow
from motherhaven.server.reads.groups import fingerprint
from motherhaven.server.reads.once import once

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

ALIKE = [
    ("guard", "BTC: leverage 20 is above the limit 5", "kPEPE: leverage 7.5 is above the limit 5"),
    ("order", "ETH: Price must be divisible by tick size. 1,234.5 is not.",
     "SOL/USDC:USDC: Price must be divisible by tick size. 2e-7 is not."),
    ("cycle", "https://x: no answer in 3.2 s (id 0xdeadbeef99)",
     "https://x: no answer in 14 s (id 0xabad1dea00)"),
    ("answer", "m: 'abc' is no signal", "m: \"def\"  is no signal"),
    ("ingest", "event 0197f2a4-aaaa-bbbb-cccc-1234567890ab: bad",
     "event 11111111-2222-3333-4444-555555555555: bad"),
]  # fmt: skip
APART = [
    (("guard", "BTC: leverage 20 is too much"), ("order", "BTC: leverage 20 is too much")),
    (("guard", "BTC: leverage 20 is too much"), ("guard", "BTC: 20 trades today; at most 5")),
    (("cycle", "kraken: no answer"), ("cycle", "hyperliquid: no answer")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "one", "other"), ALIKE)
def test_numbers_ids_and_coins_do_not_split_a_group(kind: str, one: str, other: str) -> None:
    """What changes from time to time is no difference."""
    assert fingerprint(kind, one) == fingerprint(kind, other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_differs_in_kind_or_words_is_apart(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Another kind, another rule, another place: another group."""
    assert fingerprint(*one) != fingerprint(*other)


def test_a_very_long_message_costs_little() -> None:
    """Only its beginning is compared, so that no text makes the search slow."""
    assert fingerprint("answer", "a" * 10_000_000) == fingerprint("answer", "a" * 5_000_000)


_NUMBERS = count()


def told(
    kind: Literal["cycle", "answer", "guard", "order"],
    message: str,
    *,
    bot: str = "a",
    seconds: float = 0,
    decision: str | None = None,
) -> ErrorRow:
    """An error of this kind, so many seconds after the others."""
    name = f"e{next(_NUMBERS)}"
    time = NOW + timedelta(seconds=seconds)
    return ErrorRow(
        id=name, cursor=name, bot_id=bot, bot_name=bot, time=time, kind=kind, message=message,
        decision_id=decision,
    )  # fmt: skip


def test_one_bad_answer_counts_once_for_all_its_coins_and_its_cycle() -> None:
    """Six decisions of one answer and the cycle that held for it are one refusal."""
    coins = [told("answer", "the model declined: no", decision=f"d{n}") for n in range(6)]
    cycle = told("cycle", "held: AnswerRefused: the model declined: no", seconds=0.3)
    assert once([cycle, *coins]) == [coins[0]]


def test_an_order_that_the_guard_refused_counts_once() -> None:
    """The decision says rejected, its execution says so again."""
    guard = told("guard", "BTC: leverage 20 is over 5", decision="d")
    assert once([told("order", "BTC: not sent", decision="d"), guard]) == [guard]


def test_what_has_a_cause_of_its_own_counts_by_itself() -> None:
    """Another cycle, another bot, another reason, another decision: nothing is lost."""
    rows = [
        told("answer", "the model declined: no"),
        told("answer", "the model declined: no", seconds=180),
        told("answer", "the model declined: no", bot="b"),
        told("answer", "no JSON in the answer"),
        told("cycle", "held: AnswerRefused: the model declined: no", seconds=900),
        told("cycle", "exchange answered 502"),
        told("guard", "BTC: too much", decision="d1"),
        told("guard", "BTC: too much", decision="d2"),
        told("order", "BTC: refused", decision="d3"),
        told("order", "BTC: refused"),
    ]
    assert once(rows) == rows


@pytest.mark.parametrize(
    "message",
    ["rate limited: 429", "the model answered 529 overloaded", "connection reset by peer"],
)
def test_a_provider_that_did_not_answer_is_no_reason_to_read_an_answer(message: str) -> None:
    """There is no raw answer to read where none came."""
    assert next_step("answer", message) != KINDS["answer"]
