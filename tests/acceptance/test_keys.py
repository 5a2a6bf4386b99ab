"""Keys from a user's side: docs/how-to/keys.md is walked through with real processes."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import typer.main

from motherhaven.cli.main import app
from scripts.ports import free_port
from tests.acceptance.processes import KEY, ROOT, Process, clean_environment, start_server
from tests.patience import HANG_SECONDS, wait_until
from tests.serverkit import API, decision

COMMAND = [sys.executable, "-m", "motherhaven.cli.main"]


def keys(folder: Path, *words: str, code: int = 0) -> tuple[list[str], str]:
    """Lines of standard output, and standard error, of `motherhaven keys`."""
    done = subprocess.run(
        [*COMMAND, "keys", *words], cwd=folder, env=clean_environment(folder),
        capture_output=True, encoding="utf-8", timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout.splitlines(), done.stderr


def met(port: int, key: str, path: str, body: dict[str, object] | None = None) -> httpx.Response:
    """The answer to a read, or with a body to a record."""
    url = f"http://127.0.0.1:{port}{API}/{path}"
    headers = {"x-api-key": key}
    if body is None:
        return httpx.get(url, headers=headers, timeout=HANG_SECONDS)
    return httpx.post(url, headers=headers, json=body, timeout=HANG_SECONDS)


def until_status(wanted: int, port: int, key: str, path: str) -> None:
    """Wait until a key meets this status: until the server has heard of it."""
    wait_until(lambda: met(port, key, path).status_code == wanted, f"{wanted} for the key")


def test_create_give_rotate_revoke_and_a_friend(tmp_path: Path) -> None:
    """The page's walk: by name, bound, used, replaced, ended; a friend sees one bot alone."""
    port = free_port()
    with start_server(tmp_path, port):
        for bot in ("id-one", "id-two"):
            body = decision(bot_id=bot, bot_name=bot.replace("id-", "bot "))
            assert met(port, KEY, "ingest/decision", body).status_code == 200
        assert [line.split()[0] for line in keys(tmp_path, "bots")[0]] == ["id-one", "id-two"]
        make = ("create", "--name", "claude", "--bot", "bot one", "--scope", "ingest")
        [first], told = keys(tmp_path, *make)
        assert "bot: id-one" in told
        assert first not in told
        assert met(port, first, "ingest/decision", decision()).status_code == 200
        assert met(port, first, "ingest/decision", decision(bot_id="id-two")).status_code == 403
        assert met(port, first, "bots").status_code == 403
        first_id = first.split("_")[1]
        [second], told = keys(tmp_path, "rotate", first_id)
        assert f"keys revoke {first_id}" in told
        assert met(port, second, "ingest/decision", decision()).status_code == 200
        [friend], _ = keys(
            tmp_path, "create", "--name", "friend", "--bot", "id-one", "--scope", "read"
        )
        seen = met(port, friend, "bots").json()["bots"]
        assert [(bot["id"], bot["stats"]["decisions"]) for bot in seen] == [("id-one", 3)]
        keys(tmp_path, "revoke", first_id)
        assert met(port, second, "ingest/decision", decision()).status_code == 200
        old = ("ingest/decision", decision())
        wait_until(lambda: met(port, first, *old).status_code == 401, "401 for the old key")
        lines = {line.split()[0]: line for line in keys(tmp_path, "list")[0]}
    assert len(lines) == 3
    assert "revoked 20" in lines[first_id]
    for key in (first, second):
        assert "last used 20" in lines[key.split("_")[1]], lines
        assert "bot id-one (bot one)" in lines[key.split("_")[1]]
        assert key not in str(lines)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "--name", "x", "--scope", "sudo"), "ingest, read, control"),
        (("create", "--name", "x", "--scope", "all"), "choose from ingest, read"),
        (("create", "--name", "x", "--store", "memory:"), "forgets keys"),
        (("revoke", "nobody"), "keys list"),
        (("rotate", "nobody"), "keys list"),
        (("create", "--name", "x", "--bot", "../etc"), "keys bots"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    """Exit code 1 and one line; nothing that looks like a key."""
    lines, text = keys(tmp_path, *words, code=1)
    assert lines == []
    assert text.startswith(("error: ", "No bot"))
    assert told in text


def test_a_bot_to_come_can_be_named(tmp_path: Path) -> None:
    """An id that is not known yet is taken, and said to be unknown."""
    [_], told = keys(tmp_path, "create", "--name", "x", "--bot", "to-come")
    assert "has reported yet" in told


def test_a_server_with_keys_of_its_own_alone(tmp_path: Path) -> None:
    """Without LLM_BOT_API_KEY but with a key in its store `serve` starts even beyond loopback."""
    port = free_port()
    words = [*COMMAND[1:], "serve", "--host", "0.0.0.0", "--port", str(port)]
    env = clean_environment(tmp_path)
    with Process(words, cwd=tmp_path, env=env) as process:
        assert process.child.wait(HANG_SECONDS) == 1
        refusal = process.wait_for("motherhaven keys create")
    make = re.search(r"motherhaven keys (create[^;]*);", refusal)
    assert make is not None
    [key], _ = keys(tmp_path, *shlex.split(make[1]))
    with Process(words, cwd=tmp_path, env=env) as process:
        process.wait_for("Motherhaven is at")
        assert not any("401" in line for line in process.lines), process.lines
        assert any("1 keys of single bots" in line for line in process.lines)
        assert met(port, key, "ingest/decision", decision()).status_code == 200
        assert met(port, key, "bots").status_code == 200
        assert met(port, "", "bots").status_code == 401


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_the_guide_s_example_key_is_for_this_machine(
    tmp_path: Path, host: str, warned: bool
) -> None:
    """It works as the guide says; beyond loopback the server says that everyone knows it."""
    port = str(free_port())
    env = clean_environment(tmp_path, LLM_BOT_API_KEY="your-secret-api-key-12345")
    words = [*COMMAND[1:], "serve", "--host", host, "--port", port, "--store", "memory:"]
    with Process(words, cwd=tmp_path, env=env) as process:
        process.wait_for("Motherhaven is at")
        assert any("guide's example" in line for line in process.lines) is warned


def test_step_4_of_the_guide_with_a_key_of_its_own(tmp_path: Path) -> None:
    """Whole with ingest and read; told what it could not see, or that it sent nothing."""
    port = free_port()
    with start_server(tmp_path, port):
        [whole], _ = keys(tmp_path, "create", "--name", "a", "--scope", "ingest", "--scope", "read")
        [sends], _ = keys(tmp_path, "create", "--name", "b")
        [bound], _ = keys(tmp_path, "create", "--name", "c", "--bot", "another")
        done = {key: selftest(tmp_path, port, key) for key in (whole, sends, bound)}
        bots = [row["id"] for row in met(port, KEY, "bots").json()["bots"]]
    assert "Total: 3 passed, 0 failed, 0 skipped" in done[whole]
    assert "Total: 3 passed, 0 failed, 0 skipped" in done[sends]
    assert done[sends].count("not read back") == 2
    assert "Total: 1 passed, 0 failed, 2 skipped" in done[bound]
    assert "belongs to the bot another" in done[bound]
    assert "another" not in bots


def selftest(folder: Path, port: int, key: str) -> str:
    """What the integration test prints, which must succeed, with this key in .env."""
    env = clean_environment(
        folder,
        MOTHERHAVEN_ENABLED="true",
        MOTHERHAVEN_API_URL=f"http://127.0.0.1:{port}",
        MOTHERHAVEN_API_KEY=key,
    )
    done = subprocess.run(
        [sys.executable, str(ROOT / "test_motherhaven_integration.py")], cwd=folder, env=env,
        capture_output=True, encoding="utf-8", timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert key not in done.stdout + done.stderr
    return done.stdout


COMMANDS = r"motherhaven ((?:keys|migrate|backup|restore|import|prune|adopt)\b[^\n'`;,()%s]*)"


def test_every_command_that_a_message_or_a_page_names_can_be_given() -> None:
    """Each whole `motherhaven keys …` and the like in sources and pages parses as written."""
    found = set()
    for place in [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs/how-to").glob("*.md")]:
        text, ends = place.read_text("utf-8"), ""
        if place.suffix == ".py":
            text, ends = re.sub(r"\"\s*\n\s*f?\"", "", text), '"'
        found |= {one[1].strip().rstrip(".:") for one in re.finditer(COMMANDS % ends, text)}
    whole = {words for words in found if "--" in words or words.startswith("keys ")}
    assert {"keys list", "keys revoke KEY_ID"} <= whole
    for told in sorted(whole):
        words = shlex.split(re.sub(r"\{[^}]*\}", "ingest", told))
        current = typer.main.get_command(app)
        while hasattr(current, "commands"):
            current = current.commands[words.pop(0)]
        current.make_context(told, words)
