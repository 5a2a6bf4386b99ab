"""The server: ingest, reads, the live stream and the page."""

from motherhaven.server.app import create_app
from motherhaven.server.config import Limits, ServerConfig
from motherhaven.server.run import ServerThread, run_server, serve

__all__ = ["Limits", "ServerConfig", "ServerThread", "create_app", "run_server", "serve"]
