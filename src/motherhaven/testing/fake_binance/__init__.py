"""An exchange on this machine that answers as Binance USDⓈ-M futures do, over the paper engine.

    with FakeBinance() as venue:
        exchange.urls["api"] = ...  # or VenueAccess(url=venue.url, secret=venue.secret)
        venue.switch("drop_reply")
        venue.move("BTC", 49_000)

It checks signatures and times, keeps conditional orders apart as the Algo service does, and has
switches for what goes wrong. Its clock moves only by `step`.
"""

from motherhaven.testing.fake_binance.venue import FakeBinance

__all__ = ["FakeBinance"]
