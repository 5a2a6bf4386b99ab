"""A bot that records events as fast as it can and prints each id once it is acknowledged.

`python writer.py JOURNAL SEED COUNT`: COUNT 0 goes on until it is killed; otherwise it
flushes at the end and prints `flushed True|False`.
"""

import random
import sys
from itertools import count
from pathlib import Path
from typing import Any

from motherhaven.recorder import open_logger
from motherhaven.settings import load_settings


def main() -> None:
    path, seed, total = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    logger = open_logger(load_settings(), path=path, bot_name=f"writer {path.stem}")
    for number in count():
        if total and number >= total:
            break
        kind, payload = _event(chance, number)
        done = logger.recorder.record(kind, payload)
        print(done.event_id, flush=True)
    print("flushed", logger.flush(120), flush=True)
    logger.close()


def _event(chance: random.Random, number: int) -> tuple[Any, dict[str, Any]]:
    money = f"{chance.randrange(10**12)}.{chance.randrange(10**12):012d}"
    if number % 3 == 0:
        return "status", {"status": "running", "message": f"cycle {number}"}
    if number % 3 == 1:
        return "account", {
            "balance_usd": money,
            "equity_usd": money,
            "unrealized_pnl": 0,
            "realized_pnl": 0,
            "total_pnl": 0,
            "num_positions": 0,
        }
    return "decision", {
        "coin": "BTC",
        "signal": "hold",
        "quantity_usd": money,
        "leverage": 1,
        "confidence": "0.5",
        "justification": "✓ " * chance.randrange(200),
        "raw_response": "x" * chance.choice([0, 10, 5_000]),
    }


if __name__ == "__main__":
    main()
