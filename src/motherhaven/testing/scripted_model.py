"""A decider that says what a script says, as a model would: raw text through the real parser."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from motherhaven.bot.decider.types import Answer, Context
from motherhaven.bot.guard.parse import parse_answer
from motherhaven.contract.errors import AnswerMalformed, DeciderError

Said = str | DeciderError
Script = Sequence[Said] | Callable[[Context], Said]


class ScriptedModel:
    """Answers each question with the script's next text, the last one again and again.

    A text is parsed exactly as a model's answer; a DeciderError becomes the failure that
    it stands for. `asked` holds every context, oldest first.
    """

    def __init__(self, script: Script, name: str = "scripted:model") -> None:
        self._script = script
        self._name = name
        self.asked: list[Context] = []

    @property
    def name(self) -> str:
        """The name given."""
        return self._name

    @property
    def is_model(self) -> bool:
        """True: the bot treats it as a model."""
        return True

    async def decide(self, context: Context) -> Answer:
        """The script's next answer, with figures such as a model has."""
        self.asked.append(context)
        said = self._next(context)
        if isinstance(said, DeciderError):
            return Answer(
                failure=said, model=self._name, system_prompt="system", user_prompt="user"
            )
        parsed = parse_answer(said)
        failure = None if parsed.error is None else AnswerMalformed(parsed.error)
        return Answer(
            decisions=parsed.decisions,
            rejected=parsed.rejected,
            failure=failure,
            raw=said,
            system_prompt="system",
            user_prompt="user",
            model=self._name,
            tokens_in=100,
            tokens_out=20,
            tokens_cached=0,
            cost_usd=Decimal("0.001"),
            latency_ms=12,
            finish_reason="tool_call",
        )

    def _next(self, context: Context) -> Said:
        if callable(self._script):
            return self._script(context)
        return self._script[min(len(self.asked), len(self._script)) - 1]
