"""Lists bounded in bytes: texts cut in rows, and pages that end before they grow too large."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from starlette.responses import Response

from motherhaven.contract.jsonio import dumps

Row = TypeVar("Row", bound=BaseModel)

PAGE_BYTES: Final = 256 * 1024
"""No page of a list is larger, whatever its rows hold; there is always room for one row."""

ARRAY_BYTES: Final = 1024 * 1024
"""The bare arrays of the old front ends have no next page: they end here."""

ROW_CHARS: Final = 2_000
"""Longer texts are cut in rows; the detail has them whole, or /text piece by piece."""

_SPARE: Final = 2_048
_LEAST_CHARS: Final = 200
_LEAN_BYTES: Final = 1_500
"""What a row with its texts cut to the least takes, about."""
_MOST_ITEMS: Final = 100
_STEP: Final = 50


def cut(text: str, most: int = ROW_CHARS) -> str:
    """`text`, or its beginning with a mark that tells its size."""
    return text if len(text) <= most else f"{text[:most]}\u2026 ({len(text):,} characters)"


def short(value: Any, most: int = ROW_CHARS) -> Any:
    """A view or a value with every text in it cut, and no more than a hundred parts."""
    if isinstance(value, str):
        return cut(value, most)
    if isinstance(value, BaseModel):
        held = {name: getattr(value, name) for name in value.model_fields_set}
        held |= value.model_extra or {}
        changed = {
            name: kept for name, one in held.items() if (kept := short(one, most)) is not one
        }
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, Mapping):
        return {cut(str(k), most): short(v, most) for k, v in list(value.items())[:_MOST_ITEMS]}
    if isinstance(value, list | tuple):
        parts = [short(one, most) for one in value[:_MOST_ITEMS]]
        same = len(parts) == len(value) and all(a is b for a, b in zip(parts, value, strict=True))
        return value if same else type(value)(parts)
    return value


def fitting(rows: Sequence[Row], most: int = PAGE_BYTES) -> tuple[Row, ...]:
    """The first rows, their texts cut, that take at most `most` bytes as JSON; at least one."""
    kept: list[Row] = []
    size = _SPARE
    for row in rows:
        lean: Row = short(row)
        size += _size(lean)
        if kept and size > most:
            break
        kept.append(lean)
    return tuple(kept)


async def page_of(
    read: Callable[[str | None, int], Awaitable[tuple[Sequence[Row], str | None]]],
    before: str | None,
    limit: int,
    place: Callable[[Row], str],
) -> tuple[tuple[Row, ...], str | None]:
    """A page of at most `limit` rows and PAGE_BYTES, and where the next one goes on.

    `read(before, limit)` gives some rows and whether more follow; few at a time, so that
    rows which do not fit are not read either. `place` is the cursor of a row.
    """
    rows: list[Row] = []
    left = PAGE_BYTES - _SPARE
    while True:
        found, before = await read(before, min(_STEP, limit - len(rows)))
        for row in found:
            lean: Row = short(row)
            left -= _size(lean)
            if rows and left < 0:
                return tuple(rows), place(rows[-1])
            rows.append(lean)
        if before is None or len(rows) >= limit:
            return tuple(rows), before


class BoundedArray:
    """The bare array of an old read: rows until ARRAY_BYTES are full, their texts cut near it.

    `wanted` is how many rows are to come: each leaves room for a lean form of the others.
    """

    def __init__(self, wanted: int) -> None:
        self._rows: list[bytes] = []
        self._left = ARRAY_BYTES - _SPARE
        self._wanted = wanted
        self.full = False

    @property
    def roomy(self) -> bool:
        """Whether there is room for whole texts."""
        return self._left - self._wanted * _LEAN_BYTES > ARRAY_BYTES // 8

    def add(self, row: dict[str, Any]) -> None:
        """One more row, whole, with its texts cut, or not at all."""
        self._wanted -= 1
        room = self._left - max(0, self._wanted) * _LEAN_BYTES
        data = dumps(row, numbers=True)
        if len(data) >= room:
            data = dumps(short(row), numbers=True)
        if len(data) >= room:
            data = dumps(short(row, _LEAST_CHARS), numbers=True)
        if self.full or len(data) >= self._left:
            self.full = True
            return
        self._rows.append(data)
        self._left -= len(data) + 1

    def answer(self) -> Response:
        """The array."""
        body = b"[" + b",".join(self._rows) + b"]"
        return Response(body, media_type="application/json")


def _size(row: BaseModel) -> int:
    return len(row.model_dump_json().encode()) + 1
