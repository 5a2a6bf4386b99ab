"""Which errors belong together."""

import pytest

from motherhaven.server.reads.groups import fingerprint

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
