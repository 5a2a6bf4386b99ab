"""Two entries of one application, as a serverless platform runs them, on one Firestore."""

import asyncio

import pytest

from motherhaven.server.auth.sessions.remote_revocation import COSTLY_REFRESH_SECONDS
from motherhaven.server.auth.sessions.tokens import shared_secret
from motherhaven.stores.firestore import FirestoreStore
from tests.serverkit import API, KEY, FakeClock, config, running

MINUTE = 60.0


@pytest.mark.parametrize("warm", [True, False], ids=["knew the session", "never saw it"])
def test_a_sign_out_is_known_to_the_other_entry_within_a_minute(project: str, warm: bool) -> None:
    """Told before the answer, learned at the next look, which costs one read; others stay in."""

    async def scenario() -> None:
        settings = config(session_secret=shared_secret(KEY))
        left_store, right_store = (FirestoreStore(project, clock=FakeClock()) for _ in range(2))
        async with (
            running(settings, left_store) as left,
            running(settings, right_store) as right,
            left.client() as here,
            left.client() as stays,
            right.client() as there,
        ):
            for client in (here, stays):
                assert (await client.post(f"{API}/login", json={"key": KEY})).is_success
            leaver, stayer = (
                {"cookie": "; ".join(f"{name}={value}" for name, value in one.cookies.items())}
                for one in (here, stays)
            )
            if warm:
                assert (await there.get(f"{API}/bots", headers=leaver)).status_code == 200
            assert (await here.post(f"{API}/logout", headers=leaver)).is_success
            right.clock.advance(MINUTE)
            before = right_store.usage.reads
            assert (await there.get(f"{API}/bots", headers=leaver)).status_code == 401
            # A fresh entry may still be at the two reads of its own start.
            assert right_store.usage.reads - before <= (2 if warm else 4)
            assert (await there.get(f"{API}/bots", headers=stayer)).status_code == 200
            assert (await here.get(f"{API}/bots", headers=leaver)).status_code == 401

    assert COSTLY_REFRESH_SECONDS < MINUTE
    asyncio.run(scenario())
