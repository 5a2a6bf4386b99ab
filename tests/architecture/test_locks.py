"""The lock files and the pins of pyproject.toml hold the same versions."""

import itertools
import re
import tomllib
from pathlib import Path

import pytest

from scripts.common import ToolError
from scripts.lock import pins_of, with_pins

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def lock(name: str) -> str:
    """Text of a lock file."""
    return (LOCKS / f"{name}.lock").read_text(encoding="utf-8")


def name_of(requirement: str) -> str:
    """Normalised name of the package that a requirement asks for."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def test_uv_run_and_make_install_the_same_versions() -> None:
    """`uv run` follows the pins of pyproject.toml, `make` the lock files; they agree."""
    assert PYPROJECT["tool"]["uv"]["constraint-dependencies"] == pins_of(lock("dev"))
    assert PYPROJECT["tool"]["uv"]["build-constraint-dependencies"] == pins_of(lock("build"))


def test_the_smaller_locks_are_part_of_the_whole() -> None:
    """What `make up` installs, and what builds the project, is what the tests ran with."""
    names = {pin.partition(" ;")[0] for pin in pins_of(lock("dev"))}
    for smaller in ("run", "server", "build"):
        assert {pin.partition(" ;")[0] for pin in pins_of(lock(smaller))} <= names


def test_every_dependency_of_the_project_is_locked() -> None:
    """A dependency added to pyproject.toml without `make lock` is named here."""
    project, groups = PYPROJECT["project"], PYPROJECT["dependency-groups"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *itertools.chain.from_iterable(extras)]
    asked += [entry for entry in groups["dev"] if isinstance(entry, str)]
    asked += [*groups["run"], *groups["build"]]
    locked = {name_of(pin) for pin in pins_of(lock("dev"))} | {"motherhaven"}
    assert [entry for entry in asked if name_of(entry) not in locked] == [], "run: make lock"


@pytest.mark.parametrize("name", ["tools", "run", "server", "dev", "build"])
def test_locks_have_a_hash_for_every_package_and_name_no_place(name: str) -> None:
    """A lock is pins, hashes and comments: no index, no address, no path of a machine."""
    text = lock(name)
    pins = pins_of(text)
    assert pins
    assert len(pins) == len(re.findall(r"^\S+==", text, re.MULTILINE))
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert not re.search(r"https?:|--(extra-)?index|--find-links|file:|(^|\s)/\w", text)


def test_pins_are_read_with_their_markers_and_written_between_the_marks() -> None:
    """The two functions that `make lock` is made of, on a small example."""
    text = "a==1 \\\n    --hash=sha256:00\n    # via b\nc==2 ; x == 'y' \\\n    --hash=sha256:11\n"
    assert pins_of(text) == ["a==1", "c==2 ; x == 'y'"]
    old = "[x]\n# begin of pins\nold\n# end of pins\n[y]\n"
    new = with_pins(old, ["a==1"], ["b==2"])
    assert tomllib.loads(new) == {
        "x": {"constraint-dependencies": ["a==1"], "build-constraint-dependencies": ["b==2"]},
        "y": {},
    }
    with pytest.raises(ToolError, match="begin of pins"):
        with_pins("[x]\n", [], [])
