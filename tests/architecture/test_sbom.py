"""The bill of materials names every package of a release, once, with its hashes."""

import json
import re
from pathlib import Path

from scripts.lock import pins_of
from scripts.sbom import bill, page_components, python_components

ROOT = Path(__file__).resolve().parents[2]


def test_every_locked_package_is_listed_with_its_hashes() -> None:
    """All of requirements/server.lock, and the page's own packages such as React."""
    components = {one["purl"]: one for one in bill()["components"]}
    pins = pins_of((ROOT / "requirements" / "server.lock").read_text(encoding="utf-8"))
    locked = {f"pkg:pypi/{pin.partition(' ;')[0].replace('==', '@')}" for pin in pins}
    assert {purl for purl in components if purl.startswith("pkg:pypi/")} == locked
    assert len(locked) > 30
    direct = json.loads((ROOT / "dashboard" / "package.json").read_text(encoding="utf-8"))
    for name, version in direct["dependencies"].items():
        assert f"pkg:npm/{name.replace('@', '%40')}@{version}" in components
    assert not any("vitest" in purl for purl in components), "the page is not made of its tests"
    assert all(one["hashes"] for one in components.values())


def test_it_has_the_shape_of_cyclonedx() -> None:
    """The fields that the format asks for; references are unique."""
    document = bill()
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    references = [one["bom-ref"] for one in document["components"]]
    assert len(references) == len(set(references))
    for one in document["components"]:
        assert {"type", "name", "version", "purl"} <= set(one)
        for digest in one["hashes"]:
            assert re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}", digest["content"])


def test_lock_entries_are_read_with_markers_and_all_hashes() -> None:
    """The two readers on small examples."""
    first, second = "a" * 64, "b" * 64
    text = f"x==1 ; os == 'y' \\\n    --hash=sha256:{first} \\\n    --hash=sha256:{second}\n"
    (one,) = python_components(text)
    assert [digest["content"] for digest in one["hashes"]] == [first, second]
    assert one["properties"][0]["value"] == "os == 'y'"
    lock = {
        "packages": {
            "": {},
            "node_modules/@s/p": {"version": "2", "integrity": "sha512-AAAA", "license": "MIT"},
            "node_modules/d": {"version": "1", "dev": True},
        }
    }
    (only,) = page_components(lock)
    assert (only["purl"], only["hashes"][0]["content"]) == ("pkg:npm/%40s/p@2", "000000")
