"""Log lines look as the guide prints them, on the console and in bounded files."""

import logging

import pytest

from motherhaven.recorder import console
from motherhaven.recorder.console import configure_logging


@pytest.fixture
def logger():
    """The motherhaven logger, without handlers before and after."""
    made = logging.getLogger("motherhaven")
    made.handlers = []
    yield made
    for handler in made.handlers:
        handler.close()
    made.handlers = []
    made.setLevel(logging.NOTSET)


@pytest.fixture
def alone():
    """Call it to be without pytest's own handlers on the root logger."""
    root = logging.getLogger()
    kept = root.handlers
    yield lambda: setattr(root, "handlers", [])
    root.handlers = kept


def test_the_lines_of_the_guide(logger, tmp_path, capsys, alone):
    """INFO bare, WARNING with its prefix; stderr and the file carry the same words."""
    alone()
    configure_logging(tmp_path / "logs", "INFO")
    logger.info("[Motherhaven] Integration enabled - posting to %s", "http://localhost:3000")
    logger.warning("[Motherhaven] Failed to log position: Connection refused")
    logger.debug("hidden")
    lines = [
        "[Motherhaven] Integration enabled - posting to http://localhost:3000",
        "[WARNING] [Motherhaven] Failed to log position: Connection refused",
    ]
    assert capsys.readouterr().err.splitlines() == lines
    written = (tmp_path / "logs" / "motherhaven.log").read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in written] == lines


def test_files_are_bounded(logger, tmp_path, monkeypatch):
    """The file rotates, and only so many old ones are kept."""
    monkeypatch.setattr(console, "FILE_BYTES", 1_000)
    configure_logging(tmp_path)
    for _ in range(200):
        logger.info("x" * 100)
    files = list(tmp_path.glob("motherhaven.log*"))
    assert len(files) == console.FILE_COUNT + 1
    assert max(file.stat().st_size for file in files) <= 1_000


def test_configuring_twice_prints_once(logger, tmp_path, capsys, alone):
    """A second call changes the level and adds no handler."""
    alone()
    configure_logging(tmp_path)
    configure_logging(tmp_path, "DEBUG")
    logger.debug("once")
    assert capsys.readouterr().err == "once\n"


def test_an_applications_own_logging_is_respected(logger, tmp_path, capsys):
    """With handlers on the root logger we add no console of ours."""
    logging.getLogger().handlers = [logging.NullHandler()]
    configure_logging(tmp_path)
    logger.warning("for the application")
    assert capsys.readouterr().err == ""


def test_a_log_folder_that_cannot_be_made_costs_only_the_file(logger, tmp_path, capsys, alone):
    """The bot goes on with the console, and is told."""
    alone()
    (tmp_path / "logs").write_text("a file")
    configure_logging(tmp_path / "logs")
    logger.info("still here")
    err = capsys.readouterr().err
    assert "LOG_DIR" in err
    assert "still here" in err


def test_odd_text_does_not_break_the_file(logger, tmp_path):
    """A lone surrogate in a message is written escaped, not raised."""
    configure_logging(tmp_path)
    logger.info("odd %s", "\ud83d")
    assert "odd \\ud83d" in (tmp_path / "motherhaven.log").read_text()
