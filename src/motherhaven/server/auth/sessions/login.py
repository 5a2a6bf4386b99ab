"""Sign-in with the key, sign-out, and what a browser may know about its session."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from motherhaven import __version__
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.jsonio import loads
from motherhaven.contract.times import format_time
from motherhaven.server.auth.authenticate import Authenticator
from motherhaven.server.auth.authorize import Authorizer, refuse_key
from motherhaven.server.auth.denials import WRONG_KEY
from motherhaven.server.auth.keys.guesses import Guesses
from motherhaven.server.auth.policy import API, DOOR, FORM, READ, SHOWN, Routes
from motherhaven.server.auth.principal import principal_of
from motherhaven.server.auth.sessions.tokens import Sessions
from motherhaven.server.bodies import read_body
from motherhaven.server.config import Limits, ServerConfig
from motherhaven.server.http.pages import key_page
from motherhaven.server.http.request_facts import COOKIE, SECURE_COOKIE, RequestFacts
from motherhaven.server.wire import schemas
from motherhaven.server.wire.answers import Accepted, Session
from motherhaven.server.wire.problems import Problem, json_answer, too_many_attempts
from motherhaven.stores.share_links import ShareLink

HOME: Final = "/llm-bot"
_LOGIN_BYTES: Final = 4_096
_USED_LINK: Final = (
    "This sign-in link was used before, is older than an hour, or belongs to an earlier start of "
    "the server. Enter the key, or restart the server for a new link."
)
_LOGIN_BODY: Final = {
    "type": "object",
    "required": ["key"],
    "properties": {"key": {"type": "string"}, "next": {"type": "string"}},
}


class Login:
    """Turns a key into a session cookie, and back into nothing."""

    def __init__(
        self,
        config: ServerConfig,
        authenticator: Authenticator,
        authorizer: Authorizer,
        sessions: Sessions,
        guesses: Guesses,
        on_logout: Callable[[], Awaitable[None]],
    ) -> None:
        self._config = config
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._sessions = sessions
        self._guesses = guesses
        self._on_logout = on_logout
        self._limits = Limits(body_bytes=_LOGIN_BYTES, body_seconds=config.limits.body_seconds)

    def add_routes(self, routes: Routes) -> None:
        """Register sign-in, sign-out and the session's state."""
        form = "application/x-www-form-urlencoded"
        content = {name: {"schema": _LOGIN_BODY} for name in ("application/json", form)}
        routes.add(
            f"{API}/login",
            self.login,
            DOOR,
            methods=["POST"],
            tags=["session"],
            operation_id="login",
            response_model=Accepted,
            responses=schemas.failures(400, 401, 403, 408, 413, 415, 422, 429, 503, html=True),
            openapi_extra={"requestBody": {"required": True, "content": content}},
        )
        routes.add(
            f"{API}/login",
            self.key_page,
            DOOR,
            methods=["GET"],
            tags=["session"],
            operation_id="key_page",
            response_model=str,
            responses={
                303: {"description": "Signed in, before or by the link"},
                **schemas.failures(400, 403, 422),
            },
        )
        routes.add(
            f"{API}/logout",
            self.logout,
            FORM,
            methods=["POST"],
            tags=["session"],
            operation_id="logout",
            response_model=Accepted,
            responses=schemas.failures(400, 403),
        )
        routes.add(
            f"{API}/session",
            self.session,
            SHOWN,
            methods=["GET"],
            tags=["session"],
            operation_id="session",
            response_model=Session,
            responses=schemas.failures(400, 401, 403, 429, 503),
        )

    async def login(self, request: Request) -> Response:
        """A session cookie for a key that may read; a form goes on to the page it came from.

        The session of a bot's own key sees what that key sees, and ends when it is revoked.
        """
        facts = RequestFacts(request.scope)
        text, next_path = await self._read(request)
        key = text.encode("utf-8", "replace")
        await self._authenticator.keys.renew(key)
        own = self._authenticator.keys.find(key)
        refusal = None if self._authenticator.knows_key(key) else WRONG_KEY
        if own is not None:
            refusal = refuse_key(own, "read")
        if refusal is not None:
            # Only wrong keys wait, so that nobody at the same address locks the right one out.
            address = principal_of(request.scope).address
            wait = 0.0 if own else self._guesses.wrong(address)
            if wait > 0:
                await self._guesses.hold(address)
                refusal = too_many_attempts(wait, "Too many attempts")
            return await self._refuse(request, next_path, refusal)
        return self._signed_in(_done(request, next_path), facts, own.id if own else None)

    async def key_page(self, request: Request, next: str = HOME, link: str = "") -> Response:
        """The page that asks for the key, where the pages themselves come from elsewhere.

        `link` is the token of a link that the server printed where it was started: it signs
        in once, without the key. A browser that only fetches ahead does not use it up.
        """
        next_path, facts = _local(next), RequestFacts(request.scope)
        if self._authorizer.refusal(principal_of(request.scope), READ, facts) is None:
            return RedirectResponse(next_path, status_code=303)
        ahead = "prefetch" in (facts.header(b"sec-purpose") or "")
        if link and not ahead and self._config.take_link(link):
            return self._signed_in(RedirectResponse(next_path, status_code=303), facts, None)
        has_key = await self._authenticator.has_keys()
        problem = _USED_LINK if link and not ahead else ""
        return key_page(has_key=has_key, next_path=next_path, problem=problem, status=200)

    def _signed_in(self, answer: Response, facts: RequestFacts, key_id: str | None) -> Response:
        secure = is_https(facts)
        answer.set_cookie(
            SECURE_COOKIE if secure else COOKIE,
            self._sessions.new(key_id),
            max_age=self._config.session_seconds,
            path="/",
            secure=secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def logout(self, request: Request) -> Response:
        """Ends the session at once, open streams too."""
        facts = RequestFacts(request.scope)
        for token in facts.tokens:
            self._sessions.revoke(token)
        await self._on_logout()
        answer = _done(request, HOME)
        for name in (COOKIE, SECURE_COOKIE):
            answer.delete_cookie(
                name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="strict"
            )
        return answer

    async def session(self, request: Request) -> Response:
        """How this browser got in."""
        who = principal_of(request.scope)
        body = {
            "access": "open" if self._config.open_reading else "key",
            "signed_in": who.session is not None,
            "bot_id": who.bot_id,
            "share": _share(who.link),
            "control": who.may_control,
            "version": __version__,
        }
        return json_answer(body)

    async def _read(self, request: Request) -> tuple[str, str]:
        body = await read_body(request, self._limits)
        if _wants_json(request):
            parsed = loads(body)
            fields = parsed if isinstance(parsed, dict) else {}
        else:
            found = parse_qs(body.decode("utf-8", "replace"))
            fields = {name: values[0] for name, values in found.items()}
        key, next_path = fields.get("key"), fields.get("next", HOME)
        if not isinstance(key, str) or not isinstance(next_path, str):
            raise InvalidEvent(
                "key: missing or not text; send the server's LLM_BOT_API_KEY, or a key with the "
                "scope read"
            )
        return key, _local(next_path)

    async def _refuse(self, request: Request, next_path: str, problem: Problem) -> Response:
        if _wants_json(request):
            raise problem
        page = key_page(
            has_key=await self._authenticator.has_keys(),
            next_path=next_path,
            problem=f"{problem}.",
            status=problem.status,
        )
        page.headers.update(problem.headers)
        return page


def _share(link: ShareLink | None) -> dict[str, object] | None:
    if link is None:
        return None
    return {"prompts": link.prompts, "expires_at": format_time(link.expires_at)}


def _wants_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind != "application/x-www-form-urlencoded"


def _done(request: Request, next_path: str) -> Response:
    if _wants_json(request):
        return json_answer({"success": True})
    return RedirectResponse(next_path, status_code=303)


def _local(path: str) -> str:
    """`path` if it leads to a page of ours, else the first page: no open redirect."""
    ours = path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))
    safe = path.isascii() and path.isprintable() and len(path) < 2_000
    return path if ours and safe else HOME


def is_https(facts: RequestFacts) -> bool:
    """Any sign of https is enough: it can only make the cookie stricter."""
    told = (facts.header(b"x-forwarded-proto") or "").partition(",")[0].strip().lower()
    origin = facts.header(b"origin") or ""
    return facts.scheme == "https" or told == "https" or origin.startswith("https://")
