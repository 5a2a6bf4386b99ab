"""Requests that a browser makes for another site are refused before they run."""

from typing import Final

from motherhaven.server.access.visitors import Rule, Visitor
from motherhaven.server.wire.problems import Problem

_OWN: Final = frozenset({b"same-origin", b"none"})
_READING: Final = frozenset({"GET", "HEAD"})
_PAGES: Final = frozenset({"/", "/api/llm-bot/login"})
"""Beside the page itself, what a link from elsewhere may lead to."""


def cross_site_problem(rule: Rule, visitor: Visitor) -> Problem | None:
    """Why a request that another site caused may not run; None when none did.

    Browsers tell it in Sec-Fetch-Site. A link to a page, which the user follows, is let
    through: the other site cannot see what it shows.
    """
    sites = visitor.all_values(b"sec-fetch-site")
    if all(value.strip().lower() in _OWN for value in sites) or _is_link(rule, visitor):
        return None
    return Problem(
        403,
        "cross_site",
        "another site asked for this",
        "open it from this server's own page, or send the key from a program",
    )


def _is_link(rule: Rule, visitor: Visitor) -> bool:
    to_page = rule is Rule.PAGE or (visitor.path.rstrip("/") or "/") in _PAGES
    return (
        to_page
        and visitor.method in _READING
        and visitor.all_values(b"sec-fetch-mode") == [b"navigate"]
        and visitor.all_values(b"sec-fetch-dest") == [b"document"]
    )
