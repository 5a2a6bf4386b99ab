"""A payload cut to a size that can travel; the whole stays in the bot's journal."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pydantic_core import to_json

from motherhaven.contract.jsonio import MAX_CONTAINERS, MAX_KEYS, SPARE

CUT: Final = "cut_to_travel"
"""The payload field that says so: bytes and sha256 of the whole, and which fields were cut."""

MARK: Final = "\u2026 [cut: {count} characters in all; the whole is in the bot's journal]"
_MARK_BYTES: Final = 120
_FIELDS_TOLD: Final = 20
_MARK_ROOM: Final = 1_500


def shorten(
    payload: Mapping[str, Any], room: int, declared: Collection[str], sha256: str
) -> dict[str, Any]:
    """`payload` with at most about `room` bytes as JSON: small fields whole, large ones cut.

    `declared` fields come before others; `sha256` is the digest of the whole. A payload that
    `thin` made smaller keeps what its mark tells.
    """
    sizes = {key: len(to_json(value)) + len(to_json(key)) + 2 for key, value in payload.items()}
    left = room - _MARK_ROOM
    kept: dict[str, Any] = {}
    changed: list[str] = []
    for key in sorted(payload, key=lambda k: (k not in declared, sizes[k])):
        value = payload[key]
        if sizes[key] <= left:
            kept[key] = value
        else:
            changed.append(key)
            if left <= len(to_json(key)) + 2 * _MARK_BYTES:
                continue
            kept[key] = fit(value, left - len(to_json(key)))
        left -= len(to_json(kept[key])) + len(to_json(key)) + 2
    before = payload.get(CUT) or {}
    changed += [key for key in before.get("fields", ()) if key not in changed]
    size = max(sum(sizes.values()) + 1, before.get("bytes", 0))
    kept[CUT] = told(size, sha256, changed)
    return dict(sorted(kept.items()))


def thin(
    payload: dict[str, Any], declared: Collection[str], sha256: str, size: int
) -> tuple[dict[str, Any], bool]:
    """`payload` with no more keys, arrays and objects than a server takes; whether any went.

    `size` is what the whole takes as JSON, in bytes; `declared` fields come before others.
    """
    budget = _Budget()
    order = sorted(payload, key=lambda key: key not in declared)
    kept = {key: budget.value(payload[key], key) for key in order[: budget.keys]}
    if len(kept) == len(payload) and not budget.changed:
        return payload, False
    changed = [*budget.changed, *order[budget.keys :]]
    kept[CUT] = told(size, sha256, changed)
    return dict(sorted(kept.items())), True


class _Budget:
    """How many arrays and objects may still follow."""

    def __init__(self) -> None:
        self.keys = MAX_KEYS - SPARE
        self.changed: dict[str, None] = {}
        self._left = MAX_CONTAINERS - SPARE

    def value(self, value: Any, field: str) -> Any:
        if not isinstance(value, (list, dict)):
            return value
        self._left -= 1
        whole = list(value.items()) if isinstance(value, dict) else value
        some = whole[: self.keys] if isinstance(value, dict) else whole
        kept = []
        for item in some:
            if self._left <= 0:
                break
            if isinstance(value, dict):
                kept.append((item[0], self.value(item[1], field)))
            else:
                kept.append(self.value(item, field))
        if len(kept) < len(whole):
            self.changed[field] = None
        return dict(kept) if isinstance(value, dict) else kept


def told(size: int, sha256: str, changed: Sequence[str]) -> dict[str, Any]:
    """The mark: bytes and digest of the whole, the fields that were cut and how many."""
    return {
        "bytes": size,
        "sha256": sha256,
        "fields": [key[:40] for key in changed[:_FIELDS_TOLD]],
        "field_count": len(changed),
    }


def cut_text(text: str, room: int) -> str:
    """`text` cut to `room` bytes as JSON, with a mark that tells its length."""
    mark = MARK.format(count=len(text))
    keep = max(0, room - len(mark.encode()) - 4)
    while True:
        short = text.encode()[:keep].decode("utf-8", "ignore") + mark
        if keep == 0 or len(to_json(short)) <= room:
            return short
        keep = keep * 3 // 4 if keep > 8 else 0  # escapes took more than their bytes


def fit(value: Any, room: int) -> Any:
    """`value` with at most about `room` bytes as JSON: texts cut, the last items left out."""
    if len(to_json(value)) <= room:
        return value
    if isinstance(value, str):
        return cut_text(value, room)
    if isinstance(value, list):
        return _fit_list(value, room)
    return _fit_dict(value, room) if isinstance(value, dict) else None


def _fit_list(items: list[Any], room: int) -> list[Any]:
    kept: list[Any] = []
    left = room - 2
    for item in items:
        size = len(to_json(item)) + 1
        if size > left:
            if not kept and left > 2 * _MARK_BYTES:
                kept.append(fit(item, left))
            break
        kept.append(item)
        left -= size
    return kept


def _fit_dict(items: dict[str, Any], room: int) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    left = room - 2
    sizes = {key: len(to_json(value)) + len(to_json(key)) + 2 for key, value in items.items()}
    for key in sorted(items, key=lambda k: sizes[k]):
        if sizes[key] <= left:
            kept[key] = items[key]
            left -= sizes[key]
            continue
        head = len(to_json(key)) + 2
        if left > head + 2 * _MARK_BYTES:
            kept[key] = fit(items[key], left - head)
        break
    return dict(sorted(kept.items()))
