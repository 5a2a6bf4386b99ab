"""A language model as decider, through pydantic-ai: one structured answer for all coins.

Nothing that a model or its provider does reaches the caller as an exception: a bad, late
or missing answer becomes an Answer with a `failure`, its raw text kept, and the bot holds.
"""

import dataclasses
import json
from datetime import datetime
from decimal import Decimal
from typing import Final

from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelRequestRejectedError,
    ModelRequestTimeout,
    ModelTimeoutError,
    UnexpectedModelBehavior,
    UserError,
)
from pydantic_ai.messages import (
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from motherhaven.bot.decider.budget import ModelBudget
from motherhaven.bot.decider.pricing import Basis, ModelPrices
from motherhaven.bot.decider.prompts import system_prompt, user_prompt
from motherhaven.bot.decider.schema import TOOL, TOOL_DESCRIPTION, answer_schema
from motherhaven.bot.decider.tables import escape
from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.types import ParsedAnswer
from motherhaven.bot.presets import Preset
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import (
    AnswerMalformed,
    AnswerRefused,
    AnswerTruncated,
    DeciderError,
    DeciderTimeout,
    DeciderUnavailable,
)

_SHOWN: Final = 300
_MAX_RAW: Final = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class AskLimits:
    """Bounds of one question: seconds for all its attempts together, tokens of an answer."""

    timeout_seconds: float = 60.0
    max_tokens: int = 4096
    prices: ModelPrices = dataclasses.field(default_factory=ModelPrices)


@dataclasses.dataclass(slots=True)
class _Asked:
    """What one question has gathered so far, over its attempts."""

    system: str
    user: str
    deadline: float
    raw: str | None = None
    model: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost: Decimal | None = None
    basis: Basis | None = None
    finish: str | None = None
    sent: bool = False
    answered: bool = False


class ModelDecider:
    """Asks a model once a cycle, with at most one repair of a malformed answer."""

    def __init__(
        self,
        name: str,
        model: Model,
        clock: Clock,
        budget: ModelBudget,
        interval_seconds: int,
        limits: AskLimits = AskLimits(),
        preset: Preset = "standard",
    ) -> None:
        self._name = name
        self._model = model
        self._clock = clock
        self._budget = budget
        self._interval = interval_seconds
        self._ask_limits = limits
        self._preset: Preset = preset
        self._not_before = 0.0

    @property
    def name(self) -> str:
        """The model's name with its provider."""
        return self._name

    @property
    def is_model(self) -> bool:
        """Always True."""
        return True

    @property
    def cost_note(self) -> str | None:
        """What the user must know of how the cost is counted."""
        return self._ask_limits.prices.note(self._name, self._model)

    async def decide(self, context: Context) -> Answer:
        """The model's answer, or one with a `failure` that says why there is none."""
        started = self._clock.monotonic()
        asked = _Asked(
            system_prompt(context.limits, self._interval, self._preset),
            user_prompt(context),
            started + self._ask_limits.timeout_seconds,
        )
        parsed, failure = ParsedAnswer(), None
        try:
            self._budget.check(context.now)
            self._wait_over(started)
            parsed = await self._ask_and_repair(context, asked)
        except DeciderError as error:
            failure = error
        return Answer(
            decisions=parsed.decisions,
            rejected=parsed.rejected,
            failure=failure,
            raw=asked.raw,
            system_prompt=asked.system if asked.sent else None,
            user_prompt=asked.user if asked.sent else None,
            model=asked.model or self._name,
            tokens_in=asked.tokens_in if asked.answered else None,
            tokens_out=asked.tokens_out if asked.answered else None,
            tokens_cached=asked.tokens_cached if asked.answered else None,
            cost_usd=asked.cost,
            cost_basis=asked.basis,
            latency_ms=round((self._clock.monotonic() - started) * 1000),
            finish_reason=asked.finish,
        )

    async def _ask_and_repair(self, context: Context, asked: _Asked) -> ParsedAnswer:
        coins, now = tuple(context.tapes), context.now
        raw = await self._ask(asked, coins, asked.user, now)
        parsed = parse_answer(raw)
        if parsed.truncated:
            raise AnswerTruncated(f"the answer stops in the middle: {parsed.error}; discarded")
        why = parsed.error
        if why is None:
            if parsed.decisions or not parsed.rejected:
                return parsed
            why = "; ".join(rejected.reason for rejected in parsed.rejected)
        again = (
            f"{asked.user}\n\nYour last answer could not be read: {escape(why)[:_SHOWN]}\n"
            "Answer again, through the tool, with the schema exactly."
        )
        first = asked.raw
        raw = await self._ask(asked, coins, again, now)
        parsed = parse_answer(raw)
        if parsed.error is not None:
            asked.raw = f"{first}\n\n--- after one repair ---\n{raw}"
            raise AnswerMalformed(f"unreadable even after one repair: {parsed.error}")
        return parsed

    async def _ask(self, asked: _Asked, coins: tuple[str, ...], prompt: str, now: datetime) -> str:
        self._budget.check(now)
        remaining = asked.deadline - self._clock.monotonic()
        if remaining <= 0:
            raise DeciderTimeout("no time left to ask the model; raise MODEL_TIMEOUT_SECONDS")
        tool = ToolDefinition(
            name=TOOL,
            parameters_json_schema=answer_schema(coins),
            description=TOOL_DESCRIPTION,
            kind="output",
        )
        parameters = ModelRequestParameters(
            output_mode="tool", output_tools=[tool], allow_text_output=False
        )
        settings = ModelSettings(
            max_tokens=self._ask_limits.max_tokens,
            timeout=remaining,
            request_timeout=remaining,
            max_retries=0,
            cache={"messages": False},
        )
        request = ModelRequest([UserPromptPart(prompt)], instructions=asked.system)
        asked.sent = True
        try:
            response = await model_request(
                self._model, [request], model_settings=settings, model_request_parameters=parameters
            )
        except (AgentRunError, UserError) as error:
            translated = self._translate(error, asked)
            if not isinstance(translated, DeciderUnavailable):
                self._spend(asked, ModelResponse(parts=[]), prompt, asked.raw or "", now)
            raise translated from error
        except Exception as error:  # an answer can break its SDK in any way
            self._spend(asked, ModelResponse(parts=[]), prompt, "", now)
            told = f"{type(error).__name__}: {str(error)[:_SHOWN]}"
            raise AnswerMalformed(f"{self._name}: the answer broke its SDK ({told})") from error
        raw = _raw(response)
        self._spend(asked, response, prompt, raw, now)
        return _take(response, raw, asked)

    def _spend(
        self, asked: _Asked, response: ModelResponse, prompt: str, raw: str, now: datetime
    ) -> None:
        """Count one answer, or a question that the provider may have worked on in vain."""
        cost = self._ask_limits.prices.cost(response, asked.system + prompt, raw)
        self._budget.spend(now, cost.usd)
        asked.cost = cost.usd + (asked.cost or Decimal(0))
        asked.basis = cost.basis

    def _translate(self, error: AgentRunError | UserError, asked: _Asked) -> DeciderError:
        """Our error for pydantic-ai's, remembering how long the provider wants to be left alone."""
        body = getattr(error, "body", None)
        if body is not None and asked.raw is None:
            asked.raw = (body if isinstance(body, str) else json.dumps(body, default=str))[
                :_MAX_RAW
            ]
        told = f"{self._name}: {str(error)[:_SHOWN]}"
        if isinstance(error, (ModelRequestTimeout, ModelTimeoutError)):
            return DeciderTimeout(f"{told}; raise MODEL_TIMEOUT_SECONDS if it is only slow")
        if isinstance(error, ModelRequestRejectedError):
            return DeciderUnavailable(f"{told}; check the key, the model's name and the request")
        if isinstance(error, ModelAPIError):
            if error.retry_after is not None:
                self._not_before = self._clock.monotonic() + max(0.0, error.retry_after)
            return DeciderUnavailable(f"{told}; held, asked again next cycle")
        if isinstance(error, ContentFilterError):
            return AnswerRefused(told)
        if isinstance(error, UnexpectedModelBehavior):
            return AnswerMalformed(told)
        return DeciderUnavailable(told)

    def _wait_over(self, now: float) -> None:
        if now < self._not_before:
            raise DeciderUnavailable(
                f"{self._name}: the provider asked for {self._not_before - now:.0f} s more of "
                "patience (retry-after); held"
            )


def _raw(response: ModelResponse) -> str:
    """The text of an answer: the arguments of its tool calls, else its words."""
    calls = [part for part in response.parts if isinstance(part, ToolCallPart)]
    if calls:
        return "\n".join(_arguments(call) for call in calls)
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def _take(response: ModelResponse, raw: str, asked: _Asked) -> str:
    """The raw text of an answer, its figures added to `asked`.

    Raises:
        AnswerTruncated, AnswerRefused: the model did not finish, or declined.
    """
    usage = response.usage
    asked.answered = True
    asked.model = response.model_name or asked.model
    asked.tokens_in += usage.input_tokens
    asked.tokens_out += usage.output_tokens
    asked.tokens_cached += usage.cache_read_tokens
    asked.finish = response.finish_reason
    asked.raw = raw[:_MAX_RAW]
    if response.finish_reason == "length":
        raise AnswerTruncated("the answer was cut off at max_tokens and is discarded whole")
    if response.finish_reason == "content_filter":
        raise AnswerRefused(f"the model declined: {raw[:_SHOWN]}")
    return asked.raw


def _arguments(call: ToolCallPart) -> str:
    return call.args if isinstance(call.args, str) else call.args_as_json_str()
