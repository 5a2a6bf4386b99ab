"""scripts/complete_npm_lock.py: what it adds, what it leaves out, what it refuses."""

from typing import Any

import pytest

from scripts.common import ToolError
from scripts.complete_npm_lock import complete, platform_of


def lock_of(**packages: dict[str, Any]) -> dict[str, Any]:
    """A lock file with the named packages beside the root."""
    installed = {f"node_modules/{name}": entry for name, entry in packages.items()}
    return {"lockfileVersion": 3, "packages": {"": {"name": "x"}, **installed}}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("@next/swc-darwin-arm64", {"os": ["darwin"], "cpu": ["arm64"]}),
        ("@next/swc-linux-x64-musl", {"os": ["linux"], "cpu": ["x64"], "libc": ["musl"]}),
        ("@img/sharp-linuxmusl-arm64", {"os": ["linux"], "cpu": ["arm64"], "libc": ["musl"]}),
        ("@x/core-linux-arm-gnueabihf", {"os": ["linux"], "cpu": ["arm"], "libc": ["glibc"]}),
        ("@x/core-win32-ia32-msvc", {"os": ["win32"], "cpu": ["ia32"]}),
        ("@img/sharp-wasm32", {"cpu": ["wasm32"]}),
        ("fsevents", {}),
    ],
)
def test_the_platform_is_read_from_the_name(name: str, fields: dict[str, list[str]]) -> None:
    """npm installs an optional package only where these fields fit."""
    assert platform_of(name) == fields


def test_left_out_platforms_are_added_and_addresses_removed() -> None:
    """An optional package with an exact version that npm left out comes back, once."""
    lock = lock_of(
        tool={
            "version": "1.2.3",
            "resolved": "somewhere",
            "optionalDependencies": {"tool-linux-x64": "1.2.3", "tool-darwin-arm64": "1.2.3"},
        },
        **{"tool-linux-x64": {"version": "1.2.3", "optional": True}},
    )
    assert complete(lock) == ["tool-darwin-arm64"]
    assert lock["packages"]["node_modules/tool-darwin-arm64"] == {
        "version": "1.2.3",
        "optional": True,
        "os": ["darwin"],
        "cpu": ["arm64"],
    }
    assert "resolved" not in lock["packages"]["node_modules/tool"]
    assert list(lock["packages"]) == ["", *sorted(lock["packages"])[1:]]
    assert complete(lock) == []


def test_a_nested_or_inherited_package_counts_as_there() -> None:
    """Node looks in every folder upwards, also below scoped packages."""
    lock = lock_of(
        **{
            "@a/b": {"version": "1.0.0", "optionalDependencies": {"c": "1.0.0", "d": "1.0.0"}},
            "@a/b/node_modules/c": {"version": "1.0.0"},
            "d": {"version": "1.0.0"},
        }
    )
    assert complete(lock) == []


def test_a_range_is_left_to_npm() -> None:
    """Only an exact version tells what to lock."""
    lock = lock_of(a={"version": "1.0.0", "optionalDependencies": {"b": "^1.0.0"}})
    assert complete(lock) == []


def test_an_old_lock_file_is_refused() -> None:
    """Version 1 has no `packages`; the error tells what to do."""
    with pytest.raises(ToolError, match="npm 9 or newer"):
        complete({"lockfileVersion": 1, "dependencies": {}})
