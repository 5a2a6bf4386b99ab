"""The integration test of the guide's step 4: does what a bot logs reach its server?

It sends under a bot id and a journal of its own, so it can run beside a live bot, and it
reads back what the server stored: an answer of 200 alone proves nothing.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from motherhaven.cli.later_records import LaterRecord, as_record, later_payloads
from motherhaven.cli.output import emit
from motherhaven.cli.readback import Expected, ReadBack, ReadBackDenied
from motherhaven.contract.errors import MotherhavenError
from motherhaven.recorder import MotherhavenLogger, TradingLogger, open_logger
from motherhaven.recorder.quarantine import Quarantine
from motherhaven.settings import Settings, load_settings

BOT_NAME = "integration-test"
A_DAY = 86_400
FLUSH_SECONDS = 15.0
BOUND = "this key belongs to the bot"
"""How a server's refusal begins where a key is bound to another bot than the test's."""


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "-"}


class CheckFailed(MotherhavenError):
    """A check found something wrong; the message says what."""


class NotOurBot(MotherhavenError):
    """The key belongs to one bot, so that test records cannot be sent with it."""


@dataclass(frozen=True, slots=True)
class Result:
    """One check's name and outcome; `why` says what failed or why it was skipped."""

    name: str
    outcome: Outcome
    why: str = ""


def run() -> int:
    """Run the three checks and print the guide's summary; 0 when nothing failed, else 1."""
    _print_any_character()
    emit("Motherhaven integration test\n")
    settings: Settings | None = None
    try:
        settings = load_settings()
        results = _checks(settings)
    except MotherhavenError as error:
        results = [Result("Configuration Check", Outcome.FAILED, str(error)), *_not_reached()]
    for result in results:
        emit(f"{MARKS[result.outcome]} {result.name}: {result.outcome}")
        for line in result.why.splitlines():
            emit(f"    {line}")
    count = {outcome: sum(r.outcome is outcome for r in results) for outcome in Outcome}
    emit(
        f"\nTotal: {count[Outcome.PASSED]} passed, {count[Outcome.FAILED]} failed, "
        f"{count[Outcome.SKIPPED]} skipped"
    )
    if count[Outcome.FAILED]:
        emit(_advice(settings))
    return 1 if count[Outcome.FAILED] else 0


def _checks(settings: Settings) -> list[Result]:
    if not settings.motherhaven_enabled:
        why = "MOTHERHAVEN_ENABLED is not true in .env: the bot logs to SQLite only"
        names = ("Configuration Check", "Direct MotherhavenLogger", "TradingLogger Integration")
        return [Result(name, Outcome.SKIPPED, why if name == names[0] else "") for name in names]
    good, problems = settings.validate_motherhaven_config()
    if not good:
        why = "\n".join(["Configuration issues found:", *problems])
        return [Result("Configuration Check", Outcome.FAILED, why), *_not_reached()]
    emit(f"Server: {settings.motherhaven_api_url}")
    journal = settings.motherhaven_data / "integration_test.db"
    logger = open_logger(settings, bot_name=BOT_NAME, path=journal)
    try:
        return [
            Result("Configuration Check", Outcome.PASSED),
            _check("Direct MotherhavenLogger", lambda: _check_direct(settings, logger.bot_id)),
            _check("TradingLogger Integration", lambda: _check_logger(settings, logger)),
        ]
    finally:
        logger.close(0)


def _not_reached() -> list[Result]:
    why = "not run: the configuration must be right first"
    return [
        Result("Direct MotherhavenLogger", Outcome.SKIPPED, why),
        Result("TradingLogger Integration", Outcome.SKIPPED, why),
    ]


def _check(name: str, check: Callable[[], str]) -> Result:
    """Run a check, which gives what is worth knowing though it passed."""
    try:
        return Result(name, Outcome.PASSED, check())
    except ReadBackDenied as error:
        return Result(name, Outcome.PASSED, str(error))
    except NotOurBot as error:
        return Result(name, Outcome.SKIPPED, str(error))
    except MotherhavenError as error:
        return Result(name, Outcome.FAILED, str(error))


def _check_direct(settings: Settings, bot_id: str) -> str:
    """Every call of MotherhavenLogger is acknowledged, and the records can be read back.

    Raises:
        CheckFailed: a call was not acknowledged.
        ReadBackFailed: the server does not give back what it acknowledged.
    """
    expected = Expected.new("direct")
    client = MotherhavenLogger(
        settings.motherhaven_api_url,
        settings.motherhaven_api_key or "",
        timeout=settings.motherhaven_timeout,
        bot_id=bot_id,
        bot_name=BOT_NAME,
    )
    position = expected.position()
    entry = {key: position[key] for key in ("position_id", "coin", "side", "entry_price")}
    calls: dict[str, Callable[[], bool]] = {
        "decision": lambda: client.log_decision(expected.decision()),
        "position entry": lambda: client.log_position_entry(**entry, quantity_usd=20, leverage=2),
        "position exit": lambda: client.log_position_exit(
            **entry,
            entry_time=expected.time,
            exit_price=position["exit_price"],
            quantity_usd=20,
            leverage=2,
            realized_pnl=position["realized_pnl"],
        ),
        "account state": lambda: client.log_account_state(1000, expected.equity),
        "status": lambda: client.log_status("running", expected.marker, 1, 0),
    }
    for what, call in calls.items():
        if not call():
            raise _failure(what, client.last_error or "not acknowledged by the server")
    ReadBack(settings, bot_id).expect(expected)
    return ""


def _check_logger(settings: Settings, logger: TradingLogger) -> str:
    """What TradingLogger records is durable, shipped, acknowledged and can be read back.

    Raises:
        CheckFailed: the records did not all reach the server in time.
        ReadBackFailed: the server does not give back what it acknowledged.
    """
    expected = Expected.new("logger")
    refused = logger.stats().quarantined
    _log_everything(logger, expected)
    later = _log_later(logger, expected)
    logger.flush(min(FLUSH_SECONDS, settings.motherhaven_timeout + 2))
    stats = logger.stats()
    if stats.behind:
        raise _failure("recorded in SQLite, but not delivered", stats.last_error or "no answer yet")
    if stats.quarantined > refused:
        raise CheckFailed("the server refused an event; see the lines above")
    taken, note = _taken(logger, later)
    try:
        ReadBack(settings, logger.bot_id).expect(expected, taken)
    except ReadBackDenied as error:
        raise ReadBackDenied("\n".join(filter(None, (str(error), note)))) from None
    return note


def _log_later(logger: TradingLogger, expected: Expected) -> list[LaterRecord]:
    """Record an event of each kind that has no log call of its own."""
    payloads = later_payloads(expected.marker, expected.price, datetime.now(UTC))
    return [
        as_record(kind, logger.recorder.record(kind, payload).event_id, payload)
        for kind, payload in payloads.items()
    ]


def _taken(logger: TradingLogger, later: list[LaterRecord]) -> tuple[list[LaterRecord], str]:
    """The records that were sent as they are, and a note of the kinds that were not.

    A client sends all of the later kinds or none: an answer then travels in its decision.
    """
    aside = Quarantine(logger.recorder.journal.path).list()
    kept = {one.event_id for one in aside if one.state == "not_applicable"}
    if not any(record.event_id in kept for record in later):
        return later, ""
    kinds = ", ".join(record.kind.replace("_", " ") for record in later)
    return [], (
        f"not taken by this server: {kinds}. It is older than this bot's Motherhaven; "
        "the bot keeps them, and sends them once the server is updated"
    )


def _failure(what: str, why: str) -> MotherhavenError:
    """The error for records that did not arrive."""
    if BOUND in why:
        return NotOurBot(
            f"{why.partition('(')[2].rstrip(')')}. The server knows the key; test records would "
            "count as that bot's, so none were sent. For the whole check use a key without --bot"
        )
    return CheckFailed(f"{what}: {why}")


def _log_everything(logger: TradingLogger, expected: Expected) -> None:
    position = expected.position()
    name = str(position["position_id"])
    logger.log_decision(expected.decision(), raw_response='{"test": true}')
    logger.log_position_entry(name, "BTC", "long", position["entry_price"], 20, 2)
    if not logger.log_position_exit(name, position["exit_price"], position["realized_pnl"]):
        raise CheckFailed("log_position_exit did not find the position that was just opened")
    logger.log_account_state(balance=1000, equity=expected.equity, num_positions=0)
    logger.log_bot_status("running", expected.marker, interval_seconds=A_DAY)


def _advice(settings: Settings | None) -> str:
    url = settings.motherhaven_api_url.rstrip("/") if settings else "http://localhost:3000"
    return f"""
What to check:
  Configuration issues   .env needs MOTHERHAVEN_ENABLED=true, MOTHERHAVEN_API_URL and
                         MOTHERHAVEN_API_KEY
  Connection refused     is Motherhaven running (npm run dev, or make up)?
  or Timeout             is MOTHERHAVEN_API_URL right ({url})? does a firewall block it?
                         does {url}/llm-bot open in a browser?
  401 Unauthorized       MOTHERHAVEN_API_KEY here must equal LLM_BOT_API_KEY in Motherhaven's
  or 403 Forbidden       .env.local; restart the side that you change
More in MOTHERHAVEN_INTEGRATION.md, Troubleshooting."""


def _print_any_character() -> None:
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
