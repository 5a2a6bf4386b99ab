"""Wrong keys wait by address, longer each time; the table of addresses stays small."""

import asyncio

import httpx
import pytest

from motherhaven.server import Limits
from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.server.auth.keys.guesses import MOST_ADDRESSES, Guesses
from motherhaven.server.forwarding import TrustedProxies, trusted_proxies
from tests.serverkit import API, KEY, NOW, FakeClock, config, decision, running

pytestmark = pytest.mark.anyio

NO_HOLD = Limits(key_attempts=3, login_attempts=3, wrong_key_hold_seconds=0)


def guesses(clock: FakeClock, free: int = 1) -> Guesses:
    """A counter whose waits begin with one second."""
    return Guesses(clock, free=free, first_seconds=1, hold=0)


def test_each_wait_is_twice_the_last_up_to_five_minutes() -> None:
    """What comes in a waiting time does not count; 15 quiet minutes forget all."""
    clock = FakeClock()
    counter = guesses(clock, free=2)
    assert counter.wrong("192.0.2.1") == 0
    waits = []
    for _ in range(11):
        assert counter.wrong("192.0.2.1") == 0
        waits.append(counter.wrong("192.0.2.1"))
        assert counter.wrong("192.0.2.1") == waits[-1], "asking in between changes nothing"
        clock.advance(waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    clock.advance(900)
    assert [counter.wrong("192.0.2.1") for _ in range(2)] == [0, 0]
    assert counter.wrong("192.0.2.1") == 1


def test_one_ipv6_network_is_one_address_and_the_table_is_bounded() -> None:
    """A customer's /64 counts once, however an address is written; the oldest are forgotten."""
    counter = guesses(FakeClock())
    counter.wrong("2001:db8::1")
    assert counter.wrong("2001:db8::ffff%eth0") == 1
    assert counter.wrong("2001:0db8:0:1::1") == 0
    counter.wrong("192.0.2.7")
    assert counter.wrong("::ffff:192.0.2.7") == 1
    for number in range(3 * MOST_ADDRESSES):
        counter.wrong(f"2001:db8:1:{number:x}::1")
    assert len(counter) == MOST_ADDRESSES
    assert counter.wrong("2001:db8::1") == 0, "forgotten"


async def test_a_refusal_is_held_back_and_only_a_few_at_once() -> None:
    """Of twenty at once from one address four are held; the others are refused at once."""
    clock = FakeClock()
    counter = Guesses(clock, free=0, first_seconds=1, hold=30)
    counter.wrong("192.0.2.1")
    holding = [asyncio.ensure_future(counter.hold("192.0.2.1")) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sum(one.done() for one in holding) == 16
    for one in holding:
        one.cancel()
    await asyncio.gather(*holding, return_exceptions=True)
    again = asyncio.ensure_future(counter.hold("192.0.2.1"))
    await asyncio.sleep(0)
    assert not again.done(), "the places are free again"
    again.cancel()


@pytest.mark.parametrize("route", ["bots", "ingest/decision", "login"])
@pytest.mark.parametrize("proxy", ["none", "not trusted", "trusted"])
async def test_right_keys_pass_beside_guesses_from_the_same_address(route: str, proxy: str) -> None:
    """Three hundred guesses: slowed after the free ones; every right key is let in, always."""
    proxies = trusted_proxies("192.0.2.1", "x-forwarded-for") if proxy == "trusted" else None
    settings = config(limits=NO_HOLD, proxies=proxies or TrustedProxies())
    headers = {} if proxy == "none" else {"x-forwarded-for": "203.0.113.5"}
    async with running(settings) as server:
        _, own = await create_key(
            server.store, NOW, name="b", bot_id=None, scopes=("read", "ingest")
        )

        async def tried(key: str, more: dict[str, str]) -> httpx.Response:
            given = None if route == "login" else key
            async with server.client(peer="192.0.2.1", key=given) as client:
                if route == "bots":
                    return await client.get(f"{API}/bots", headers=more)
                body = {"key": key} if route == "login" else decision()
                return await client.post(f"{API}/{route}", json=body, headers=more)

        wrong = [(await tried(f"mh_{n:010d}_{'a' * 43}", headers)).status_code for n in range(300)]
        assert wrong == [401] * 3 + [429] * 297
        for key in (KEY, own):
            assert (await tried(key, headers)).status_code == 200
        other = {"x-forwarded-for": "203.0.113.6"}
        assert (await tried("wrong", other)).status_code == (401 if proxy == "trusted" else 429)


@pytest.mark.parametrize(
    ("header", "values", "client"),
    [
        ("x-forwarded-for", ["203.0.113.5"], "203.0.113.5"),
        ("x-forwarded-for", ["198.51.100.9, 203.0.113.5"], "203.0.113.5"),
        ("x-forwarded-for", ["198.51.100.9", "203.0.113.5, 10.1.2.3"], "203.0.113.5"),
        ("x-forwarded-for", ["203.0.113.5:4711"], "203.0.113.5"),
        ("x-forwarded-for", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("x-forwarded-for", ["10.9.9.9, 10.1.2.3"], "10.0.0.1"),
        ("x-forwarded-for", ["203.0.113.5, nonsense"], "10.0.0.1"),
        ("x-forwarded-for", [], "10.0.0.1"),
        ("x-forwarded-for", ["," * 50_000], "10.0.0.1"),
        ("forwarded", ['for=198.51.100.9, for="[2001:db8::7]:1";proto=https'], "2001:db8::7"),
        ("forwarded", ["proto=https"], "10.0.0.1"),
        ("cf-connecting-ip", ["203.0.113.5"], "203.0.113.5"),
        ("cf-connecting-ip", ["203.0.113.5", "203.0.113.6"], "10.0.0.1"),
    ],
)
def test_what_a_trusted_proxy_is_believed(header: str, values: list[str], client: str) -> None:
    """The last address that is no proxy of ours; garbage is the proxy's own address."""
    proxies = trusted_proxies("10.0.0.0/8, ::1", header)
    headers = [(header.encode(), value.encode()) for value in values]
    assert proxies.client("10.0.0.1", headers) == client
    assert proxies.client("203.0.113.77", headers) == "203.0.113.77", "nobody else is believed"
    assert TrustedProxies().client("10.0.0.1", headers) == "10.0.0.1"
