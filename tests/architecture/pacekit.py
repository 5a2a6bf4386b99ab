"""Finds in a test's source what makes its verdict depend on the pace of the machine."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

CLOCKS: Final = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time",
                 "process_time_ns", "thread_time", "thread_time_ns", "time", "time_ns"}  # fmt: skip
SHORTEST_SECONDS: Final = 60.0
"""A bound on what another thread or process does is a guard against hanging, or a verdict."""

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)

_WAITS: Final = {"wait": 0, "join": 0, "communicate": 1, "wait_for": 1, "flush": 0, "timeout": 0}
"""Calls that wait, and which of their arguments says how long."""

_WITH_TIMEOUT: Final = {"run", "urlopen", "get", "post", "Client", "AsyncClient",
                        "create_connection", "HTTPConnection", "HTTPSConnection", "to_be_visible",
                        "to_have_count", "to_have_text", "wait_for_function", "communicate",
                        "to_thread", "wait", "check_output", "check_call"}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Something that depends on pace: the function it is in, its line, and what it is."""

    function: str
    line: int
    what: str


def _is_clock(node: ast.AST) -> bool:
    """Whether this is `time.monotonic()` and the like: a clock of the machine, not of a test."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "time"
    )


class _Names:
    """Names of a function, and functions of its module, that hold or give a reading of the clock.

    `outer`: the names that the function sees from outside.
    """

    def __init__(self, scope: ast.AST, outer: set[str]) -> None:
        self.timed = set(outer)
        grown = True
        while grown:
            before = len(self.timed)
            for node in ast.walk(scope):
                self._learn(node)
            grown = len(self.timed) > before

    def holds(self, node: ast.AST) -> bool:
        """Whether an expression reads the clock, or something that was read from it."""
        return any(
            _is_clock(one) or (isinstance(one, ast.Name) and one.id in self.timed)
            for one in ast.walk(node)
        )

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
            if node.value is not None and self.holds(node.value):
                self._add(node.targets if isinstance(node, ast.Assign) else [node.target])
        elif isinstance(node, ast.For) and self.holds(node.iter):
            self._add([node.target])
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"append", "add"}
            and isinstance(node.func.value, ast.Name)
            and any(self.holds(one) for one in node.args)
        ):
            self.timed.add(node.func.value.id)

    def _add(self, targets: list[ast.expr]) -> None:
        for target in targets:
            self.timed |= {one.id for one in ast.walk(target) if isinstance(one, ast.Name)}


def _timed_functions(tree: ast.Module) -> set[str]:
    """Functions of a module that give a reading of the clock, whoever it is handed on by."""
    functions = [one for one in tree.body if isinstance(one, _FUNCTIONS)]
    timed: set[str] = set()
    while True:
        found = set()
        for one in functions:
            names = _Names(one, timed)
            gives = (node.value for node in ast.walk(one) if isinstance(node, ast.Return))
            if any(value is not None and names.holds(value) for value in gives):
                found.add(one.name)
        if found <= timed:
            return timed
        timed |= found


def _is_soak(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("mark.soak" in ast.unparse(one) for one in node.decorator_list)


def _seconds(node: ast.Call) -> float | None:
    """How long a call waits, where the source says so in plain figures."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given: ast.expr | None = None
    place = _WAITS.get(name)
    if place is not None and len(node.args) > place:
        given = node.args[place]
    if name in _WITH_TIMEOUT or name in _WAITS:
        given = next((one.value for one in node.keywords if one.arg == "timeout"), given)
    if not isinstance(given, ast.Constant) or isinstance(given.value, bool):
        return None
    value = given.value
    if not isinstance(value, int | float):
        return None
    is_milliseconds = name.startswith(("to_", "wait_for_")) and value >= 1_000
    return value / 1_000 if is_milliseconds else float(value)


def _sleeps(node: ast.Call) -> bool:
    if ast.unparse(node.func) not in {"time.sleep", "asyncio.sleep"}:
        return False
    first = node.args[0] if node.args else None
    return not (isinstance(first, ast.Constant) and first.value == 0)


def findings(source: str) -> Iterator[Found]:
    """Everything in a module that `make soak` alone may have.

    A comparison with a reading of the machine's clock, a wait of fewer than SHORTEST_SECONDS,
    and a sleep (other than of 0 seconds, which only lets others run).
    """
    tree = ast.parse(source)
    functions = _timed_functions(tree)

    def visit(node: ast.AST, function: str, names: _Names) -> Iterator[Found]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if _is_soak(node):
                return
            if function == "module":  # a function within one sees the names of the outer one
                function, names = node.name, _Names(node, functions)
        if isinstance(node, ast.Compare) and names.holds(node):
            yield Found(function, node.lineno, "compares elapsed time")
        if isinstance(node, ast.Call):
            if _sleeps(node):
                yield Found(function, node.lineno, "sleeps")
            seconds = _seconds(node)
            if seconds is not None and seconds < SHORTEST_SECONDS:
                yield Found(function, node.lineno, f"waits {seconds:g} s at most")
        for child in ast.iter_child_nodes(node):
            yield from visit(child, function, names)

    top = ast.Module([one for one in tree.body if not isinstance(one, _FUNCTIONS)], [])
    yield from visit(tree, "module", _Names(top, functions))
