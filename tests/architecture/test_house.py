"""The page that says where things are in the code is true of the code."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explanation/the-house.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "src/motherhaven"
BELOW = (ROOT, PACKAGE, ROOT / "dashboard/src")
PATH = re.compile(r"[\w.-]+/[\w./-]*|[\w-]+\.(?:py|tsx?|toml|md)")


def contracts() -> dict[str, str]:
    """The layers of import-linter by the package that they are in, a line a layer."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {}
    for rule in rules["tool"]["importlinter"]["contracts"]:
        if rule["type"] != "layers":
            continue
        modules = re.findall(r"[\w.]+", " ".join(rule["layers"]))
        inside = {module.rpartition(".")[0] for module in modules}
        assert len(inside) == 1, rule["name"]
        (package,) = inside
        found[package] = "\n".join(rule["layers"]).replace(f"{package}.", "")
    return found


def test_every_path_on_the_page_exists() -> None:
    """A file that was moved or renamed is named here, as the page still has it."""
    named = {text for text in re.findall(r"`([^`\n]+)`", PAGE) if PATH.fullmatch(text)}
    assert len(named) > 70
    assert sorted(n for n in named if not any((top / n).exists() for top in BELOW)) == []


def test_every_package_is_on_the_page() -> None:
    """A new package below src/motherhaven gets its line in the table."""
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages <= set(re.findall(r"^\| `(\w+)/` \|", PAGE, re.MULTILINE))


def test_what_may_import_what_is_what_import_linter_checks() -> None:
    """The page shows the layers of pyproject.toml, each contract in its own block."""
    shown = re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)
    assert sorted(shown) == sorted(contracts().values())
