"""Whether a request that lasts still may go on: its right can end while it is answered."""

from collections.abc import Hashable
from typing import Final

from starlette.types import Message, Scope, Send

from motherhaven.server.auth.authenticate import Authenticator
from motherhaven.server.auth.authorize import Authorizer
from motherhaven.server.auth.denials import RIGHT_ENDED
from motherhaven.server.auth.policy import Policy
from motherhaven.server.auth.principal import Principal, PrincipalKind
from motherhaven.server.http.request_facts import RequestFacts
from motherhaven.server.wire.problems import Problem

STANDING_ENTRY: Final = "motherhaven.standing"
"""Where the ASGI scope of a request that was let in by a right of its own holds its Standing."""

_JUDGED_BYTES: Final = 65_536
"""A right may also end by the clock, so it is looked at after so much, whatever is known."""


class Standing:
    """Judges again who came in, by what is known of keys, sessions and links now."""

    def __init__(
        self,
        authenticator: Authenticator,
        authorizer: Authorizer,
        who: Principal,
        policy: Policy,
        facts: RequestFacts,
    ) -> None:
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._who = who
        self._policy = policy
        self._facts = facts
        self._judged: Hashable = None

    def problem(self, moment: Hashable = None) -> Problem | None:
        """Why the request may not go on; None when it may.

        What it shows was chosen for whoever came, so another right that came with it does not
        do. With `moment` nothing is judged twice in the same one, unless a right has ended.
        """
        now = (moment, self._authenticator.revision)
        if moment is not None and now == self._judged:
            return None
        who = self._authenticator.identify(self._facts)
        problem = self._authorizer.refusal(who, self._policy, self._facts)
        if problem is None and _right(who) != _right(self._who):
            problem = RIGHT_ENDED
        if problem is None:
            self._judged = now
        return problem


class RightEndedError(Exception):
    """An answer may not go on that has begun."""


class WhileAllowed:
    """Sends an answer in pieces as long as whoever asked may have it; then it breaks off.

    Broken off it does not look whole: neither its last piece nor its length is sent.
    """

    def __init__(self, send: Send, standing: Standing) -> None:
        self._send = send
        self._standing = standing
        self._bytes = 0
        self._has_begun = False

    async def __call__(self, message: Message) -> None:
        """One message of the answer.

        Raises:
            RightEndedError: it may not have the rest.
        """
        if message["type"] == "http.response.body":
            moment = self._bytes // _JUDGED_BYTES
            if self._has_begun and self._standing.problem(moment) is not None:
                raise RightEndedError
            self._has_begun = True
            self._bytes += len(message.get("body", b""))
        await self._send(message)


def standing_of(scope: Scope) -> Standing:
    """Whether this request still may go on, as the gate left it."""
    found: Standing = scope[STANDING_ENTRY]
    return found


def _right(who: Principal) -> tuple[object, ...]:
    """By what a caller came in."""
    session = who.session if who.kind is PrincipalKind.SESSION else None
    names = (who.key and who.key.id, who.link and who.link.id, session and session.name)
    return (who.kind, who.bot_id, *names)
