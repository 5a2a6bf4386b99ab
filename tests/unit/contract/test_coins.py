"""Names of coins: read once, matched to a list without case, never guessed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.coins import is_scoped, match_coin, normalise_symbol, scoped_refusal
from motherhaven.contract.errors import MarketError

LIST = ("BTC", "ETH", "SOL", "kPEPE", "kSHIB", "xyz:TSLA", "PEPE2")


@pytest.mark.parametrize(
    ("spelling", "coin"),
    [
        ("btc", "BTC"),
        ("BTC-USD", "BTC"),
        ("btc-usdt", "BTC"),
        ("BTC/USDT:USDT", "BTC"),
        ("BTC/USDT", "BTC"),
        ("BTC-PERP", "BTC"),
        ("BTC PERP", "BTC"),
        ("btc_perp", "BTC"),
        (" Eth ", "ETH"),
        ("kPEPE", "kPEPE"),
        ("KPEPE", "kPEPE"),
        ("kpepe", "kPEPE"),
        ("KPEPE/USDC:USDC", "kPEPE"),
        ("kSHIB-USD", "kSHIB"),
        ("xyz:TSLA", "xyz:TSLA"),
        ("XYZ:tsla", "xyz:TSLA"),
        ("Pepe2", "PEPE2"),
    ],
)
def test_a_spelling_is_matched_to_the_list(spelling, coin):
    """The list's own spelling comes back, whatever the case and the quote currency."""
    assert match_coin(spelling, LIST) == coin


@pytest.mark.parametrize(
    "other", ["PEPE", "kPEP", "BT", "BTC2", "TSLA", "xyz:NVDA", "BTCUSD", "XBT", "", "B T C", "₿"]
)
def test_nothing_beyond_the_list_is_taken(other):
    """No prefix, no similar name, no other exchange's coin."""
    assert match_coin(other, LIST) is None


def test_two_coins_that_differ_in_case_need_the_exact_name():
    """Which of the two a third spelling means is not known."""
    assert match_coin("kPEPE", ("kPEPE", "KPEPE")) == "kPEPE"
    assert match_coin("KPEPE", ("kPEPE", "KPEPE")) == "KPEPE"
    assert match_coin("KpEpE", ("kPEPE", "kPePe")) is None


@pytest.mark.parametrize("name", ["xyz:TSLA", "xyz:NVDA", "flx:gold", "kPEPE"])
def test_case_is_kept_where_it_means_something(name):
    """`xyz:TSLA` is neither XYZ nor TSLA, `kPEPE` not KPEPE."""
    assert normalise_symbol(name) == name


def test_a_scoped_name_is_refused_for_trading_in_words():
    """The words name the coin and its exchange."""
    assert is_scoped("xyz:TSLA")
    assert not is_scoped("BTC")
    assert "xyz:TSLA" in scoped_refusal("xyz:TSLA")
    assert "'xyz'" in scoped_refusal("xyz:TSLA")


@given(st.text(max_size=80))
def test_any_text_is_a_coin_or_refused(text):
    """Reading a name again changes nothing; a match is always a coin of the list."""
    assert match_coin(text, LIST) in {*LIST, None}
    try:
        once = normalise_symbol(text)
    except MarketError:
        return
    assert normalise_symbol(once) == once
