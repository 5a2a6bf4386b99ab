"""Write docs/reference/ from the code itself: settings, commands, HTTP API, events, errors.

python scripts/docs_reference.py           write the pages
python scripts/docs_reference.py --check   fail when a page is not what the code says now
"""

import argparse
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from motherhaven.cli.main import app
from motherhaven.contract import errors, events, live_reasons, reasons
from motherhaven.contract.venue_reasons import VENUE
from motherhaven.contract.wire import MAX_BATCH_EVENTS, MAX_BODY_BYTES
from motherhaven.server.auth.policy import Routes
from motherhaven.server.openapi import described_app
from motherhaven.server.wire.problems import problem_of
from motherhaven.settings import ServerSettings, Settings
from scripts.common import ROOT, say
from scripts.docs_guard import env_limits, guard_page, guard_reasons
from scripts.docs_prompt import prompt_page
from scripts.docs_text import cell, code, kind_of, table

FOLDER = ROOT / "docs" / "reference"
HEAD = "<!-- Written by `make docs` from the code; changes made here are lost. -->\n\n"
ACCESS = {
    "public": "open to all",
    "ingest": "the key",
    "read": "the key or a session, unless reading is open to this machine",
    "form": "a form of the server's own pages",
    "control": "the shared key, a key with the scope `control`, or a session that has confirmed "
    "with its key",
}


# --- settings -----------------------------------------------------------------------------


def settings_page() -> str:
    """Every setting: name, default, kind and meaning, in the order of .env.example."""
    kinds = {**_kinds(Settings, "bot"), **_kinds(ServerSettings, "server")}
    for name in Settings.model_fields.keys() & ServerSettings.model_fields.keys():
        kinds[name.upper()] = (kinds[name.upper()][0], "both")
    text = (
        "# Settings\n\nThe environment beats the files. A bot reads `.env`; a server reads "
        "`.env.local` and, after it, `.env`. Both files are looked for in the folder that the "
        "command runs in. An empty value counts as not set; unknown names are ignored. "
        "`.env.example` holds the same names with the same defaults.\n\n"
    )
    for title, rows in _sections((ROOT / ".env.example").read_text(encoding="utf-8")):
        found = [
            (code(name), code(default), code(kinds[name][0]), kinds[name][1], cell(meaning))
            for name, default, meaning in rows
        ]
        head = ("setting", "default", "kind", "read by", "meaning")
        text += f"## {title}\n\n" + table(head, found)
    return text


def _kinds(settings: type[BaseSettings], who: str) -> dict[str, tuple[str, str]]:
    properties = settings.model_json_schema()["properties"]
    return {name.upper(): (kind_of(schema), who) for name, schema in properties.items()}


def _sections(text: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    title, told = "", ""
    rows: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        section = re.match(r"# --- (.+?) -+$", line)
        pair = re.match(r"([A-Z][A-Z_]+)=(.*)$", line)
        if section:
            if title:
                yield title, rows
            title, rows, told = section[1], [], ""
        elif pair:
            rows.append((pair[1], pair[2], told))
            told = ""
        elif line.startswith("# "):
            joint = " " if told.endswith((".", ",", ";")) or not told else "; "
            told = f"{told}{joint}{line[2:]}".strip()
    yield title, rows


# --- commands -----------------------------------------------------------------------------


def commands_page() -> str:
    """Every command with its arguments and options, as `--help` knows them."""
    text = "# Commands\n\n`motherhaven COMMAND --help` prints the same.\n\n"
    root = typer.main.get_command(app)
    for path, command in _commands(root, "motherhaven"):
        told = inspect.cleandoc(command.help or "").strip()
        rows = [_parameter(one) for one in command.params if not getattr(one, "hidden", False)]
        rows = [row for row in rows if row[0] != "`--help`"]
        text += f"## {path}\n\n{told}\n\n"
        text += table(("argument or option", "default", "meaning"), rows) if rows else ""
    return text


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, one in inner.items():
        if not one.hidden:
            yield from _commands(one, f"{path} {name}")


def _parameter(one: Any) -> tuple[str, str, str]:
    option = one.param_type_name == "option"
    names = ", ".join([*one.opts, *one.secondary_opts]) if option else (one.metavar or one.name)
    default = "" if one.default in (None, False) or callable(one.default) else one.default
    needed = "needed" if one.required else code(default)
    return code(names), needed, cell(getattr(one, "help", "") or "")


# --- HTTP ---------------------------------------------------------------------------------


def http_page() -> str:
    """Every route of the OpenAPI document with who may use it, then the shapes."""
    path = ROOT / "dashboard" / "openapi.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    text = (
        "# HTTP API\n\nA running server gives its OpenAPI document at `/api/openapi.json`. Bodies "
        f"are JSON in UTF-8, at most {MAX_BODY_BYTES // 2**20} MiB, batches at most "
        f"{MAX_BATCH_EVENTS} events. Amounts in answers are decimal text; the routes tagged *old "
        "reads* give numbers, as the first dashboard did. An error is "
        '`{"success": false, "error": {"code", "message", "fix"}}`.\n\n'
    )
    routes: Routes = described_app().state.routes
    for route, methods in document["paths"].items():
        who = ACCESS[routes.policy_of(route).rule.value]
        for method, operation in methods.items():
            text += _operation(route, method, who, operation)
    text += "## Shapes\n\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        text += f"### {name}\n\n{cell(schema.get('description', ''))}\n\n" + _shape(schema)
    return text


def _operation(route: str, method: str, who: str, operation: Mapping[str, Any]) -> str:
    text = f"## {method.upper()} {route}\n\n{cell(operation.get('description', ''))}\n\n"
    text += f"Who: {who}. Tag: {', '.join(operation.get('tags', []))}.\n\n"
    rows = [
        (code(one["name"]), one["in"], kind_cell(one["schema"]), _default(one))
        for one in operation.get("parameters", [])
    ]
    text += table(("parameter", "in", "kind", "default"), rows) if rows else ""
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        text += f"Body, `{media}`: {kind_cell(content['schema'])}\n\n"
    answers = []
    for status, one in operation["responses"].items():
        kinds = [kind_cell(c.get("schema", {})) for c in one.get("content", {}).values()]
        answers.append((status, cell(one["description"]), ", ".join(dict.fromkeys(kinds))))
        for name, header in one.get("headers", {}).items():
            text += f"Answer header {code(name)}: {cell(header['description'])}.\n\n"
    return text + table(("status", "meaning", "body"), answers)


def _default(parameter: Mapping[str, Any]) -> str:
    if parameter.get("required"):
        return "needed"
    return code(parameter["schema"].get("default", ""))


def _shape(schema: Mapping[str, Any]) -> str:
    needed = set(schema.get("required", []))
    rows = [
        (code(name), kind_cell(one), "always" if name in needed else "")
        for name, one in schema.get("properties", {}).items()
    ]
    return table(("field", "kind", "there"), rows) if rows else ""


def kind_cell(schema: Mapping[str, Any]) -> str:
    """The kind of a value, with links to the shapes that it names."""
    text = kind_of(schema)
    names = set(re.findall(r"[A-Z]\w+", text))
    if not names:
        return code(text)
    return re.sub(r"\b([A-Z]\w*[a-z]\w*)", lambda m: f"[{m[1]}](#{m[1].lower()})", cell(text))


# --- events and errors --------------------------------------------------------------------


def events_page() -> str:
    """Every kind of event with its fields, and the envelope around them."""
    text = (
        "# Events\n\nEverything a bot records is of one of these kinds. A payload may carry more "
        "fields than are named here; they are kept. Amounts are USD unless said otherwise; "
        "`quantity_usd` is margin, so notional = quantity_usd × leverage.\n\n## Envelope\n\n"
        f"{cell(inspect.getdoc(events.Event))}\n\n"
    )
    lanes = {
        lane: [k for k, one in events.LANES.items() if one == lane] for lane in events.LANE_ORDER
    }
    rows = [(lane, ", ".join(f"`{kind}`" for kind in kinds)) for lane, kinds in lanes.items()]
    text += "Order is kept within a lane; with a backlog, lanes are served from the top:\n\n"
    text += table(("lane", "kinds"), rows)
    for kind, model in events.PAYLOADS.items():
        text += f"## {kind}: {model.__name__}\n\n" + _fields(model)
    text += "## Parts\n\n"
    for part in (events.Verdict, events.PositionMark, events.Replaced):
        text += f"### {part.__name__}\n\n" + _fields(part)
    return text


def _fields(model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    needed = set(schema.get("required", []))
    rows = [
        (code(name), _field_kind(name, one), "always" if name in needed else "")
        for name, one in schema["properties"].items()
    ]
    return f"{cell(inspect.getdoc(model))}\n\n" + table(("field", "kind", "there"), rows)


def _field_kind(name: str, schema: Mapping[str, Any]) -> str:
    """Times are read leniently, so their schema says nothing; their names do."""
    kind = kind_of(schema)
    timely = name == "timestamp" or name.endswith(("_time", "_at"))
    return "time (ISO 8601)" if kind == "any" and timely else code(kind)


def errors_page() -> str:
    """The one error tree, and what each becomes over HTTP."""
    text = (
        "# Errors\n\nEvery error raised on purpose is one of these, below "
        "`motherhaven.contract.errors.MotherhavenError`. Its message says what happened, where, "
        "why, and how to mend it.\n\n"
    )
    rows = []
    for depth, kind in _tree(errors.MotherhavenError, 0):
        problem = problem_of(kind("x"))
        told = (str(problem.status), code(problem.code)) if problem.status != 500 else ("", "")
        name = "&nbsp;&nbsp;&nbsp;" * depth + f"`{kind.__name__}`"
        rows.append((name, cell(inspect.getdoc(kind)), *told))
    text += table(("error", "meaning", "HTTP status", "code"), rows)
    text += (
        "## What to do, by code\n\nEvents carry codes: a status and a decision `error_code`, an "
        "execution `reason_code`, a verdict its `rule`. The rules of the guard are in "
        "[a page of their own](guard.md).\n\n"
    )
    for title, known in (
        ("Errors", reasons.ERRORS),
        ("Cycles that did not take place", reasons.HALTS),
        ("Answers that could not be taken", reasons.ANSWERS),
        ("Orders that were allowed and not executed", reasons.ORDERS),
        ("Orders that a venue refused", VENUE),
        ("How a position is protected", live_reasons.PROTECTION),
        ("What differs between books and venue", live_reasons.RECONCILIATION),
        ("Events that the server refused", reasons.INGEST),
    ):
        lines = [(code(name), cell(advice)) for name, advice in known.items()]
        text += f"### {title}\n\n" + table(("code", "what to do"), lines)
    return text


def _tree(
    kind: type[errors.MotherhavenError], depth: int
) -> Iterator[tuple[int, type[errors.MotherhavenError]]]:
    yield depth, kind
    own = [one for one in vars(errors).values() if isinstance(one, type) and kind in one.__bases__]
    for one in own:
        yield from _tree(one, depth + 1)


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "http-api.md": http_page,
    "events.md": events_page,
    "guard.md": guard_page,
    "errors.md": errors_page,
}


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    example = ROOT / ".env.example"
    found = {example: env_limits(example.read_text(encoding="utf-8"))}
    prompt = ROOT / "docs" / "explanation" / "the-prompt.md"
    found[prompt] = prompt_page(prompt.read_text(encoding="utf-8"))
    found[ROOT / "src" / "motherhaven" / "contract" / "guard_reasons.py"] = guard_reasons()
    for name, make in PAGES.items():
        found[FOLDER / name] = HEAD + make().rstrip("\n") + "\n"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the reference from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    check = parser.parse_args().check
    FOLDER.mkdir(parents=True, exist_ok=True)
    changed = {
        path: text
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    if check and changed:
        names = ", ".join(str(path.relative_to(ROOT)) for path in changed)
        say(f"the generated files are not current: {names}. Run: make docs")
        raise SystemExit(1)
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
