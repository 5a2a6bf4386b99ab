"""What the server itself puts on record of a command, so that lists and live streams have it."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from motherhaven.contract.clock import Clock
from motherhaven.contract.control import MAX_BY, MAX_REASON, Command
from motherhaven.contract.errors import ContractError, InvalidEvent, StoreError
from motherhaven.contract.events import CommandState
from motherhaven.contract.events.command import encode
from motherhaven.contract.times import format_time
from motherhaven.contract.wire import event_from_item
from motherhaven.server.auth.principal import Principal, PrincipalKind
from motherhaven.server.wire.redaction import without_keys
from motherhaven.stores.protocol import Store

LOG: Final = logging.getLogger("motherhaven.server")
SERVER: Final = "server"


def by_whom(who: Principal) -> str:
    """Who gives a command, as people know them: a key by name and id, never its secret."""
    name = who.name if who.kind is PrincipalKind.SESSION else f"{who.name}, key"
    return name[:MAX_BY]


class CommandTeller:
    """Keeps `command` events of the server; each has an id of its own, so again is harmless."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def requested(self, bot_id: str, command: Command) -> None:
        """The command is kept and may be fetched.

        Raises:
            StoreError: not kept; whoever gave the command gives it again.
        """
        at = command.issued_at or self._clock.now()
        await self._keep(bot_id, command, "requested", at)

    async def delivered(self, bot_id: str, command: Command) -> None:
        """The command was handed out: a hint, which must not keep the bot from getting it."""
        try:
            await self._keep(bot_id, command, "delivered", self._clock.now())
        except StoreError as error:
            LOG.warning("the delivery of a command could not be recorded: %s", error)

    async def refused(
        self, bot_id: str, command_id: str, body: Mapping[str, Any], by: str, error: InvalidEvent
    ) -> None:
        """The command cannot be given: what was asked, by whom, and why not."""
        name = without_keys(str(body.get("name")))[:64] or "-"
        now = self._clock.now()
        payload = encode(
            now,
            command_id=command_id,
            name=name,
            state="refused",
            by=by,
            source=SERVER,
            reason_code=error.code,
            reason=without_keys(str(error))[:MAX_REASON],
        )
        with suppress(StoreError, ContractError):
            await self._append(bot_id, f"{command_id}:refused", payload, now)

    async def _keep(self, bot_id: str, command: Command, state: CommandState, at: datetime) -> None:
        payload = encode(
            at,
            command_id=command.id,
            name=command.name,
            state=state,
            args=command.args,
            by=command.by,
            expires_at=command.expires_at,
            seq=command.seq,
            source=SERVER,
            asked_because=command.reason,
        )
        await self._append(bot_id, f"{command.id}:{state}", payload, at)

    async def _append(
        self, bot_id: str, event_id: str, payload: dict[str, Any], at: datetime
    ) -> None:
        item = {
            "event_id": event_id,
            "bot_id": bot_id,
            "kind": "command",
            "time": format_time(at),
            "payload": payload,
        }
        await self._store.append([event_from_item(item, self._clock.now())])
