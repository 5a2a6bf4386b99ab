"""A real pgbouncer in between: in session mode all works, in any other the start refuses it."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.stores.postgres import PostgresStore
from motherhaven.testing.postgres import PostgresProcess
from tests.conformance.stores.kit import Bot
from tests.faults.postgres.tools import ids_from, run, schema_of, store_at
from tests.patience import wait_until, within
from tests.programs import path_of

Pooled = Callable[[str, str], str]


@pytest.fixture
def pooled(server: PostgresProcess) -> Iterator[Pooled]:
    """(mode, URL of a store) -> the same through a pgbouncer in this mode."""
    program = path_of("pgbouncer")
    user: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="mh-pool-", dir="/tmp"))
    if os.geteuid() == 0:  # which pgbouncer refuses to run as
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    running: list[subprocess.Popen[bytes]] = []

    def start(mode: str, url: str) -> str:
        config = folder / "pgbouncer.ini"
        config.write_text(
            f"[databases]\npostgres = host={server.socket.parent} user=postgres\n"
            f"[pgbouncer]\nlisten_addr =\nunix_socket_dir = {folder}\nlisten_port = 6432\n"
            f"auth_type = any\npool_mode = {mode}\nlogfile = {folder}/log\n"
        )
        running.append(subprocess.Popen(
            [program, str(config)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **user,
        ))  # fmt: skip
        wait_until((folder / ".s.PGSQL.6432").exists, "pgbouncer")
        host = quote(str(folder), safe="")
        return f"postgresql://postgres@/postgres?host={host}&port=6432&schema={schema_of(url)}"

    try:
        yield start
    finally:
        for one in running:
            one.kill()
            one.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pool_that_shares_sessions_is_refused(pooled: Pooled, url: str, mode: str) -> None:
    """At the start, in words that name the setting and the way out; nothing is made."""

    async def scenario() -> None:
        store = store_at(pooled(mode, url))
        with pytest.raises(ConfigError, match=r"MOTHERHAVEN_STORE.*session mode"):
            await store.open()

    asyncio.run(scenario())


def test_a_pool_in_session_mode_is_as_good_as_none(pooled: Pooled, url: str) -> None:
    """Two servers through it: what one keeps, the other hears of, and each event comes once."""

    async def scenario(store: PostgresStore) -> None:
        other = store_at(url)
        await other.open()
        try:
            assert store._listener is not None
            await within(store._listener.listening.wait())
            bot, start = Bot(), await store.head()
            async with aclosing(store.follow(start)) as tails:
                for number, one in enumerate((store, other, store), 1):
                    event = bot.decision(number)
                    await one.append([event])
                    tail = await within(anext(tails))
                    assert [told.event.event_id for told in tail.events] == [event.event_id]
            seen: list[str] = []
            await ids_from(other, start, seen)
            assert seen == ["bot-a-1-1", "bot-a-1-2", "bot-a-1-3"]
        finally:
            await other.close()

    run(pooled("session", url), scenario)
