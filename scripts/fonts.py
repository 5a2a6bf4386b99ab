"""Makes the page's fonts: what it shows out of Inter and JetBrains Mono, at the weights it uses.

    python -m venv .tools/fonts && .tools/fonts/bin/pip install fonttools brotli
    .tools/fonts/bin/python scripts/fonts.py

The files and fonts.css are kept in dashboard/src/fonts, so that a build needs none of this. Other
scripts (Greek, Cyrillic, …) come from the packages' own files, when a text has them.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.common import ROOT, say

PACKAGES: Final = ROOT / "dashboard" / "node_modules" / "@fontsource-variable"
FONTS: Final = ROOT / "dashboard" / "src" / "fonts"
RANGE: Final = (
    "U+0020-007E, U+00A0-00FF, U+2010-2027, U+2030-203A, U+20AC, U+2122, U+2191, U+2193, U+2212"
)
WEIGHTS: Final = (400, 600)
FAMILIES: Final = {"inter": "Inter Variable", "jetbrains-mono": "JetBrains Mono Variable"}
FEATURES: Final = {
    "inter": "kern,calt,ccmp,locl,mark,mkmk,tnum,cv05,cv08,ss03",
    # No ligatures: a record is shown sign by sign.
    "jetbrains-mono": "kern,ccmp,locl,mark,mkmk",
}


def make(name: str) -> Path:
    """The font of a package, cut to RANGE, WEIGHTS and its features."""
    source = PACKAGES / name / "files" / f"{name}-latin-wght-normal.woff2"
    made = FONTS / f"{name}.woff2"
    low, high = WEIGHTS
    with tempfile.TemporaryDirectory() as folder:
        cut = Path(folder) / "cut.ttf"
        _tool("varLib.instancer", "-q", "--output", str(cut), str(source),
              f"wght={low}:{high}")  # fmt: skip
        _tool(
            "subset", str(cut), f"--unicodes={RANGE.replace(' ', '')}", "--flavor=woff2",
            f"--layout-features={FEATURES[name]}", f"--output-file={made}",
        )  # fmt: skip
    return made


def _tool(name: str, *words: str) -> None:
    subprocess.run([sys.executable, "-m", f"fontTools.{name}", *words], check=True)


_HEAD: Final = """\
/*
 * Written by scripts/fonts.py: what the page shows most, cut out of the two fonts, and the
 * packages' own faces for all other scripts. Both have the Open Font License (OFL.txt).
 */
"""
_FACE: Final = """\
@font-face {{
  font-family: "{family}";
  font-style: normal;
  font-display: swap;
  font-weight: {weights};
  src: url("{file}") format("woff2");
  unicode-range: {range};
}}
"""


def faces(name: str) -> list[str]:
    """The CSS of a family: its own file for Latin, the package's files for the rest."""
    sheet = (PACKAGES / name / "index.css").read_text(encoding="utf-8")
    found = re.findall(r"files/([\w-]+\.woff2).*?unicode-range: ([^;]+);", sheet, re.DOTALL)
    others = {file: text for file, text in found if "-latin-wght" not in file}
    package = f"../../node_modules/@fontsource-variable/{name}/files"
    told = [(f"./{name}.woff2", "{} {}".format(*WEIGHTS), RANGE)]
    told += [(f"{package}/{file}", "100 900", text) for file, text in others.items()]
    return [
        _FACE.format(
            family=FAMILIES[name],
            weights=weights,
            file=file,
            range=", ".join(re.split(r",\s*", text)),
        )
        for file, weights, text in told
    ]


if __name__ == "__main__":
    (FONTS / "fonts.css").write_text(
        _HEAD + "\n".join(face for name in FAMILIES for face in faces(name)), encoding="utf-8"
    )
    for one in FEATURES:
        path = make(one)
        say(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1024:.1f} KiB")
