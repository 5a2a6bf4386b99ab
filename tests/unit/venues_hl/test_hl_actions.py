"""Only what trading needs can be built, in the venue's order of keys."""

import pytest

from motherhaven.bot.venues.hyperliquid import actions
from motherhaven.bot.venues.hyperliquid.actions import Action
from motherhaven.bot.venues.hyperliquid.refusals import Refused

ORDER = actions.limit_order(1, True, "100", "2", False, "Ioc", "0x" + "0" * 32)


@pytest.mark.parametrize(
    "kind",
    ["usdSend", "withdraw3", "vaultTransfer", "approveAgent", "agentSetAbstraction",
     "agentSendAsset", "modify", "batchModify", "scheduleCancel", "setReferrer", None],
)  # fmt: skip
def test_no_other_action_can_be_built(kind):
    """What moves money, changes the mode or gives rights away is no action here."""
    with pytest.raises(Refused):
        Action({"type": kind}, reduces=False)


def test_no_order_pays_a_builder():
    """The field is refused wherever it comes from."""
    with pytest.raises(Refused):
        Action(actions.order([ORDER]).body | {"builder": {"b": "0x0", "f": 1}}, reduces=False)


@pytest.mark.parametrize("count", [0, 201])
def test_a_batch_has_one_to_200_orders(count):
    """More are refused as a whole by the venue."""
    with pytest.raises(Refused):
        actions.order([ORDER] * count)
    assert actions.order([ORDER] * 200).items == 200


def test_keys_come_in_the_order_that_is_signed():
    """The hash is over the keys as they are written."""
    stop = actions.trigger_order(1, False, "90", "0", "95", True, "0x" + "1" * 32)
    assert list(ORDER) == list(stop) == ["a", "b", "p", "s", "r", "t", "c"]
    assert list(stop["t"]["trigger"]) == ["isMarket", "triggerPx", "tpsl"]
    assert list(actions.order([ORDER]).body) == ["type", "orders", "grouping"]
    assert list(actions.cancel([(1, 2)]).body["cancels"][0]) == ["a", "o"]
    assert list(actions.cancel_by_cloid([(1, "0x")]).body["cancels"][0]) == ["asset", "cloid"]
    keys = ["type", "asset", "isCross", "leverage"]
    assert list(actions.update_leverage(1, 5, cross=True).body) == keys
    assert list(actions.update_isolated_margin(1, 5).body) == ["type", "asset", "isBuy", "ntli"]


def test_what_reduces_is_known_from_the_orders():
    """One entry among exits makes an action that opens."""
    stop = actions.trigger_order(1, False, "90", "0", "95", True, None)
    assert actions.order([stop]).reduces
    assert not actions.order([stop, ORDER]).reduces
    assert actions.cancel([(1, 2)]).reduces
    assert not actions.update_leverage(1, 5, cross=True).reduces
