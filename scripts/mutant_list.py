"""The safeguards that `make mutants` breaks one by one, and the tests that must notice.

Whoever adds a safeguard adds it here. `tests/architecture/test_mutants.py` keeps the list true:
each text stands in its file exactly once, each test exists, each rule of the guard is here.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Final

from motherhaven.bot.guard.rule import MarginLimit
from motherhaven.bot.guard.rules import coins, day, entries, freshness, halts, size, stops
from scripts.mutant_list_access import ACCESS
from scripts.mutants import Mutant

SRC: Final = "src/motherhaven"
_APPEND: Final = "tests/conformance/stores/test_store_append.py"
_FOLLOWING: Final = "tests/unit/stores/test_firestore_following.py"
_GUARD: Final = "tests/unit/bot_core/test_core_guard_rules.py"
_PROPERTY: Final = "tests/property/test_caps_property.py"
_SENDER: Final = "tests/unit/recorder/test_batch_sender.py"
_ANSWERS: Final = "tests/unit/recorder/test_acknowledgements.py"
_READERS: Final = "tests/faults/recorder/test_in_process_readers.py"
_BARS: Final = "tests/unit/bot_shell/test_shell_bar_faults.py"

_EACH_RULE: Final = "test_each_rule_refuses_by_name_and_says_why"


def _without(*families: ModuleType) -> Iterator[Mutant]:
    """The guard without one of its rules or caps, for each of them."""
    for family in families:
        file = f"{SRC}/bot/guard/rules/{family.__name__.rpartition('.')[2]}.py"
        for one in (*family.RULES, *getattr(family, "MARGIN_LIMITS", ())):
            what = "cap" if isinstance(one, MarginLimit) else "rule"
            yield Mutant(
                f"guard {what} {one.code}", file, f"    {one.code},\n", "",
                (f"{_GUARD}::{_EACH_RULE}",),
            )  # fmt: skip


GUARD: Final = (
    *_without(coins, halts, freshness, day, entries, size, stops),
    Mutant(
        "guard caps are compared", f"{SRC}/bot/guard/judgement.py",
        "if left is None or margin <= left:", "if left is None or margin <= left * 2:", (_GUARD,),
    ),
    Mutant(
        "guard caps count what the same answer took", f"{SRC}/bot/guard/judgement.py",
        "    entry.allocation.allow(PendingEntry(decision.coin, margin, entry.leverage))\n", "",
        (_GUARD,),
    ),
    Mutant(
        "guard caps count what waits from an earlier answer", f"{SRC}/bot/guard/allocation.py",
        "        for waiting in context.pending:\n            self.allow(waiting)\n", "",
        (_PROPERTY,),
    ),
    Mutant(
        "guard caps count the margin that a lower leverage takes", f"{SRC}/bot/guard/allocation.py",
        "coin.most = max(coin.most, quotient(coin.notional, Decimal(entry.leverage)))",
        "coin.most = max(coin.most, entry.margin)", (_PROPERTY,),
    ),
    Mutant(
        "guard free margin counts a lower leverage", f"{SRC}/bot/guard/allocation.py",
        "        self.reserved += self.relevered(entry.coin, entry.leverage)\n", "", (_PROPERTY,),
    ),
    Mutant(
        "guard contradictions refuse a coin", f"{SRC}/bot/guard/judgement.py",
        "if len(set(actions)) > 1:", "if len(set(actions)) > 9:", (_GUARD,),
    ),
    Mutant(
        "guard sizes are floored to the lot", f"{SRC}/bot/market/instruments.py",
        "return size.quantize(self.lot, ROUND_FLOOR, EXACT)",
        "return size.quantize(self.lot, ROUND_CEILING, EXACT)", (_GUARD,),
    ),
    Mutant(
        "guard a position without its stop is closed", f"{SRC}/bot/execution/engine.py",
        "if held is None or safe:", "if held is None or held.size:",
        ("tests/unit/bot_shell/test_shell_desk.py",),
    ),
)  # fmt: skip

DEDUPLICATION: Final = (
    Mutant(
        "deduplication in the journal", f"{SRC}/recorder/writer.py",
        "        return self._known(entry) or self._add(entry)\n",
        "        return self._add(entry)\n",
        ("tests/unit/recorder/test_journal.py",),
    ),
    Mutant(
        "deduplication in memory", f"{SRC}/stores/memory.py",
        "known = work.known(event.event_id)", "known = None", (_APPEND, "-k", "memory"),
    ),
    *(
        Mutant(
            f"deduplication in {name}", f"{SRC}/stores/appending.py",
            "known = work.known(event.event_id)", "known = None", (_APPEND, "-k", name),
        )
        for name in ("sqlite", "postgresql")
    ),
    Mutant(
        "deduplication in firestore", f"{SRC}/stores/firestore/ingest.py",
        "known = work.known(event.event_id)", "known = None", (_APPEND, "-k", "firestore"),
    ),
    *(
        Mutant(name, f"{SRC}/stores/firestore/{file}.py", safe, unsafe, (_FOLLOWING,))
        for name, file, safe, unsafe in (
            ("commits of one moment", "commits", "if last and is_tied else 0",
             "if last and 0 else 0"),
            ("what a count is compared with", "own_commits", "own = list(self._own.values())",
             "own = self._own.values()"),
            ("a cursor of the time of a read", "keytext", "moment_read, _RANKS - 1",
             "moment_read, 0"),
        )
    ),
    *(
        Mutant(name, f"{SRC}/stores/firestore/{file}.py", safe, unsafe, (tests,))
        for name, file, safe, unsafe, tests in (
            ("a token and its queries", "listening", "if not token:  # it", "if True:  # it",
             "tests/unit/stores/test_firestore_listening.py"),
            ("an own commit among others of its time", "known", "str(one.id) not in mark.own",
             "one.create_time not in mark.own.values()",
             "tests/unit/stores/test_firestore_known.py"),
        )
    ),
    Mutant(
        "reading: an own commit is in the next answer's cursor",
        f"{SRC}/stores/firestore/database.py",
        "self._database.saw(last_number(committed))", "pass",
        ("tests/conformance/stores/test_store_read_cursor.py", "-k", "firestore"),
    ),
    Mutant(
        "reading: no standby behind the cursor answers", f"{SRC}/stores/postgres/store.py",
        "self._know([read_live_cursor(self._generation, cursor, floor=0, head=_FAR)])", "pass",
        ("tests/faults/postgres/test_postgres_standby.py",),
    ),
    Mutant(
        "reading: what was kept is as old as it was", f"{SRC}/stores/read_places.py",
        "            self.cursor = kept", "            pass",
        ("tests/conformance/server/test_server_read_cursor.py", "-k", "kept"),
    ),
    Mutant(
        "news of others beside own commits", f"{SRC}/stores/following.py",
        "if others or not commits or", "if not commits or",
        ("tests/unit/stores/test_following.py",),
    ),
    Mutant(
        "deduplication compares the payload", f"{SRC}/stores/meaning.py",
        "return payload is not None and same_meaning(event, digest, payload)", "return True",
        (_APPEND, "-k", "memory or sqlite"),
    ),
    Mutant(
        "deduplication compares bot and kind", f"{SRC}/stores/meaning.py",
        "(event.bot_id, event.kind) != (bot_id, kind)", "not bot_id",
        ("tests/unit/stores/test_same_event.py",),
    ),
    Mutant(
        "deduplication in the journal compares the payload", f"{SRC}/recorder/writer.py",
        "if row[2] != payload_sha256(entry.data):", "if not row[2]:",
        ("tests/unit/recorder/test_journal.py",),
    ),
)  # fmt: skip

DURABILITY: Final = (
    Mutant(
        "fsync of the journal", f"{SRC}/recorder/database.py",
        'connection.pragma("synchronous", synchronous)',
        'connection.pragma("synchronous", "normal")',
        ("tests/faults/recorder/test_power_loss.py",),
    ),
    Mutant(
        "fsync of the SQLite store", f"{SRC}/stores/sqlite/connect.py",
        "PRAGMA synchronous=FULL", "PRAGMA synchronous=NORMAL",
        ("tests/unit/stores/test_sqlite_durable.py",),
    ),
    Mutant(
        "synchronous commit of PostgreSQL", f"{SRC}/stores/postgres/connect.py",
        "set_config('synchronous_commit', 'on', true)",
        "set_config('synchronous_commit', 'off', true)",
        ("tests/unit/stores/test_postgres_schema.py",),
    ),
    Mutant(
        "journal a log that was replaced is noticed", f"{SRC}/recorder/opening.py",
        " and self.log == inode(self._log_path)", "", (_READERS,),
    ),
    Mutant(
        "journal a file that was replaced is noticed", f"{SRC}/recorder/opening.py",
        "self.main == inode(self._path) and ", "", (_READERS,),
    ),
    Mutant(
        "journal its log is held in place", f"{SRC}/recorder/fileguard.py",
        "_wait(locks.handle or 0, _READ, _SHARED_FIRST, _SHARED_SIZE, seconds)", "pass",
        (_READERS,),
    ),
    Mutant(
        "journal a damaged log is noticed", f"{SRC}/recorder/repair/wal.py",
        "if is_record and _continues(data, number + 1):", "if False:",
        ("tests/faults/recorder/test_damage.py",),
    ),
    Mutant(
        "journal a commit that was cut off is no damage", f"{SRC}/recorder/repair/wal.py",
        "if is_record and _continues(data, number + 1):", "if is_record:",
        ("tests/faults/recorder/test_power_loss.py",),
    ),
    Mutant(
        "journal the digest is compared", f"{SRC}/recorder/digest.py",
        "row.digest is None or row.digest == row_digest(row)", "row.digest != 0",
        ("tests/faults/recorder/test_corruption.py",),
    ),
    Mutant(
        "journal works off the callers' threads", f"{SRC}/recorder/journal.py",
        "            return self._worker.run(work, after)", "            pass",
        ("tests/faults/recorder/test_interrupted_calls.py", "--timeout", "120"),
    ),
    Mutant(
        "journal a failed commit is looked up", f"{SRC}/recorder/journal.py",
        "            self._settle(writer, error)\n", "            raise\n",
        ("tests/unit/recorder/test_journal.py",),
    ),
)  # fmt: skip

ACKNOWLEDGEMENT: Final = (
    Mutant(
        "acknowledgement needs success", f"{SRC}/recorder/sending/responses.py",
        'body.get("success") is True and all(', "all(", (_ANSWERS,),
    ),
    Mutant(
        "acknowledgement needs a verdict for each event", f"{SRC}/recorder/sending/responses.py",
        "all(i in results for i in event_ids)", "True", (_ANSWERS,),
    ),
    Mutant(
        "acknowledgement of text parts", f"{SRC}/recorder/sending/responses.py",
        "if not isinstance(items, list) or len(items) != parts:", "if items is not None:",
        (_SENDER,),
    ),
    Mutant(
        "acknowledgement of an old server needs success", f"{SRC}/recorder/sending/responses.py",
        'if body.get("success") is not True:', "if body is None:", (_ANSWERS,),
    ),
    Mutant(
        "redirects are no acknowledgement", f"{SRC}/recorder/sending/responses.py",
        "        case 200:\n", "        case status if 200 <= status < 400:\n",
        (_ANSWERS,),
    ),
)  # fmt: skip

BOUNDS: Final = (
    Mutant(
        "bound of a number's digits", f"{SRC}/contract/money.py",
        "digits > MAX_DIGITS or not in_range", "not in_range",
        ("tests/unit/contract/test_money.py",),
    ),
    Mutant(
        "bound of a number's exponent", f"{SRC}/contract/money.py",
        "digits > MAX_DIGITS or not in_range or", "digits > MAX_DIGITS or",
        ("tests/unit/contract/test_money.py",),
    ),
    Mutant(
        "bound of an integer's digits", f"{SRC}/contract/jsonio.py",
        "    if len(text) > _MAX_DIGITS:\n", "    if not text:\n",
        ("tests/unit/contract/test_jsonio.py",),
    ),
    Mutant(
        "bound of JSON's depth", f"{SRC}/contract/jsonio.py",
        "            if depth > limit:\n", "            if depth > 10**9:\n",
        ("tests/unit/contract/test_jsonio.py", "tests/unit/contract/test_jsonio_linear.py"),
    ),
    Mutant(
        "bound of JSON's pieces", f"{SRC}/contract/jsonio.py",
        "        if opened > containers:\n", "        if opened < 0:\n",
        ("tests/unit/contract/test_jsonio.py", "tests/unit/contract/test_jsonio_linear.py"),
    ),
    Mutant(
        "bound of a number that travels", f"{SRC}/contract/bounds.py",
        "    if number.adjusted() > MAX_EXPONENT:\n        return False\n", "",
        ("tests/unit/contract/test_bounds.py",),
    ),
    Mutant(
        "bound of an integer that travels", f"{SRC}/contract/bounds.py",
        "return number if MIN_INTEGER <= number <= MAX_INTEGER else OutOfRange(text)",
        "return number", ("tests/unit/contract/test_bounds.py",),
    ),
    Mutant(
        "duplicate keys are refused", f"{SRC}/contract/jsonio.py",
        "            if key in seen:\n", "            if key is None:\n",
        ("tests/unit/contract/test_jsonio.py",),
    ),
    Mutant(
        "bound of a body", f"{SRC}/server/bodies.py",
        "    if size > limit:\n        raise too_large(limit)\n", "",
        ("tests/unit/server/test_server_bodies.py",),
    ),
    Mutant(
        "compressed bodies are refused", f"{SRC}/server/bodies.py",
        'if encoding not in {"", "identity"}:', "if not encoding:",
        ("tests/unit/server/test_server_bodies.py",),
    ),
    Mutant(
        "bound of a batch", f"{SRC}/server/ingest/batches.py",
        "if len(events) > limit or len(parts) > limit:", "if len(events) > 10**9:",
        ("tests/unit/server/test_server_ingest.py",),
    ),
    Mutant(
        "bound of an id", f"{SRC}/contract/ids.py",
        "if isinstance(value, str) and _ID.fullmatch(value):", "if isinstance(value, str):",
        ("tests/unit/contract/test_ids.py",),
    ),
    Mutant(
        "bound of what bars unpack to", f"{SRC}/bot/market/bars/source.py",
        "if self._left < 0:", "if self._left is None:", (_BARS,),
    ),
    Mutant(
        "bars off the grid are refused", f"{SRC}/bot/market/bars/grid.py",
        "if len(stamps) - kept <= few:", "if len(stamps) < 0:", (_BARS,),
    ),
    Mutant(
        "bars of two units of time are refused", f"{SRC}/bot/market/bars/times.py",
        "if self._kind not in (None, kind):", "if not kind:", (_BARS,),
    ),
)  # fmt: skip

ESCAPES: Final = (
    Mutant(
        "cells of CSV are safe", f"{SRC}/contract/csvtext.py",
        """return "'" + text if _would_run(text) else text\n""", "return text\n",
        ("tests/unit/contract/test_csvtext.py",),
    ),
    Mutant(
        "the server's words are one line in a log", f"{SRC}/recorder/sending/responses.py",
        "c if c.isprintable() else ' ' for c", "c for c",
        ("tests/unit/recorder/test_refused_key.py",),
    ),
)  # fmt: skip

MUTANTS: Final = (
    *GUARD, *DEDUPLICATION, *DURABILITY, *ACKNOWLEDGEMENT, *ACCESS, *BOUNDS, *ESCAPES,
)  # fmt: skip
