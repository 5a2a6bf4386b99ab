"""Print the bill of materials of a release as CycloneDX JSON, from the lock files alone.

    python scripts/sbom.py > sbom.json

It lists what an installation with every extra holds (requirements/server.lock) and what is
built into the page (dashboard/package-lock.json without its development packages).
"""

import base64
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.common import ROOT

Component = dict[str, Any]
_ENTRY = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)(?: ; (.+?))? *\\?$", re.MULTILINE)


def python_components(lock: str) -> Iterator[Component]:
    """The packages of a lock file; a package has a hash for each of its files."""
    entries = list(_ENTRY.finditer(lock))
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        block = lock[entry.end() : following.start() if following else None]
        name, version, marker = entry.groups()
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
        yield {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
            **({"properties": [{"name": "python:marker", "value": marker}]} if marker else {}),
        }


def page_components(lock: dict[str, Any]) -> Iterator[Component]:
    """The packages that the built page is made of."""
    for path, entry in sorted(lock["packages"].items()):
        if not path or entry.get("dev") or entry.get("optional"):
            continue
        name = path.rpartition("node_modules/")[2]
        algorithm, _, digest = entry.get("integrity", "").partition("-")
        content = base64.b64decode(digest).hex()
        alg = {"sha512": "SHA-512", "sha1": "SHA-1"}.get(algorithm)
        yield {
            "type": "library",
            "name": name,
            "version": entry["version"],
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}",
            **({"hashes": [{"alg": alg, "content": content}]} if alg else {}),
            **({"licenses": [{"expression": entry["license"]}]} if "license" in entry else {}),
        }


def bill() -> dict[str, Any]:
    """The whole document; the same for the same lock files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    server = (ROOT / "requirements" / "server.lock").read_text(encoding="utf-8")
    page = json.loads((ROOT / "dashboard" / "package-lock.json").read_text(encoding="utf-8"))
    components = [*python_components(server), *page_components(page)]
    for one in components:
        one["bom-ref"] = one["purl"]
    name, version = project["name"], project["version"]
    purl = f"pkg:pypi/{name}@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": list({one["bom-ref"]: one for one in components}.values()),
    }


if __name__ == "__main__":
    print(json.dumps(bill(), indent=1))
