"""The venue's stream in step with a test: its messages and its state machine, without a socket.

Over a socket it depends on the machine which message has come by when; a minute of the test's
clock passes in a few milliseconds, in which no ping gets through.
"""

import asyncio

from motherhaven.bot.venues.hyperliquid.stream import EVERYTHING, FIRST_PAUSE
from motherhaven.bot.venues.hyperliquid.stream_state import Connection, Dead, subscriptions


class SteppedStream:
    """In place of the adapter's Stream: `turn` sends and hears all that there is by now."""

    def __init__(self, fake, tell):
        self.heard_at, self.reconnects = None, 0
        self._fake, self._tell, self._clock = fake, tell, fake.clock
        self._session = self._connection = None
        self._opens_at = fake.clock.monotonic()
        self._cut_all = fake.state.cut_all
        fake.state.cut_all = self._cut

    async def run(self):
        """Until it is cancelled."""
        await asyncio.Event().wait()

    def turn(self):
        """One step; called on the adapter's loop."""
        now = self._clock.monotonic()
        try:
            if self._session is None:
                self._open(now)
            self._hear(now)
        except Dead:
            self.end()
            self.reconnects += 1

    def end(self):
        """The connection is over; the next one comes a little later."""
        session, self._session = self._session, None
        if session is not None:
            self._fake.call(lambda: self._fake.state.stream.closed(session))
            self._opens_at = self._clock.monotonic() + FIRST_PAUSE

    def _open(self, now):
        state = self._fake.state
        if now < self._opens_at or state.down:
            return
        self._session = self._fake.call(state.stream.opened)
        self._connection = Connection(subscriptions(self._fake.address), now)
        for text in self._connection.first():
            self._say(text)
        self._tell(EVERYTHING)

    def _hear(self, now):
        session = self._session
        while session is not None and not session.waiting.empty():
            text = self._fake.call(session.waiting.get_nowait)
            if text is None:
                raise Dead("the venue has closed it")
            heard = self._connection.heard(text, now)
            self.heard_at = self._clock.now()
            if heard.news:
                self._tell(heard)
        due = None if session is None else self._connection.due(now)
        if due is not None:
            self._say(due)
            self._hear(now)

    def _say(self, text):
        session = self._session
        self._fake.call(lambda: self._fake.state.stream.heard(session, text))

    def _cut(self):
        self._cut_all()
        if self._session is not None:
            self._session.put(None)
