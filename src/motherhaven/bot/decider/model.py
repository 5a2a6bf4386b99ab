"""A language model as decider, through pydantic-ai: one structured answer for all coins.

Nothing that a model or its provider does reaches the caller as an exception: a bad, late
or missing answer becomes an Answer with a `failure`, its raw text kept, and the bot holds.
"""

from typing import Final

from motherhaven.bot.decider.asking import Asked, Asker
from motherhaven.bot.decider.attempts import joined
from motherhaven.bot.decider.figures import escape
from motherhaven.bot.decider.prompts import system_prompt, user_prompt
from motherhaven.bot.decider.thinking import joined_thoughts
from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.guard.judgement import conflicts
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.bot.guard.presets import Preset
from motherhaven.bot.guard.types import ParsedAnswer
from motherhaven.contract.clock import Clock
from motherhaven.contract.errors import AnswerMalformed, AnswerTruncated, DeciderError

_SHOWN: Final = 300


class ModelDecider:
    """Asks a model once a cycle, with at most one repair of an answer that cannot be used."""

    def __init__(
        self, asker: Asker, clock: Clock, interval_seconds: int, preset: Preset = "standard"
    ) -> None:
        self._asker = asker
        self._clock = clock
        self._interval = interval_seconds
        self._preset: Preset = preset

    @property
    def name(self) -> str:
        """The model's name with its provider."""
        return self._asker.name

    @property
    def is_model(self) -> bool:
        """Always True."""
        return True

    @property
    def cost_note(self) -> str | None:
        """What the user must know of how the cost is counted."""
        return self._asker.limits.prices.note(self._asker.name, self._asker.model)

    def instructions(self, context: Context, *, as_json: bool = False) -> str:
        """The system prompt: limits, costs and the form of the answer."""
        fees = context.brief().fees
        return system_prompt(
            context.limits, self._interval, self._preset, as_json=as_json, fees=fees
        )

    async def decide(self, context: Context) -> Answer:
        """The model's answer, or one with a `failure` that says why there is none."""
        started = self._clock.monotonic()
        asked = Asked(
            self.instructions(context),
            self.instructions(context, as_json=True),
            user_prompt(context),
            tuple(context.series_by_coin),
            context.now,
            started + self._asker.limits.timeout_seconds,
        )
        parsed, failure = ParsedAnswer(), None
        try:
            self._asker.require_patience_over()
            parsed = await self._ask_and_repair(context, asked)
        except DeciderError as error:
            failure = error
            asked.refuse(str(error))
        return Answer(
            decisions=parsed.decisions,
            rejected=parsed.rejected,
            failure=failure,
            raw=joined(asked.attempts),
            system_prompt=asked.instructions if asked.sent else None,
            user_prompt=asked.user if asked.sent else None,
            model=asked.model or self.name,
            model_asked=self.name,
            tokens_in=asked.tokens_in if asked.answered else None,
            tokens_out=asked.tokens_out if asked.answered else None,
            tokens_cached=asked.tokens_cached if asked.answered else None,
            cost_usd=asked.cost,
            cost_basis=asked.basis,
            latency_ms=round((self._clock.monotonic() - started) * 1000),
            finish_reason=asked.finish,
            attempts=tuple(asked.attempts),
            analysis=parsed.analysis or None,
            thinking=joined_thoughts(asked.attempts),
        )

    async def _ask_and_repair(self, context: Context, asked: Asked) -> ParsedAnswer:
        listed = context.limits.coins | frozenset(context.series_by_coin) | frozenset(context.held)
        try:
            parsed = parse_answer(await self._asker.ask(asked, asked.user), listed)
            why = _unusable(parsed)
        except AnswerTruncated as error:
            why = str(error)
        if why is None:
            return parsed
        asked.refuse(why)
        again = (
            f"{asked.user}\n\nYour last answer could not be used: {escape(why)[:_SHOWN]}\n"
            f"Answer again, {_way(asked)}, with the schema exactly."
        )
        parsed = parse_answer(await self._asker.ask(asked, again), listed)
        if parsed.truncated:
            raise AnswerTruncated(f"cut off even after one repair: {parsed.error}")
        if parsed.error is not None:
            raise AnswerMalformed(f"unreadable even after one repair: {parsed.error}")
        return parsed


def _way(asked: Asked) -> str:
    return "as one JSON object" if asked.as_json else "through one call of the tool"


def _unusable(parsed: ParsedAnswer) -> str | None:
    """Why an answer must be asked for again: nothing is left of it. None when something is."""
    if parsed.error is not None:
        return parsed.error
    found = conflicts(parsed.decisions)
    if len(found) < len(parsed.decisions) or not (parsed.rejected or found):
        return None
    reasons = [rejected.reason for rejected in parsed.rejected]
    reasons += [reason for _, reason in found.values()]
    return "; ".join(dict.fromkeys(reasons))
