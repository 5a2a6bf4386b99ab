"""One question to a model through pydantic-ai, asked in the way that its provider takes."""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelRequestRejectedError,
    UserError,
)
from pydantic_ai.messages import ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from motherhaven.bot.decider.budget import ModelBudget
from motherhaven.bot.decider.config import OutputMode, ThinkingLevel
from motherhaven.bot.decider.pricing import Basis, ModelPrices, counted
from motherhaven.bot.decider.provider_errors import plain_address, translate, wanted_wait, words
from motherhaven.bot.decider.replies import raw_text, require_whole
from motherhaven.bot.decider.schema import TOOL, TOOL_DESCRIPTION, answer_schema
from motherhaven.bot.decider.thinking import ROOM, thinking_settings, thoughts_in_body, thoughts_of
from motherhaven.bot.decider.transport import LastBody
from motherhaven.bot.decider.types import Attempt
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import AnswerMalformed, DeciderTimeout, DeciderUnavailable

_SHOWN: Final = 300


@dataclasses.dataclass(frozen=True, slots=True)
class AskLimits:
    """Bounds of one question: seconds for all its attempts together, tokens of an answer.

    `retry_after_seconds` is the longest that a provider can ask to be left alone;
    `thinking` how much is to be thought first, None for the model's own way.
    """

    timeout_seconds: float = 60.0
    max_tokens: int = 4096
    prices: ModelPrices = dataclasses.field(default_factory=ModelPrices)
    retry_after_seconds: float = 3600.0
    thinking: ThinkingLevel | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """How a question is put: for JSON as text or through the tool, and with which thinking."""

    as_json: bool = False
    thinking: ThinkingLevel | None = None


@dataclasses.dataclass(slots=True)
class Asked:
    """What one question has gathered so far, over its attempts."""

    system: str
    system_json: str
    user: str
    coins: tuple[str, ...]
    now: datetime
    deadline: float
    attempts: list[Attempt] = dataclasses.field(default_factory=list)
    model: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost: Decimal | None = None
    basis: Basis | None = None
    finish: str | None = None
    sent: bool = False
    answered: bool = False
    way: Way = Way()

    @property
    def as_json(self) -> bool:
        """Whether the last question asked for JSON as text."""
        return self.way.as_json

    @property
    def instructions(self) -> str:
        """The system prompt that was sent last."""
        return self.system_json if self.as_json else self.system

    def refuse(self, why: str) -> None:
        """Put on record why the last answer cannot be used."""
        if self.attempts:
            self.attempts[-1] = dataclasses.replace(self.attempts[-1], refused=why)


class Asker:
    """Asks one model. With output "auto" it remembers what the provider takes.

    `say` is told once when a provider refuses a forced tool and is asked for JSON instead.
    """

    def __init__(
        self,
        name: str,
        model: Model,
        clock: Clock,
        budget: ModelBudget,
        limits: AskLimits,
        output: OutputMode,
        say: Callable[[str], None],
        last: LastBody,
    ) -> None:
        self.name = name
        self.model = model
        self.limits = limits
        self._clock = clock
        self._budget = budget
        thinking = limits.thinking
        first = Way(output == "json", thinking)
        self._ways = [first]
        """How to ask, best first; what a provider took is the only one from then on."""
        if output == "auto":
            self._ways.append(Way(as_json=True, thinking=thinking))
        if thinking is not None:
            self._ways += [Way(way.as_json) for way in self._ways]
        self._say = say
        self._last = last
        self._not_before = 0.0

    def require_patience_over(self) -> None:
        """Whether the provider may be asked again.

        Raises:
            DeciderUnavailable: it asked to be left alone for longer.
        """
        left = self._not_before - self._clock.monotonic()
        if left > 0:
            raise DeciderUnavailable(
                f"{self.name}: the provider asked for {left:.0f} s more of patience "
                "(retry-after); held"
            )

    async def ask(self, asked: Asked, prompt: str) -> str:
        """The raw text of one answer, kept in `asked` with its figures.

        Raises:
            DeciderError: no whole answer came; the message says why.
        """
        self._budget.check(asked.now)
        try:
            response = await self._settle(asked, prompt)
        except (AgentRunError, UserError) as error:
            self._keep_body(asked, error)
            self._note_wait(error, asked.now)
            problem = translate(error, self.name, self._address, self._last.text)
            if not isinstance(problem, DeciderUnavailable) or _may_have_cost(error):
                self._spend(asked, ModelResponse(parts=[]), prompt, self._last.text or "")
            raise problem from error
        except DeciderTimeout:
            raise
        except Exception as error:  # an answer can break its SDK in any way
            self._keep_body(asked, None)
            self._spend(asked, ModelResponse(parts=[]), prompt, self._last.text or "")
            told = f"{type(error).__name__}: {str(error)[:_SHOWN]}"
            raise AnswerMalformed(f"{self.name}: the answer broke its SDK ({told})") from error
        raw, said = raw_text(response), words(self._last.text)
        self._spend(asked, response, prompt, raw)
        _count(response, asked)
        kept = raw or (self._last.text or "") if said else raw
        thinking = thoughts_of(response) or thoughts_in_body(self._last.text)
        asked.attempts.append(Attempt(kept, thinking=thinking))
        if said:
            raise DeciderUnavailable(f"{self.name}: {said} (inside an answer with status 200)")
        require_whole(response, raw)
        return raw

    async def _settle(self, asked: Asked, prompt: str) -> ModelResponse:
        """The response in the way that works; found out once, by what the provider does."""
        first: ModelRequestRejectedError | UserError | None = None
        for way in self._ways:
            asked.way = way
            try:
                response = await self._send(asked, prompt)
            except (ModelRequestRejectedError, UserError) as refused:
                if not _may_be_the_way(refused):
                    raise
                first = first or refused
            else:
                self._settle_on(way)
                return response
        # It was none of the ways: what the provider said first is what is wrong.
        asked.way = self._ways[0]
        if first is None:
            raise DeciderUnavailable(f"{self.name}: there is no way left to ask it")
        raise first

    def _settle_on(self, way: Way) -> None:
        """Ask so from now on; `say` is told what the provider does not take."""
        wanted, self._ways = self._ways[0], [way]
        if way.as_json and not wanted.as_json:
            self._say(
                f"{self.name} refuses to be held to a tool; it is asked for JSON from now on "
                "(MODEL_OUTPUT=json asks so from the start)"
            )
        if way.thinking != wanted.thinking:
            self._say(
                f"{self.name} refuses MODEL_THINKING={wanted.thinking}; it is asked without that "
                "from now on"
            )

    async def _send(self, asked: Asked, prompt: str) -> ModelResponse:
        remaining = asked.deadline - self._clock.monotonic()
        if remaining <= 0:
            raise DeciderTimeout("no time left to ask the model; raise MODEL_TIMEOUT_SECONDS")
        settings = ModelSettings(
            max_tokens=self.limits.max_tokens + ROOM[asked.way.thinking or "off"],
            timeout=remaining,
            request_timeout=remaining,
            max_retries=0,
            cache={"messages": False},
        )
        settings.update(thinking_settings(self.model, asked.way.thinking))  # type: ignore[typeddict-item]
        request = ModelRequest([UserPromptPart(prompt)], instructions=asked.instructions)
        asked.sent = True
        self._last.text = None
        return await model_request(
            self.model,
            [request],
            model_settings=settings,
            model_request_parameters=_parameters(asked),
        )

    @property
    def _address(self) -> str:
        return plain_address(self.model.base_url)

    def _keep_body(self, asked: Asked, error: Exception | None) -> None:
        """What came instead of an answer is kept, whatever its status was."""
        body = self._last.text
        if body is None:
            given = getattr(error, "body", None)
            body = given if given is None or isinstance(given, str) else str(given)
        if body:
            asked.attempts.append(Attempt(body, thinking=thoughts_in_body(body)))

    def _note_wait(self, error: Exception, now: datetime) -> None:
        if not isinstance(error, ModelAPIError):
            return
        headers = error.headers if isinstance(error, ModelHTTPError) else None
        wait = wanted_wait(headers, error.retry_after, now, self.limits.retry_after_seconds)
        if wait is not None:
            self._not_before = self._clock.monotonic() + wait

    def _spend(self, asked: Asked, response: ModelResponse, prompt: str, raw: str) -> None:
        """Count one answer, or a question that the provider may have worked on in vain."""
        cost = self.limits.prices.cost(response, asked.instructions + prompt, raw)
        self._budget.spend(asked.now, cost.usd)
        asked.cost = cost.usd + (asked.cost or Decimal(0))
        asked.basis = cost.basis


def _parameters(asked: Asked) -> ModelRequestParameters:
    if asked.as_json:
        return ModelRequestParameters(output_mode="text", allow_text_output=True)
    tool = ToolDefinition(
        name=TOOL,
        parameters_json_schema=answer_schema(asked.coins),
        description=TOOL_DESCRIPTION,
        kind="output",
    )
    # A forced tool would keep some models from thinking; the prompt asks for it all the same.
    free = asked.way.thinking not in (None, "off")
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=free)


def _may_be_the_way(refused: ModelRequestRejectedError | UserError) -> bool:
    """Whether tool or thinking may be why a request was refused: not the key, nor its length."""
    others = (ModelAuthenticationError, ModelContextWindowExceededError)
    return not isinstance(refused, others)


def _may_have_cost(error: AgentRunError | UserError) -> bool:
    """Whether a connection broke after the question was sent: the provider may have worked."""
    return isinstance(error, ModelConnectionError) and error.phase not in ("pool", "connect")


def _count(response: ModelResponse, asked: Asked) -> None:
    usage = response.usage
    asked.answered = True
    asked.model = response.model_name or asked.model
    asked.tokens_in += counted(usage.input_tokens)
    asked.tokens_out += counted(usage.output_tokens)
    asked.tokens_cached += counted(usage.cache_read_tokens)
    asked.finish = response.finish_reason
