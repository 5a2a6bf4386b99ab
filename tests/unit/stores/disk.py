"""A disk that fills up, fails, and loses power on demand: an SQLite VFS over the real one."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

SECTOR = 512


class Disk:
    """What the platter holds of each file (`synced`), and the writes that it may still lose."""

    def __init__(self) -> None:
        self.error: type[apsw.Error] | None = None
        self.failing_syncs = False
        self.synced: dict[str, bytearray] = {}
        self.pending: dict[str, list[tuple[int, bytes | None]]] = {}

    def wrote(self, name: str, offset: int, data: bytes | None) -> None:
        """A write, or with None a truncation, that no sync has covered yet."""
        self.pending.setdefault(name, []).append((offset, data))

    def sync(self, name: str) -> None:
        """Everything written to the file is on the platter."""
        content = self.synced.setdefault(name, bytearray())
        for offset, data in self.pending.pop(name, []):
            _apply(content, offset, data)

    def image(self, folder: Path, dice: random.Random) -> None:
        """Write what a power loss now could leave: each unsynced sector kept or not."""
        for name in {*self.synced, *self.pending}:
            content = bytearray(self.synced.get(name, b""))
            for offset, data in self.pending.get(name, []):
                if data is None:
                    if dice.random() < 0.5:
                        _apply(content, offset, None)
                    continue
                for start in range(0, len(data), SECTOR):
                    if dice.random() < 0.5:
                        _apply(content, offset + start, data[start : start + SECTOR])
            if not name.endswith("-shm"):
                (folder / Path(name).name).write_bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.error is not None:
            raise self._disk.error("the disk said no")
        super().xWrite(data, offset)
        self._disk.wrote(self._name, offset, bytes(data))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self._disk.wrote(self._name, size, None)

    def xSync(self, flags: int) -> None:
        if self._disk.failing_syncs:
            raise apsw.IOError("EIO on fsync")
        super().xSync(flags)
        self._disk.sync(self._name)


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("test-disk", "unix", makedefault=True)
        self._disk = disk

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:
        return _File(self._disk, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        super().xDelete(name, sync)
        self._disk.synced.pop(name, None)
        self._disk.pending.pop(name, None)


@contextmanager
def mounted() -> Iterator[Disk]:
    """Every database opened within is on this disk."""
    disk = Disk()
    vfs = _Vfs(disk)
    try:
        yield disk
    finally:
        vfs.unregister()
