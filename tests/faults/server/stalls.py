"""Clients that do not read, and the end of a server's patience with them, at a test's word.

A server under test is given SEND_FOREVER: it waits however slow the machine is, every stalled
connection stays as it is until all are there, and `end_patience` is what its timer would do.
"""

from typing import Any, Final

from motherhaven.server import ServerThread

SEND_FOREVER: Final = 3_600.0
"""Seconds; longer than any test."""


def connections(server: ServerThread) -> list[Any]:
    """The connections of a server."""
    assert server._server is not None
    return list(server._server.server_state.connections)


def stalled(server: ServerThread) -> list[Any]:
    """Those connections whose client does not take what it is sent: their timer runs."""
    return [one for one in connections(server) if one._stalled is not None]


def held(connection: Any) -> int:
    """Bytes that the process holds for a connection beyond what the system took."""
    transport = connection.transport
    return 0 if transport.is_closing() else int(transport.get_write_buffer_size())


def end_patience(server: ServerThread) -> None:
    """Do what `send_seconds` does when they are over, to every stalled connection."""
    for one in stalled(server):
        one.loop.call_soon_threadsafe(one._drop_stalled)
