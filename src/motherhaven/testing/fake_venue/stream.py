"""The WebSocket: sessions, their subscriptions, and who is told what."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from motherhaven.contract.errors import InvalidJson
from motherhaven.contract.jsonio import dumps, loads
from motherhaven.testing.fake_venue import channels, faults, info_market
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.market import Market
from motherhaven.testing.fake_venue.switches import Switches

HELLO: Final = "Websocket connection established."
SILENCE: Final = timedelta(seconds=60)
"""A connection on which the client says nothing for so long is closed."""
MOST_SESSIONS: Final = 100
MOST_SUBSCRIPTIONS: Final = 1_000
MOST_WAITING: Final = 20_000
_USER_CHANNELS: Final = ("orderUpdates", "userEvents", *channels.LISTS)
_COIN_CHANNELS: Final = ("trades", *channels.MARKET_CHANNELS)
_PONG: Final = {"channel": "pong"}

Subscription = dict[str, Any]


@dataclass(eq=False)
class Session:
    """One connection. None in the queue ends it."""

    heard_at: datetime
    subscriptions: dict[bytes, Subscription] = field(default_factory=dict)
    waiting: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def put(self, text: str | None) -> None:
        """Send a text; a client that does not read loses the connection."""
        while self.waiting.full():
            self.waiting.get_nowait()
            text = None
        self.waiting.put_nowait(text)


class Stream:
    """All sessions of a fake venue. Used on the server's loop only."""

    def __init__(
        self,
        market: Market,
        switches: Switches,
        now: Callable[[], datetime],
        find: Callable[[str], Account],
    ) -> None:
        self._market = market
        self._switches = switches
        self._now = now
        self._find = find
        self._sessions: set[Session] = set()
        self._trades = count(1)

    @property
    def connections(self) -> int:
        """How many sessions are open."""
        return len(self._sessions)

    def opened(self) -> Session | None:
        """A new session; None where there are as many as the venue takes."""
        if len(self._sessions) >= MOST_SESSIONS:
            return None
        session = Session(self._now())
        self._sessions.add(session)
        session.put(HELLO)
        return session

    def closed(self, session: Session) -> None:
        """A session is over."""
        self._sessions.discard(session)

    def close_silent(self) -> None:
        """End the sessions of clients that have said nothing for too long."""
        for session in list(self._sessions):
            if self._now() - session.heard_at > SILENCE:
                session.put(None)

    # --- what clients say ---------------------------------------------------------------

    def heard(self, session: Session, text: str) -> None:
        """Take a message of a client."""
        session.heard_at = self._now()
        try:
            said = loads(text.encode())
        except InvalidJson:
            said = None
        method = said.get("method") if isinstance(said, Mapping) else None
        if method == "ping":
            session.put(_text(_PONG))
        elif method in ("subscribe", "unsubscribe") and isinstance(said, Mapping):
            self._subscribe(session, str(method), said.get("subscription"))
        else:
            shown = text[:80].encode("unicode_escape").decode()
            self._error(session, f"Error parsing JSON into valid websocket request: {shown}")

    def _subscribe(self, session: Session, method: str, wanted: Any) -> None:
        if not self._is_valid(wanted):
            self._error(session, f"Invalid subscription {dumps(wanted)[:200].decode()}")
            return
        wanted = _normal(wanted)
        key = dumps(wanted)
        known = key in session.subscriptions
        if (method == "subscribe") == known:
            word = "Already subscribed" if known else "Already unsubscribed"
            self._error(session, f"{word}: {key.decode()}")
            return
        if not known and len(session.subscriptions) >= MOST_SUBSCRIPTIONS:
            self._error(session, "Cannot track more subscriptions.")
            return
        told = {"method": method, "subscription": wanted}
        session.put(_text(channels.message("subscriptionResponse", told)))
        if known:
            del session.subscriptions[key]
            return
        session.subscriptions[key] = wanted
        for first in self._first(wanted):
            self._say(session, first)

    def _is_valid(self, wanted: Any) -> bool:
        if not isinstance(wanted, Mapping):
            return False
        kind, coin, user = (wanted.get(name) for name in ("type", "coin", "user"))
        if kind in _USER_CHANNELS:
            return isinstance(user, str) and len(user) == 42
        if kind == "candle" and wanted.get("interval") not in info_market.INTERVALS:
            return False
        if kind == "candle" or kind in _COIN_CHANNELS:
            return isinstance(coin, str) and coin in self._market.specs
        return kind == "allMids"

    def _first(self, wanted: Subscription) -> list[channels.Message]:
        """What a subscription begins with."""
        kind = wanted["type"]
        if kind in channels.LISTS:
            account = self._find(wanted["user"])
            if self._switches.take(faults.NoReplay) is not None:
                return [channels.list_message(kind, account.address, [], snapshot=True)]
            return [channels.snapshot(kind, account)]
        if kind == "allMids":
            return [channels.mids(self._market, self._now())]
        if kind == "candle":
            first = channels.candle(self._market, wanted["coin"], wanted["interval"])
            return [first] if first else []
        make = channels.MARKET_CHANNELS.get(kind)
        return [make(self._market, wanted["coin"], self._now())] if make else []

    # --- what happens -------------------------------------------------------------------

    def told(self, account: Account, kind: str, news: Any) -> None:
        """Tell who listens of what happened at an account."""
        if not self._sessions:
            return
        about = {
            "orderUpdates": [channels.order_update(news)] if kind == "order" else [],
            "userEvents": channels.user_events(account, kind, news),
            "userFills": [_rows("userFills", account, news.form())] if kind == "fill" else [],
            "userFundings": [],
            "userNonFundingLedgerUpdates": [],
        }
        if kind == "funding":
            about["userFundings"] = [_rows("userFundings", account, channels.funding(news))]
        if kind == "ledger":
            name = "userNonFundingLedgerUpdates"
            about[name] = [_rows(name, account, news)]
        for session in self._sessions:
            for wanted in session.subscriptions.values():
                if wanted.get("user") == account.address:
                    for one in about.get(wanted["type"], ()):
                        self._say(session, one)

    def moved(self, coin: str) -> None:
        """Tell who listens of a coin's new prices."""
        if not self._sessions:
            return
        now, number = self._now(), next(self._trades)
        for session in self._sessions:
            for wanted in list(session.subscriptions.values()):
                for one in self._news(wanted, coin, now, number):
                    self._say(session, one)

    def _news(
        self, wanted: Subscription, coin: str, now: datetime, number: int
    ) -> list[channels.Message]:
        kind = wanted["type"]
        if kind == "allMids":
            return [channels.mids(self._market, now)]
        if wanted.get("coin") != coin:
            return []
        if kind == "trades":
            return [channels.trade(self._market, coin, now, number)]
        return self._first(wanted)

    def _say(self, session: Session, one: channels.Message) -> None:
        """Send a message of a channel, unless the stream has gone silent."""
        if self._switches.take(faults.SilentSocket) is None:
            session.put(_text(one))

    def _error(self, session: Session, text: str) -> None:
        session.put(_text(channels.message("error", text)))


async def serve(stream: Stream, receive: Any, send: Any) -> None:
    """One connection from its opening handshake to its end."""
    await receive()
    session = stream.opened()
    if session is None:
        await send({"type": "websocket.close", "code": 1013})
        return
    await send({"type": "websocket.accept"})
    writer = asyncio.create_task(_write(session, send))
    try:
        while True:
            said = await receive()
            if said["type"] != "websocket.receive":
                return
            text = said.get("text")
            stream.heard(session, text if isinstance(text, str) else "")
    finally:
        stream.closed(session)
        writer.cancel()


async def _write(session: Session, send: Any) -> None:
    while True:
        text = await session.waiting.get()
        if text is None:
            await send({"type": "websocket.close", "code": 1000, "reason": "Inactive"})
            return
        await send({"type": "websocket.send", "text": text})


def _rows(channel: str, account: Account, row: Any) -> channels.Message:
    return channels.list_message(channel, account.address, [row])


def _normal(wanted: Mapping[str, Any]) -> Subscription:
    names = ("type", "coin", "user", "interval")
    found = {name: wanted[name] for name in names if wanted.get(name) is not None}
    if "user" in found:
        found["user"] = found["user"].lower()
    return found


def _text(one: channels.Message) -> str:
    return dumps(one).decode()
