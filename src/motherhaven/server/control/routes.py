"""The routes of control: give a command, wait for commands, list them, confirm a session."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from motherhaven.contract import control
from motherhaven.contract.clock import Clock
from motherhaven.contract.control import LIFETIMES, Command
from motherhaven.contract.errors import InvalidEvent, MotherhavenError, NotFound
from motherhaven.contract.ids import check_id
from motherhaven.contract.reasons import advice_of
from motherhaven.contract.times import format_time
from motherhaven.server.admission.callers import caller_of
from motherhaven.server.auth.authorize import Authorizer
from motherhaven.server.auth.keys.guesses import Guesses
from motherhaven.server.auth.policy import API, CONTROL, FORM, INGEST, READ, Policy, Routes
from motherhaven.server.auth.principal import principal_of
from motherhaven.server.auth.sessions.tokens import CONFIRMED_SECONDS
from motherhaven.server.auth.standing import standing_of
from motherhaven.server.auth.visible.viewer import check_visible
from motherhaven.server.bodies import read_json
from motherhaven.server.config import Limits
from motherhaven.server.control.polls import PollPlaces
from motherhaven.server.control.states import ended, fold
from motherhaven.server.control.telling import CommandTeller, by_whom
from motherhaven.server.control.watch import CommandWatch
from motherhaven.server.http.request_facts import RequestFacts
from motherhaven.server.reads.params import Id
from motherhaven.server.refusals import Refusals
from motherhaven.server.wire import schemas
from motherhaven.server.wire.control import CommandBatch, CommandList, CommandTaken, Confirmed
from motherhaven.server.wire.problems import Problem, json_answer, too_many_attempts
from motherhaven.server.wire.sizes import fitting
from motherhaven.stores.commands import OtherCommand, TooManyCommands, digest_of
from motherhaven.stores.protocol import Store

_SHOWN: Final = 300
"""Events of a bot's commands from which their states are folded."""

_LISTED: Final = 50
_BODY_BYTES: Final = 16_384
_ID_AGE: Final = timedelta(hours=24)
_CALM: Final = 16
"""Places that are kept for what only stops a bot, however many other commands wait."""

_LONGEST_WAIT: Final = 30
BotId = Annotated[str, Path(min_length=1, max_length=128)]
Seq = Annotated[int, Query(ge=0, le=control.MAX_SEQ)]
Wait = Annotated[int, Query(ge=0, le=_LONGEST_WAIT, description="seconds")]


class Control:
    """Takes commands from people and hands them to bots."""

    def __init__(
        self,
        store: Store,
        watch: CommandWatch,
        clock: Clock,
        authorizer: Authorizer,
        guesses: Guesses,
        refusals: Refusals,
        limits: Limits,
    ) -> None:
        self._store = store
        self._commands = watch.commands
        self._watch = watch
        self._clock = clock
        self._authorizer = authorizer
        self._guesses = guesses
        self._refusals = refusals
        self._limits = Limits(body_bytes=_BODY_BYTES, body_seconds=limits.body_seconds)
        self._places = PollPlaces(limits)
        self._teller = CommandTeller(store, clock)

    def add_routes(self, routes: Routes) -> None:
        """Register the routes."""
        said: tuple[tuple[str, str, str, Any, Policy, Any, dict[str, Any]], ...] = (
            ("/control", "POST", "command", self.give, CONTROL, CommandTaken, _GIVEN),
            ("/control/confirm", "POST", "confirm", self.confirm, FORM, Confirmed, _KEY),
            ("/commands", "GET", "commands", self.listed, READ, CommandList, {}),
            ("/bots/{bot}/commands", "GET", "wait", self.fetch, INGEST, CommandBatch, {}),
        )
        for path, method, name, handler, policy, model, body in said:
            answers: dict[int | str, dict[str, Any]] = schemas.failures(
                400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503
            )
            if handler == self.fetch:
                answers[204] = {"description": "No command came in time"}
            routes.add(
                API + path,
                handler,
                policy,
                methods=[method],
                name=f"control_{name}",
                operation_id=f"control_{name}",
                response_model=model,
                responses=answers,
                openapi_extra=schemas.request_body(body) if body else None,
                tags=["control"],
            )

    # --- people -------------------------------------------------------------------------

    async def give(self, request: Request) -> Response:
        """A command for one bot, kept before this answers; the same id again changes nothing.

        Refused are unknown kinds, and whatever could add risk; that is on record too.
        """
        body: Any = None
        who = principal_of(request.scope)
        by = by_whom(who)
        try:
            body = await read_json(request, self._limits)
            if not isinstance(body, Mapping):
                raise InvalidEvent("command: send an object")
            bot_id, command_id = await self._addressed(body)
        except MotherhavenError as error:
            await self._refusals.of_request("command", body, error, who.bot_id)
            raise _problem(error) from None
        try:
            command, seconds = self._read(body, command_id, by)
        except InvalidEvent as error:
            await self._teller.refused(bot_id, command_id, body, by, error)
            raise _problem(error) from None
        digest = digest_of(command, bot_id, seconds)
        spare = _CALM if command.name in control.STRENGTH else 0
        try:
            added = await self._commands.add(
                bot_id, command, digest, self._clock.now(), spare=spare
            )
        except OtherCommand as error:
            raise Problem(409, "conflict", str(error), "give a new command a new id") from None
        except TooManyCommands as error:
            raise Problem(
                429, "too_many_commands", str(error), "wait until the bot has fetched some",
                {"retry-after": "30"},
            ) from None  # fmt: skip
        if added.command is not None:
            await self._teller.requested(bot_id, added.command)
        self._watch.wake()
        shown = None if added.command is None else added.command.encoded()
        return json_answer({"success": True, "fresh": added.fresh, "command": shown})

    async def _addressed(self, body: Mapping[str, Any]) -> tuple[str, str]:
        """The bot and the id of a command: a bot that is known, an id that is new enough."""
        bot_id, command_id = check_id(body.get("bot_id"), "bot_id"), check_id(body.get("id"), "id")
        check_visible((bot_id,))
        made = control.made_at(command_id)
        if made is None or abs(self._clock.now() - made) > _ID_AGE:
            raise InvalidEvent(
                "id: send a UUIDv7 that was made now; if it was, this machine's clock is wrong",
                code="command_id",
                field="id",
            )
        if not await self._store.bots([bot_id]):
            raise NotFound(f"there is no bot {bot_id[:60]!r}")
        return bot_id, command_id

    def _read(self, body: Mapping[str, Any], command_id: str, by: str) -> tuple[Command, int]:
        name = control.read_name(body.get("name"))
        lifetime = LIFETIMES[name]
        seconds = body.get("expires_in_seconds", lifetime.usual)
        is_whole = isinstance(seconds, int) and not isinstance(seconds, bool)
        if not is_whole or not 1 <= seconds <= lifetime.most:
            raise InvalidEvent(
                f"expires_in_seconds: {name} is good for 1 to {lifetime.most} s",
                code="command_args",
                field="expires_in_seconds",
            )
        now = self._clock.now()
        command = Command(
            command_id,
            name,
            control.read_args(name, body.get("args")),
            by[: control.MAX_BY],
            control.read_reason(body.get("reason")),
            issued_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
        return command, seconds

    async def confirm(self, request: Request) -> Response:
        """Let this session give commands for five minutes, if it shows its own key again."""
        body = await read_json(request, self._limits)
        given = body.get("key") if isinstance(body, Mapping) else None
        if not isinstance(given, str):
            raise InvalidEvent("key: missing or not text; send the key that you signed in with")
        facts, key = RequestFacts(request.scope), given.encode("utf-8", "replace")
        found = await self._authorizer.confirm(facts, key)
        if isinstance(found, str):
            told = {"success": True, "token": found, "seconds": CONFIRMED_SECONDS}
            return json_answer(told)
        if found.status == 401:
            address = principal_of(request.scope).address
            wait = self._guesses.wrong(address)
            if wait > 0:
                await self._guesses.hold(address)
                raise too_many_attempts(wait, "Too many attempts")
        raise found

    async def listed(self, bot: Id) -> Response:
        """A bot's newest commands with how far each is, the one given last first."""
        check_visible((bot,))
        bots = await self._store.bots([bot])
        if not bots:
            raise NotFound(f"there is no bot {bot[:60]!r}")
        now = self._clock.now()
        page = await self._store.events(bot, "command", before=None, limit=_SHOWN)
        commands = fitting(fold(page.items, now)[:_LISTED])
        told = CommandList(commands=commands, last_seen=bots[0].last_seen, server_time=now)
        return Response(told.model_dump_json(), media_type="application/json")

    # --- bots ---------------------------------------------------------------------------

    async def fetch(
        self, request: Request, bot: BotId, after: Seq = 0, wait: Wait = 25
    ) -> Response:
        """Commands of a bot behind `after`, as soon as there are any; 204 when none came.

        Each answer has the server's time in Server-Time.
        """
        check_visible((bot,))
        leave_place = self._places.take(caller_of(request.scope), bot)
        event = self._watch.join()
        try:
            end = asyncio.get_running_loop().time() + wait
            while True:
                problem = standing_of(request.scope).problem()
                if problem is not None:
                    raise problem
                found = await self._new(bot, after)
                if found is not None:
                    return self._answer(200, found)
                left = end - asyncio.get_running_loop().time()
                if not await self._watch.wait(event, left):
                    return self._answer(204, None)
        finally:
            self._watch.leave(event)
            leave_place()

    async def _new(self, bot_id: str, after: int) -> dict[str, Any] | None:
        known = await self._commands.of(bot_id)
        rewound = after > known.seq
        if rewound:
            # This store was restored from before: the bot says what of it is void.
            await self._commands.raise_seq(bot_id, after, self._clock.now())
        found = [one.command for one in known.waiting if rewound or one.command.seq > after]
        if found:
            rows = await self._store.events(bot_id, "command", before=None, limit=_SHOWN)
            over = ended(fold(rows.items, self._clock.now()))
            found = [one for one in found if one.id not in over]
        if not found:
            return None
        for one in found:
            await self._teller.delivered(bot_id, one)
        seq = max(known.seq, after)
        return {"commands": [one.encoded() for one in found], "seq": seq}

    def _answer(self, status: int, body: dict[str, Any] | None) -> Response:
        headers = {"server-time": format_time(self._clock.now())}
        if body is None:
            return Response(status_code=status, headers=headers)
        return json_answer(body, status=status, headers=headers)


def _problem(error: MotherhavenError) -> MotherhavenError:
    """A refusal with its own code and advice, where it has one."""
    fix = advice_of(error.code)
    if not isinstance(error, InvalidEvent) or error.code == InvalidEvent.code or fix is None:
        return error
    return Problem(422, error.code, str(error), fix)


_GIVEN: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "bot_id", "name"],
    "properties": {
        "id": {"type": "string", "description": "a UUIDv7 that the client made"},
        "bot_id": {"type": "string"},
        "name": {"enum": list(control.NAMES)},
        "args": {"type": "object", "additionalProperties": True},
        "reason": {"type": ["string", "null"], "maxLength": control.MAX_REASON},
        "expires_in_seconds": {"type": "integer", "minimum": 1},
    },
}
_KEY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["key"],
    "properties": {"key": {"type": "string"}},
}
