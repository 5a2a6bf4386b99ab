"""Keys and the alerts' state go along to every kind of store, and come from every kind."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from motherhaven.contract.errors import StoreUnavailable
from motherhaven.server.auth.keys.api_keys import create_key, list_keys, revoke_key
from motherhaven.server.auth.keys.use import last_uses, write_uses
from motherhaven.server.shared_state_merge import SHARED_RECORDS, merged
from motherhaven.stores import MemoryStore, Store
from motherhaven.stores.archive import ArchiveSource, write_archive
from motherhaven.stores.moving import StoreSource, copy
from tests.conformance.stores.kit import START, Bot, Place

SECRETS: list[str] = []


def nothing(count: int) -> None:
    """Hears the progress of a copy."""


async def fill(store: Store) -> None:
    """An event, an active key, a revoked one, a use and an alert that was told."""
    await store.append([Bot().decision()])
    for name in ("claude", "gone"):
        key, secret = await create_key(store, START, name=name, bot_id="bot-a", scopes=("read",))
        SECRETS.append(secret)
    await revoke_key(store, START, key.id)
    await store.put_shared_record("keys-used", write_uses({key.id: START}, "t"), None)
    await store.put_shared_record("alerts", '{"told":{"bot:bot-a":"it is back"}}', None)


async def records(store: Store) -> list[str | None]:
    """The texts of what is carried."""
    found = [await store.get_shared_record(name) for name in SHARED_RECORDS]
    return [one.text if one else None for one in found]


def test_keys_and_alerts_go_there_and_back(place: Place, tmp_path: Path) -> None:
    """Memory to this store, to a backup, to memory: the same records, and no secret in any."""

    async def scenario(store: Store) -> None:
        source, back = MemoryStore(), MemoryStore()
        await source.open()
        await back.open()
        await fill(source)
        await copy(StoreSource(source, SHARED_RECORDS), store, nothing, merged)
        assert await records(store) == await records(source)
        path = tmp_path / "x.gz"
        await write_archive(StoreSource(store, SHARED_RECORDS), path, START, nothing)
        archive = ArchiveSource(path)
        archive.check()
        await copy(archive, back, nothing, merged)
        assert await records(back) == await records(source)
        told = str([line async for line in archive.records()])
        assert "sha256" in told
        assert not any(secret in told or secret[14:] in told for secret in SECRETS)

    place.run(scenario)


def test_what_is_in_both_becomes_one(place: Place) -> None:
    """Going on with a copy: new keys arrive, what either side revoked stays so, uses are kept."""

    async def scenario(store: Store) -> None:
        source = MemoryStore()
        await source.open()
        await fill(source)
        await copy(StoreSource(source, SHARED_RECORDS), store, nothing, merged)
        here, _ = await create_key(store, START, name="here", bot_id=None, scopes=("read",))
        [first, _] = await list_keys(source)
        await revoke_key(store, START + timedelta(hours=1), first.id)
        later = START + timedelta(minutes=5)
        there, _ = await create_key(source, later, name="there", bot_id=None, scopes=("read",))
        used = await source.get_shared_record("keys-used")
        assert used is not None
        await source.put_shared_record(
            "keys-used", write_uses({there.id: later}, "u"), used.revision
        )
        await copy(StoreSource(source, SHARED_RECORDS), store, nothing, merged)
        found = {key.name: key for key in await list_keys(store)}
        assert set(found) == {"claude", "gone", "here", "there"}
        assert [name for name in found if found[name].revoked_at] == ["claude", "gone"]
        assert found["here"] == here
        assert (await last_uses(store))[there.id] == later
        before = await records(store)
        await copy(StoreSource(source, SHARED_RECORDS), store, nothing, merged)
        assert await records(store) == before

    place.run(scenario)


def test_a_record_that_is_never_still_is_told() -> None:
    """A target whose record changes each time it is read ends with a clear error, not a loop."""

    class Restless(MemoryStore):
        async def put_shared_record(self, name: str, text: str, revision: int | None) -> bool:
            return False

    async def scenario() -> None:
        source, target = MemoryStore(), Restless()
        await source.open()
        await target.open()
        await source.put_shared_record("keys", '{"keys":[],"token":""}', None)
        with pytest.raises(StoreUnavailable, match="run this again"):
            await copy(StoreSource(source, SHARED_RECORDS), target, nothing, merged)

    asyncio.run(scenario())
