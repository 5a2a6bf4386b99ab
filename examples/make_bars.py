"""Invented one-minute bars for a try of `motherhaven replay`: python make_bars.py > btc.csv

Any real bars will do as well: timestamp_ms (start of the bar, UTC), open, high, low, close,
volume, oldest first.
"""

from random import Random

START_MS, MINUTES = 1_767_225_600_000, 3 * 24 * 60  # from 2026-01-01, three days

random = Random(7)  # noqa: S311  # the same bars every time
price = 100_000.0
print("timestamp_ms,open,high,low,close,volume")
for minute in range(MINUTES):
    close = price * (1 + random.gauss(0, 0.0008))
    high = max(price, close) * (1 + abs(random.gauss(0, 0.0003)))
    low = min(price, close) * (1 - abs(random.gauss(0, 0.0003)))
    volume = random.uniform(1, 20)
    stamp = START_MS + minute * 60_000
    print(f"{stamp},{price:.1f},{high:.1f},{low:.1f},{close:.1f},{volume:.3f}")
    price = float(f"{close:.1f}")
