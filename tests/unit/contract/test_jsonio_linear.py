"""Parsing, and what runs before it, is linear in the length of the input, whatever it holds."""

import gc
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from motherhaven.contract.bounds import check_values
from motherhaven.contract.errors import ContractError
from motherhaven.contract.jsonio import check_depth, dumps, loads, loads_wire
from tests.patience import figure

SMALL, FACTOR, MOST = 100_000, 10, 20
QUADRATIC = Path(__file__).parents[2] / "cases" / "quadratic-4k.json"


def filled(unit: str, before: str = "", after: str = "") -> Callable[[int], bytes]:
    """Makes a text of so many bytes out of one repeated piece."""

    def make(size: int) -> bytes:
        count = (size - len(before) - len(after)) // len(unit.encode())
        return (before + unit * count + after).encode()

    return make


def keys(form: str) -> Callable[[int], bytes]:
    """Makes an object of many keys."""

    def make(size: int) -> bytes:
        count = size // (len(form % 1_000_000) + 1)
        return b"{" + ",".join(form % (1_000_000 + n) for n in range(count)).encode() + b"}"

    return make


KINDS: dict[str, Callable[[int], bytes]] = {
    "escaped quotes": filled('\\"'),
    "escaped quotes in brackets": filled('\\"', "[" * 40),
    "an unfinished string of them": filled('\\"', "[" * 40 + '"'),
    "quotes": filled('"'),
    "quotes and brackets": filled('"[{'),
    "backslashes": filled("\\", '"'),
    "odd backslashes": filled("\\", '{"a":"', '"}'),
    "open brackets": filled("[", '"', '"'),
    "brackets": filled("[]"),
    "pairs of brackets": filled("[],", "[", "[]]"),
    "nested objects": filled('{"a":'),
    "flat objects": filled('{"a":{}},', "[", "{}]"),
    "many keys": keys('"k%d":1'),
    "escaped keys": keys('"\\u006b%d":1'),
    "duplicate keys": filled('"a":1,', "{", '"a":1}'),
    "duplicate long keys": filled('"' + "a" * 900 + '":1,', "{", '"b":1}'),
    "digits": filled("9", '{"a":', "}"),
    "a fraction": filled("3", '{"a":0.', "}"),
    "an exponent": filled("9", '{"a":1e', "}"),
    "many numbers": filled("1e400,", "[", "1]"),
    "many integers": filled("123456789,", "[", "1]"),
    "escapes": filled("\\u0041", '["', '"]'),
    "surrogate pairs": filled("\\ud83d\\ude00", '["', '"]'),
    "lone surrogates": filled("\\ud83d", '["', '"]'),
    "odd surrogates": filled("\\ude00\\ud83d", '["', '"]'),
    "spaces": filled(" ", "[", "]"),
    "line breaks": filled("\n", "[", "x"),
    "text": filled("é", '["', '"]'),
    "colons": filled(":"),
    "minus": filled("-"),
}


def growth(work: Callable[[bytes], object], kind: str) -> float:
    """How many times as long a megabyte of this kind takes as 100 KB."""
    small, large = (seconds(work, KINDS[kind](size)) for size in (SMALL, FACTOR * SMALL))
    return large / max(small, _LEAST)


def seconds(work: Callable[[bytes], object], data: bytes) -> float:
    """The least processor time of three runs: what else the machine does hardly counts."""
    best = float("inf")
    gc.collect()
    for _ in range(3):
        begin = time.thread_time()
        with suppress(ContractError, ValueError, RecursionError):
            work(data)
        best = min(best, time.thread_time() - begin)
    return best


def _ingest(data: bytes) -> None:
    parsed = loads_wire(data)
    check_values({"x": parsed}, "status")
    dumps({"x": parsed})


WORK: dict[str, Callable[[bytes], object]] = {
    "loads": loads,
    "ingest": _ingest,
}
_LEAST = 0.000_2
"""Seconds below which a run only measures the clock."""


@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("kind", KINDS)
def test_a_megabyte_is_read_to_its_end(kind: str, work: str) -> None:
    """Whatever it holds; work that grows with the square takes longer than any test may."""
    with suppress(ContractError, ValueError, RecursionError):
        WORK[work](KINDS[kind](FACTOR * SMALL))


@pytest.mark.soak
@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("kind", KINDS)
def test_ten_times_the_input_takes_ten_times_as_long(kind: str, work: str) -> None:
    """A megabyte takes about 10 times what 100 KB take; quadratic work would take 100.

    On a quiet machine it is at most 12. A busy one, whose caches others fill, needs some room.
    """
    for _attempt in range(6):
        found = growth(WORK[work], kind)
        if found <= MOST:
            return
    pytest.fail(f"{kind}: a megabyte takes {found:.1f} times as long as 100 KB")


@pytest.mark.figures
def test_the_body_that_was_quadratic_costs_no_more_than_others() -> None:
    """The 4 KB that took half a second take about as long as 4 KB of plain text (a figure)."""
    body = QUADRATIC.read_bytes()
    plain = b'["' + b"x" * len(body) + b'"]'
    ratio = seconds(loads, body) / max(seconds(loads, plain), 0.000_01)
    figure("the quadratic 4 KB / 4 KB of text", ratio, 100)


@pytest.mark.parametrize(
    ("data", "depth"),
    [
        (b'["\\\\"' + b",[" * 40, 41),
        (b'{"a\\\\\\"[":' + b"[" * 32, 33),
        (b'["[[[[", "\\"[[["]', 1),
        (b'["\\\\\\\\"]', 1),
    ],
)
def test_brackets_count_outside_strings_only(data: bytes, depth: int) -> None:
    """However many backslashes stand before a quote."""
    padded = data.replace(b'"[[[[', b'"' + b"[" * 40)
    if depth > 32:
        with pytest.raises(ContractError, match="nested"):
            check_depth(padded)
    else:
        check_depth(padded)
