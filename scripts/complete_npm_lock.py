"""Make a package-lock.json that any npm registry and any platform can install from.

    python scripts/complete_npm_lock.py dashboard/package-lock.json

Run it after every `npm install`. It leaves out where each package was fetched from, and adds the
optional packages of other platforms that npm left out, without which `npm ci` refuses the file.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.common import ToolError, say, stop

EXACT = re.compile(r"\d+\.\d+\.\d+[-+.\w]*")
SYSTEMS = {"darwin", "linux", "win32", "freebsd", "openbsd", "netbsd", "android", "openharmony"}
SYSTEMS |= {"sunos", "aix"}
PROCESSORS = {"x64", "arm64", "arm", "ia32", "ppc64", "s390x", "riscv64", "loong64", "wasm32"}
PROCESSORS |= {"mips64el"}
# How package names spell the C library, and what npm calls it.
LIBRARIES = {"musl": "musl", "musleabihf": "musl", "gnu": "glibc", "gnueabihf": "glibc"}


def platform_of(name: str) -> dict[str, list[str]]:
    """The `os`, `cpu` and `libc` fields that a platform package's name tells."""
    words = set(re.split(r"[-/@_.]", name.replace("linuxmusl", "linux-musl")))
    libraries = {LIBRARIES[word] for word in words & LIBRARIES.keys()}
    fields = {"os": words & SYSTEMS, "cpu": words & PROCESSORS, "libc": libraries}
    return {field: sorted(found) for field, found in fields.items() if found}


def _resolves(packages: dict[str, Any], asker: str, name: str) -> bool:
    """Whether Node's lookup, folder by folder upwards, finds `name` from `asker`."""
    folder = asker
    while True:
        if f"{folder}/node_modules/{name}".lstrip("/") in packages:
            return True
        if not folder:
            return False
        folder = folder.rpartition("node_modules/")[0].rstrip("/")


def complete(lock: dict[str, Any]) -> list[str]:
    """Complete a parsed lock file in place.

    Returns:
        The names of the packages that were added.

    Raises:
        ToolError: the file is not of lockfileVersion 3.
    """
    packages: dict[str, Any] | None = lock.get("packages")
    if lock.get("lockfileVersion") != 3 or packages is None:
        raise ToolError("the lock file is not of lockfileVersion 3; write it with npm 9 or newer.")
    added = []
    for path, entry in list(packages.items()):
        entry.pop("resolved", None)
        for name, version in entry.get("optionalDependencies", {}).items():
            if _resolves(packages, path, name) or not EXACT.fullmatch(version):
                continue
            packages[f"node_modules/{name}"] = {
                "version": version,
                "optional": True,
                **platform_of(name),
            }
            added.append(name)
    root = {"": packages.pop("")} if "" in packages else {}
    lock["packages"] = {**root, **dict(sorted(packages.items()))}
    return added


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: python scripts/complete_npm_lock.py FILE ...")
    for file in map(Path, sys.argv[1:]):
        try:
            lock = json.loads(file.read_text(encoding="utf-8"))
            added = complete(lock)
        except (OSError, json.JSONDecodeError, ToolError) as error:
            stop(f"{file}: {error}")
        file.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        say(f"{file}: {len(added)} packages added" + (f" ({', '.join(added)})" if added else ""))


if __name__ == "__main__":
    main()
