"""The documentation builds strictly, without network, and says what is true of the code."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import typer

from motherhaven.cli.main import app
from motherhaven.settings import ServerSettings, Settings
from scripts.docs_reference import pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GENERATED = DOCS / "reference"
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.parent != GENERATED)
OTHERS = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "MOTHERHAVEN_INTEGRATION")]
TEXTS = {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in [*PAGES, *OTHERS]}
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
SETTINGS = {name.upper() for name in {*ServerSettings.model_fields, *Settings.model_fields}}
NOT_OURS = {"POSTGRES_PASSWORD"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning of any kind, such as a dead link or anchor, fails here."""
    folder = tmp_path_factory.mktemp("site")
    # Not --quiet: it would hide the warnings from --strict too.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "WARNING" in done.stderr) == (0, False), done.stderr
    return folder


class _Resources(HTMLParser):
    """Collects what a page loads by itself; links that a reader follows are not among it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [given[name] or "" for name in ("src", "srcset") if name in given]
        if tag == "link":
            self.found.append(given.get("href") or "")


def test_the_site_builds_and_loads_nothing_from_elsewhere(site: Path) -> None:
    """Every script, style, font and image is a file of the site itself."""
    html = [page for page in site.rglob("*.html") if page.name != "404.html"]
    assert len(html) > 20
    for page in html:
        parser = _Resources()
        parser.feed(page.read_text(encoding="utf-8"))
        for one in parser.found:
            assert not re.match(r"(https?:)?//", one), f"{page.name}: {one}"
            assert (page.parent / one.partition("?")[0].partition("#")[0]).exists(), one
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", style.read_text(encoding="utf-8"))


def test_every_page_has_its_place(site: Path) -> None:
    """Each of the four kinds of documentation has pages, and the search index knows them."""
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    for kind in ("tutorial", "how-to", "reference", "explanation"):
        sources = list((DOCS / kind).glob("*.md"))
        assert sources, kind
        for source in sources:
            assert f"{kind}/{source.stem}.html" in index


def test_the_reference_is_what_the_code_says() -> None:
    """Settings, commands, routes, events, rules and errors as they are now."""
    made = pages()
    stale = [p.name for p in made if not p.exists() or p.read_text(encoding="utf-8") != made[p]]
    assert stale == [], "run: make docs"
    there = {p.name for p in GENERATED.glob("*.md")}
    generated = {p.name for p in made if p.parent.name == GENERATED.name}
    assert there == {*generated, "conformance.md"}, "the last one is made by a run of the suite"


def blocks() -> Iterator[tuple[str, str, str]]:
    """Name of the text, language and content of every fenced block, without its indent."""
    for name, text in TEXTS.items():
        for indent, language, body in BLOCK.findall(text):
            lines = (line.removeprefix(indent) for line in body.splitlines())
            yield name, language, "\n".join(lines)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every simple command that a text shows, with the text's name."""
    for name, language, body in blocks():
        if language not in {"bash", "sh"} or "post() {" in body:
            continue
        for line in body.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|\||[|;]", re.sub(r"(^|\s)#.*$", "", line)):
                try:
                    words = shlex.split(part)
                except ValueError:
                    continue  # a part of something longer, such as JSON over several lines
                while words and re.match(r"[A-Z_]+=", words[0]):
                    words.pop(0)
                if words:
                    yield name, words


COMMANDS = list(commands())


def test_the_texts_show_commands() -> None:
    """The search for commands finds those that the other tests check."""
    programs = {words[0] for _, words in COMMANDS}
    assert programs >= {"make", "motherhaven", "python", "curl", "docker", "systemctl"}
    assert len(COMMANDS) > 60


def test_shown_commands_exist_with_their_options() -> None:
    """Each `motherhaven …` names a command that is there and options that it has."""
    wrong = []
    for name, words in COMMANDS:
        if words[0].rpartition("/")[2] == "motherhaven" and not _known(words[1:]):
            wrong.append(f"{name}: {' '.join(words)}")
    assert wrong == []


def _known(words: list[str]) -> bool:
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    if hasattr(command, "commands"):
        return words in (["--version"], ["--help"])
    options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    if command.name == "bot":  # its words have options of their own
        options |= {"--flatten", "--hours", "--clear"}
    asked = {word.partition("=")[0] for word in words if word.startswith("-")}
    return asked <= options | {"--help"}


def test_shown_targets_and_scripts_exist() -> None:
    """Each `make …` is a target; each script that is run, and each copied file, is there."""
    wrong = []
    for name, words in COMMANDS:
        if words[0] == "make" and len(words) > 1 and words[1] not in TARGETS:
            wrong.append(f"{name}: {' '.join(words)}")
        ours = [w for w in words[1:] if re.match(r"(deploy|examples|scripts)/", w)]
        ours += [w for w in words[1:2] if words[0] == "python" and w.endswith(".py")]
        wrong += [f"{name}: {w}" for w in ours if not (ROOT / w.split("|")[0]).exists()]
    assert wrong == []


def test_shown_settings_exist() -> None:
    """Each NAME=value of a shell block is a setting."""
    found = {
        (name, setting)
        for name, language, body in blocks()
        if language in {"bash", "sh"}
        for setting in re.findall(r"(?:^|[\s\"])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=", body, re.M)
    }
    assert len(found) > 15
    assert {one for one in found if one[1] not in SETTINGS | NOT_OURS} == set()


def test_shown_examples_are_the_files_that_the_tests_run() -> None:
    """A block below `<!-- examples/… -->` is that file, letter for letter."""
    shown = [
        (file, body)
        for text in TEXTS.values()
        for file, body in re.findall(r"<!-- (examples/\S+) -->\n```\w+\n(.*?)```", text, re.DOTALL)
    ]
    assert {file for file, _ in shown} >= {
        "examples/ten_lines.py",
        "examples/curl.sh",
        "examples/fleet.toml",
    }
    for file, body in shown:
        assert body == (ROOT / file).read_text(encoding="utf-8"), f"copy {file} into the text"


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_links_of_the_texts_beside_the_docs_lead_somewhere(path: Path) -> None:
    """Relative links of the README and its neighbours name files that are there."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    local = [link.partition("#")[0] for link in links if not re.match(r"https?:|#|mailto:", link)]
    assert [link for link in local if link and not (path.parent / link).exists()] == []


def test_the_truth_about_live_trading_is_told() -> None:
    """Whoever reads about going live is told first that nothing is sent before it was armed."""
    text = TEXTS["docs/how-to/go-live.md"]
    assert "off until you arm it" in text.split("##")[0]
    assert "once `motherhaven arm` armed it" in (GENERATED / "settings.md").read_text(
        encoding="utf-8"
    )
