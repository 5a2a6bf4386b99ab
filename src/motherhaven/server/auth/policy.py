"""What each route asks of its caller, declared where the route is."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from fastapi import APIRouter

from motherhaven.server.auth.keys.cache import KeyScope

API: Final = "/api/llm-bot"


class Rule(StrEnum):
    """The kind of a route.

    PUBLIC: open to all. INGEST: bots send. READ: reads. PAGE: as READ, but a browser without
    access is shown the key page. FORM: a POST from our own pages. CONTROL: commands to bots.
    """

    PUBLIC = "public"
    INGEST = "ingest"
    READ = "read"
    PAGE = "page"
    FORM = "form"
    CONTROL = "control"


class Links(StrEnum):
    """What of a route a share link shows: nothing, all of it, all of it to a link that shows
    prompts, or the pages that are no settings."""

    NONE = "none"
    SHOWN = "shown"
    WITH_PROMPTS = "with prompts"
    PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may come in at a route.

    scope: what a bot's key must have, the shared key opens all; None: nobody is asked.
    by_session: a browser that signed in may too; confirmed: only if it has shown its key again.
    by_open_reading: so may whoever is at this machine, where reading is open. own_pages: a form,
    refused from other origins; linked_to: other sites may lead here; recorded: refusals are
    put on record.
    """

    rule: Rule
    scope: KeyScope | None = None
    by_session: bool = False
    confirmed: bool = False
    by_open_reading: bool = False
    links: Links = Links.NONE
    own_pages: bool = False
    linked_to: bool = False
    recorded: bool = False

    @property
    def is_personal(self) -> bool:
        """Whether a request counts, and sees, as whoever makes it; else as anybody's."""
        return self.rule not in (Rule.PUBLIC, Rule.FORM)


PUBLIC: Final = Policy(Rule.PUBLIC)
HOME_PAGE: Final = replace(PUBLIC, linked_to=True)
FORM: Final = Policy(Rule.FORM, own_pages=True)
DOOR: Final = replace(FORM, linked_to=True)
"""Where a visitor becomes somebody: the key page, a share link."""

SHARING: Final = replace(FORM, scope="read", by_session=True)
"""A form for whoever may read by a right of its own."""

INGEST: Final = Policy(Rule.INGEST, "ingest", recorded=True)
READ: Final = Policy(Rule.READ, "read", by_session=True, by_open_reading=True)
SHOWN: Final = replace(READ, links=Links.SHOWN)
SHOWN_WITH_PROMPTS: Final = replace(READ, links=Links.WITH_PROMPTS)
PAGE: Final = replace(READ, rule=Rule.PAGE, links=Links.PAGES, linked_to=True)
CONTROL: Final = Policy(Rule.CONTROL, "control", by_session=True, confirmed=True, recorded=True)


class Routes:
    """Registers routes, each with its policy. What is registered nowhere is closed."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._patterns: list[tuple[re.Pattern[str], Policy]] = []
        self.policies: dict[str, Policy] = {}
        """By path as it was registered, without a slash at its end."""

    def add(self, path: str, handler: Any, policy: Policy, **options: Any) -> None:
        """Register a handler; `options` are those of FastAPI's add_api_route.

        Raises:
            ValueError: the path has another policy for another method.
        """
        self.declare(path, policy)
        self._router.add_api_route(path, handler, **options)

    def declare(self, path: str, policy: Policy) -> None:
        """Say who may come in at a route that is registered elsewhere.

        Raises:
            ValueError: the path has another policy.
        """
        name = path.rstrip("/") or "/"
        if self.policies.setdefault(name, policy) != policy:
            raise ValueError(f"{name} has two policies; all its methods share one")
        if "{" in name and ":path}" not in name:
            form = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(name))
            self._patterns.append((re.compile(f"{form}/?"), policy))

    def policy_of(self, path: str) -> Policy:
        """The policy at a request's path, whatever its method."""
        known = self.policies.get(path) or self.policies.get(path.rstrip("/"))
        if known is not None:
            return known
        found = (policy for form, policy in self._patterns if form.fullmatch(path))
        return next(found, READ if path.startswith("/api") else PAGE)
