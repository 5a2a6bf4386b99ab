"""Prints the API's OpenAPI document.

python -m motherhaven.server.openapi > dashboard/openapi.json
"""

import json
import sys
from typing import cast

from fastapi import FastAPI

from motherhaven.server.app import create_app
from motherhaven.server.config import ServerConfig
from motherhaven.settings import SystemClock
from motherhaven.stores.protocol import Store


def described_app() -> FastAPI:
    """An application whose routes can be described; that never touches its store."""
    return create_app(ServerConfig(), cast("Store", None), SystemClock())


def openapi_text() -> str:
    """The document as text that is the same for the same code."""
    return (
        json.dumps(described_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    )


if __name__ == "__main__":
    sys.stdout.write(openapi_text())
