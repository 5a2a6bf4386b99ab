"""`motherhaven control`: give a bot a command through its server, and see what becomes of it."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from motherhaven.cli.output import emit, say
from motherhaven.contract.control import NAMES
from motherhaven.contract.errors import ConfigError
from motherhaven.contract.ids import IdSource
from motherhaven.settings import SystemClock, load_server_settings, load_settings

API: Final = "/api/llm-bot"
_LOOK_SECONDS: Final = 0.5
_TIMEOUT: Final = 10.0
_ENDED: Final = frozenset({"verified", "refused", "expired", "superseded", "failed"})

Answer = dict[str, Any]

EXIT_CODES: Final[Mapping[str, int]] = {
    "verified": 0,
    "refused": 3,
    "expired": 4,
    "failed": 5,
    "superseded": 6,
}
NOT_YET: Final = 7
"""The exit code when the time to wait is over and the command is not."""


class ControlApi:
    """The server's control as a person with a key uses it."""

    def __init__(self, url: str, key: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"x-api-key": key}, timeout=_TIMEOUT, transport=transport
        )

    def __enter__(self) -> "ControlApi":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def bot_id(self, given: str) -> str:
        """The id of the bot that is meant, by its id or by a name that only one bot has.

        Raises:
            ConfigError: no bot, or several, or the server does not answer.
        """
        after, found = "", []
        while True:
            page = self._ask("GET", "/bots", params={"after": after} if after else {})
            for bot in page["bots"]:
                if bot["id"] == given:
                    return given
                if bot["name"] == given:
                    found.append(str(bot["id"]))
            after = page.get("next") or ""
            if not after:
                break
        if len(found) == 1:
            return found[0]
        if found:
            raise ConfigError(f"{given!r}: several bots are called so: {', '.join(found)}")
        raise ConfigError(f"{given!r}: the server knows no bot with this id or name")

    def give(self, body: Mapping[str, Any]) -> Answer:
        """Give a command; again with the same id is the same command.

        Raises:
            ConfigError: the server refuses it, in its words, or does not answer.
        """
        try:
            return self._ask("POST", "/control", json=dict(body))
        except httpx.TransportError:
            # Whether it arrived is not known; its id makes a second try harmless.
            return self._ask("POST", "/control", json=dict(body))

    def commands(self, bot_id: str) -> Answer:
        """The bot's newest commands, and when it was last heard of."""
        return self._ask("GET", "/commands", params={"bot": bot_id})

    @property
    def address(self) -> str:
        """The server's address, without a slash at its end."""
        return str(self._client.base_url).rstrip("/")

    def share(self, wanted: Mapping[str, Any]) -> Answer:
        """A new share link, with its path."""
        return self._ask("POST", "/share", json=dict(wanted))

    def shares(self) -> list[Answer]:
        """The share links that are kept, the newest first."""
        found: list[Answer] = self._ask("GET", "/shares")["shares"]
        return found

    def revoke_share(self, link_id: str) -> None:
        """End a share link."""
        self._ask("POST", "/share/revoke", json={"id": link_id})

    def log(self, bot_id: str) -> Answer:
        """The last lines of the bot's log."""
        return self._ask("GET", "/log", params={"bot": bot_id})

    def _ask(self, method: str, path: str, **sent: Any) -> Answer:
        try:
            answer = self._client.request(method, API + path, **sent)
        except httpx.TransportError as error:
            if method == "POST" and not isinstance(error, httpx.ConnectError):
                raise
            raise ConfigError(
                f"the server at {self._client.base_url} does not answer ({type(error).__name__}); "
                "on the bot's machine: python run_analysis_bot.py kill --flatten"
            ) from None
        if answer.status_code == 200:
            found: Answer = answer.json()
            return found
        try:
            told = answer.json()["error"]
            raise ConfigError(f"{told['message']}; {told['fix']}")
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f"the server answered {answer.status_code}") from None


def open_api(server: str | None) -> ControlApi:
    """The server of these settings, with the key for control.

    Raises:
        ConfigError: no key is set.
    """
    settings = load_settings()
    key = settings.motherhaven_control_key or load_server_settings().llm_bot_api_key
    if not key:
        raise ConfigError(
            "no key: set MOTHERHAVEN_CONTROL_KEY to a key with the scope control "
            "(motherhaven keys create --scope control --scope read --name NAME), or "
            "LLM_BOT_API_KEY"
        )
    return ControlApi(server or settings.motherhaven_api_url, key)


def body_of(
    word: str, bot_id: str, args: Mapping[str, Any], reason: str | None, expires: int | None
) -> dict[str, Any]:
    """The command as it is sent, with an id of its own.

    Raises:
        ConfigError: there is no such command.
    """
    name = word.replace("-", "_")
    if name not in NAMES:
        known = ", ".join(one.replace("_", "-") for one in NAMES)
        raise ConfigError(f"{word[:40]!r}: use status, or one of {known}")
    body: dict[str, Any] = {
        "id": IdSource(SystemClock(), os.urandom).new(),
        "bot_id": bot_id,
        "name": name,
        "args": {key: value for key, value in args.items() if value is not None},
    }
    if reason is not None:
        body["reason"] = reason
    if expires is not None:
        body["expires_in_seconds"] = expires
    return body


def show(api: ControlApi, bot_id: str) -> None:
    """Print a bot's newest commands, the latest first."""
    told = api.commands(bot_id)
    say(f"{bot_id}: last seen {told['last_seen'] or 'never'}")
    for view in told["commands"]:
        emit(f"{view['updated_at']}  {view['id']}  {line_of(view)}")


def carry_out(api: ControlApi, body: Mapping[str, Any], wait: float) -> int:
    """Give a command, print its id and follow it for `wait` seconds; the exit code."""
    api.give(body)
    emit(body["id"])
    if wait <= 0:
        return 0
    view = follow(api, body["bot_id"], body["id"], wait, say)
    code = EXIT_CODES.get("" if view is None else view["state"], NOT_YET)
    if code == NOT_YET:
        say("It is not over yet; look again with: motherhaven control BOT status")
    return code


def follow(
    api: ControlApi,
    bot_id: str,
    command_id: str,
    seconds: float,
    tell: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Mapping[str, Any] | None:
    """The command when it has ended, or as it is after `seconds`; each new state is told."""
    end, shown, view = now() + seconds, "", None
    while True:
        listed = api.commands(bot_id)["commands"]
        view = next((one for one in listed if one["id"] == command_id), None)
        if view is not None and line_of(view) != shown:
            shown = line_of(view)
            tell(shown)
        if (view is not None and view["state"] in _ENDED) or now() >= end:
            return view
        sleep(_LOOK_SECONDS)


def line_of(view: Mapping[str, Any]) -> str:
    """A command and its state in one line."""
    parts = [str(view["name"]).replace("_", "-"), str(view["state"])]
    args = view.get("args") or {}
    if args:
        parts.insert(1, " ".join(f"{key}={value}" for key, value in args.items()))
    if view.get("left"):
        parts.append(f"left: {view['left']}")
    if view.get("unfetched"):
        parts.append("the bot never fetched it")
    parts += [str(view[key]) for key in ("reason_code", "reason") if view.get(key)]
    if view.get("by"):
        parts.append(f"by {view['by']}")
    return "  ".join(parts)
