"""What the Firestore tests build on: a place of its own, raw documents, a faulty wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
from google.cloud import firestore

from motherhaven.settings.firestore import FirestoreOptions
from motherhaven.stores.firestore import FirestoreStore
from tests.conformance.stores.kit import StillClock
from tests.firestore_emulator import emulator_host

NOW = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)


@asynccontextmanager
async def opened(
    project: str, clock: Any = None, readable: bool | None = None
) -> AsyncIterator[FirestoreStore]:
    """An open store of a project."""
    store = FirestoreStore(
        project, clock=clock or StillClock(), options=FirestoreOptions(readable=readable)
    )
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def raw(project: str) -> AsyncIterator[Any]:
    """Google's own client, as another program of the project would use it."""
    emulator_host()
    client = firestore.AsyncClient(project=project)
    try:
        yield client
    finally:
        await client._firestore_api.transport.close()


async def put(client: Any, collection: str, document: dict[str, Any]) -> str:
    """Add a document under a random id, as the old server did."""
    _, reference = await client.collection(collection).add(document)
    return str(reference.id)


async def everything(client: Any, collection: str) -> dict[str, dict[str, Any]]:
    """All documents of a collection by id."""
    return {one.id: one.to_dict() async for one in client.collection(collection).stream()}


@dataclass
class Wire(grpc.GenericRpcHandler):
    """A server between a store and the emulator that passes calls on, or breaks them.

    `faults` says for each method (Commit, RunQuery, …) what to do instead of passing on;
    `calls` counts the methods that were called; `lag` delays what a listener hears; `heard` is
    told of each call that was answered, and of each message of a listener.
    """

    target: str
    faults: dict[str, Callable[[], Awaitable[grpc.StatusCode | None]]] = field(default_factory=dict)
    after: dict[str, grpc.StatusCode] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    lag: Callable[[], Awaitable[object]] | None = None
    channel: Any = None
    heard: Callable[[str, bytes, list[bytes]], None] | None = None

    def service(self, details: Any) -> Any:
        """The handler of one call; bytes go through as they are."""
        method, metadata = details.method, details.invocation_metadata
        name = method.rpartition("/")[2]
        kept = [(key, value) for key, value in metadata if not key.startswith(("grpc", "user-"))]

        async def answers(request: bytes, context: Any) -> AsyncIterator[bytes]:
            self.calls.append(name)
            status = await self.faults[name]() if name in self.faults else None
            if status is not None:
                await context.abort(status, "injected")
            lost = self.after.get(name)
            try:
                got = [
                    one async for one in self.channel.unary_stream(method)(request, metadata=kept)
                ]
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details())
            if self.heard is not None:
                self.heard(name, request, got)
            if lost is not None:
                await context.abort(lost, "the answer was lost")
            for one in got:
                yield one

        async def listens(requests: Any, context: Any) -> AsyncIterator[bytes]:
            self.calls.append(name)
            status = await self.faults[name]() if name in self.faults else None
            if status is not None:
                await context.abort(status, "injected")
            call = self.channel.stream_stream(method)(requests, metadata=kept)
            async for one in call:
                await self._listened(one)
                yield one

        if name == "Listen":
            return grpc.stream_stream_rpc_method_handler(listens)
        return grpc.unary_stream_rpc_method_handler(answers)

    async def _listened(self, message: bytes) -> None:
        if self.lag is not None:
            await self.lag()
        if self.heard is not None:
            self.heard("Listen", b"", [message])


@asynccontextmanager
async def broken_wire(environment: Any) -> AsyncIterator[Wire]:
    """A Wire that stores opened within it go through."""
    wire = Wire(emulator_host())
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((wire,))
    port = server.add_insecure_port("127.0.0.1:0")
    async with grpc.aio.insecure_channel(wire.target) as channel:
        wire.channel = channel
        await server.start()
        environment.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{port}")
        try:
            yield wire
        finally:
            environment.setenv("FIRESTORE_EMULATOR_HOST", wire.target)
            await server.stop(None)


def status(code: grpc.StatusCode) -> Callable[[], Awaitable[grpc.StatusCode | None]]:
    """A fault: answer with `code`."""

    async def fault() -> grpc.StatusCode | None:
        return code

    return fault


def delay(seconds: float) -> Callable[[], Awaitable[grpc.StatusCode | None]]:
    """A fault: pass the call on, but late."""

    async def fault() -> grpc.StatusCode | None:
        await asyncio.sleep(seconds)
        return None

    return fault
