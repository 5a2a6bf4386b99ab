"""A bot with one open position and a heartbeat each INTERVAL seconds, until it is killed.

`python beating_bot.py JOURNAL INTERVAL` prints `beat N` once a heartbeat is acknowledged.
"""

import sys
import time
from itertools import count
from pathlib import Path

from motherhaven.recorder import open_logger
from motherhaven.settings import load_settings


def main() -> None:
    path, interval = Path(sys.argv[1]), int(sys.argv[2])
    is_new = not path.exists()
    logger = open_logger(load_settings(), path=path, bot_name="beating bot")
    if is_new:
        logger.log_position_entry("p1", "BTC", "long", 60_000, 50, 3)
    for number in count(1):
        beat = {"status": "running", "message": "", "interval_seconds": interval}
        logger.recorder.record("status", beat)
        logger.flush(interval)
        print(f"beat {number}", flush=True)
        time.sleep(interval / 2)


if __name__ == "__main__":
    main()
