"""Write replays.json anew: only where the outcome of a replay is meant to change.

Run from the root: `python tests/golden/make_replays.py`.
"""

import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.replaykit import CASES, digest  # noqa: E402  # the root must be on the path first


def main() -> None:
    """Every case's digest, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        found = {case.name: digest(case, Path(folder)) for case in CASES}
    (HERE / "replays.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
