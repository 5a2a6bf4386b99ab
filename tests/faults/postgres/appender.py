"""A server process that only appends: `python -m tests.faults.postgres.appender URL BOT COUNT`.

It prints the id of each event after its acknowledgement, and survives the database's death.
"""

import asyncio
import sys

from tests.conformance.stores.kit import Bot
from tests.faults.postgres.tools import append_until_kept, open_until_up, store_at


async def main(url: str, name: str, count: int) -> None:
    """Append `count` events of one bot, four at a time, and one that all processes share."""
    store = store_at(url)
    await open_until_up(store)
    bot = Bot(name)
    events = [bot.decision(n, raw_response="r" * 500) for n in range(count)]
    events[count // 2 : count // 2] = [Bot("common").decision()]

    async def worker(mine: int) -> None:
        for event in events[mine::4]:
            await append_until_kept(store, event)
            print(event.event_id, flush=True)

    await asyncio.gather(*(worker(mine) for mine in range(4)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
