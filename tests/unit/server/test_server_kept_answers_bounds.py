"""What kept answers cost: a question is worked out as seldom as may be, and little is kept."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from pydantic import BaseModel
from starlette.requests import Request

from motherhaven.server.reads import kept_answers
from motherhaven.server.reads.kept_answers import KeptAnswers, Made
from motherhaven.stores.protocol import Reader

pytestmark = pytest.mark.anyio

REQUEST = Request({"type": "http", "headers": []})


class Told(BaseModel):
    """An answer: what the bots had told when it was begun."""

    number: int


class Bots:
    """Bots that tell something new whenever they are looked at, and how often they were read."""

    def __init__(self, *, busy: bool, whole: bool = True) -> None:
        self.busy, self.whole = busy, whole
        self.told = self.read = 0
        self.begun = asyncio.Event()
        self.waits: asyncio.Event | None = None

    async def revisions(self, bot_ids: Sequence[str] | None) -> dict[str, str]:
        """Another one at each look of busy bots."""
        self.told += self.busy
        return {"bot": str(self.told)}

    async def make(self) -> Made:
        """Slow, until nothing waits any more."""
        self.read += 1
        told = self.told
        self.begun.set()
        if self.waits is not None:
            await self.waits.wait()
        return Made(Told(number=told), self.whole)


def answers_of(bots: Bots) -> KeptAnswers:
    """Kept answers over these bots."""
    return KeptAnswers(cast(Reader, cast(Any, bots)))


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in part"])
async def test_who_waits_is_given_what_was_begun_after_they_asked(whole: bool) -> None:
    """Twenty askers of a slow question about busy bots cost two readings, none of them older."""
    bots = Bots(busy=True, whole=whole)
    answers, bots.waits = answers_of(bots), asyncio.Event()
    asked: list[int] = []

    async def ask() -> int:
        bots.told += 1
        asked.append(bots.told)
        found = await answers.give(REQUEST, "curve", None, bots.make)
        return Told.model_validate_json(bytes(found.body)).number

    tasks = [asyncio.create_task(ask()) for _ in range(20)]
    await bots.begun.wait()
    bots.waits.set()
    given = await asyncio.gather(*tasks)
    assert all(one >= before for one, before in zip(given, asked, strict=True))
    assert bots.read == 2


async def test_what_was_asked_counts_to_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that names many bots is longer than its answer: the oldest is forgotten."""
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 100_000)
    bots = Bots(busy=False)
    answers = answers_of(bots)
    questions = [tuple(f"{n}:{m}".rjust(100, "x") for m in range(10)) for n in range(200)]
    for question in questions:
        await answers.give(REQUEST, question, None, bots.make)
    assert bots.read == 200
    for question in questions[:100]:
        await answers.give(REQUEST, question, None, bots.make)
    assert bots.read == 300
