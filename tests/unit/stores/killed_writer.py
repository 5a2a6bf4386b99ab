"""Run by the kill test: appends without end, and tells each acknowledged id on stdout."""

import asyncio
import os
import sys
from pathlib import Path

from motherhaven.stores.sqlite import SqliteStore
from tests.conformance.stores.kit import Bot, StillClock


async def main(path: Path, run: int) -> None:
    """Four writers append batches; an id is written only after its append returned."""
    store = SqliteStore(path, clock=StillClock())
    await store.open()

    async def write(bot: Bot) -> None:
        while True:
            batch = [bot.decision(bot.seq, raw_response="r" * 700), bot.account(bot.seq)]
            results = await store.append(batch)
            line = "".join(f"{r.event_id}\n" for r in results if r.status == "stored")
            os.write(1, line.encode())

    await asyncio.gather(*(write(Bot(f"bot-{run}-{n}")) for n in range(4)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
