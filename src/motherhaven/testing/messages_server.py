"""A local server of the Anthropic Messages API (and of minimal OpenAI chat) that can misbehave.

It answers what a script says, one reply a request, the last one again and again. Point
ANTHROPIC_BASE_URL at `base_url` (for OpenAI chat: `base_url + "/v1"`) and the real SDKs
talk to it; nothing leaves the machine.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_REASONS: Final = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


@dataclass(frozen=True, slots=True)
class Answers:
    """The answer `data`, given through the tool that the request offers."""

    data: Mapping[str, Any]
    tokens_in: int = 900
    tokens_out: int = 120
    tokens_cached: int = 0


@dataclass(frozen=True, slots=True)
class Calls:
    """Tool calls side by side, each a tool's name and its input."""

    calls: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Says:
    """Plain text instead of a tool call, stopped for `reason`."""

    text: str
    reason: str = "end_turn"


@dataclass(frozen=True, slots=True)
class CutOff:
    """A tool call cut off by max_tokens in the middle of its JSON."""

    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refuses:
    """The model declines."""

    text: str = "I can't help with that."


@dataclass(frozen=True, slots=True)
class Fails:
    """An HTTP error, such as 429 with retry-after or 529."""

    status: int
    kind: str = "api_error"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sends:
    """Raw bytes as the body of a 200: HTML, half a document, megabytes."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Waits:
    """Silence until `until` is set, then `then`; for ever when it never is."""

    until: asyncio.Event
    then: "Reply"


@dataclass(frozen=True, slots=True)
class Thinks:
    """`then`, after native thinking: a thinking block, or `reasoning_content` in chat."""

    thought: str
    then: "Reply"


@dataclass(frozen=True, slots=True)
class HangsUp:
    """The connection is closed without an answer."""


Reply = Answers | Calls | Says | CutOff | Refuses | Fails | Sends | Waits | Thinks | HangsUp
Script = Sequence[Reply] | Callable[[Mapping[str, Any]], Reply]


class MessagesServer:
    """`async with MessagesServer([...]) as server:` then use `server.base_url`.

    `requests` holds every request's JSON body, `headers` their headers, oldest first.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def base_url(self) -> str:
        """The server's address, without a path."""
        if self._server is None:
            raise RuntimeError("the server does not run; use it as `async with`")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def __aenter__(self) -> "MessagesServer":
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 22)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and end every open connection, waiting ones too."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request: dict[str, Any] = json.loads(body or b"{}")
        self.requests.append(request)
        self.headers.append(headers)
        reply = self._next(request)
        while isinstance(reply, Waits):
            await reply.until.wait()
            reply = reply.then
        if isinstance(reply, Thinks) and isinstance(reply.then, (HangsUp, Waits)):
            raise TypeError(f"{type(reply.then).__name__} sends no thinking; put it outside")
        if isinstance(reply, HangsUp):
            return False
        writer.write(_response(reply, request, chat=path.endswith("/chat/completions")))
        await writer.drain()
        return True

    def _next(self, request: Mapping[str, Any]) -> Reply:
        if callable(self._script):
            return self._script(request)
        return self._script[min(len(self.requests), len(self._script)) - 1]


def _response(reply: Reply, request: Mapping[str, Any], *, chat: bool) -> bytes:
    status, headers, kind = 200, dict[str, str](), "application/json"
    thought = ""
    if isinstance(reply, Thinks):
        thought, reply = reply.thought, reply.then
    if isinstance(reply, Sends):
        body, kind = reply.body, reply.content_type
    elif isinstance(reply, Fails):
        status, headers = reply.status, dict(reply.headers)
        error = {"type": reply.kind, "message": f"scripted {reply.kind}"}
        body = json.dumps({"type": "error", "error": error}).encode()
    elif chat:
        answer = _chat(reply, request)
        if thought:
            answer["choices"][0]["message"]["reasoning_content"] = thought
        body = json.dumps(answer).encode()
    else:
        answer = _message(reply, request)
        if thought:
            block = {"type": "thinking", "thinking": thought, "signature": "scripted"}
            answer["content"].insert(0, block)
        body = json.dumps(answer).encode()
    lines = [
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Scripted')}",
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _message(reply: Reply, request: Mapping[str, Any]) -> dict[str, Any]:
    """A Messages API answer: https://docs.anthropic.com/en/api/messages."""
    tool = str((request.get("tools") or [{"name": "decide"}])[0].get("name"))
    usage = {"input_tokens": 900, "output_tokens": 120}
    if isinstance(reply, Answers):
        usage = {
            "input_tokens": reply.tokens_in,
            "output_tokens": reply.tokens_out,
            "cache_read_input_tokens": reply.tokens_cached,
            "cache_creation_input_tokens": 0,
        }
        content = [{"type": "tool_use", "id": "toolu_1", "name": tool, "input": dict(reply.data)}]
        reason = "tool_use"
    elif isinstance(reply, Calls):
        content = [
            {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": dict(data)}
            for number, (name, data) in enumerate(reply.calls)
        ]
        reason = "tool_use"
    elif isinstance(reply, CutOff):
        content = [{"type": "tool_use", "id": "toolu_1", "name": tool, "input": dict(reply.data)}]
        reason = "max_tokens"
    elif isinstance(reply, Refuses):
        content, reason = [{"type": "text", "text": reply.text}], "refusal"
    elif isinstance(reply, Says):
        content, reason = [{"type": "text", "text": reply.text}], reply.reason
    else:
        raise TypeError(f"{type(reply).__name__} has no message form")
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": request.get("model", "scripted"),
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": usage,
    }


def _chat(reply: Reply, request: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAI chat completion: https://platform.openai.com/docs/api-reference/chat."""
    tools = request.get("tools") or [{"function": {"name": "decide"}}]
    message: dict[str, Any] = {"role": "assistant", "content": None}
    reason, tokens = "stop", (900, 120)
    if isinstance(reply, (Answers, CutOff)):
        text = json.dumps(dict(reply.data))
        cut = isinstance(reply, CutOff)
        call = {"name": tools[0]["function"]["name"], "arguments": text[:-1] if cut else text}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
        reason = "length" if cut else "tool_calls"
        if isinstance(reply, Answers):
            tokens = (reply.tokens_in, reply.tokens_out)
    elif isinstance(reply, Calls):
        message["tool_calls"] = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(dict(data))},
            }
            for number, (name, data) in enumerate(reply.calls)
        ]
        reason = "tool_calls"
    elif isinstance(reply, Refuses):
        message["refusal"], reason = reply.text, "content_filter"
    elif isinstance(reply, Says):
        message["content"] = reply.text
        reason = "stop" if reply.reason == "end_turn" else reply.reason
    else:
        raise TypeError(f"{type(reply).__name__} has no chat form")
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request.get("model", "scripted"),
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
        },
    }
