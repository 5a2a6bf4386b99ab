"""What docs/explanation/the-prompt.md tells of the instructions: their text, tokens and cost."""

import json
import re
from typing import Final

from motherhaven.bot.decider.pricing import ModelPrices, price_of
from motherhaven.bot.decider.prompts import system_prompt
from motherhaven.bot.decider.schema import answer_schema
from motherhaven.bot.decider.tokens import estimated_tokens
from motherhaven.bot.running.preview import ANSWER_TOKENS, COIN_TOKENS
from motherhaven.contract.limits import RiskLimits

COINS: Final = ("BTC", "ETH", "SOL", "XRP", "DOGE", "AVAX", "LINK", "LTC", "ADA", "BNB")
MODELS: Final = ("anthropic:claude-sonnet-5-5", "openai:gpt-6.1-terra")
INTERVAL_SECONDS: Final = 180

_TEXT: Final = re.compile(r"(?s)(?<=The instructions:\n\n```text\n).*?(?=\n```)")
_ROW: Final = re.compile(r"(?m)^\| (\d+) \| now \| [\d,]+ \| ([\d,]+) \|.*$")


def prompt_page(page: str) -> str:
    """The page with the instructions of the default limits, and what they cost now.

    The tokens of the data stay: they were counted on a market of that moment.
    """
    instructions = system_prompt(RiskLimits(), INTERVAL_SECONDS)
    tokens = estimated_tokens(instructions)

    def row(found: re.Match[str]) -> str:
        coins, data = int(found[1]), int(found[2].replace(",", ""))
        form = estimated_tokens(json.dumps(answer_schema(COINS[:coins])))
        asked, answer = tokens + data + form, ANSWER_TOKENS + COIN_TOKENS * coins
        costs = [price_of(name, ModelPrices(), asked, answer).usd for name in MODELS]
        figures = [f"{n:,}" for n in (tokens, data, form, asked, answer)]
        cells = [str(coins), "now", *figures, *(f"${cost:.4f}" for cost in costs)]
        return f"| {' | '.join(cells)} |"

    return _ROW.sub(row, _TEXT.sub(lambda _: instructions, page))
