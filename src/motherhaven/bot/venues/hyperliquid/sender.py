"""The one way out: past the gate, signed, on disk, then sent once; exits first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from motherhaven.bot.execution.access import SendGate, code_of
from motherhaven.bot.execution.signer_lock import SignerLocked
from motherhaven.bot.venues.hyperliquid import actions
from motherhaven.bot.venues.hyperliquid.actions import Action
from motherhaven.bot.venues.hyperliquid.budget import Budget
from motherhaven.bot.venues.hyperliquid.client import Client, Lost, NotSent
from motherhaven.bot.venues.hyperliquid.nonces import Nonces
from motherhaven.bot.venues.hyperliquid.refusals import Refused
from motherhaven.bot.venues.hyperliquid.replies import Answer, Refusal, Taken, Unclear, read
from motherhaven.bot.venues.hyperliquid.signed_log import SignedAction, SignedOrder
from motherhaven.bot.venues.hyperliquid.signing import Signer
from motherhaven.bot.venues.hyperliquid.turns import Turns
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import ExchangeError

NO_KEY: Final = "no key is set, so the account is only read; nothing was sent"


@dataclass(frozen=True, slots=True)
class Sent:
    """An action that was sent: its nonce, and an answer for each of its orders."""

    nonce: int
    answers: list[Answer]


class Sender:
    """Sends actions of one signer, one at a time."""

    def __init__(
        self,
        client: Client,
        signer: Signer | None,
        nonces: Nonces | None,
        gate: SendGate,
        budget: Budget,
        clock: Clock,
    ) -> None:
        """Without a signer nothing is sent."""
        self._client = client
        self._signer = signer
        self._nonces = nonces
        self._gate = gate
        self._budget = budget
        self._clock = clock
        self._turns = Turns()
        self._burnt: set[int] = set()

    async def send(
        self,
        action: Action,
        *,
        urgent: bool,
        expires_at: int | None = None,
        orders: Sequence[SignedOrder] = (),
    ) -> Sent:
        """Sign and send an action once; after `expires_at` (ms) the venue does not take it.

        Raises:
            Refused: nothing was sent, and its code says why.
        """
        async with self._turns.turn(urgent=urgent):
            signer, nonces = self._ready(action.reduces)
            if not action.reduces:
                await self._spend(action)
            self._in_time(expires_at)
            self._pass_gate(action.reduces)  # after every wait: a kill counts at once

            def make(nonce: int) -> SignedAction:
                body = _body(signer, action, nonce, expires_at)
                return SignedAction(nonce, action.kind, body, expires_at, tuple(orders))

            try:
                signed = nonces.use(make)
            except Refused:
                raise
            except SignerLocked as error:
                raise Refused(str(error), "signer_locked") from error
            except ExchangeError as error:
                raise Refused(str(error), "not_recorded") from error
            self._budget.used(action.items)
            return Sent(signed.nonce, await self._exchange(signed.body, action.items))

    async def resend(self, cloid: str) -> list[Answer]:
        """Send the very bytes again that an order travelled in: they can only land once.

        Unclear means that they had arrived before, or that again nothing is known.

        Raises:
            Refused: nothing was sent: no such bytes, too late, or the gate is shut.
        """
        async with self._turns.turn(urgent=True):
            _, nonces = self._ready(True)
            signed = nonces.log.action_of(cloid)
            if signed is None:
                raise Refused(f"{cloid} was never signed here; nothing was sent", "venue_cloid")
            self._in_time(signed.expires_at)
            self._pass_gate(all(order.reduce_only for order in signed.orders))
            self._budget.used(len(signed.orders))
            answers = await self._exchange(signed.body, max(len(signed.orders), 1))
        # A refusal of the second copy says nothing of the first.
        return [Unclear(one.text) if isinstance(one, Refusal) else one for one in answers]

    async def burn(self, cloid: str) -> bool:
        """Use up the nonce of an order with something harmless, so that it can never land.

        Orders that travelled together share their nonce. True: it never will, or was never
        signed. False: that nonce had been used, so it has landed or was refused.

        Raises:
            ExchangeError: neither is known.
        """
        async with self._turns.turn(urgent=True):
            signer, nonces = self._ready(True)
            signed = nonces.log.action_of(cloid)
            if signed is None and nonces.log.last_nonce:
                return True  # what is signed is on disk before it is sent: it never left
            if signed is None:  # with another key, for all that this log knows
                raise Refused(f"{cloid} was never signed here; nothing was sent", "venue_cloid")
            if signed.nonce in self._burnt:
                return True
            self._pass_gate(True)
            body = _body(signer, actions.noop(), signed.nonce, None)
            self._budget.used(1)
            (answer,) = await self._exchange(body, 1)
        if isinstance(answer, Taken):
            self._burnt.add(signed.nonce)
            return True
        if isinstance(answer, Unclear) and answer.used:
            return False
        raise ExchangeError(f"whether {cloid} can still land is not known: {answer.text}")

    def _ready(self, reduces: bool) -> tuple[Signer, Nonces]:
        if self._signer is None or self._nonces is None:
            raise Refused(NO_KEY, "signer_missing")
        self._pass_gate(reduces)
        return self._signer, self._nonces

    def _pass_gate(self, reduces: bool) -> None:
        refusal = self._gate(reduces)
        if refusal is not None:
            raise Refused(f"{refusal}; nothing was sent", code_of(refusal))

    async def _spend(self, action: Action) -> None:
        try:
            await self._budget.check(action.items)
        except Refused:
            raise
        except ExchangeError as error:
            raise Refused(f"{error}; nothing was sent", "venue_unreadable") from error

    def _in_time(self, expires_at: int | None) -> None:
        if expires_at is not None and expires_at <= int(self._clock.now().timestamp() * 1000):
            raise Refused("the order's time has passed before it was sent", "venue_expired")

    async def _exchange(self, body: bytes, count: int) -> list[Answer]:
        try:
            return read(await self._client.exchange(body, count), count)
        except NotSent as error:
            return [Refusal(str(error), "venue_unreachable")] * count
        except Lost as error:
            return [Unclear(str(error))] * count


def _body(signer: Signer, action: Action, nonce: int, expires_at: int | None) -> bytes:
    signature = signer.sign(action.body, nonce, expires_at)
    payload = {
        "action": action.body,
        "nonce": nonce,
        "signature": signature.wire(),
        "vaultAddress": None,
        "expiresAfter": expires_at,
    }
    return json.dumps(payload, separators=(",", ":")).encode()
