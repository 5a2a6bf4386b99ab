"""SIGKILL of a live bot at random moments: each order once, stops in place, books the venue's."""

import json
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.livekit import LiveWorld

SEED = 20261130
BUSY = Path(__file__).with_name("busy_bot.py")
MOST_REQUESTS = 80
"""A life ends after at most so many requests: in its start, in an order, or between."""


@pytest.fixture
def world(tmp_path):
    """A fake venue, and a folder for a live bot that enters and leaves by chance, with stops."""
    with LiveWorld(tmp_path) as made:
        made.env |= {"TRADING_DECIDER": "random", "MAX_TRADES_PER_DAY": "1000"}
        made.env["EXECUTION_INTERVAL_SECONDS"] = "1"  # a life is short
        made.arm()
        yield made


def cloids(world):
    """The client order ids of all orders that were signed; the same bytes again are the same."""
    actions = {one.body["nonce"]: one.action for one in world.signed if one.action}.values()
    return [order["c"] for one in actions for order in one.get("orders", []) if order.get("c")]


def is_covered(world):
    """Whether the position, if there is one, has a stop at the venue."""
    account = world.fake.account()

    def look():
        triggers = [one.trigger for one in account.table.resting.values()]
        stops = [one for one in triggers if one is not None and one.tpsl == "sl"]
        return not account.sizes.get("BTC") or bool(stops)

    return world.fake.call(look)


def life(world, chance):
    """One life that is killed after some more requests; whether its position was covered then."""
    ends = len(world.fake.requests) + chance.randrange(1, MOST_REQUESTS)
    bot = world.start(BUSY)
    try:
        world.until(
            "more requests", lambda: bot.poll() is not None or len(world.fake.requests) >= ends
        )
    except AssertionError as error:
        raise AssertionError(f"{error}; the bot's last words: {world.output()[-2_000:]}") from None
    assert bot.poll() is None, world.output()[-2_000:]
    bot.kill()
    bot.wait()
    return is_covered(world)


def last_life(world):
    """A life that reconciles what all others left; its drifts in USD at its accounts."""
    ((before,),) = world.rows("SELECT coalesce(max(seq), 0) FROM events")

    def told(kind):
        query = f"SELECT payload FROM events WHERE kind = '{kind}' AND seq > {before}"
        return [json.loads(row[0]) for row in world.rows(query)]

    def is_ready():
        return any("entries are possible" in one["message"] for one in told("status"))

    def drifts():
        known = [one.get("drift_usd") for one in told("account")]
        return [Decimal(str(one)) for one in known if one is not None]

    bot = world.start(BUSY)
    world.until("books and venue compared", is_ready)
    world.until("a position with its stop", lambda: is_covered(world))
    world.until("an account that was compared", drifts)
    assert world.command("bot", "stop").returncode == 0
    assert bot.wait() == 0
    return drifts()


@pytest.mark.parametrize("kills", [3, pytest.param(300, marks=pytest.mark.soak)])
@pytest.mark.timeout(7200)
def test_a_live_bot_that_is_killed_at_random_moments(world, kills):
    """No cloid goes out twice; the next life covers what a kill left bare; no fill is lost."""
    chance = random.Random(SEED)
    bare = sum(not life(world, chance) for _ in range(kills))
    while len(set(cloids(world))) <= kills:
        bare += not life(world, chance)
    accounts = last_life(world)
    sent = Counter(cloids(world))
    assert [one for one, times in sent.items() if times > 1] == []
    fills = [json.loads(row[0]) for row in world.rows(
        "SELECT payload FROM events WHERE kind = 'fill'")]  # fmt: skip
    assert max(Counter(one["external_id"] for one in fills).values(), default=1) == 1
    account = world.fake.account()
    booked = sum((Decimal(str(one["size"])) for one in fills), Decimal(0))
    assert booked == account.sizes.get("BTC", 0)
    assert max(abs(one) for one in accounts) <= Decimal("0.01")
    print(f"{kills} kills, {len(sent)} orders, {len(fills)} fills, bare at a kill: {bare}")
