"""What a curve's returns count from where money came in or went out, over every store."""

import pytest

from tests.conformance.server.conftest import Served
from tests.conformance.server.test_server_figures import HOUR, NOON, report
from tests.serverkit import event

pytestmark = pytest.mark.anyio


async def test_the_curve_tells_the_bases_that_money_has_moved(served: Served) -> None:
    """+10 %, half taken out, -10 %, the same paid in: each point over its base is net of them."""
    async with served() as api:
        await api.keep(
            report(1, NOON, 10_000, 10_000),
            report(2, NOON + 2 * HOUR, 11_000, 10_000),
            report(3, NOON + 3 * HOUR, 5_500, 4_500),
            report(4, NOON + 4 * HOUR, 4_950, 4_500),
            report(5, NOON + 5 * HOUR, 9_900, 9_450),
            event(6, "account", bot_id="unmoved"),
        )
        told = await api.get("equity?range=1d")
        [bot] = [one for one in (await api.get("bots"))["bots"] if one["id"] in told["bases"]]
    [(name, steps)] = told["bases"].items()
    points = next(one["points"] for one in told["series"] if one["bot_id"] == name)
    returns = []
    for point in points:
        base = [step["base_usd"] for step in steps if step["time"] <= point["time"]][-1]
        returns.append(float(point["equity"]) / float(base) - 1)
    assert returns == pytest.approx([0, 0.1, 0.1, -0.01, -0.01])
    assert steps[-1]["base_usd"] == bot["return_base_usd"]


async def test_a_base_that_no_decimal_can_tell_is_rounded(served: Served) -> None:
    """A quotient without an end is told to 30 places: the curve of no bot fails for it."""
    async with served() as api:
        await api.keep(
            report(1, NOON, 1_000, 1_000),
            report(2, NOON + HOUR, 1_038, 1_000),
            report(3, NOON + 2 * HOUR, 1_288, 1_250),
        )
        [steps] = (await api.get("equity?range=1d"))["bases"].values()
        [bot] = (await api.get("bots"))["bots"]
    assert steps[-1]["base_usd"] == bot["return_base_usd"] == "1240.847784200385356454720616570328"
