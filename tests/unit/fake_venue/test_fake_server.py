"""The server of the fake venue: quick to start, at once in its answers, usable from anywhere."""

import asyncio
import json
import socket
import threading
import time

import httpx
import pytest
from websockets.asyncio.client import connect

from motherhaven.testing.fake_venue import FakeVenue, sign
from motherhaven.testing.fake_venue.wire import to_ms
from tests.patience import figure
from tests.unit.fake_venue.kit import PATIENCE, Client, Listener, order, place

START_SECONDS = 0.3


@pytest.mark.figures
def test_it_starts_in_a_moment(venue: FakeVenue) -> None:
    """From the call to the first answer that it could give, once its modules are loaded."""
    before = time.perf_counter()
    with FakeVenue():
        figure("start of a fake venue, s", time.perf_counter() - before, START_SECONDS)


def test_answers_are_not_held_back(client: Client, venue: FakeVenue) -> None:
    """Each part of an answer is sent at once: TCP_NODELAY is set on every connection."""
    client.ask("userFees")
    server = venue._server

    def delays() -> list[int]:
        sockets = [
            connection.transport.get_extra_info("socket")
            for connection in server._server.server_state.connections
        ]
        return [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in sockets]

    assert venue.call(delays)
    assert all(venue.call(delays))


def test_it_listens_on_this_machine_only(venue: FakeVenue) -> None:
    """The listener is bound to loopback."""
    assert venue._server._socket.getsockname()[0] == "127.0.0.1"


def test_it_serves_a_test_that_is_asynchronous(venue: FakeVenue) -> None:
    """Orders, stream, time and prices from within an event loop, on one thread."""

    async def trade() -> None:
        action = place(order("0.1"))
        nonce = to_ms(venue.clock.now())
        async with connect(venue.ws_url) as stream, httpx.AsyncClient(timeout=PATIENCE) as http:
            subscription = {"type": "userFills", "user": venue.address}
            await stream.send(json.dumps({"method": "subscribe", "subscription": subscription}))
            body = {"action": action, "nonce": nonce, "signature": sign(venue.key(), action, nonce)}
            reply = await http.post(f"{venue.url}/exchange", json=body)
            assert reply.json()["status"] == "ok"
            venue.move("BTC", "51000")
            venue.step(3_600)
            seen = [await stream.recv() for _ in range(4)]
            assert json.loads(seen[-1])["data"]["fills"][0]["sz"] == "0.1"
            assert venue.account().venue.positions()["BTC"].mark == 51_000
            assert len(venue.account().funding) == 1

    asyncio.run(trade())


def test_many_threads_may_use_it(venue: FakeVenue) -> None:
    """Eight clients at once: every order is filled once, and every request is in the log."""
    signers = [venue.open_account(f"trader {number}") for number in range(8)]

    def trade(number: int) -> None:
        client = Client(venue, signers[number].agent_key)
        for _ in range(5):
            client.place(order("0.01"))
        client.close()

    threads = [threading.Thread(target=trade, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for price in range(50_000, 50_020):
        venue.move("BTC", str(price))
    for thread in threads:
        thread.join()
    held = [len(venue.account(one.address).fills) for one in signers]
    assert held == [5] * 8
    assert len(venue.requests) == 40


def test_its_end_ends_everything() -> None:
    """Connections are cut, the port is free again, and the books can still be read."""
    with FakeVenue() as venue:
        port = int(venue.url.rpartition(":")[2])
        client, listener = Client(venue), Listener(venue)
        client.place(order("0.1"))
    with pytest.raises(httpx.TransportError):
        client.ask("userFills")
    with FakeVenue(port=port) as again:
        assert again.url == venue.url
    assert venue.account().venue.positions()["BTC"].size > 0
    venue.move("BTC", "51000")
    assert venue.account().venue.account().equity > 10_000
    client.close()
    listener.close()


def test_accounts_share_the_market_and_nothing_else(client: Client, venue: FakeVenue) -> None:
    """A second account has its own money and orders; a switch may name it."""
    other = venue.open_account("other", deposit=client.venue.account().deposit / 2)
    second = Client(venue, other.agent_key)
    second.user = other.address
    client.place(order("0.1"))
    second.place(order("0.2", "47500", buy=False))
    venue.move("BTC", "49000")
    assert venue.account().venue.account().unrealized == -100
    assert venue.account(other.address).venue.account().unrealized == 200
    venue.switch("external_close", account=other.address)
    assert second.position() is None
    assert client.position() is not None
    second.close()
