"""PostgreSQL says that its disk is full: the server answers 503, and goes on when it is not."""

import asyncio

from motherhaven.stores.postgres import PostgresStore
from tests.faults.postgres.tools import ask, schema_of
from tests.serverkit import API, KEY, FakeClock, item, running

FULL = """
    CREATE FUNCTION {schema}.no_space() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER no_space BEFORE INSERT ON {schema}.events EXECUTE FUNCTION {schema}.no_space();
"""


def test_a_full_disk_of_the_database_is_503(url: str) -> None:
    """SQLSTATE 53100 from the server itself: never 200, nothing kept, then the same is stored."""

    async def scenario() -> None:
        store = PostgresStore(url, clock=FakeClock())
        async with running(store=store) as server, server.client(key=KEY) as client:
            first, second = ({"events": [item(n)]} for n in (1, 2))
            assert (await client.post(f"{API}/ingest/batch", json=first)).status_code == 200
            await asyncio.to_thread(ask, url, FULL.format(schema=schema_of(url)))
            for _ in range(3):
                answer = await client.post(f"{API}/ingest/batch", json=second)
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "2"
                assert "disk is full" in answer.json()["error"]["message"]
            assert len((await client.get(f"{API}/decisions")).json()) == 1
            drop = f"DROP TRIGGER no_space ON {schema_of(url)}.events"
            await asyncio.to_thread(ask, url, drop)
            answer = await client.post(f"{API}/ingest/batch", json=second)
            assert [one["status"] for one in answer.json()["results"]] == ["stored"]
            assert len((await client.get(f"{API}/decisions")).json()) == 2

    asyncio.run(scenario())
