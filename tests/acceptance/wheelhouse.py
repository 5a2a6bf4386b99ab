"""The installed packages of the core as wheels again, so that an install needs no network."""

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

_LEFT_OUT = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}


def fill(folder: Path, name: str) -> list[Path]:
    """Wheels of everything that the package `name` needs, without extras and itself."""
    folder.mkdir(parents=True, exist_ok=True)
    needed = _closure(distribution(name))
    return [_repack(one, folder) for one in needed.values()]


def _closure(start: Distribution) -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    waiting = list(_needs(start, frozenset()))
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found[name] = distribution(name)
        waiting += _needs(found[name], extras)
    return found


def _needs(of: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in of.requires or []:
        one = Requirement(text)
        chosen = extras or {""}
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in chosen):
            yield one.name.lower().replace("_", "-"), frozenset(one.extras)


def _repack(one: Distribution, folder: Path) -> Path:
    """A wheel of an installed package: its recorded files, under a new RECORD."""
    files = {
        str(path): Path(str(one.locate_file(path)))
        for path in one.files or []
        if ".." not in path.parts and path.suffix != ".pyc" and path.name not in _LEFT_OUT
    }
    info = next(path.parts[0] for path in one.files or [] if path.name == "WHEEL")
    text = (one.read_text("WHEEL") or "").splitlines()
    tags = [line.partition(": ")[2].split("-") for line in text if line.startswith("Tag: ")]
    tag = "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))
    wheel = folder / f"{info.removesuffix('.dist-info')}-{tag}.whl"
    record = ""
    with zipfile.ZipFile(wheel, "w") as packed:
        for name, path in files.items():
            data = path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            record += f'"{name}",sha256={digest},{len(data)}\n'
            packed.writestr(name, data)
        packed.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return wheel
