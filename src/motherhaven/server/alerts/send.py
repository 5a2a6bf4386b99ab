"""Where alerts go: webhooks by our own hand, everything else through apprise."""

import asyncio
import contextlib
import json
import logging
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from motherhaven.contract.display import ChatKind, for_chat
from motherhaven.contract.errors import ConfigError, MotherhavenError
from motherhaven.server.alerts.addresses import literal, why_not

SECONDS: Final = 10.0
TITLE: Final = "Motherhaven"
_PLAIN_HTTP: Final = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
"""Forms of apprise that post to any address."""

LINK: Final = "\x1e"
"""Stands before the server's own link at the end of an alert; no text of a bot keeps it."""

_OWN_LINK: Final = re.compile(
    r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?/llm-bot/bot\?id=[A-Za-z0-9%._~\-]+#control"
)

Resolve = Callable[[str, int], Sequence[str]]


class AlertFailed(MotherhavenError):
    """An alert did not arrive; the message never shows the address, which may be a secret."""


class Target(Protocol):
    """One place for alerts. `shown` names it without secrets."""

    shown: str

    async def send(self, text: str) -> None:
        """Deliver.

        Raises:
            AlertFailed: it did not arrive, or nobody knows.
        """
        ...


def targets_of(setting: str, *, allow_local: bool) -> tuple[Target, ...]:
    """The targets that MOTHERHAVEN_ALERT_URL names, separated by commas.

    Raises:
        ConfigError: a target cannot be used; its number is told, never its address.
    """
    urls = [url.strip() for url in setting.split(",") if url.strip()]
    return tuple(_target(url, number, allow_local) for number, url in enumerate(urls, 1))


def _target(url: str, number: int, allow_local: bool) -> Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError(f"MOTHERHAVEN_ALERT_URL: target {number} is not a URL") from None
    if parts.scheme in _PLAIN_HTTP and not allow_local:
        raise ConfigError(
            f"MOTHERHAVEN_ALERT_URL: target {number} is a plain {parts.scheme} webhook, which "
            "would go around the rules of webhooks; write https://… instead"
        )
    if parts.scheme not in {"http", "https"}:
        return Apprise(url, number)
    if not parts.hostname or parts.username is not None:
        raise ConfigError(
            f"MOTHERHAVEN_ALERT_URL: target {number} must be https://host/path, without a user"
        )
    if parts.scheme == "http" and not allow_local:
        raise ConfigError(
            f"MOTHERHAVEN_ALERT_URL: target {number} is http; use https, or for this machine and "
            "your home network set MOTHERHAVEN_ALERT_ALLOW_LOCAL=true"
        )
    return Webhook(url, port or (443 if parts.scheme == "https" else 80), allow_local=allow_local)


class Webhook:
    """Posts {"title", "text", "content"} as JSON to one URL; no redirects, one address.

    The name is looked up once for each message and the connection goes to the address that was
    checked, so that a name cannot point inwards after the check. With `allow_local` private
    addresses pass, but http goes only to them; link-local ones (cloud metadata) never do.
    """

    def __init__(
        self, url: str, port: int, *, allow_local: bool, resolve: Resolve | None = None
    ) -> None:
        self._parts = urlsplit(url)
        self._host = (self._parts.hostname or "").encode("idna").decode()
        self._port = port
        self._allow_local = allow_local
        self._resolve = resolve or _resolve
        self.shown = f"{self._parts.scheme} webhook at {self._host}"

    async def send(self, text: str) -> None:
        """Deliver; see Target.send."""
        try:
            async with asyncio.timeout(SECONDS):
                status = await self._post(text)
        except (OSError, ssl.SSLError, TimeoutError, ValueError) as error:
            raise AlertFailed(f"{self.shown}: {type(error).__name__}") from None
        if not 200 <= status < 300:
            told = "answered with a redirect, which is not followed" if 300 <= status < 400 else ""
            raise AlertFailed(f"{self.shown}: {told or f'answered {status}'}")

    async def _post(self, text: str) -> int:
        written = literal(self._host)
        if written is not None:
            self._checked([written])  # whatever the resolver makes of its spelling
        found = await asyncio.to_thread(self._resolve, self._host, self._port)
        address = self._checked(found)
        context = ssl.create_default_context() if self._parts.scheme == "https" else None
        reader, writer = await asyncio.open_connection(
            address, self._port, ssl=context, server_hostname=self._host if context else None
        )
        try:
            writer.write(self._request(text))
            await writer.drain()
            head = await reader.readline()
            return int(head.split()[1]) if head.startswith(b"HTTP/1.") else 0
        except IndexError:
            return 0
        finally:
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    def _checked(self, found: Sequence[str]) -> str:
        """The address to connect to; one bad address among them refuses the name."""
        if not found:
            raise AlertFailed(f"{self.shown}: the name has no address")
        for text in found:
            why = self._forbidden(text)
            if why:
                raise AlertFailed(f"{self.shown}: {why}")
        return found[0]

    def _forbidden(self, text: str) -> str:
        try:
            why, is_private = why_not(text, allow_local=self._allow_local)
        except ValueError:
            return "the name leads to something that is no address"
        if why or is_private or self._parts.scheme != "http":
            return why
        return "http goes to local addresses only; use https"

    def _request(self, text: str) -> bytes:
        # "text" is what Slack and Mattermost read, "content" what Discord reads.
        words, link = split_link(text)
        told = {
            "title": TITLE,
            "text": f"{_for_slack(words)} {link}".rstrip(),
            "content": f"{for_chat(words, 'discord')} {link}".rstrip(),
            "allowed_mentions": {"parse": []},
        }
        body = json.dumps(told | ({"link": link} if link else {})).encode()
        path = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        host = f"[{self._host}]" if ":" in self._host else self._host
        port = "" if self._port in {80, 443} else f":{self._port}"
        lines = (
            f"POST {path} HTTP/1.1", f"Host: {host}{port}", "Content-Type: application/json",
            f"Content-Length: {len(body)}", "User-Agent: motherhaven", "Connection: close",
        )  # fmt: skip
        if any(not line.isascii() or not line.isprintable() for line in lines):
            raise AlertFailed(f"{self.shown}: the path has characters that must be %-encoded")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Apprise:
    """One target of apprise: Telegram, Discord, mail and some hundred more."""

    def __init__(self, url: str, number: int) -> None:
        try:
            import apprise  # only who sends this way needs it
        except ImportError:
            raise ConfigError(
                f"MOTHERHAVEN_ALERT_URL: target {number} needs apprise; "
                'run: pip install "motherhaven[alerts]"'
            ) from None
        # Their log lines quote addresses, which hold tokens; what fails is told by us.
        for name in ("apprise", "urllib3"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._apprise: Any = apprise.Apprise()
        # Plain text: apprise itself then escapes what Telegram or a mail would take for HTML.
        self._plain: Any = apprise.NotifyFormat.TEXT
        self._kind: ChatKind = "discord" if urlsplit(url).scheme == "discord" else "plain"
        if not self._apprise.add(url):
            raise ConfigError(
                f"MOTHERHAVEN_ALERT_URL: apprise does not know target {number}; "
                "write https://… for a webhook, or one of its forms such as tgram://TOKEN/CHAT"
            )
        self.shown = f"target {number} ({urlsplit(url).scheme})"

    async def send(self, text: str) -> None:
        """Deliver; see Target.send."""
        words, link = split_link(text)
        body = f"{for_chat(words, self._kind)} {link}".rstrip()
        try:
            async with asyncio.timeout(3 * SECONDS):
                arrived = await self._apprise.async_notify(
                    body=body, title=TITLE, body_format=self._plain
                )
        except (OSError, TimeoutError) as error:
            raise AlertFailed(f"{self.shown}: {type(error).__name__}") from None
        if not arrived:
            raise AlertFailed(f"{self.shown}: it was not accepted")


def split_link(text: str) -> tuple[str, str]:
    """The words of an alert, and the server's own link at its end; "" where there is none."""
    words, _, link = text.rpartition(LINK)
    return (words, link) if _OWN_LINK.fullmatch(link) else (text, "")


def _for_slack(text: str) -> str:
    words = for_chat(text)
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(_with_zone(entry[4]) for entry in found))


def _with_zone(place: tuple[Any, ...]) -> str:
    """An IPv6 address that holds on one network only is told with it."""
    address = str(place[0])
    is_bound = len(place) == 4 and place[3] and "%" not in address
    return f"{address}%{place[3]}" if is_bound else address
