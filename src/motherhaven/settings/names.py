"""Names of settings that nobody reads: what the user thinks is set, and is not."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.limits import LIMIT_NAMES, OLD_NAMES
from motherhaven.contract.similar import closest, similarity
from motherhaven.settings.bot import Settings
from motherhaven.settings.env_file import Line, read_lines
from motherhaven.settings.server import ServerSettings

SAFETY: Final = frozenset(
    {
        *(name.upper() for name in LIMIT_NAMES),
        "TRADING_MODE", "TRADING_ASSETS", "ACTIVE_TRADING_ASSETS", "TRADING_PRESET",
        "PAPER_DEPOSIT_USD", "DAY_ZONE", "MARGIN_MODE", "MODEL_PRICE_IN", "MODEL_PRICE_OUT",
        "TRADING_VENUE", "HYPERLIQUID_ACCOUNT_ADDRESS", "HYPERLIQUID_TESTNET",
        "HYPERLIQUID_API_URL", "CCXT_TESTNET", "CCXT_API_URL",
    }
)  # fmt: skip
"""Settings that limit what the bot may do: a misspelt one stops it."""
KNOWN: Final = frozenset(
    name.upper() for name in (*Settings.model_fields, *ServerSettings.model_fields)
)
_SYNONYMS: Final = {
    **{old.upper(): name.upper() for old, name in OLD_NAMES.items()},
    "MAX_POSITION_USD": "MAX_POSITION_SIZE_USD",
    "MAX_POSITION_SIZE": "MAX_POSITION_SIZE_USD",
    "MAX_MARGIN_USD": "MAX_POSITION_SIZE_USD",
    "LEVERAGE": "MAX_LEVERAGE",
    "LEVERAGE_LIMIT": "MAX_LEVERAGE",
    "MAX_DAILY_LOSS": "DAILY_LOSS_LIMIT_USD",
    "MAX_DAILY_LOSS_USD": "DAILY_LOSS_LIMIT_USD",
    "DAILY_LOSS_USD": "DAILY_LOSS_LIMIT_USD",
    "MAX_LOSS_USD": "DAILY_LOSS_LIMIT_USD",
    "DAILY_TRADES_LIMIT": "MAX_TRADES_PER_DAY",
    "MAX_DAILY_TRADES": "MAX_TRADES_PER_DAY",
    "CONFIDENCE": "MIN_CONFIDENCE",
    "TIME_ZONE": "DAY_ZONE",
    "DAILY_MODEL_COST_USD": "MODEL_DAILY_COST_USD",
    "ASSETS": "TRADING_ASSETS",
    "COINS": "TRADING_ASSETS",
    "TESTNET": "HYPERLIQUID_TESTNET",
}
"""Other words for a limit that similarity alone would not find."""
_FOREIGN: Final = (
    "ANTHROPIC_", "OPENAI_", "AZURE_", "AWS_", "GOOGLE_", "GCP_", "GCLOUD_", "GEMINI_", "VERTEX",
    "DEEPSEEK_", "OPENROUTER_", "XAI_", "GROK_", "OLLAMA_", "MISTRAL_", "GROQ_", "COHERE_", "CO_",
    "HF_", "HUGGINGFACE_", "TOGETHER_", "FIREWORKS_", "CEREBRAS_", "MOONSHOTAI_", "NEBIUS_",
    "DASHSCOPE_", "ALIBABA_", "QWEN_", "LITELLM_", "PERPLEXITY_", "ZAI_", "ZHIPU",
    "NEXT_", "VERCEL", "NETLIFY", "NODE_", "NPM_", "FIREBASE_", "FIRESTORE_", "POSTGRES_", "PG",
    "COMPOSE_", "DOCKER_", "PYTHON", "UV_", "PIP_", "OTEL_", "SENTRY_", "LOGFIRE_", "GIT_", "CI_",
    "XDG_", "LC_", "SSL_", "CURL_", "SMTP_", "TELEGRAM_", "DISCORD_", "SLACK_",
)  # fmt: skip
_FOREIGN_NAMES: Final = frozenset(
    {
        "PATH", "HOME", "USER", "SHELL", "LANG", "LANGUAGE", "TERM", "TZ", "PWD", "TMPDIR", "CI",
        "DEBUG", "PORT", "HOST", "HOSTNAME", "EDITOR", "DATABASE_URL", "HTTP_PROXY",
        "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "ENV", "ENVIRONMENT", "LOG_FORMAT",
    }
)  # fmt: skip
_IN_FILE: Final = 0.8
_IN_ENVIRONMENT: Final = 0.87
"""How alike a name must be to be taken for a misspelling; the environment holds many names."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in `.env` or the environment that nobody reads; `stops` when a limit may be it."""

    stops: bool
    text: str


def check_names(
    path: Path = Path(".env"), environment: Mapping[str, str] | None = None
) -> list[Problem]:
    """What in `path` and the environment has no effect, though it looks as if it had.

    A name that resembles a limit stops the bot, because a limit that the user thinks is
    set is not; other unknown names are told and ignored, those of other tools not even told.

    Raises:
        ConfigError: the file cannot be read as UTF-8; the message names the line.
    """
    lines = read_lines(path)
    given = os.environ if environment is None else environment
    elsewhere = path.with_name(".env.local")
    return [
        *_misplaced(elsewhere, read_lines(elsewhere), lines, given),
        *_unreadable(path, lines),
        *_repeated(path, lines),
        *_unknown(path, lines),
        *_misspelt(given),
    ]


def require_names(
    path: Path = Path(".env"), environment: Mapping[str, str] | None = None
) -> list[str]:
    """The warnings of `check_names`.

    Raises:
        ConfigError: something of it stops the bot; the message names each.
    """
    problems = check_names(path, environment)
    stopping = [one.text for one in problems if one.stops]
    if stopping:
        raise ConfigError("settings that have no effect:\n  " + "\n  ".join(stopping))
    return [one.text for one in problems]


def meant(name: str, known: Iterable[str], at_least: float = _IN_FILE) -> str | None:
    """The setting that an unknown name was probably meant to be."""
    choices = frozenset(known)
    upper = name.upper()
    for candidate in (upper, upper.removeprefix("MOTHERHAVEN_"), upper.removeprefix("BOT_")):
        synonym = candidate if candidate in choices else _SYNONYMS.get(candidate)
        if synonym in choices:
            return synonym
    found = closest(upper, choices, at_least)
    if found is None or similarity(upper, found) < at_least:
        return None
    return found


def is_foreign(name: str) -> bool:
    """Whether the name belongs to another tool, so that nothing is said of it."""
    upper = name.upper()
    return upper in _FOREIGN_NAMES or upper.startswith(_FOREIGN)


def _misplaced(
    path: Path, lines: Iterable[Line], own: Iterable[Line], environment: Mapping[str, str]
) -> Iterable[Problem]:
    """Limits in the server's file, which the bot does not read."""
    held = {line.name.upper() for line in own if line.name} | {name.upper() for name in environment}
    for line in lines:
        name = (line.name or "").upper()
        if name in SAFETY and line.value and name not in held:
            yield Problem(
                True,
                f"{path}: line {line.number}: {name} is read from .env, not from here; move it",
            )


def _unreadable(path: Path, lines: Iterable[Line]) -> Iterable[Problem]:
    for line in lines:
        if line.name is not None and (line.value is not None or line.name.upper() not in KNOWN):
            continue
        word = line.text.replace(":", " ").replace("=", " ").removeprefix("export ").split()
        name = word[0].upper() if word else ""
        guess = name if name in KNOWN else meant(name, KNOWN)
        yield Problem(
            guess in SAFETY,
            f"{path}: line {line.number}: cannot be read as NAME=value"
            + (f"; write {guess}=…" if guess else ""),
        )


def _repeated(path: Path, lines: Iterable[Line]) -> Iterable[Problem]:
    first: dict[str, Line] = {}
    for line in lines:
        if line.name is None or line.value is None or line.name.upper() not in KNOWN:
            continue
        name = line.name.upper()
        before = first.setdefault(name, line)
        if before is not line:
            differs = before.value != line.value
            yield Problem(
                differs and name in SAFETY,
                f"{path}: line {line.number}: {name} stands in line {before.number} already"
                + (" with another value" if differs else "")
                + "; keep one",
            )


def _unknown(path: Path, lines: Iterable[Line]) -> Iterable[Problem]:
    ignored = []
    for line in lines:
        name = (line.name or "").upper()
        if not name or name in KNOWN or is_foreign(name):
            continue
        guess = meant(name, KNOWN)
        if guess is None:
            ignored.append(name[:60])
        else:
            yield _misspelling(f"{path}: line {line.number}: ", name, guess)
    if ignored:
        names = ", ".join(dict.fromkeys(ignored))
        yield Problem(False, f"{path}: unknown names, ignored: {names[:500]}")


def _misspelt(environment: Mapping[str, str]) -> Iterable[Problem]:
    for name in sorted(environment):
        upper = name.upper()
        if upper in KNOWN or is_foreign(upper) or not environment[name]:
            continue
        if upper.removeprefix("MOTHERHAVEN_").removeprefix("BOT_") in _COMMON:
            continue
        guess = meant(upper, SAFETY, _IN_ENVIRONMENT)
        if guess is not None:
            yield _misspelling("environment: ", upper, guess)


_COMMON: Final = frozenset({"ASSETS", "COINS", "TESTNET", "TIME_ZONE", "CONFIDENCE", "CLAMP"})
"""Words that the environment may hold for another program."""


def _misspelling(where: str, name: str, guess: str) -> Problem:
    return Problem(guess in SAFETY, f"{where}{name[:60]} is no setting; did you mean {guess}?")
