"""The log's way to the server: bounded, masked, never in anybody's way, each line once."""

import json
import logging
import threading

import pytest

from motherhaven.bot.running.log_shipping import LogQueue, LogShipper, level_of
from motherhaven.bot.running.logs import shipped_log
from motherhaven.contract.errors import ShippingError
from motherhaven.contract.log_lines import MAX_BATCH, MAX_KEPT, MAX_LINE_BYTES
from motherhaven.recorder.sending.transport import Answer
from motherhaven.settings import load_settings
from tests.patience import HANG_SECONDS

OK = Answer(200, "OK", {}, b'{"success":true,"kept":1,"wait_seconds":7}')
SECRET = "sk-ant-0123456789abcdef"


class Wire:
    """A transport that answers as told, and keeps what was posted."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.bodies = []
        self.paths = []
        self.came = threading.Semaphore(0)

    def post(self, path, body, timeout):
        self.paths.append(path)
        self.bodies.append(json.loads(body))
        self.came.release()
        answer = self.answers.pop(0) if self.answers else OK
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        """Nothing to drop."""


def filled(shipper, *texts, level=logging.INFO):
    """Log these texts into the shipper's queue."""
    for text in texts:
        shipper.queue.handle(logging.LogRecord("motherhaven", level, __file__, 1, text, (), None))


def texts(body):
    """The texts of a request."""
    return [line[3] for line in body["lines"]]


def test_lines_are_sent_in_order_and_numbered():
    """At most MAX_BATCH in a request; the server says when the next may come."""
    wire = Wire()
    shipper = LogShipper(wire, "bot/1", logging.INFO, run="r")
    filled(shipper, *(str(n) for n in range(MAX_BATCH + 3)))
    assert shipper.send() == 7
    assert shipper.queue.news.is_set()
    shipper.send()
    assert [(body["first"], len(body["lines"])) for body in wire.bodies] == [(0, 100), (100, 3)]
    assert texts(wire.bodies[1]) == ["100", "101", "102"]
    assert wire.paths[0] == "/api/llm-bot/bots/bot%2F1/log"
    assert shipper.send() == 0


def test_a_server_that_is_away_costs_the_oldest_lines_and_no_time():
    """They are dropped, counted, and those that wait keep their numbers."""
    wire = Wire(ShippingError("refused"), ShippingError("refused"), OK)
    shipper = LogShipper(wire, "b", logging.INFO, run="r")
    filled(shipper, *(str(n) for n in range(MAX_KEPT + 5)))
    assert [shipper.send(), shipper.send()] == [2, 4]
    shipper.send()
    body = wire.bodies[-1]
    assert (body["first"], body["lost"], texts(body)[0]) == (5, 5, "5")


@pytest.mark.parametrize(("status", "left"), [(422, 0), (413, 0), (404, 1), (401, 1), (500, 1)])
def test_what_is_refused_for_good_is_dropped(status, left):
    """Lines that no server takes hold up no others; a server without logs is asked rarely."""
    wire = Wire(Answer(status, "", {}, b"{}"))
    shipper = LogShipper(wire, "b", logging.INFO, run="r")
    filled(shipper, "x")
    assert shipper.send() >= 2
    assert len(shipper.queue.batch("r").lines) == left


def test_a_line_is_cut_and_kept_as_text():
    """Two KB at most, without NUL, whatever is logged; a record that cannot be written is none."""
    queue = LogQueue(logging.INFO)
    queue.handle(logging.LogRecord("m", 20, "", 1, "ä" * 5_000, (), None))
    queue.handle(logging.LogRecord("m", 20, "", 1, "a\0\ud800", (), None))
    queue.handle(logging.LogRecord("m", 20, "", 1, "%d", ("no number",), None))
    first, second = queue.batch("r").lines
    assert len(first.text.encode()) <= MAX_LINE_BYTES
    assert first.text.endswith("…")
    assert second.text == "a\ufffd?"


def test_only_the_wanted_levels_go_and_keys_are_blacked_out():
    """The bot's own logger, with an exception; while the context lasts and not after."""
    wire = Wire()
    log = logging.getLogger("motherhaven.test")
    with shipped_log(wire, "b", logging.WARNING, mark="LIVE", secrets=[SECRET]):
        log.info("not this")
        try:
            raise RuntimeError(f"401 for {SECRET}")
        except RuntimeError:
            log.exception("the model refused %s", SECRET)
        assert wire.came.acquire(timeout=HANG_SECONDS)
    log.warning("too late")
    [line] = [line for body in wire.bodies for line in body["lines"]]
    assert line[1] == "ERROR"
    assert line[3].startswith("[LIVE] the model refused ***\nTraceback")
    assert SECRET not in json.dumps(wire.bodies)


def test_logging_never_waits_for_the_network():
    """A server that takes a request and never answers holds up nobody, not even the end."""

    class Hanging(Wire):
        def post(self, path, body, timeout):
            self.came.release()
            held.wait(HANG_SECONDS)
            raise ShippingError("gone")

    held, wire = threading.Event(), Hanging()
    shipper = LogShipper(wire, "b", logging.INFO)
    shipper.start()
    filled(shipper, "first")
    assert wire.came.acquire(timeout=HANG_SECONDS)
    filled(shipper, *("more" for _ in range(2 * MAX_KEPT)))
    assert len(shipper.queue.batch("r").lines) == MAX_BATCH
    shipper.close(timeout=0.01)
    held.set()


def test_it_is_off_unless_it_is_switched_on(monkeypatch, tmp_path):
    """MOTHERHAVEN_SHIP_LOG; every key of the settings counts as secret."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MOTHERHAVEN_SHIP_LOG", raising=False)
    assert level_of(load_settings().motherhaven_ship_log) is None
    changes = {"motherhaven_ship_log": "warning", "anthropic_api_key": SECRET}
    settings = load_settings(**changes, motherhaven_api_key="key-123456", ccxt_secret="deep")
    assert level_of(settings.motherhaven_ship_log) == logging.WARNING
    assert {SECRET, "key-123456", "deep"} <= set(settings.secrets)
