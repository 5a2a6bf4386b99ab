"""`motherhaven --help` is quick because of what it does not load."""

import subprocess
import sys

HEAVY = "asyncio ssl logging pydantic httpx apsw fastapi numpy ccxt google"
LOADED = f"""
import contextlib, io, sys
from motherhaven.cli.main import main
sys.argv = ["motherhaven", "--help"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main()
print(set("{HEAVY}".split()) & set(sys.modules))
"""


def test_the_list_of_commands_loads_none_of_them() -> None:
    """A command loads what it needs when it is run, so that the list costs no more than typer."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
