"""One bot whose figures fail shows that; the figures of all others stay."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

from motherhaven.contract.errors import StoreError

T = TypeVar("T")

LOG: Final = logging.getLogger("motherhaven.server")
_CHARS: Final = 200


def why(bot_id: str, error: Exception) -> str:
    """The reason to show; the log gets the rest."""
    LOG.warning("the figures of the bot %s cannot be worked out", bot_id, exc_info=error)
    return f"{type(error).__name__}: {error}"[:_CHARS]


async def of_each(
    ids: Sequence[str], ask: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]
) -> tuple[dict[str, T], dict[str, str]]:
    """What `ask` gives for all bots at once; where that fails, for each alone.

    Returns the answers, and why there is none for the bots that failed, both by id.

    Raises:
        StoreError: the store does not answer; that is no bot's fault.
    """
    try:
        return dict(await ask(ids)), {}
    except StoreError:
        raise
    except Exception:  # boundary of all bots: which one it is, is found out below
        LOG.debug("figures of several bots failed; each is asked for alone", exc_info=True)
    found: dict[str, T] = {}
    failed: dict[str, str] = {}
    for bot_id in ids:
        try:
            found |= await ask([bot_id])
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  boundary of one bot
            failed[bot_id] = why(bot_id, error)
    return found, failed
