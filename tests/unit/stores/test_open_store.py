"""Choosing a store by URL."""

import asyncio
from pathlib import Path

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.stores import MemoryStore, open_store
from motherhaven.stores.sqlite import SqliteStore
from tests.conformance.stores.kit import Bot, StillClock


def test_a_relative_file_is_in_the_data_folder(tmp_path: Path) -> None:
    """sqlite:///name makes the file, and its folder, below data_dir."""

    async def scenario() -> None:
        store = open_store("sqlite:///deep/my%20store.db", clock=StillClock(), data_dir=tmp_path)
        await store.open()
        await store.append([Bot().decision()])
        await store.close()

    asyncio.run(scenario())
    assert (tmp_path / "deep" / "my store.db").exists()


def test_an_absolute_file_is_where_it_says(tmp_path: Path) -> None:
    """sqlite:////path does not look at data_dir."""
    path = tmp_path / "abs.db"
    elsewhere = tmp_path / "elsewhere"
    store = open_store(f"sqlite:///{path}", clock=StillClock(), data_dir=elsewhere)
    assert isinstance(store, SqliteStore)
    asyncio.run(store.open())
    asyncio.run(store.close())
    assert path.exists()
    assert not elsewhere.exists()


def test_memory_needs_no_place(tmp_path: Path) -> None:
    """memory: is the store that forgets."""
    store = open_store("memory:", clock=StillClock(), data_dir=tmp_path)
    assert isinstance(store, MemoryStore)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("firestore://", "firestore://PROJECT"),
        ("firestore://project/a/b", "firestore://PROJECT/DATABASE"),
        ("mysql://u:secret@h/db", "no store is called 'mysql'"),
        ("mysql://u:secret@h/db", "postgresql://USER:PASSWORD@HOST/DATABASE"),
        ("mysql://u:secret@h/db", "firestore://PROJECT"),
        ("", "no store is called ''"),
        ("store.db", "sqlite:///"),
        ("sqlite://store.db", "sqlite:///name.db"),
        ("sqlite:///", "sqlite:///name.db"),
        ("sqlite:", "sqlite:///name.db"),
    ],
)
def test_what_cannot_be_opened_says_what_can(tmp_path: Path, url: str, says: str) -> None:
    """The error names the setting and a value that works, and never a password."""
    with pytest.raises(ConfigError, match="MOTHERHAVEN_STORE") as caught:
        open_store(url, clock=StillClock(), data_dir=tmp_path)
    assert says in str(caught.value)
    assert "sqlite:///" in str(caught.value)
    assert "secret" not in str(caught.value)
