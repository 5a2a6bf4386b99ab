"""Run the benchmarks: `python -m benchmarks [NAME …] [--rounds N]`."""

import argparse
import importlib
import pkgutil
import sys

import benchmarks


def main() -> int:
    """Print one line for each figure; no figure is a pass or a fail."""
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name[0] != "_")
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", choices=[*names, []], help="which; default: all")
    parser.add_argument("--rounds", type=int, default=5, help="paired rounds (default 5)")
    parser.add_argument("--full", action="store_true", help="full size, where that takes long")
    chosen = parser.parse_args()
    benchmarks.FULL = chosen.full
    for name in chosen.names or names:
        module = importlib.import_module(f"benchmarks.{name}")
        for figure, value, meaning in module.run(chosen.rounds):
            print(f"{name:<10} {figure:<34} {value:>12.4g}  {meaning}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
