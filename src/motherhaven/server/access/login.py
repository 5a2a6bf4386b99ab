"""Sign-in with the key, sign-out, and what a browser may know about its session."""

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from motherhaven import __version__
from motherhaven.contract.errors import InvalidEvent
from motherhaven.contract.jsonio import loads
from motherhaven.server.access.guesses import Guesses
from motherhaven.server.access.keypage import key_page
from motherhaven.server.access.rules import API, Door
from motherhaven.server.access.sessions import Sessions
from motherhaven.server.access.visible import only_bot
from motherhaven.server.access.visitors import COOKIE, SECURE_COOKIE, Rule, Visitor
from motherhaven.server.bodies import read_body
from motherhaven.server.config import Limits, ServerConfig
from motherhaven.server.wire import schemas
from motherhaven.server.wire.answers import Accepted, Session
from motherhaven.server.wire.problems import Problem, json_answer, too_many_attempts

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
        door: Door,
        sessions: Sessions,
        guesses: Guesses,
        on_logout: Callable[[], None],
    ) -> None:
        self._config = config
        self._door = door
        self._sessions = sessions
        self._guesses = guesses
        self._on_logout = on_logout
        self._limits = Limits(body_bytes=_LOGIN_BYTES, body_seconds=config.limits.body_seconds)

    def add_routes(self, router: APIRouter) -> None:
        """Register sign-in, sign-out and the session's state."""
        form = "application/x-www-form-urlencoded"
        content = {name: {"schema": _LOGIN_BODY} for name in ("application/json", form)}
        router.add_api_route(
            f"{API}/login",
            self.login,
            methods=["POST"],
            tags=["session"],
            operation_id="login",
            response_model=Accepted,
            responses=schemas.failures(400, 401, 403, 408, 413, 415, 422, 429, 503, html=True),
            openapi_extra={"requestBody": {"required": True, "content": content}},
        )
        router.add_api_route(
            f"{API}/login",
            self.key_page,
            methods=["GET"],
            tags=["session"],
            operation_id="key_page",
            response_model=str,
            responses={
                303: {"description": "Signed in, before or by the link"},
                **schemas.failures(400, 403, 422),
            },
        )
        router.add_api_route(
            f"{API}/logout",
            self.logout,
            methods=["POST"],
            tags=["session"],
            operation_id="logout",
            response_model=Accepted,
            responses=schemas.failures(400, 403),
        )
        router.add_api_route(
            f"{API}/session",
            self.session,
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
        visitor = Visitor(request.scope)
        text, next_path = await self._read(request)
        key = text.encode("utf-8", "replace")
        await self._door.keys.renew(key)
        refusal = self._door.refuse_sign_in(key)
        own = self._door.keys.find(key)
        if refusal is not None:
            # Only wrong keys wait, so that nobody at the same address locks the right one out.
            wait = 0.0 if own else self._guesses.wrong(self._door.address_of(visitor))
            if wait > 0:
                await self._guesses.hold(self._door.address_of(visitor))
                refusal = too_many_attempts(wait, "Too many attempts")
            return await self._refuse(request, next_path, refusal)
        return self._signed_in(_done(request, next_path), visitor, own.id if own else None)

    async def key_page(self, request: Request, next: str = HOME, link: str = "") -> Response:
        """The page that asks for the key, where the pages themselves come from elsewhere.

        `link` is the token of a link that the server printed where it was started: it signs
        in once, without the key. A browser that only fetches ahead does not use it up.
        """
        next_path, visitor = _local(next), Visitor(request.scope)
        if self._door.refusal(Rule.READ, visitor) is None:
            return RedirectResponse(next_path, status_code=303)
        ahead = "prefetch" in (visitor.header(b"sec-purpose") or "")
        if link and not ahead and self._config.take_link(link):
            return self._signed_in(RedirectResponse(next_path, status_code=303), visitor, None)
        has_key = await self._door.has_keys()
        problem = _USED_LINK if link and not ahead else ""
        return key_page(has_key=has_key, next_path=next_path, problem=problem, status=200)

    def _signed_in(self, answer: Response, visitor: Visitor, key_id: str | None) -> Response:
        secure = _is_https(visitor)
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
        visitor = Visitor(request.scope)
        for token in visitor.tokens:
            self._sessions.revoke(token)
        self._on_logout()
        answer = _done(request, HOME)
        for name in (COOKIE, SECURE_COOKIE):
            answer.delete_cookie(
                name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="strict"
            )
        return answer

    async def session(self, request: Request) -> Response:
        """How this browser got in."""
        visitor = Visitor(request.scope)
        body = {
            "access": "open" if self._config.open_reading else "key",
            "signed_in": self._door.session_of(visitor) is not None,
            "bot_id": only_bot(),
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
            has_key=await self._door.has_keys(),
            next_path=next_path,
            problem=f"{problem}.",
            status=problem.status,
        )
        page.headers.update(problem.headers)
        return page


def _wants_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind != "application/x-www-form-urlencoded"


def _done(request: Request, next_path: str) -> Response:
    if _wants_json(request):
        return json_answer({"success": True})
    return RedirectResponse(next_path, status_code=303)


def _local(path: str) -> str:
    """`path` if it leads to a page of ours, else the first page: no open redirect."""
    parts = urlsplit(path.replace("\\", "/"))
    ours = path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))
    safe = path.isascii() and path.isprintable() and len(path) < 2_000
    return path if ours and safe and not parts.scheme and not parts.netloc else HOME


def _is_https(visitor: Visitor) -> bool:
    """Any sign of https is enough: it can only make the cookie stricter."""
    told = (visitor.header(b"x-forwarded-proto") or "").partition(",")[0].strip().lower()
    origin = visitor.header(b"origin") or ""
    return visitor.scheme == "https" or told == "https" or origin.startswith("https://")
