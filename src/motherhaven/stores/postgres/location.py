"""Where the database is: the URL taken apart, and kept out of every message."""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from motherhaven.contract.errors import ConfigError

DEFAULT_SCHEMA: Final = "motherhaven"

_SCHEMA: Final = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")
_SECRETS: Final = ("password", "sslpassword", "passfile", "oauth_client_secret")
_FORM: Final = "postgresql://USER:PASSWORD@HOST:5432/DATABASE"
_DEFAULTS: Final[dict[str, str]] = {
    "application_name": "motherhaven",
    "connect_timeout": "5",
    # A dead network is noticed in some 20 s instead of the system's two hours.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "20000",
}


@dataclass(frozen=True, slots=True)
class Location:
    """How to connect, and what may be shown of it: `shown` has no user and no password."""

    parameters: dict[str, Any] = field(repr=False)
    schema: str
    shown: str
    secrets: tuple[str, ...] = field(repr=False)

    def redact(self, text: str) -> str:
        """`text` in one line, without any secret of the URL."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())


def locate(url: str) -> Location:
    """The database that a postgresql:// URL names.

    Everything that libpq knows may be in the URL, and `schema=name` beside it: the
    schema that the tables are in, "motherhaven" if left out.

    Raises:
        ConfigError: not such a URL; the message does not repeat it.
    """
    url, schema = _without_schema(url.strip())
    _check_form(url)
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:
        raise _bad_url("it cannot be read, or names a setting that PostgreSQL has not") from None
    parameters: dict[str, Any] = _DEFAULTS | {k: v for k, v in given.items() if v is not None}
    parameters["client_encoding"] = "utf8"
    host = parameters.get("host") or parameters.get("hostaddr") or "local socket"
    name = parameters.get("dbname") or parameters.get("user") or "default database"
    shown = f"postgresql {host}:{parameters.get('port', 5432)}/{name} (schema {schema})"
    return Location(parameters, schema, shown, _secrets_of(url, parameters))


def _without_schema(url: str) -> tuple[str, str]:
    base, mark, query = url.partition("?")
    kept, schema = [], DEFAULT_SCHEMA
    for pair in query.split("&") if mark else ():
        name, _, value = pair.partition("=")
        if name == "schema":
            schema = unquote(value)
        elif pair:
            kept.append(pair)
    if not _SCHEMA.fullmatch(schema):
        raise _bad_url(
            "schema= must be a name of a-z, 0-9 and _ that does not begin with a digit or pg_"
        )
    return base + ("?" + "&".join(kept) if kept else ""), schema


def _check_form(url: str) -> None:
    """Refuse what libpq would misread, taking a piece of the password for the host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _bad_url("it cannot be read") from None
    rest = parts.path + parts.query + parts.fragment
    if parts.netloc.count("@") > 1 or "@" in rest or "#" in url:
        raise _bad_url("percent-encode @ # / ? and % in the user name and the password (@ is %40)")


def _secrets_of(url: str, parameters: dict[str, Any]) -> tuple[str, ...]:
    found = {str(parameters[name]) for name in _SECRETS if parameters.get(name)}
    login = urlsplit(url).netloc.rpartition("@")[0]
    found.update({login.partition(":")[2], unquote(login.partition(":")[2])})
    return tuple(sorted(found - {""}, key=len, reverse=True))


def _bad_url(reason: str) -> ConfigError:
    return ConfigError(
        f"MOTHERHAVEN_STORE: the postgresql URL does not work: {reason}. Write {_FORM}"
    )
