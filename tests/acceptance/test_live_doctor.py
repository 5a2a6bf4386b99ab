"""`motherhaven doctor --live` against a fake venue: each line right, and nothing signed."""

from datetime import timedelta

import pytest

from motherhaven.bot.execution.kill_latch import KillLatch
from motherhaven.cli.arm import ArmWords, run_arm, run_disarm
from motherhaven.cli.doctor_live import live_findings
from motherhaven.settings import SystemClock, load_settings
from motherhaven.testing.fake_venue import address_of
from tests.acceptance.test_live_arming import CONTROL, answers, place  # noqa: F401  # a fixture


def found():
    """What doctor says, by what it looked at; the worst of several."""
    order = ("ok", "warn", "fail")
    seen = {}
    for one in live_findings(load_settings()):
        before = seen.get(one.what)
        if before is None or order.index(one.grade) >= order.index(before.grade):
            seen[one.what] = one
        assert one.grade == "ok" or one.fix
    return seen


def grades(*names):
    """The grades of some lines."""
    seen = found()
    return [seen[name].grade for name in names]


def test_before_and_after_arming(place):  # noqa: F811  # the fixture
    """Everything is ready but the arming; then that too, until it is ended."""
    names = (
        "account", "account's mode", "signer", "signer's end", "venue's clock", "requests",
        "minimum order", "limits", "kill switch", "rehearsal", "lock", "arming",
    )  # fmt: skip
    assert grades(*names) == ["ok"] * 11 + ["fail"]
    run_arm(ArmWords(place.address, "20"), answers())
    assert grades(*names) == ["ok"] * 12
    place.set("MAX_LEVERAGE", "50")
    assert "MAX_LEVERAGE was 5 and is 50" in found()["arming"].seen
    place.set("MAX_LEVERAGE", "5")
    run_disarm()
    assert found()["arming"].seen == "disarmed: motherhaven disarm in a terminal"


def test_what_is_wrong_is_named_with_its_fix(place):  # noqa: F811  # the fixture
    """A kill, an agent that ends soon, limits below the minimum or above the account."""
    KillLatch(place.folder / CONTROL).engage(SystemClock().now(), "a test")
    place.approve_agent(
        address_of(place.key()), name="motherhaven",
        valid_until=SystemClock().now() + timedelta(days=3),
    )  # fmt: skip
    place.set("MAX_POSITION_SIZE_USD", "3")
    place.set("DAILY_LOSS_LIMIT_USD", "20000")
    assert grades("kill switch", "signer's end", "minimum order", "limits") == [
        "fail", "warn", "warn", "warn",
    ]  # fmt: skip
    place.set("MAX_LEVERAGE", "1")
    assert grades("minimum order") == ["fail"]


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("TRADING_MODE", "paper", "live mode"),
        ("HYPERLIQUID_WALLET_PRIVATE_KEY", "0x12", "account"),
        ("HYPERLIQUID_ACCOUNT_ADDRESS", "nobody", "account"),
        ("HYPERLIQUID_API_URL", "http://127.0.0.1:9", "account"),
        ("TRADING_MARKET", "ccxt:bybit", "account"),
    ],
)
def test_what_keeps_it_from_looking_is_said(place, name, value, what):  # noqa: F811  # the fixture
    """A wrong setting, or a venue that is not there: one line, with what to do."""
    place.set(name, value)
    assert [(one.what, one.grade) for one in live_findings(load_settings())] == [(what, "fail")]
