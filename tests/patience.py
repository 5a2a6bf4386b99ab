"""Waiting and figures in tests, so that no verdict depends on the pace of the machine.

A wait ends when what it waits for is so. HANG_SECONDS only ends a test that would never end.
A promise in seconds is measured in every run, and judged by `make soak` alone.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

HANG_SECONDS: Final = 120.0
"""Many times what the slowest machine needs; who waits so long waits for ever."""

HANG_MS: Final = 1_000 * HANG_SECONDS
"""The same for Playwright, which counts in milliseconds."""

JUDGE: Final = "MOTHERHAVEN_TEST_FIGURES"
"""The variable that makes `figure` judge; `make soak` sets it to 1."""

_LOOK_SECONDS: Final = 0.02


async def until(check: Callable[[], Any], what: str = "the condition") -> Any:
    """Wait in the event loop until `check` gives something true, and give that back."""
    end = time.monotonic() + HANG_SECONDS
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true")
        await asyncio.sleep(_LOOK_SECONDS)
    return found


async def within(work: Awaitable[T], seconds: float = HANG_SECONDS) -> T:
    """What `work` gives, for a test that would else wait for ever.

    Not asyncio.wait_for: in Python 3.11 a cancellation that meets an answer is lost in it, and
    who cancelled such a task and then awaits it waits for ever.
    """
    async with asyncio.timeout(seconds):
        return await work


def wait_until(check: Callable[[], Any], what: str = "the condition") -> Any:
    """As `until`, for a test without an event loop of its own."""
    end = time.monotonic() + HANG_SECONDS
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true")
        time.sleep(_LOOK_SECONDS)
    return found


def figure(what: str, value: float, at_most: float) -> None:
    """Print a measured value (seconds, or a ratio of such) and what is promised of it.

    Only with JUDGE=1 is it compared: then more than `at_most` is a failure. A test that
    calls this bears the mark `figures`, by which `make soak` finds it.
    """
    print(f"figure: {what}: {value:.3g} (promised: at most {at_most:g})")
    if os.environ.get(JUDGE) == "1":
        assert value <= at_most, f"{what}: {value:.3g}, promised at most {at_most:g}"


def count_calls(target: Any, name: str) -> Callable[[], int]:
    """Count from now on how often `target.name` is called, by whatever thread.

    What comes and goes between two looks cannot be waited for; a count only grows.
    """
    original, calls = getattr(target, name), []

    def counted(*args: Any, **options: Any) -> Any:
        calls.append(None)
        return original(*args, **options)

    setattr(target, name, counted)
    return lambda: len(calls)
