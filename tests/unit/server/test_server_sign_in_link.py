"""The link that the server prints signs in once, and only whoever holds it."""

import pytest

from motherhaven.server.auth.sessions.sign_in_links import LINK_SECONDS, SignInLinks
from tests.serverkit import API, FakeClock, config, running

pytestmark = pytest.mark.anyio


async def test_a_link_signs_in_once() -> None:
    """A strict session cookie and the way to the page; the second time the key is asked for."""
    links = SignInLinks(FakeClock())
    address = f"{API}/login?link={links.new()}"
    async with running(config(take_link=links.take)) as server:
        async with server.client() as first:
            answer = await first.get(address)
            assert (answer.status_code, answer.headers["location"]) == (303, "/llm-bot")
            [cookie] = answer.headers.get_list("set-cookie")
            assert "HttpOnly" in cookie
            assert "samesite=strict" in cookie.lower()
            assert (await first.get(f"{API}/bots")).status_code == 200
        async with server.client() as second:
            answer = await second.get(address)
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert "used before" in answer.text
            assert (await second.get(f"{API}/bots")).status_code == 401


async def test_a_browser_that_fetches_ahead_does_not_use_the_link_up() -> None:
    """Some browsers and previews fetch an address before anybody opens it."""
    links = SignInLinks(FakeClock())
    address = f"{API}/login?link={links.new()}"
    async with running(config(take_link=links.take)) as server, server.client() as client:
        ahead = await client.get(address, headers={"sec-purpose": "prefetch;prerender"})
        assert ahead.status_code == 200
        assert "set-cookie" not in ahead.headers
        assert (await client.get(address)).status_code == 303


@pytest.mark.parametrize("wrong", ["0" * 64, "", "x", "\u0661" * 64, "a" * 5_000, "../login"])
async def test_what_is_no_link_signs_nobody_in(wrong: str) -> None:
    """Whatever its text is; a good link stays good beside it."""
    links = SignInLinks(FakeClock())
    good = links.new()
    async with running(config(take_link=links.take)) as server, server.client() as client:
        answer = await client.get(f"{API}/login", params={"link": wrong})
        assert answer.status_code in {200, 400, 414}
        assert "set-cookie" not in answer.headers
        assert links.take(good)


async def test_a_server_that_made_no_link_takes_none() -> None:
    """Such as one that is not started from a terminal."""
    links = SignInLinks(FakeClock())
    async with running(config()) as server, server.client() as client:
        answer = await client.get(f"{API}/login", params={"link": links.new()})
        assert "set-cookie" not in answer.headers


def test_links_end_after_an_hour_and_are_bounded_in_number() -> None:
    """The oldest is forgotten first, so that making many costs no memory."""
    clock = FakeClock()
    links = SignInLinks(clock)
    old = links.new()
    clock.advance(LINK_SECONDS)
    assert not links.take(old)
    first, *_, last = (links.new() for _ in range(100))
    assert not links.take(first)
    assert links.take(last)
