"""The log of a live bot: its kind of money before every line, and no key in any."""

import json
import logging

from motherhaven.bot.running.logs import configure_bot_logging, log_file

KEY = "0x" + "ab12cd34" * 8


def test_every_line_says_live_and_none_holds_a_key(tmp_path):
    """In messages, their arguments and tracebacks, with and without 0x; undone, nothing stays."""
    undo = configure_bot_logging(tmp_path, "INFO", "b", mark="LIVE MAINNET", secrets=(KEY,))
    log = logging.getLogger("motherhaven")
    log.warning("signed with %s", KEY)
    log.warning("plainly %s", KEY.removeprefix("0x"))
    try:
        raise ValueError(KEY)
    except ValueError:
        log.exception("failed")
    undo()
    text = log_file(tmp_path, "b").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["message"].startswith("[LIVE MAINNET] ") for line in lines] == [True] * 3
    assert "ab12cd34" not in text
    assert "ValueError" in lines[2]["error"]
