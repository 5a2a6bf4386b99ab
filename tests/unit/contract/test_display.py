"""Text of others, shown: nothing of it acts on a terminal, a log or a chat."""

import json
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.display import CHAT_CHARS, for_chat, for_terminal
from motherhaven.recorder.console import LineFormatter
from motherhaven.server.alerts.send import Webhook

NASTY = (
    "\x1b[2J\x1b]0;title\x07", "\x9b31m", "a\nerror: b", "a\r\n[WARNING] x", "\u202egnp.exe",
    "\u2066x\u2069", "\u2028", "\ud800", "@everyone", "@here", "<!channel>", "<@123>", "<@&1>",
    "<#42>", "[a](https://evil.example)", "![a](http://evil.example/x.png)",
    "<https://evil.example|ok>", "www.evil.example", "evil.example/x", "<b>x</b>",
    "<a href='https://evil.example'>x</a>", "**x** __y__ ~~z~~ ||s|| `c`", "[red]x[/red]",
    "mailto:a@b.example", "\uff20everyone", "@\u200beveryone",
)  # fmt: skip
TEXTS = st.one_of(
    st.text(), st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=5))).map("".join)
)


@given(TEXTS)
def test_a_terminal_is_given_one_line_of_what_can_be_seen(text: str) -> None:
    """No control, no turned direction, no break; what was visible stays as it was."""
    shown = for_terminal(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    for char in shown:
        assert unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(char) not in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        }  # fmt: skip
    if shown == text:
        assert not any(unicodedata.category(char) == "Cc" for char in text)
    lines = for_terminal(text, lines=True)
    assert lines.count("\n") == text.count("\n")


@given(st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_json_stays_the_same_json(value: dict[str, str]) -> None:
    """What is escaped in printed JSON reads back as it was."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    assert json.loads(for_terminal(text, lines=True)) == value


@given(TEXTS)
def test_a_record_is_one_line_of_the_log(text: str) -> None:
    """Whatever it says, and whatever an exception says, no line of its own begins."""
    record = logging.LogRecord("motherhaven", logging.INFO, "", 0, "%s", (text,), None)
    assert len(LineFormatter().format(record).splitlines()) <= 1
    try:
        raise ValueError(text)
    except ValueError as error:
        exc_info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("motherhaven", logging.ERROR, "", 0, "failed", (), exc_info)
    first, *rest = LineFormatter().format(record).splitlines()
    assert first == "[ERROR] failed"
    assert all(line.startswith("    ") or not line for line in rest)


def calls(text: str) -> list[str]:
    """What a chat would take for a call, a link or markup in `text`."""
    marks = ("@everyone", "@here", "<!", "<@", "<#", "](", "![", "://", "www.e", "evil.e", "<a",
             "<b", "mailto:a")  # fmt: skip
    return [mark for mark in marks if mark in text.replace("\\", "")]


@given(TEXTS)
@pytest.mark.parametrize("kind", ["discord", "plain"])
def test_a_chat_is_called_nowhere_and_linked_nowhere(kind: str, text: str) -> None:
    """One bounded line; no mention, no link, no image, no tag; on Discord no markdown."""
    shown = for_chat(text, kind)  # type: ignore[arg-type]
    assert calls(shown) == []
    assert len(shown.splitlines()) <= 1
    assert len(for_chat(text)) <= 2 * CHAT_CHARS
    if kind == "discord":
        bare = shown.replace("\\\\", "")
        for mark in "*_~|`[](>":
            assert bare.count(mark) == bare.count("\\" + mark)


@given(TEXTS)
def test_a_webhook_escapes_for_each_chat_that_reads_it(text: str) -> None:
    """Slack's field has no angle brackets, Discord's calls nobody, and it is told so."""
    hook = Webhook("https://chat.example/hook", 443, allow_local=False)
    body = json.loads(hook._request(text).partition(b"\r\n\r\n")[2])
    assert "<" not in body["text"]
    assert ">" not in body["text"]
    assert calls(body["content"]) == []
    assert body["allowed_mentions"] == {"parse": []}


def test_ordinary_text_stays_as_it_is() -> None:
    """Letters of any script, emoji with joiners, numbers and units are shown unchanged."""
    for text in ("claude-3.5 (paper)", "Größe 12.50 USD", "机器人", "👩‍💻 bot", "می‌خواهم"):
        assert for_terminal(text) == text
    assert for_chat("no heartbeat from claude (paper) for 400 s") == (
        "no heartbeat from claude (paper) for 400 s"
    )
