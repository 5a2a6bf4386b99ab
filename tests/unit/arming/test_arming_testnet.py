"""The rehearsal on the test network: only what the venue told of counts, once each."""

from arming_support import NOON

from motherhaven.bot.arming.testnet import TestnetTrades, VerifiedTrade


def trade(number, *, fills=("1", "2"), venue="hyperliquid"):
    """A closed position with the venue's ids of its fills."""
    return VerifiedTrade(venue, f"p{number}", "BTC", NOON, fills)


def test_each_trade_counts_once(tmp_path):
    """The same position told twice, by one process or two, is one trade."""
    session = TestnetTrades(tmp_path)
    session.add([trade(1), trade(2)])
    TestnetTrades(tmp_path).add([trade(2), trade(3)])
    assert session.count("hyperliquid") == 3
    assert session.count("ccxt:bybit") == 0


def test_a_trade_without_a_fill_of_the_venue_does_not_count(tmp_path):
    """What a paper exchange made up proves nothing."""
    session = TestnetTrades(tmp_path)
    session.add([trade(1, fills=())])
    assert session.count("hyperliquid") == 0
    assert not session.path.exists()


def test_a_file_that_cannot_be_read_counts_nothing(tmp_path):
    """Damage is no rehearsal; the next trade begins anew."""
    session = TestnetTrades(tmp_path)
    session.path.write_text("{")
    assert session.count("hyperliquid") == 0
    session.path.write_text('{"version": 1, "trades": [{"venue": "hyperliquid"}, 7]}')
    assert session.count("hyperliquid") == 0
    session.add([trade(1)])
    assert session.count("hyperliquid") == 1
