"""Making, listing and ending share links, and trading a link for a cookie."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import InvalidEvent, NotFound
from motherhaven.contract.ids import check_id
from motherhaven.server.auth.authenticate import Authenticator
from motherhaven.server.auth.policy import API, DOOR, READ, SHARING, Policy, Routes
from motherhaven.server.auth.principal import principal_of
from motherhaven.server.auth.sessions.login import HOME, is_https
from motherhaven.server.bodies import read_json
from motherhaven.server.config import Limits
from motherhaven.server.http.pages import plain_page
from motherhaven.server.http.request_facts import SECURE_SHARE_COOKIE, SHARE_COOKIE, RequestFacts
from motherhaven.server.wire import schemas
from motherhaven.server.wire.answers import Accepted
from motherhaven.server.wire.problems import Problem
from motherhaven.server.wire.shares import ShareList, ShareMade, ShareView
from motherhaven.stores.protocol import Store
from motherhaven.stores.share_links import ShareLink, TooManyLinks

USUAL: Final = timedelta(days=7)
_BODY_BYTES: Final = 4_096
_ENDED: Final = (
    "This link has expired or was revoked, or it was not copied whole. Ask whoever sent it for a "
    "new one."
)


class Shares:
    """Links to one bot, or to all, for whoever has no key."""

    def __init__(
        self, store: Store, clock: Clock, authenticator: Authenticator, limits: Limits
    ) -> None:
        self._store = store
        self._clock = clock
        self._authenticator = authenticator
        self._links = authenticator.links
        self._limits = Limits(body_bytes=_BODY_BYTES, body_seconds=limits.body_seconds)

    def add_routes(self, routes: Routes) -> None:
        """Register them."""
        said: tuple[tuple[str, str, Any, Policy, Any, Any], ...] = (
            ("/share", "POST", self.make, SHARING, ShareMade, _WANTED),
            ("/share/revoke", "POST", self.revoke, SHARING, Accepted, _WHICH),
            ("/shares", "GET", self.listed, READ, ShareList, None),
        )
        for path, method, handler, policy, model, body in said:
            routes.add(
                API + path,
                handler,
                policy,
                methods=[method],
                operation_id=f"share_{handler.__name__}",
                response_model=model,
                responses=schemas.failures(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
                openapi_extra=schemas.request_body(body) if body else None,
                tags=["session"],
            )
        routes.add(
            f"{API}/shared",
            self.open,
            DOOR,
            methods=["GET"],
            operation_id="share_open",
            response_model=str,
            responses={
                303: {"description": "The link is good: a cookie, and on to the page"},
                **schemas.failures(400, 403, 422, 503, html=True),
            },
            tags=["session"],
        )

    async def open(self, request: Request, link: str = "") -> Response:
        """Trade a link for a cookie of this browser and go on to the page, without the token."""
        facts = RequestFacts(request.scope)
        found = await self._links.find_shown(link)
        if found is None or self._authenticator.share_of([link]) is None:
            page = plain_page("This link has ended", _ENDED, 403)
            page.headers["referrer-policy"] = "no-referrer"
            return page
        secure = is_https(facts)
        answer = RedirectResponse(_page_of(found), status_code=303)
        answer.headers["referrer-policy"] = "no-referrer"
        answer.headers["cache-control"] = "no-store"
        answer.set_cookie(
            SECURE_SHARE_COOKIE if secure else SHARE_COOKIE,
            link,
            max_age=int((found.expires_at - self._clock.now()).total_seconds()),
            path="/",
            secure=secure,
            httponly=True,
            # Lax: who follows a link from a chat would else come without it. It only reads.
            samesite="lax",
        )
        return answer

    async def make(self, request: Request) -> Response:
        """A new link, with no more rights than whoever makes it has; its token is told once."""
        maker = principal_of(request.scope)
        body = await read_json(request, self._limits)
        if not isinstance(body, Mapping):
            raise InvalidEvent("share: send an object")
        bot_id = body.get("bot_id")
        if bot_id is not None:
            bot_id = check_id(bot_id, "bot_id")
        bot_id = maker.bot_id if bot_id is None else bot_id
        if maker.bot_id not in (None, bot_id) or (
            bot_id is not None and not await self._store.bots([bot_id])
        ):
            raise NotFound(f"there is no bot {str(bot_id)[:60]!r} that this key may see")
        prompts = body.get("prompts", False)
        if not isinstance(prompts, bool):
            raise InvalidEvent("prompts: send true or false", field="prompts")
        lasts = _lasts(body.get("days", USUAL.days))
        try:
            link, token = await self._links.store.create(
                self._clock.now(), lasts, bot_id=bot_id, prompts=prompts, made_by=maker.name,
                key_id=None if maker.key is None else maker.key.id,
            )  # fmt: skip
        except TooManyLinks as error:
            raise Problem(
                409, "too_many_links", str(error), "revoke links that nobody needs"
            ) from None
        await self._links.refresh(0)
        path = f"{API}/shared?link={token}"
        return _json(ShareMade(success=True, share=self._view(link), path=path))

    async def revoke(self, request: Request) -> Response:
        """End a link at once here, within a minute at every other server."""
        maker = principal_of(request.scope)
        body = await read_json(request, self._limits)
        link_id = body.get("id") if isinstance(body, Mapping) else None
        links = await self._links.store.all()
        link = links.get(link_id) if isinstance(link_id, str) else None
        if link is None or maker.bot_id not in (None, link.bot_id):
            raise NotFound("there is no such link")
        await self._links.store.revoke(link.id, self._clock.now())
        await self._links.refresh(0)
        return _json(Accepted(success=True))

    async def listed(self, request: Request) -> Response:
        """The links that are kept, without their tokens, the newest first."""
        mine = principal_of(request.scope).bot_id
        links = (await self._links.store.all()).values()
        shown = [self._view(one) for one in links if mine in (None, one.bot_id)]
        return _json(ShareList(shares=tuple(reversed(shown))))

    def _view(self, link: ShareLink) -> ShareView:
        return ShareView(
            id=link.id,
            bot_id=link.bot_id,
            prompts=link.prompts,
            made_at=link.made_at,
            made_by=link.made_by,
            expires_at=link.expires_at,
            revoked_at=link.revoked_at,
            open=link.is_open(self._clock.now()) and self._authenticator.may_share(link),
        )


def _json(view: BaseModel) -> Response:
    return Response(view.model_dump_json(), media_type="application/json")


def _page_of(link: ShareLink) -> str:
    return HOME if link.bot_id is None else f"{HOME}/bot?id={quote(link.bot_id, safe='')}"


def _lasts(days: Any) -> timedelta:
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 90:
        raise InvalidEvent("days: send a whole number from 1 to 90", field="days")
    return timedelta(days=days)


_WANTED: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "bot_id": {"type": ["string", "null"], "description": "null: every bot the maker sees"},
        "days": {"type": "integer", "minimum": 1, "maximum": 90, "default": USUAL.days},
        "prompts": {"type": "boolean", "default": False},
    },
}
_WHICH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}},
}
