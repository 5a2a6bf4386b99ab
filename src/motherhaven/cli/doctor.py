"""`motherhaven doctor`: is everything in order, and what to do where it is not."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import apsw
import httpx

from motherhaven.bot.decider.choose import check_decider
from motherhaven.bot.market.choose import check_market
from motherhaven.bot.running.config import BotConfig
from motherhaven.cli.doctor_live import live_findings
from motherhaven.cli.findings import Finding, Grade
from motherhaven.cli.output import emit
from motherhaven.cli.page import checkout, page_dir
from motherhaven.contract.display import for_terminal
from motherhaven.contract.errors import ConfigError, MotherhavenError
from motherhaven.server.alerts.send import AlertFailed, Target, targets_of
from motherhaven.server.wire.redaction import without_keys
from motherhaven.settings import (
    ServerSettings,
    Settings,
    SystemClock,
    check_names,
    load_server_settings,
    load_settings,
)
from motherhaven.settings.env_file import read_lines
from motherhaven.settings.server import ENV_FILES
from motherhaven.stores import Store, open_store
from motherhaven.stores.billing import FREE, Billed, Paid

_SECONDS: Final = 5.0
_SKEW_WARN: Final = 5.0
_SKEW_FAIL: Final = 60.0
_DISK_WARN: Final = 1 << 30
_DISK_FAIL: Final = 256 << 20
_PROBE: Final = "doctor"
TEST_TEXT: Final = "This is a test: alerts from Motherhaven arrive here."


def run(store_url: str | None, *, alert: bool, live: bool = False) -> int:
    """Look at everything and print a line each; 1 when something fails, else 0.

    `live` looks at the venue's account too, as before real money: nothing is signed.
    """
    worst = 0
    secrets: list[str] = []
    for finding in _findings(store_url, secrets, alert=alert, live=live):
        line = f"{finding.grade:4}  {for_terminal(finding.what)}: {_indented(finding.seen)}"
        line += f"\n      fix: {_indented(finding.fix)}" if finding.fix else ""
        emit(_hidden(line, secrets))
        worst |= finding.grade == "fail"
    return worst


def _indented(text: str) -> str:
    return text.replace("\n", "\n      ")


def _findings(
    store_url: str | None, secrets: list[str], *, alert: bool, live: bool
) -> Iterator[Finding]:
    broken = False
    for finding in _names():
        broken |= finding.what == "settings file"
        yield finding
    if broken:
        return
    try:
        bot, server = load_settings(), load_server_settings()
    except ConfigError as error:
        yield Finding("fail", "settings", str(error), "correct them in the environment or .env")
        return
    secrets += [key for key in (bot.motherhaven_api_key, server.llm_bot_api_key) if key]
    secrets += bot.venue_secrets
    if live:
        yield from live_findings(bot)
    yield from _settings(bot, server)
    yield from _store(store_url or server.store_url, server)
    yield from _journals(bot.motherhaven_data)
    yield from _server(bot, server)
    yield _page()
    yield _disk(bot.motherhaven_data)
    yield from _alerts(server, send=alert)


def _names() -> Iterator[Finding]:
    """Files that cannot be read, and names in them that nobody reads."""
    try:
        for name in ENV_FILES:
            read_lines(Path(name))
        problems = check_names()
    except ConfigError as error:
        yield Finding("fail", "settings file", str(error), "save it as a UTF-8 text file")
        return
    for problem in problems:
        if problem.stops:
            fix = "correct the name: the limit that it is meant to set does not hold"
            yield Finding("fail", "settings", problem.text, fix)
        else:
            yield Finding("warn", "settings", problem.text, "correct or remove it")


def _settings(bot: Settings, server: ServerSettings) -> Iterator[Finding]:
    yield Finding("ok", "settings", f"read; {bot.trading_mode.value} trading")
    try:
        BotConfig.from_settings(bot)
        check_market(bot.trading_market)
        check_decider(bot.trading_decider)
    except ConfigError as error:
        yield Finding("fail", "bot", str(error), "correct it in the environment or .env")
    good, problems = bot.validate_api_keys()
    if not good:
        yield Finding("fail", "model key", "; ".join(problems), "set it in .env")
    if server.llm_bot_api_key is None:
        yield Finding(
            "warn", "server key", "LLM_BOT_API_KEY is not set here",
            "set it in .env.local, unless this machine runs no server or each bot has its own key",
        )  # fmt: skip
    if bot.motherhaven_enabled:
        good, problems = bot.validate_motherhaven_config()
        if not good:
            yield Finding("fail", "shipping", "; ".join(problems), "correct it in .env")
    else:
        yield Finding(
            "warn", "shipping", "MOTHERHAVEN_ENABLED is not true: bots here keep records locally",
            "set it to true to see them on the dashboard",
        )  # fmt: skip


def _store(url: str, server: ServerSettings) -> Iterator[Finding]:
    scheme = url.partition(":")[0][:20]
    name = f"store ({scheme})"
    try:
        store = open_store(url, clock=SystemClock(), data_dir=Path(), firestore=server.firestore)
        billed = asyncio.run(_probe(store))
    except MotherhavenError as error:
        yield Finding("fail", name, str(error), "mend what the message names, or check the URL")
        return
    yield Finding("ok", name, "opened, read and written")
    if billed is not None:
        yield _bill(billed)


def _bill(billed: Billed) -> Finding:
    budget = "the free quota" if billed.budget_usd is None else f"USD {billed.budget_usd} a day"
    seen = (
        f"{billed.reads:,} reads (free {FREE['reads']:,}), {billed.writes:,} writes (free "
        f"{FREE['writes']:,}) and {billed.deletes:,} deletes since midnight Pacific time: "
        f"USD {billed.cost_usd}, {billed.share:.0%} of {budget}"
    )
    if billed.state == "ok":
        return Finding("ok", "store's bill", seen)
    fix = "close pages that nobody reads, or raise MOTHERHAVEN_FIRESTORE_DAILY_USD"
    return Finding("warn", "store's bill", seen, fix)


async def _probe(store: Store) -> Billed | None:
    await store.open()
    try:
        await store.head()
        known = await store.get_shared_record(_PROBE)
        text = datetime.now(UTC).isoformat()
        await store.put_shared_record(_PROBE, text, known.revision if known else None)
        return store.billed() if isinstance(store, Paid) else None
    finally:
        await store.close()


def _journals(data: Path) -> Iterator[Finding]:
    found = sorted(data.glob("trading_bot_*.db"))
    if not found:
        yield Finding("ok", "journal", f"none in {data} yet; a bot makes its own")
    for path in found:
        yield _journal(path)


def _journal(path: Path) -> Finding:
    name = f"journal {path.name}"
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(2_000)
            connection.execute("PRAGMA query_only=1")
            state = str(connection.execute("PRAGMA quick_check(1)").get)
        finally:
            connection.close()
    except apsw.Error as error:
        state = f"{type(error).__name__}: {error}"
    if state == "ok":
        return Finding("ok", name, "healthy")
    return Finding(
        "fail", name, state[:200],
        "stop the bot; its next start sets a damaged journal aside and saves what is readable",
    )  # fmt: skip


def _server(bot: Settings, server: ServerSettings) -> Iterator[Finding]:
    base = (bot.motherhaven_api_url or "http://localhost:3000").rstrip("/")
    key = bot.motherhaven_api_key or server.llm_bot_api_key
    absent: Grade = "fail" if bot.motherhaven_enabled else "warn"
    fix = "start it with `motherhaven serve`, or correct MOTHERHAVEN_API_URL"
    try:
        with httpx.Client(timeout=_SECONDS, trust_env=False) as client:
            started = time.time()
            ready = client.get(f"{base}/readyz")
            middle = (started + time.time()) / 2
            yield _readiness(ready)
            yield _skew(ready, middle)
            if key:
                yield _key(client.post(
                    f"{base}/api/llm-bot/ingest/batch", headers={"x-api-key": key},
                    json={"events": []},
                ))  # fmt: skip
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield Finding(absent, "server", f"not reached ({type(error).__name__})", fix)


def _readiness(answer: httpx.Response) -> Finding:
    if answer.status_code == 200:
        return Finding("ok", "server", "reached, and its store answers")
    fix = "look into the server's log, or check that MOTHERHAVEN_API_URL is a Motherhaven server"
    return Finding("fail", "server", f"/readyz answered {answer.status_code}", fix)


def _key(answer: httpx.Response) -> Finding:
    if answer.status_code == 200:
        return Finding("ok", "key", "the server takes records with it")
    fix = "MOTHERHAVEN_API_KEY must be the server's LLM_BOT_API_KEY or a key with the scope ingest"
    return Finding("fail", "key", f"ingest answered {answer.status_code}", fix)


def _skew(answer: httpx.Response, here: float) -> Finding:
    try:
        there = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return Finding("ok", "clock", "the server tells no time")
    # The header has whole seconds: on average half of one has passed.
    skew = abs(here - there - 0.5)
    grade: Grade = "ok" if skew < _SKEW_WARN else "warn" if skew < _SKEW_FAIL else "fail"
    fix = "" if grade == "ok" else "let both machines set their clocks by NTP"
    return Finding(grade, "clock", f"{max(0.0, skew - 0.5):.0f} s from the server's", fix)


def _page() -> Finding:
    if (page_dir() / "llm-bot.html").is_file() or (page_dir() / "llm-bot" / "index.html").is_file():
        return Finding("ok", "page", "built")
    fix = "run `make page`" if checkout() else "install a released wheel, which carries the page"
    return Finding("warn", "page", "not built; the API works without it", fix)


def _disk(data: Path) -> Finding:
    place = next(one for one in (data, *data.absolute().parents) if one.is_dir())
    free = shutil.disk_usage(place).free
    grade: Grade = "ok" if free >= _DISK_WARN else "warn" if free >= _DISK_FAIL else "fail"
    fix = "" if grade == "ok" else "free some space; nothing is traded that cannot be recorded"
    return Finding(grade, "disk", f"{free / (1 << 30):.1f} GB free", fix)


def _alerts(server: ServerSettings, *, send: bool) -> Iterator[Finding]:
    try:
        targets = targets_of(
            server.motherhaven_alert_url, allow_local=server.motherhaven_alert_allow_local
        )
    except ConfigError as error:
        yield Finding("fail", "alerts", str(error), "correct MOTHERHAVEN_ALERT_URL")
        return
    if not targets:
        grade: Grade = "fail" if send else "warn"
        yield Finding(
            grade, "alerts", "nobody is told when a bot dies",
            "set MOTHERHAVEN_ALERT_URL where the server runs",
        )  # fmt: skip
        return
    for target in targets:
        yield _sent(target) if send else Finding("ok", "alerts", target.shown)


async def _test(target: Target) -> None:
    await target.send(TEST_TEXT)


def _sent(target: Target) -> Finding:
    try:
        asyncio.run(_test(target))
    except AlertFailed as error:
        fix = "check the address at the service, and that this machine may reach it"
        return Finding("fail", "alerts", str(error), fix)
    return Finding("ok", "alerts", f"test sent to {target.shown}")


def _hidden(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return without_keys(text)
