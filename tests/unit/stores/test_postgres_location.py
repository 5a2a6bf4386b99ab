"""The PostgreSQL URL: what it may hold, and that nothing of its password is ever shown."""

import asyncio
import builtins
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from motherhaven.contract.errors import ConfigError, MotherhavenError, StoreUnavailable
from motherhaven.stores import open_store
from tests.conformance.stores.kit import StillClock

pytest.importorskip("psycopg")

from motherhaven.stores.postgres.location import locate

CANARY = "c4n4ry"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"postgresql://me:{CANARY}@x@h/db", "percent-encode"),
        (f"postgresql://me:{CANARY}/x@h/db", "percent-encode"),
        (f"postgresql://me:{CANARY}#x@h/db", "percent-encode"),
        (f"postgresql://me:{CANARY}?x@h/db", "percent-encode"),
        (f"postgresql://me:{CANARY}@h/db?nonsense={CANARY}", "names a setting"),
        (f"postgresql://me:{CANARY}%zz@h/db", "cannot be read"),
        (f"postgresql://me:{CANARY}@h:port/db", "postgresql://USER:PASSWORD@HOST"),
        (f"postgresql://me:{CANARY}@[h/db", "cannot be read"),
        (f"postgresql://me:{CANARY}@h/db?schema=pg_{CANARY}", "schema="),
        (f"postgresql://me:{CANARY}@h/db?schema=a%22;drop", "schema="),
        (f"postgresql://me:{CANARY}@h/db?schema=", "schema="),
    ],
)
def test_a_url_that_does_not_work_says_what_does(tmp_path: Path, url: str, says: str) -> None:
    """The error names the setting and the form, and repeats nothing of the URL."""
    with pytest.raises(MotherhavenError) as caught:
        asyncio.run(opened(url, tmp_path))
    assert isinstance(caught.value, ConfigError | StoreUnavailable)
    assert says in str(caught.value) or isinstance(caught.value, StoreUnavailable)
    assert CANARY not in everything_shown(caught.value)


async def opened(url: str, folder: Path) -> None:
    """Open the store of a URL."""
    await open_store(url, clock=StillClock(), data_dir=folder).open()


def everything_shown(error: BaseException) -> str:
    """The error as a log or a traceback would show it."""
    return "".join(traceback.format_exception(error)) + repr(error)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{CANARY}@127.0.0.1:1/db",
        f"postgres://me:{CANARY}@127.0.0.1:1/db?schema=mine",
        f"postgresql://me@127.0.0.1:1/db?password={CANARY}",
        f"postgresql://me:{CANARY}@no-such-host.invalid/db",
        f"postgresql://{CANARY}%3A:p%40{CANARY}@127.0.0.1:1,127.0.0.1:2/db",
    ],
)
def test_a_password_is_in_no_error_log_or_repr(
    tmp_path: Path, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that cannot be reached: the message shows host and database, never a secret."""
    caplog.set_level(logging.DEBUG)
    store = open_store(url, clock=StillClock(), data_dir=tmp_path)
    with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
        asyncio.run(store.open())
    with pytest.raises(StoreUnavailable, match="closed") as closed:
        asyncio.run(store.head())
    assert "db" in str(caught.value)
    shown = [everything_shown(caught.value), everything_shown(closed.value), caplog.text]
    shown += [repr(store), str(vars(store))]
    secret = f"p@{CANARY}" if "%40" in url else CANARY
    assert not [text for text in shown if secret in text or "p%40" in text]


def test_what_the_url_does_not_say_has_a_default() -> None:
    """Its own schema, and time limits on a dead network; the URL's own settings win."""
    plain = locate("postgresql://me@h/db")
    assert (plain.schema, plain.parameters["tcp_user_timeout"]) == ("motherhaven", "20000")
    assert plain.shown == "postgresql h:5432/db (schema motherhaven)"
    own = locate("postgresql://me@h:6432/db?schema=mine&tcp_user_timeout=7&sslmode=require")
    assert (own.schema, own.parameters["tcp_user_timeout"]) == ("mine", "7")
    assert own.parameters["sslmode"] == "require"
    assert own.parameters["port"] == "6432"


def test_without_the_driver_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a postgresql URL needs psycopg; then the command that installs it is told."""
    for name in [name for name in sys.modules if name.startswith("motherhaven.stores.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "psycopg":
            raise ModuleNotFoundError("No module named 'psycopg'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r'pip install "motherhaven\[postgres\]"'):
        open_store("postgresql://h/db", clock=StillClock(), data_dir=tmp_path)
    assert open_store("memory:", clock=StillClock(), data_dir=tmp_path)
