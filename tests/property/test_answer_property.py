"""Whatever text comes as an answer: no exception, no invented figure, and time in proportion."""

import json
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motherhaven.bot.guard.parse import parse_answer
from tests.examples import examples
from tests.patience import figure

CASES = Path(__file__).resolve().parents[1] / "cases" / "answers"
SEEDS = [path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*.txt"))]
COINS = ("BTC", "ETH", "SOL", "kPEPE")
PIECES = [
    "<think>", "</think>", "<reasoning>", "</reasoning>", "[THINK]", "[/THINK]", "```json", "```",
    "~~~", "{", "}", "[", "]", '"', "'", ",", ":", "\\", "\n", " ", "//", "null", "NaN", "98,000",
    "0.7", "1e5", "-", '{"decisions":', '[{"coin":"BTC",', '"signal":"buy_to_enter",',
    '"signal":"close"}', '"leverage":3,', "decide", "<function=x>", "<|channel|>final", "“",
    '{"name":"decide","arguments":', '"BTC":', '{"coin":"ETH","signal":"hold"}',
]  # fmt: skip


@st.composite
def mangled(draw):
    """A real answer with pieces cut out, doubled and put in."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.integers(0, 60)))
        action = draw(st.sampled_from(["cut", "double", "put", "wrap"]))
        if action == "cut":
            text = text[:at] + text[end:]
        elif action == "double":
            text = text[:end] + text[at:end] + text[end:]
        elif action == "put":
            text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
        else:
            text = draw(st.sampled_from(PIECES)) + text + draw(st.sampled_from(PIECES))
    return text


TEXTS = st.one_of(
    mangled(),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(max_size=200),
    st.tuples(st.sampled_from(SEEDS), st.sampled_from(SEEDS)).map("\n".join),
)


def figures(text):
    """Every number that the text spells with ASCII digits, escapes read."""
    plain = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    found = re.findall(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", plain)
    return {abs(Decimal(number)) for number in found}


@settings(max_examples=examples(400), deadline=None)
@given(TEXTS)
@example("[" * 5_000)
@example('{"a":' * 5_000)
@example('"{' * 500)
def test_no_text_raises_and_no_figure_is_invented(text):
    """Decisions only from what is written: figures, coins, and not more of them."""
    parsed = parse_answer(text, COINS)
    assert (parsed.error is None) or not parsed.decisions
    assert len(parsed.indices) == len(parsed.decisions)
    known = figures(text)
    for decision in parsed.decisions:
        assert decision.coin in COINS
        given_ = [decision.quantity_usd, decision.stop_loss, decision.profit_target]
        given_ += [Decimal(decision.leverage)] if decision.signal.is_entry else []
        shown = {decision.confidence, decision.confidence.scaleb(2)}
        assert all(not number or number in known for number in given_), (decision, known)
        assert not decision.confidence or shown & known
    stated = len(re.findall(r"(?i)buy|sell|long|short|hold|close|exit|wait|skip|none|stay", text))
    stated += len(re.findall(r"(?i)action|cover|nothing|trade", text))
    assert len(parsed.decisions) <= stated


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(SEEDS), st.sampled_from(SEEDS), st.sampled_from(["\n", " ", "\n\n--\n"]))
def test_two_answers_in_one_never_give_more_than_one_of_them(one, other, between):
    """Either is taken whole, or nothing is."""
    both = parse_answer(one + between + other, COINS)
    if both.error is None and both.decisions:
        alone = [parse_answer(text, COINS) for text in (one, other)]
        assert both.decisions in [parsed.decisions for parsed in alone]


KINDS = {
    "keys": lambda n: "{" + ",".join(f'"k{i}":1' for i in range(n // 10)) + "}",
    "the same key": lambda n: '{"a":1' + ',"a":1' * (n // 6) + "}",
    "braces": lambda n: "{" * n,
    "brackets": lambda n: "[" * n,
    "pairs": lambda n: "[]" * (n // 2),
    "names": lambda n: '{"a":' * (n // 5),
    "texts": lambda n: '["' * (n // 2),
    "quotes": lambda n: '"{' * (n // 2),
    "escaped quotes": lambda n: '"' + '{\\"' * (n // 3) + '"',
    "backslashes": lambda n: '{"a":"' + '\\"' * (n // 2),
    "odd quotes": lambda n: '{"coin":"' + '\\"[{' * (n // 4),
    "thinking": lambda n: "<think>" * (n // 7),
    "closed thinking": lambda n: "<think>a</think>" * (n // 16),
    "closing tags": lambda n: '["</think>",' * (n // 12),
    "mixed tags": lambda n: "<think>" * (n // 18) + "</reasoning>" * (n // 18),
    "tag openings": lambda n: "<think " * (n // 7),
    "fences": lambda n: "```\n" * (n // 4),
    "spaces": lambda n: "{" + " " * n,
    "documents": lambda n: '{"coin":"BTC","signal":"hold"}\n' * (n // 31),
    "other documents": lambda n: "".join(f'{{"coin":"C{i}"}}\n' for i in range(n // 14)),
    "keyed": lambda n: "{" + ",".join(f'"C{i}":{{"signal":"hold"}}' for i in range(n // 26)) + "}",
    "a long list": lambda n: '{"decisions":[' + ",".join(['{"coin":"BTC"}'] * (n // 15)) + "]}",
    "unquoted": lambda n: "{coin" * (n // 5),
    "digits": lambda n: '{"decisions":[{"coin":"BTC","leverage":' + "9" * n + "}]}",
    "digits in text": lambda n: '{"coin":"BTC","signal":"buy","leverage":"' + "9" * n + '"}',
    "prose": lambda n: "no brackets here " * (n // 17),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_text_is_read_to_its_end(kind):
    """A megabyte; work that grows with the square takes longer than any test may."""
    parse_answer(KINDS[kind](990_000), COINS)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_time_grows_with_the_length_and_no_faster(kind):
    """Ten times the text takes at most twelve times as long, or little at all."""
    small, large = (KINDS[kind](n) for n in (99_000, 990_000))
    took = []
    for text in (small, large):
        best = 60.0
        for _ in range(3):
            started = time.process_time()
            parse_answer(text, COINS)
            best = min(best, time.process_time() - started)
        took.append(best)
    assert took[1] <= max(12 * took[0], 2.0), took


@pytest.mark.figures
def test_200_kb_of_keys_are_read_at_once():
    """What took 26 seconds: one object with 20,000 keys, one of them twice."""
    keys = ",".join(f'"key{i:05}":1' for i in range(16_000))
    text = '{"coin":"BTC","signal":"buy",' + keys + ',"key00001":2}'
    started = time.process_time()
    parsed = parse_answer(text, COINS)
    figure("processor seconds for 200 KB of keys", time.process_time() - started, 2)
    assert "duplicate key" in parsed.rejected[0].reason
    assert json.loads(text)["key00001"] == 2
