"""`make mutants` does what it says, and its list is true of the tree."""

import re
from pathlib import Path

import pytest

from motherhaven.bot.guard.rules import MARGIN_LIMITS, RULES
from scripts.mutant_list import MUTANTS
from scripts.mutants import Mutant, fault_of, run

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_can_be_applied(mutant: Mutant) -> None:
    """Its text stands in its file exactly once, its new text is Python, its tests are there."""
    assert fault_of(mutant, ROOT) is None
    assert mutant.new != mutant.old
    for words in mutant.tests:
        if words.endswith(".py") or "::" in words:
            file, _, name = words.partition("::")
            assert (ROOT / file).is_file()
            assert re.search(rf"^(async )?def {name}", (ROOT / file).read_text(), re.MULTILINE)


def test_names_are_unique_and_each_kind_is_there() -> None:
    """What must never be removed without a test that notices."""
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)
    for word in ("deduplication", "fsync", "acknowledgement", "scope", "cap", "bound", "identity"):
        assert any(word in name for name in names), word


def test_every_rule_and_cap_of_the_guard_has_a_mutant() -> None:
    """A new rule needs one."""
    names = {mutant.name for mutant in MUTANTS}
    assert {f"guard rule {rule.code}" for rule in RULES} <= names
    assert {f"guard cap {limit.code}" for limit in MARGIN_LIMITS} <= names


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree with a safeguard that is tested and one that is not."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "guarded.py").write_text(
        "def check(size):\n    if size > 5:\n        raise ValueError\n    return abs(size)\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_guarded.py").write_text(
        "import pytest\nfrom guarded import check\n\n"
        "def test_bound():\n    with pytest.raises(ValueError):\n        check(6)\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("size > 5", "size > 9", 0, "killed"),
        ("abs(size)", "size", 1, "SURVIVED"),
        ("size > 4", "size > 9", 2, "0 times, not once"),
        ("size > 5", "size >", 2, "no Python"),
        ("def check", "def other", 2, "BROKEN"),
        ("size", "sizes", 2, "3 times"),
    ],
)
def test_the_command_tells_killed_survived_and_stale(
    tree: Path, old: str, new: str, code: int, said: str
) -> None:
    """Each in its exit code and its words; the tree itself is never touched."""
    before = (tree / "src" / "guarded.py").read_text()
    told: list[str] = []
    mutant = Mutant("one", "src/guarded.py", old, new, ("tests/test_guarded.py",))
    assert run([mutant], tree, told.append) == code
    assert said in "\n".join(told)
    assert (tree / "src" / "guarded.py").read_text() == before


def test_tests_that_are_red_already_prove_nothing(tree: Path) -> None:
    """Without any mutant they must be green; an empty list is no success."""
    (tree / "tests" / "test_guarded.py").write_text("def test_bound():\n    assert False\n")
    told: list[str] = []
    mutant = Mutant("one", "src/guarded.py", "size > 5", "size > 9", ("tests/test_guarded.py",))
    assert run([mutant], tree, told.append) == 2
    assert told == ["RED       without any mutant: pytest tests/test_guarded.py"]
    assert run([], tree, told.append) == 2
