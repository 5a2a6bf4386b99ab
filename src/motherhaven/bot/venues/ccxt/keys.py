"""The key of an exchange, as the access of an account gives it: one text with its parts."""

import json
from dataclasses import dataclass, field

from motherhaven.bot.execution.access import VenueAccess
from motherhaven.bot.venues.ccxt.profile import Profile
from motherhaven.contract.errors import ConfigError

LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """A key's name, its secret and, where it has one, its passphrase."""

    key: str
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)


def keys_of(profile: Profile, access: VenueAccess) -> ApiKeys:
    """The key of an account: JSON with `key`, `secret` and `password`.

    Raises:
        ConfigError: there is none, or a part is missing.
    """
    if access.secret is None:
        raise ConfigError(
            f"{profile.title}: there is no key; set CCXT_API_KEY and CCXT_SECRET, of a key that "
            "cannot withdraw"
        )
    try:
        raw = json.loads(access.secret()[:LONGEST])
    except ValueError:
        raw = None
    given = raw if isinstance(raw, dict) else {}
    key, secret, password = (_text(given.get(name)) for name in ("key", "secret", "password"))
    if not (key and secret):
        raise ConfigError(f"{profile.title}: the key is not complete; set CCXT_API_KEY and "
                          "CCXT_SECRET")  # fmt: skip
    if profile.needs_password and not password:
        raise ConfigError(
            f"{profile.title}: its keys have a passphrase; set CCXT_PASSWORD to the one that the "
            "key was made with"
        )
    return ApiKeys(key, secret, password)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
