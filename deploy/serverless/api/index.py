"""The whole of Motherhaven as one function: the API and, from the wheel, the page."""

from motherhaven.server.asgi import app

__all__ = ["app"]
