"""What commands print of others' text: one line each, nothing that acts on a terminal."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from motherhaven.bot.fleet.run import fleet_status
from motherhaven.cli import doctor
from motherhaven.cli.main import app
from motherhaven.cli.output import emit, say
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.wire import event_from_item
from motherhaven.server.auth.keys.api_keys import create_key
from motherhaven.settings import SystemClock
from motherhaven.stores.sqlite import SqliteStore
from tests.serverkit import NOW, item

NASTY = "a\x1b[2J\x1b]0;owned\x07\nid-fake  trusted  live\r\u202e\x9b31m[red]x"


def filled(path: Path) -> str:
    """A store in a file whose bots and keys have names that would act on a terminal."""

    async def fill() -> None:
        store = SqliteStore(path, clock=SystemClock())
        await store.open()
        for number, bot in enumerate(("one", "two")):
            one = item(number, bot_id=bot, bot_name=NASTY[:100])
            one["payload"]["justification"] = NASTY
            await store.append([event_from_item(one, NOW)])
        await create_key(store, NOW, name="plain", bot_id="one", scopes=("ingest",))
        await store.close()

    asyncio.run(fill())
    return f"sqlite:///{path}"


def is_harmless(text: str) -> bool:
    """Only newlines that the command itself wrote, and nothing else that is not seen."""
    return all(char == "\n" or char.isprintable() for char in text)


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["keys", "bots"], 2),
        (["keys", "list"], 1),
        (["backup", "{folder}/b.jsonl"], None),
        (["export", "--what", "decisions", "--out", "{folder}/x.csv"], None),
    ],
)
def test_commands_over_a_store(tmp_path: Path, words: list[str], lines: int | None) -> None:
    """Names of bots and keys come out on their own line, written out where they are unseen."""
    url = filled(tmp_path / "s.db")
    told = [word.format(folder=tmp_path) for word in words]
    result = CliRunner().invoke(app, [*told, "--store", url])
    assert result.exit_code == 0, result.output
    assert is_harmless(result.output)
    if lines is not None:
        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) == lines
        assert "\\u001b" in result.stdout
    if words[1] == "bots":
        assert result.stdout.count("AMBIGUOUS") == 2


def test_doctor_tells_what_it_saw_without_acting_on_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server's answer or a setting is quoted with its unseen characters written out."""

    def findings(*_: Any, **__: Any) -> Any:
        yield doctor.Finding("fail", f"journal {NASTY}", NASTY, f"ask {NASTY}")

    monkeypatch.setattr(doctor, "_findings", findings)
    assert doctor.run(None, alert=False) == 1
    shown = capsys.readouterr().out
    assert is_harmless(shown)
    assert [line for line in shown.splitlines() if not line.startswith(("fail", "      "))] == []


def test_lines_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is said or emitted; JSON stays the same JSON."""
    emit(json.dumps({"name": NASTY}, ensure_ascii=False))
    say(f"error: {ConfigError(NASTY)}")
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"name": NASTY}
    assert is_harmless(shown.out + shown.err)


def test_a_fleets_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last words of a bot that died stay within their cell."""
    from motherhaven.bot.fleet import run

    monkeypatch.setattr(run, "_row", lambda *_: (NASTY,) * 8)

    class Client:
        def state(self) -> dict[str, Any]:
            return {"members": [], "pid": 1}

    class Bot:
        name, control = "b", tmp_path

    class Plan:
        bots = (Bot(), Bot())

    monkeypatch.setattr(run, "control_client", lambda *_: Client())
    text, _ = fleet_status(Plan(), SystemClock())  # type: ignore[arg-type]
    assert is_harmless(text)
    assert len(text.splitlines()) == 4  # the head, the titles and a line for each bot
