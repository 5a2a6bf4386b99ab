"""Keeps a fleet's processes running: staggered start, restart with backoff, one clear end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from motherhaven.contract.clock import Clock

_LOG: Final = logging.getLogger("motherhaven")

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
HEALTHY_SECONDS: Final = 60.0
"""A process that lived so long was no failed start; the next failure counts from one again."""
MAX_FAILURES: Final = 6
STAGGER_SECONDS: Final = 0.3
STOP_SECONDS: Final = 8.0


class Process(Protocol):
    """A bot's process, running from its beginning."""

    @property
    def pid(self) -> int:
        """The system's number for it."""
        ...

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        ...

    def terminate(self) -> None:
        """Ask it to end; harmless when it has."""
        ...

    def kill(self) -> None:
        """End it; harmless when it has ended."""
        ...


@dataclass(slots=True)
class Member:
    """How one bot of the fleet is: starting, running, waiting, given up or stopped."""

    name: str
    state: str = "starting"
    pid: int | None = None
    restarts: int = 0
    failures: int = 0
    exit_code: int | None = None
    last_words: str = ""

    def public(self) -> dict[str, Any]:
        """For the fleet's published state."""
        return {
            "name": self.name,
            "state": self.state,
            "pid": self.pid,
            "restarts": self.restarts,
            "exit_code": self.exit_code,
            "last_words": self.last_words,
        }


@dataclass(frozen=True, slots=True)
class Times:
    """Pauses in seconds."""

    stagger: float = STAGGER_SECONDS
    healthy: float = HEALTHY_SECONDS
    stop: float = STOP_SECONDS
    max_failures: int = MAX_FAILURES


@dataclass(slots=True)
class Supervisor:
    """Runs one process for each name until told to stop.

    `spawn` starts a bot's process; `changed` is called whenever a member's state changes.
    A process that ends with 0 was stopped by its user and stays stopped.
    """

    names: Sequence[str]
    spawn: Callable[[Member], Awaitable[Process]]
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    changed: Callable[[Mapping[str, Member]], None] = lambda _: None
    times: Times = field(default_factory=Times)
    members: dict[str, Member] = field(init=False)

    def __post_init__(self) -> None:
        self.members = {name: Member(name) for name in self.names}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, or every bot has been stopped or given up."""
        tasks = [
            asyncio.ensure_future(self._keep(member, number * self.times.stagger))
            for number, member in enumerate(self.members.values())
        ]
        stopped = asyncio.ensure_future(stop.wait())
        done = asyncio.ensure_future(asyncio.wait(tasks))
        try:
            await asyncio.wait({stopped, done}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, stopped, done):
                task.cancel()
            await asyncio.gather(*tasks, stopped, done, return_exceptions=True)

    async def _keep(self, member: Member, delay: float) -> None:
        """One bot's life: start, wait for its end, start again after a pause."""
        if delay:
            await self.sleep(delay)
        while True:
            started = self.clock.monotonic()
            code = await self._live(member)
            if code == 0:
                self._say(member, "stopped")
                return
            lived = self.clock.monotonic() - started
            member.failures = 1 if lived >= self.times.healthy else member.failures + 1
            why = member.last_words or "it said nothing"
            if member.failures >= self.times.max_failures:
                _LOG.error(
                    "Fleet: %s ended %d times within %.0f s of its start and is given up "
                    "(exit code %s: %s); mend it and start the fleet again",
                    member.name, member.failures, self.times.healthy, code, why,
                )  # fmt: skip
                self._say(member, "given up")
                return
            pause = min(FIRST_PAUSE * 2 ** (member.failures - 1), LONGEST_PAUSE)
            _LOG.warning(
                "Fleet: %s ended (exit code %s: %s); started again in %.0f s",
                member.name, code, why, pause,
            )  # fmt: skip
            self._say(member, "waiting")
            await self.sleep(pause)
            member.restarts += 1

    async def _live(self, member: Member) -> int:
        """From the start of a process to its end; ends it when the fleet is to stop."""
        try:
            process = await self.spawn(member)
        except OSError as error:
            member.exit_code, member.last_words = None, f"cannot be started: {error}"
            return -1
        member.pid = process.pid
        self._say(member, "running")
        try:
            member.exit_code = await process.wait()
        except asyncio.CancelledError:
            member.exit_code = await self._end(process)
            self._say(member, "stopped")
            raise
        finally:
            member.pid = None
        return member.exit_code

    async def _end(self, process: Process) -> int:
        """Ask a process to end, and end it when it does not within the bound."""
        process.terminate()
        ended = asyncio.ensure_future(process.wait())
        await asyncio.wait({ended}, timeout=self.times.stop)
        if not ended.done():
            process.kill()
        return await ended

    def _say(self, member: Member, state: str) -> None:
        member.state = state
        self.changed(self.members)
