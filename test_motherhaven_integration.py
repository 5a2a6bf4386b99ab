"""The guide's step 4: `python test_motherhaven_integration.py`. Exits 1 when a check fails."""

import sys

from scripts.own_python import go_on_in_checkout

if __name__ == "__main__":
    go_on_in_checkout()
    from motherhaven.cli.selftest import run

    sys.exit(run())
