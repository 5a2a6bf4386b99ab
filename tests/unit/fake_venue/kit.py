"""A client for the tests of the fake venue: signs as the fake does, sends plain HTTP."""

import json
from contextlib import ExitStack
from decimal import Decimal
from typing import Any, Final

import httpx
from websockets.sync.client import connect

from motherhaven.testing.fake_venue import FakeVenue, sign
from motherhaven.testing.fake_venue.wire import to_ms

PATIENCE: Final = 120.0
"""Seconds after which a message is not coming any more; nothing waits so long."""

BTC, ETH, SOL, CANTO = 0, 1, 5, 10


class Client:
    """One signer at a fake venue; nonces rise by one."""

    def __init__(self, venue: FakeVenue, key: str | None = None) -> None:
        self.venue = venue
        self.key = key or venue.key()
        self.user = venue.address
        self.http = httpx.Client(base_url=venue.url, timeout=PATIENCE)
        self._nonce = to_ms(venue.clock.now())

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def nonce(self) -> int:
        """The next nonce."""
        self._nonce += 1
        return self._nonce

    def envelope(self, action: dict[str, Any], **given: Any) -> dict[str, Any]:
        """A signed request; `given` replaces nonce, key, vault, expires_after or source."""
        nonce = given.pop("nonce", None) or self.nonce()
        key = given.pop("key", self.key)
        body = {"action": action, "nonce": nonce, "signature": sign(key, action, nonce, **given)}
        return body | {
            "vaultAddress": given.get("vault"),
            "expiresAfter": given.get("expires_after"),
        }

    def send(self, action: dict[str, Any], **given: Any) -> Any:
        """The answer to a signed action."""
        answer = self.http.post("/exchange", json=self.envelope(action, **given))
        return answer.json() if answer.status_code == 200 else (answer.status_code, answer.text)

    def statuses(self, action: dict[str, Any], **given: Any) -> list[Any]:
        """The statuses of an action that was taken."""
        reply = self.send(action, **given)
        assert reply["status"] == "ok", reply
        found: list[Any] = reply["response"]["data"]["statuses"]
        return found

    def place(self, *orders: dict[str, Any], grouping: str = "na") -> list[Any]:
        """The statuses of orders."""
        return self.statuses(place(*orders, grouping=grouping))

    def ask(self, kind: str, **more: Any) -> Any:
        """The answer to a question about the account."""
        answer = self.http.post("/info", json={"type": kind, "user": self.user, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def position(self, coin: str = "BTC") -> dict[str, Any] | None:
        """The coin's position as clearinghouseState has it."""
        state = self.ask("clearinghouseState")
        found = [one["position"] for one in state["assetPositions"]]
        return next((one for one in found if one["coin"] == coin), None)


def place(*orders: dict[str, Any], grouping: str = "na") -> dict[str, Any]:
    """An action that places orders."""
    return {"type": "order", "orders": list(orders), "grouping": grouping}


def order(
    size: str = "0.1",
    price: str = "52500",
    *,
    buy: bool = True,
    asset: int = BTC,
    tif: str = "Ioc",
    reduce: bool = False,
    cloid: int | None = None,
) -> dict[str, Any]:
    """An order on the wire; by default a market buy of 0.1 BTC."""
    made: dict[str, Any] = {
        "a": asset, "b": buy, "p": price, "s": size, "r": reduce, "t": {"limit": {"tif": tif}},
    }  # fmt: skip
    if cloid is not None:
        made["c"] = f"0x{cloid:032x}"
    return made


def trigger(
    price: str,
    tpsl: str = "sl",
    size: str = "0.1",
    *,
    buy: bool = False,
    limit: str | None = None,
    asset: int = BTC,
    cloid: int | None = None,
    reduce: bool = True,
    market: bool = True,
) -> dict[str, Any]:
    """A stop or target on the wire; by default of a long, its limit 10 % beyond."""
    if limit is None:
        beyond = Decimal(price) * (Decimal("1.1") if buy else Decimal("0.9"))
        limit = str(int(beyond))
    kind = {"isMarket": market, "triggerPx": price, "tpsl": tpsl}
    made = order(size, limit, buy=buy, asset=asset, reduce=reduce, cloid=cloid)
    return made | {"t": {"trigger": kind}}


class Listener:
    """A connection of the stream. Texts are read until one is of the channel that is asked for."""

    def __init__(self, venue: FakeVenue) -> None:
        self._open = ExitStack()
        opened = connect(venue.ws_url, open_timeout=PATIENCE, ping_interval=None)
        self.socket = self._open.enter_context(opened)
        self.hello = self.socket.recv(PATIENCE)

    def say(self, **said: Any) -> None:
        """Send a message."""
        self.socket.send(json.dumps(said))

    def subscribe(self, kind: str, **more: Any) -> Any:
        """Subscribe and return what the venue answers to that."""
        self.say(method="subscribe", subscription={"type": kind, **more})
        return self.next("subscriptionResponse")

    def next(self, channel: str) -> Any:
        """The data of the next message of a channel; others are thrown away."""
        while True:
            message = json.loads(self.socket.recv(PATIENCE))
            if message["channel"] == channel:
                return message.get("data")

    def pong(self) -> list[str]:
        """Send a ping; the channels of all that comes before its answer."""
        self.say(method="ping")
        before: list[str] = []
        while True:
            channel = json.loads(self.socket.recv(PATIENCE))["channel"]
            if channel == "pong":
                return before
            before.append(channel)

    def close(self) -> None:
        """Close it."""
        self._open.close()
