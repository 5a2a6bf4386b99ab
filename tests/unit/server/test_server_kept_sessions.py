"""Browsers stay signed in over a restart, and signed out if they signed out."""

import json
import os
import stat
from functools import partial
from pathlib import Path

import pytest

from motherhaven.cli.keys import session_secret
from motherhaven.server import ServerConfig
from motherhaven.server.auth.sessions.remote_revocation import (
    COSTLY_REFRESH_SECONDS,
    RECORD,
    RemoteRevocation,
)
from motherhaven.server.auth.sessions.revocation import Revoked
from motherhaven.server.auth.sessions.tokens import Sessions, shared_secret
from motherhaven.stores import MemoryStore
from motherhaven.stores.capabilities import Capabilities
from motherhaven.stores.shared import Shared
from tests.serverkit import API, KEY, NOW, FakeClock, config, running

pytestmark = pytest.mark.anyio

LATER = int(NOW.timestamp()) + 1_000


def settings(folder: Path, **changes: object) -> ServerConfig:
    """A closed server whose sessions live in `folder`, as `serve` makes it."""
    return config(
        session_secret=session_secret(folder), revoked_path=folder / "sessions_ended", **changes
    )


async def sign_in(folder: Path) -> dict[str, str]:
    """The cookie of a browser that signed in and stayed so."""
    async with running(settings(folder)) as server, server.client() as client:
        assert (await client.post(f"{API}/login", json={"key": KEY})).is_success
        return dict(client.cookies)


async def status(folder: Path, cookies: dict[str, str], **changes: object) -> int:
    """What a restarted server answers to that browser."""
    async with running(settings(folder, **changes)) as server, server.client() as client:
        client.cookies.update(cookies)
        return (await client.get(f"{API}/bots")).status_code


async def test_a_session_outlives_the_server(tmp_path: Path) -> None:
    """The same data folder, the same sessions; another folder or key, none of them."""
    cookies = await sign_in(tmp_path)
    assert await status(tmp_path, cookies) == 200
    assert await status(tmp_path / "other", cookies) == 401
    assert await status(tmp_path, cookies, api_key=KEY + "-new") == 401


async def test_the_end_of_a_session_is_known_to_every_server_of_the_store() -> None:
    """Learned at the next look, told to open streams, kept by the store; expired ones go."""
    clock, store = FakeClock(), MemoryStore()
    woken: list[int] = []

    def server(number: int) -> tuple[Sessions, RemoteRevocation]:
        sessions = Sessions(clock, KEY, secret=shared_secret(KEY), seconds=100)
        wake = partial(woken.append, number)
        return sessions, RemoteRevocation(store, clock, sessions, wake, os.urandom)

    (left, left_ends), (right, right_ends) = server(1), server(2)
    ended, kept = left.new(), left.new()
    assert right.read(ended), "the same key signs on both"
    right.revoke(ended)
    assert left.read(ended), "not yet known"
    revision = left.revision
    for ends in (right_ends, left_ends, right_ends):
        await ends.level()
    assert [bool(left.read(ended)), bool(left.read(kept)), bool(right.read(kept))] == [
        False,
        True,
        True,
    ]
    assert (woken, left.revision) == ([1], revision + 1)
    late, late_ends = server(3)
    await late_ends.level()
    assert not late.read(ended), "a server that starts later learns it from the store"
    left.revoke(kept)
    clock.advance(50)
    await left_ends.level()
    record = await store.get_shared_record(RECORD)
    assert record is not None
    assert len(json.loads(record.text)["ended"]) == 2
    clock.advance(60)
    last = left.new()
    session = left.read(last)
    assert session is not None
    left.revoke(last)
    await left_ends.level()
    record = await store.get_shared_record(RECORD)
    assert record is not None
    assert list(json.loads(record.text)["ended"]) == [session.name]


async def test_a_billed_store_is_asked_only_when_a_session_comes() -> None:
    """Not before it comes, and once for all that come soon after; a stranger costs nothing."""
    store = MemoryStore()
    store.capabilities = Capabilities(billed=True)  # type: ignore[attr-defined]
    elsewhere = Sessions(FakeClock(), KEY, secret=shared_secret(KEY), seconds=1_000)
    ended = elsewhere.new()
    async with running(config(session_secret=shared_secret(KEY)), store) as server:
        client = server.client()
        cookie = {"cookie": f"motherhaven_session={ended}"}
        assert (await client.get(f"{API}/bots", headers=cookie)).status_code == 200
        elsewhere.revoke(ended)
        await RemoteRevocation(store, server.clock, elsewhere, lambda: None, os.urandom).level()
        asked = counted(store)
        server.clock.advance(COSTLY_REFRESH_SECONDS + 1)
        assert (await client.get(f"{API}/bots")).status_code == 401
        assert asked == []
        for _ in range(3):
            assert (await client.get(f"{API}/bots", headers=cookie)).status_code == 401
        assert asked == [RECORD]


def counted(store: MemoryStore) -> list[str]:
    """The names of the records that are asked for from now on."""
    asked: list[str] = []
    original = store.get_shared_record

    async def get_shared_record(name: str) -> Shared | None:
        asked.append(name)
        return await original(name)

    store.get_shared_record = get_shared_record  # type: ignore[method-assign]
    return asked


async def test_a_damaged_record_of_ended_sessions_is_written_anew() -> None:
    """Nothing in it ends a session by mistake, and what ended here is told again."""
    clock, store = FakeClock(), MemoryStore()
    sessions = Sessions(clock, KEY, secret=b"s" * 32, seconds=100)
    ends = RemoteRevocation(store, clock, sessions, lambda: None, os.urandom)
    for number, text in enumerate(("garbage", '{"ended": 7}', '{"ended": {"a": "x"}}', "[]")):
        assert await store.put_shared_record(RECORD, text, number * 2 or None)
        token = sessions.new()
        session = sessions.read(token)
        assert session is not None
        sessions.revoke(token)
        await ends.level()
        record = await store.get_shared_record(RECORD)
        assert record is not None
        assert session.name in json.loads(record.text)["ended"]


async def test_signing_out_outlives_the_server_too(tmp_path: Path) -> None:
    """An ended session stays ended after a restart; others go on."""
    ended, kept = await sign_in(tmp_path), await sign_in(tmp_path)
    async with running(settings(tmp_path)) as server, server.client() as client:
        client.cookies.update(ended)
        assert (await client.post(f"{API}/logout")).is_success
    assert await status(tmp_path, ended) == 401
    assert await status(tmp_path, kept) == 200


def test_the_files_are_their_owner_s_alone(tmp_path: Path) -> None:
    """Mode 0600, and the secret is made once."""
    secret = session_secret(tmp_path)
    assert secret is not None
    assert len(secret) >= 32
    assert session_secret(tmp_path) == secret
    Revoked(tmp_path / "sessions_ended", 0).add("name", LATER)
    for name in ("session_secret", "sessions_ended"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_expired_and_broken_lines_are_dropped(tmp_path: Path) -> None:
    """The file does not grow for ever, and damage in it ends nobody's session by mistake."""
    path = tmp_path / "sessions_ended"
    path.write_bytes(b"old 5\ngood %d\n\xff\xfe \nlate 9999999999999999999999\n" % LATER)
    revoked = Revoked(path, NOW.timestamp())
    assert [name in revoked for name in ("old", "good", "late", "")] == [False, True, False, False]
    assert path.read_text() == f"good {LATER}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_keeps_the_server_going(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Sessions then last as long as the process; an ended one is ended, and the log says more."""
    (tmp_path / "file").write_text("")
    assert session_secret(tmp_path / "file") is None
    revoked = Revoked(tmp_path / "file" / "sessions_ended", 0)
    revoked.add("name", LATER)
    assert "name" in revoked
    assert "cannot be written" in caplog.text
