"""The whole of Motherhaven as one function: the API and, from the wheel, the page.

Google's client reads its service account from a file, which such a platform does not have;
GOOGLE_CREDENTIALS_JSON may hold that file's text instead.
"""

import os
import tempfile

from motherhaven.server.asgi import app

__all__ = ["app"]


def place_google_credentials() -> None:
    """Write the text to a file that only this process may read, and name it to the client."""
    text = os.environ.get("GOOGLE_CREDENTIALS_JSON", "")
    if text and "GOOGLE_APPLICATION_CREDENTIALS" not in os.environ:
        handle, path = tempfile.mkstemp(suffix=".json")  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = path


place_google_credentials()
