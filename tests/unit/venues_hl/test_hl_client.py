"""One address, one deadline a call, and nothing that was signed is ever sent twice."""

import asyncio

import httpx
import pytest

from motherhaven.bot.running.bridge import ANSWER_SECONDS
from motherhaven.bot.venues.hyperliquid import client as module
from motherhaven.bot.venues.hyperliquid.client import (
    MAINNET,
    TESTNET,
    Client,
    Lost,
    NotSent,
    Reply,
    network_of,
    verb,
)
from motherhaven.contract.errors import ConfigError, ExchangeError


def client(handler):
    """A client whose network is a function."""
    return Client("http://127.0.0.1:1", httpx.MockTransport(handler))


def failing(error):
    """A network that fails in one way, and counts how often it was asked."""
    asked = []

    def handler(request):
        asked.append(request)
        raise error

    return client(handler), asked


@pytest.mark.parametrize(
    ("url", "testnet", "found"),
    [
        (None, False, (MAINNET, "mainnet")),
        (None, True, (TESTNET, "testnet")),
        (TESTNET + "/", True, (TESTNET, "testnet")),
        ("http://127.0.0.1:8645/", True, ("http://127.0.0.1:8645", "local")),
        ("http://localhost:8645", False, ("http://localhost:8645", "local")),
        ("http://[::1]:8645", True, ("http://[::1]:8645", "local")),
    ],
)
def test_the_venues_own_addresses_and_this_machine(url, testnet, found):
    """Nothing else is ever talked to."""
    assert network_of(url, testnet=testnet) == found


@pytest.mark.parametrize(
    "url",
    ["http://api.hyperliquid.xyz", "https://api.hyperliquid.xyz.evil.org", MAINNET,
     "https://10.0.0.1", "ftp://127.0.0.1", "http://127.0.0.1@evil.org", "", "127.0.0.1:80"],
)  # fmt: skip
def test_no_other_address_is_taken(url):
    """Neither plain http, nor a stranger, nor mainnet where testnet is chosen."""
    with pytest.raises(ConfigError, match="HYPERLIQUID_API_URL"):
        network_of(url, testnet=True)


def test_a_question_without_a_readable_answer_is_no_empty_answer():
    """Another status, no JSON, a duplicate key, a redirect: each is an error."""
    answers = [
        httpx.Response(500, content=b"[]"),
        httpx.Response(302, headers={"Location": "http://127.0.0.1:2/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b'{"a":1,"a":2}'),
        httpx.Response(200, content=b"NaN"),
    ]
    for answer in answers:
        with pytest.raises(ExchangeError):
            asyncio.run(client(lambda _, answer=answer: answer).info({"type": "meta"}))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ConnectTimeout("slow"), NotSent),
        (httpx.PoolTimeout("full"), NotSent),
        (httpx.ReadTimeout("slow"), Lost),
        (httpx.ReadError("reset"), Lost),
        (httpx.WriteError("reset"), Lost),
        (httpx.RemoteProtocolError("closed"), Lost),
    ],
)
def test_what_has_left_is_told_apart_from_what_has_not(error, kind):
    """Without a connection nothing was sent; after it nobody knows. One try in any case."""
    made, asked = failing(error)
    with pytest.raises(kind):
        asyncio.run(made.exchange(b"{}"))
    assert len(asked) == 1


def test_an_answer_that_is_too_long_is_lost(monkeypatch):
    """It is bounded while it comes, before it is parsed."""
    monkeypatch.setattr(module, "MOST_REPLY", 100)
    with pytest.raises(Lost):
        asyncio.run(client(lambda _: httpx.Response(200, content=b"x" * 101)).exchange(b"{}"))
    reply = asyncio.run(client(lambda _: httpx.Response(200, content=b"x" * 100)).exchange(b"{}"))
    assert reply == Reply(200, b"x" * 100)


def test_a_server_that_never_ends_its_answer_is_given_up(monkeypatch):
    """The deadline is for the whole call, not for each byte of it."""

    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                yield b" "
                await asyncio.sleep(0)

    monkeypatch.setattr(module, "EXCHANGE_SECONDS", module._LEAST)
    monkeypatch.setattr(module, "INFO_SECONDS", module._LEAST)
    monkeypatch.setattr(module, "MOST_REPLY", 1 << 40)
    monkeypatch.setattr(module, "MOST_INFO", 1 << 40)
    made = client(lambda _: httpx.Response(200, stream=Drip()))
    with pytest.raises(Lost):
        asyncio.run(made.exchange(b"{}"))
    with pytest.raises(ExchangeError):
        asyncio.run(made.info({"type": "meta"}))


def test_all_calls_of_a_verb_share_its_time():
    """When it is used up nothing more is sent, and the caller knows that."""
    asked = []

    def handler(request):
        asked.append(request)
        return httpx.Response(200, content=b"{}")

    async def use_up():
        with verb(0.0), verb(60.0), pytest.raises(NotSent):
            await client(handler).exchange(b"{}")
        await client(handler).exchange(b"{}")

    asyncio.run(use_up())
    assert len(asked) == 1


def test_a_verb_ends_before_the_bridge_gives_up():
    """Else an answer that is there would be thrown away."""
    assert module.VERB_SECONDS + module.DRAIN_SECONDS < ANSWER_SECONDS
    assert max(module.INFO_SECONDS, module.EXCHANGE_SECONDS) <= module.VERB_SECONDS
