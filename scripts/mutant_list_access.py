"""The safeguards of access to the server, for `scripts/mutant_list.py`."""

from typing import Final

from scripts.mutants import Mutant

SRC: Final = "src/motherhaven"
_KEYS: Final = "tests/unit/server/test_server_keys.py"
_ACCESS: Final = "tests/unit/server/test_server_access.py"
_LOGIN: Final = "tests/unit/server/test_server_login.py"
_READ_CURSOR: Final = "tests/conformance/server/test_server_read_cursor.py"

ACCESS: Final = (
    Mutant(
        "scope of a key", f"{SRC}/server/auth/authorize.py",
        "    if scope in key.scopes:\n", "    if scope:\n", (_KEYS,),
    ),
    Mutant(
        "scope of ingest", f"{SRC}/server/auth/policy.py",
        'Policy(Rule.INGEST, "ingest",', 'Policy(Rule.INGEST, "read",', (_KEYS,),
    ),
    Mutant(
        "scope of reading", f"{SRC}/server/auth/policy.py",
        'Policy(Rule.READ, "read",', 'Policy(Rule.READ, "ingest",', (_KEYS,),
    ),
    Mutant(
        "revoked keys are refused", f"{SRC}/server/auth/authorize.py",
        "if key.revoked_at is not None:", "if not key.id:", (_KEYS,),
    ),
    Mutant(
        "identity: a bound key names no other bot", f"{SRC}/server/auth/keys/binding.py",
        "if named == bot:", "if named:", (_KEYS,),
    ),
    Mutant(
        "identity: a bound key sees its bot alone", f"{SRC}/server/auth/middleware.py",
        "viewing(who, facts.header(HEARD))", "viewing(None, facts.header(HEARD))",
        ("tests/conformance/server/test_server_bound_keys.py", "-k", "memory"),
    ),
    Mutant(
        "identity: a bound key hears of an id only if the answer has it",
        f"{SRC}/server/auth/visible/reader.py",
        "place is not None and is_reached(place, cursor)", "place is not None",
        (_READ_CURSOR, "-k", "older"),
    ),
    Mutant(
        "the shared key is compared whole", f"{SRC}/server/auth/authenticate.py",
        "return hmac.compare_digest(_digest(given), self._digest)", "return True", (_ACCESS,),
    ),
    Mutant(
        "a bot's key is compared whole", f"{SRC}/server/auth/keys/cache.py",
        "right = hmac.compare_digest(digest_of(text), key.sha256 if key else _NO_DIGEST)",
        "right = True", (_KEYS,),
    ),
    Mutant(
        "open reading has a list of hosts", f"{SRC}/server/auth/authenticate.py",
        'foreign_host = host_name(facts.header(b"host")) not in self._config.hosts',
        "foreign_host = not self._config.hosts", (_ACCESS,),
    ),
    Mutant(
        "open reading ends at a proxy", f"{SRC}/server/auth/authenticate.py",
        "        if not forwarded:\n", "        if forwarded is not None:\n", (_ACCESS,),
    ),
    Mutant(
        "forms of other origins are refused", f"{SRC}/server/auth/authorize.py",
        "if policy.own_pages and not self._is_own_page(facts):", "if policy.own_pages is None:",
        (_LOGIN,),
    ),
    Mutant(
        "reads of other sites are refused", f"{SRC}/server/auth/authorize.py",
        "if all(value.strip().lower() in _OWN_SITES for value in sites)", "if all(sites)",
        ("tests/unit/server/test_server_cross_site.py",),
    ),
    Mutant(
        "the session's cookie is strict", f"{SRC}/server/auth/sessions/login.py",
        "            httponly=True,\n            samesite=\"strict\",\n",
        "            httponly=True,\n            samesite=\"lax\",\n", (_LOGIN,),
    ),
    Mutant(
        "the session's cookie is closed to scripts", f"{SRC}/server/auth/sessions/login.py",
        "            httponly=True,\n            samesite", "            samesite", (_LOGIN,),
    ),
    Mutant(
        "wrong keys are slowed", f"{SRC}/server/auth/authorize.py",
        "return self._too_many(who) or self._unknown(who, policy)",
        "return self._unknown(who, policy)", ("tests/unit/server/test_server_refusals.py",),
    ),
    Mutant(
        "a session confirms before it commands", f"{SRC}/server/auth/authorize.py",
        "return denials.NOT_CONFIRMED if who.confirmed_until is None else None", "return None",
        ("tests/unit/server/test_server_control.py",),
    ),
    Mutant(
        "a share link opens what is declared", f"{SRC}/server/auth/shares/links.py",
        "return shown is Links.SHOWN or (", "return True or (",
        ("tests/conformance/server/test_server_share_links.py", "-k", "memory"),
    ),
    Mutant(
        "sharing needs a right to read", f"{SRC}/server/auth/policy.py",
        'replace(FORM, scope="read", by_session=True)', "replace(FORM, by_session=True)",
        ("tests/conformance/server/test_server_share_links.py", "-k", "memory"),
    ),
)  # fmt: skip
