"""What an answer costs: by the user's prices, by the price tables, else by a fallback.

The daily cap must hold for every model, so that no answer is ever counted as free
because its price or its usage is not known.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from typing import Final, Literal

from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import Model
from pydantic_ai.usage import RequestUsage

FALLBACK_IN: Final = Decimal(15)
FALLBACK_OUT: Final = Decimal(75)
"""USD per million tokens of a model whose price is not known: those of a dear one."""
BYTES_PER_TOKEN: Final = 2
"""Text of which no usage is known counts a token for every two bytes: more than it has."""
MILLION: Final = Decimal(1_000_000)
MOST: Final = 1_000_000_000
"""Tokens that one answer can say; more is a fault of the provider's, and counts as these."""
ZERO: Final = Decimal(0)
_CENTS: Final = Decimal("1e-9")

Basis = Literal["settings", "table", "fallback"]
"""Where a price comes from."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one answer counts, in USD and tokens; `measured` False when tokens are counted."""

    usd: Decimal
    basis: Basis
    measured: bool


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """USD per million tokens as the user set them; None where the tables are to be asked."""

    per_million_in: Decimal | None = None
    per_million_out: Decimal | None = None

    @property
    def are_set(self) -> bool:
        """Whether the user gave a price; the other one is then the fallback's."""
        return self.per_million_in is not None or self.per_million_out is not None

    def cost(self, response: ModelResponse, sent: str, received: str) -> Cost:
        """The cost of one answer; `sent` and `received` are the texts that went and came."""
        usage = response.usage
        tokens_in = counted(usage.input_tokens) or tokens_of(sent)
        tokens_out = counted(usage.output_tokens) or tokens_of(received)
        measured = 0 < usage.input_tokens <= MOST and 0 < usage.output_tokens <= MOST
        if self.are_set:
            return Cost(self.of(tokens_in, tokens_out), "settings", measured)
        known = _by_table(response) if measured else None
        if known is not None:
            return Cost(known, "table", measured)
        return Cost(self.of(tokens_in, tokens_out), "fallback", measured)

    def of(self, tokens_in: int, tokens_out: int) -> Decimal:
        """USD for so many tokens, rounded up."""
        price_in = FALLBACK_IN if self.per_million_in is None else self.per_million_in
        price_out = FALLBACK_OUT if self.per_million_out is None else self.per_million_out
        with localcontext(Context(prec=50)):
            value = (max(tokens_in, 0) * price_in + max(tokens_out, 0) * price_out) / MILLION
            return value.quantize(_CENTS, ROUND_CEILING)

    def note(self, name: str, model: Model) -> str | None:
        """What the user must know of how this model's cost is counted; None: by the tables."""
        if self.are_set:
            if self.of(1, 1) == ZERO:
                return (
                    f"MODEL_PRICE_IN and MODEL_PRICE_OUT are 0: {name} counts as free, so that "
                    "MODEL_DAILY_COST_USD never stops it"
                )
            return None
        usage = RequestUsage(input_tokens=1_000_000, output_tokens=1_000_000)
        asked = ModelResponse(
            parts=[],
            usage=usage,
            model_name=model.model_name,
            provider_name=model.system,
            provider_url=model.base_url,
        )
        if _by_table(asked) is not None:
            return None
        return (
            f"no price of {name} is known: its cost is counted at {FALLBACK_IN} USD per million "
            f"tokens in and {FALLBACK_OUT} out; set MODEL_PRICE_IN and MODEL_PRICE_OUT (0 for a "
            "model that costs nothing)"
        )


def price_of(name: str, prices: ModelPrices, tokens_in: int, tokens_out: int) -> Cost:
    """What a question of so many tokens to PROVIDER:MODEL costs, without asking it."""
    if prices.are_set:
        return Cost(prices.of(tokens_in, tokens_out), "settings", measured=False)
    provider, _, model = name.partition(":")
    usage = RequestUsage(input_tokens=tokens_in, output_tokens=tokens_out)
    asked = ModelResponse(parts=[], usage=usage, model_name=model, provider_name=provider)
    known = _by_table(asked)
    if known is None:
        return Cost(prices.of(tokens_in, tokens_out), "fallback", measured=False)
    return Cost(known, "table", measured=False)


def counted(tokens: int) -> int:
    """What a provider says that it used, within what one answer can be."""
    return min(max(tokens, 0), MOST)


def tokens_of(text: str) -> int:
    """A number of tokens that `text` does not exceed."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


def _by_table(response: ModelResponse) -> Decimal | None:
    """The price by the genai-prices tables; None when not listed there, or listed as 0."""
    try:
        total = response.cost().total_price
    except (LookupError, ValueError, AssertionError, ArithmeticError):
        return None
    return total if total.is_finite() and total > 0 else None
