"""What every store was seen to do: the conformance tests as rows, the stores as columns."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

STORES: Final = ("memory", "sqlite", "postgresql", "firestore")
NOT_ASKED: Final = "—"
_RANK: Final = ("pass", "skip", "fail")

Outcome = Literal["pass", "skip", "fail"]
Cell = dict[Outcome, int]


def better_known(name: str) -> str:
    """A test's name as a sentence."""
    return re.sub("^test_", "", name).replace("_", " ")


@dataclass
class Table:
    """Outcomes by test and store; a test with several cases has one cell for all of them."""

    rows: dict[tuple[str, str], dict[str, Cell]] = field(default_factory=dict)

    def note(self, module: str, test: str, store: str, outcome: Outcome) -> None:
        """One case ran. A case that failed in its set-up or clean-up failed."""
        cell = self.rows.setdefault((module, test), {}).setdefault(store, {})
        cell[outcome] = cell.get(outcome, 0) + 1

    def totals(self) -> dict[str, Cell]:
        """Cases by outcome for each store."""
        counted: dict[str, Cell] = {store: {} for store in STORES}
        for cells in self.rows.values():
            for store, cell in cells.items():
                for outcome, count in cell.items():
                    total = counted.setdefault(store, {})
                    total[outcome] = total.get(outcome, 0) + count
        return counted

    def troubles(self, *, ci: bool) -> list[str]:
        """Why this run proves less than it should; in CI no store may be left out."""
        found = []
        for store, cell in self.totals().items():
            if store not in STORES:
                found.append(f"{store} is not among the columns {', '.join(STORES)}")
            elif ci and cell.get("skip"):
                found.append(f"{store}: {cell['skip']} cases were skipped; in CI every store runs")
            elif ci and not cell.get("pass"):
                found.append(f"{store}: no case passed; in CI every store runs")
        return found

    def text(self) -> str:
        """The table for a terminal."""
        width = max((len(better_known(test)) for _, test in self.rows), default=0)
        lines = [f"{'':{width}}  " + "  ".join(f"{store:>12}" for store in STORES)]
        for module, rows in self._modules().items():
            lines.append(module)
            for test, cells in rows.items():
                shown = "  ".join(f"{_shown(cells.get(store)):>12}" for store in STORES)
                lines.append(f"{better_known(test):{width}}  {shown}")
        for outcome in _RANK:
            counts = [str(cell.get(outcome, 0)) for cell in self._columns()]
            line = "  ".join(f"{count:>12}" for count in counts)
            lines.append(f"{f'cases: {outcome}':{width}}  {line}")
        return "\n".join(lines)

    def markdown(self) -> str:
        """The table as a page of the documentation."""
        head = "| | " + " | ".join(STORES) + " |\n|---|" + "---|" * len(STORES) + "\n"
        parts = [_INTRODUCTION, "## Totals\n\n", head]
        for outcome in _RANK:
            counts = " | ".join(str(cell.get(outcome, 0)) for cell in self._columns())
            parts.append(f"| {outcome} | {counts} |\n")
        for module, rows in self._modules().items():
            parts += [f"\n## {module}\n\n", head]
            for test, cells in rows.items():
                shown = " | ".join(_shown(cells.get(store)) for store in STORES)
                parts.append(f"| {better_known(test)} | {shown} |\n")
        return "".join(parts)

    def _columns(self) -> list[Mapping[Outcome, int]]:
        totals = self.totals()
        return [totals[store] for store in STORES]

    def _modules(self) -> dict[str, dict[str, dict[str, Cell]]]:
        grouped: dict[str, dict[str, dict[str, Cell]]] = defaultdict(dict)
        for (module, test), cells in self.rows.items():
            grouped[module][test] = cells
        return dict(sorted(grouped.items()))


def _shown(cell: Cell | None) -> str:
    if not cell:
        return NOT_ASKED
    worst = max(cell, key=_RANK.index)
    count, cases = cell[worst], sum(cell.values())
    if cases == 1:
        return worst
    return f"{worst} ×{cases}" if count == cases else f"{worst} {count}/{cases}"


_INTRODUCTION: Final = """\
<!-- Written by `make conformance` from a run over all four stores; changes made here are lost. -->

# What every store does

One suite runs over every store: the tests of the store itself, and those of a server over it.
Each row is a test, `×5` that it has five cases. `—`: the test is not asked of that store,
because it needs what outlives the process, or compares the others with this one.

`make conformance` runs the suite, prints this table and writes this page. In CI (`CI=true`) it
fails when a store was skipped.

"""
