"""Write requirements/*.lock and the pins of pyproject.toml, both from pyproject.toml.

    python scripts/lock.py              keep every version that still fits
    python scripts/lock.py --upgrade    take the newest versions that fit

The lock files carry hashes and name no package index. The pins ([tool.uv] constraint-dependencies)
hold the same versions for `uv run`, whose own uv.lock is not kept.
"""

import argparse
import re
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import ensure_uv
from scripts.common import ROOT, ToolError, run, say, stop, tool_environment

REQUIREMENTS = ROOT / "requirements"
PYPROJECT = ROOT / "pyproject.toml"
BEGIN, END = "# begin of pins\n", "# end of pins\n"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*==[^ \\]+(?: ; [^\\]+?)?) *\\?$", re.MULTILINE)


def pins_of(lock_text: str) -> list[str]:
    """The `name==version ; marker` lines of a lock file, in its order."""
    return PIN.findall(lock_text)


def with_pins(pyproject_text: str, run_time: list[str], build_time: list[str]) -> str:
    """The text of pyproject.toml with the pins between the two marks replaced.

    Raises:
        ToolError: the marks are missing.
    """
    head, begin, rest = pyproject_text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ToolError(f"{PYPROJECT.name} lacks the lines {BEGIN!r} and {END!r} in [tool.uv].")
    blocks = []
    for key, pins in (
        ("constraint-dependencies", run_time),
        ("build-constraint-dependencies", build_time),
    ):
        lines = "".join(f'    "{pin}",\n' for pin in pins)
        blocks.append(f"{key} = [\n{lines}]\n")
    return head + begin + "".join(blocks) + end + tail


def _compile(uv: Path, name: str, source: list[str], *, upgrade: bool, follow: str = "") -> None:
    command: list[str | Path] = [uv, "--no-config", "pip", "compile", "--quiet", "--universal"]
    command += ["--generate-hashes", "--python-version", "3.11", "--no-emit-package", "motherhaven"]
    command += ["--custom-compile-command", "make lock", "--annotation-style", "line"]
    command += ["--upgrade"] if upgrade else []
    command += ["--constraint", f"requirements/{follow}.lock"] if follow else []
    command += [*source, "--output-file", f"requirements/{name}.lock"]
    say(f"locking requirements/{name}.lock")
    run(command, fix="Read the resolver's message above.", env=tool_environment())


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the lock files.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    upgrade = parser.parse_args().upgrade
    try:
        uv = ensure_uv()
        _compile(uv, "tools", ["--group", "tools"], upgrade=upgrade)
        everything = ["pyproject.toml", "--all-extras", "--group", "dev"]
        _compile(uv, "dev", everything, upgrade=upgrade)
        running = ["pyproject.toml", "--extra", "bot", "--group", "run"]
        _compile(uv, "run", running, upgrade=False, follow="dev")
        _compile(uv, "server", ["pyproject.toml", "--all-extras"], upgrade=False, follow="dev")
        _compile(uv, "build", ["--group", "build"], upgrade=False, follow="dev")
        text = {n: (REQUIREMENTS / f"{n}.lock").read_text("utf-8") for n in ("dev", "build")}
        old = PYPROJECT.read_text("utf-8")
        new = with_pins(old, pins_of(text["dev"]), pins_of(text["build"]))
        if new != old:
            PYPROJECT.write_text(new, encoding="utf-8")
    except ToolError as error:
        stop(error)
    say("done: run `make test`, then commit requirements/ and pyproject.toml")


if __name__ == "__main__":
    main()
