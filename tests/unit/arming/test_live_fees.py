"""The fees of a live account are its own: for the guard, and in the words to the model."""

from decimal import Decimal

from motherhaven.bot.core.risk import risk_context
from motherhaven.bot.core.setup import TraderSetup
from motherhaven.bot.decider.prompts import system_prompt
from motherhaven.bot.market.instruments import FeeRates
from motherhaven.bot.running import live_account
from motherhaven.bot.running.venues import paper_trader
from motherhaven.contract.errors import ExchangeError
from motherhaven.contract.limits import RiskLimits
from tests.live_minutes import NOON, Minutes

OWN = FeeRates(Decimal("0.00031"), Decimal("0.00007"))


def run(folder, monkeypatch, fees):
    """The trader of a live bot that ran for a minute at a venue with these fees."""
    made = []
    build = live_account.LiveAccount
    monkeypatch.setattr(live_account, "LiveAccount", lambda *a: made.append(build(*a)) or made[0])
    Minutes(folder, fees=fees).run(1)
    return made[0]


def test_the_account_s_own_rates_are_read(tmp_path, monkeypatch):
    """Not the base rates of the venue: discounts and other venues differ."""
    assert run(tmp_path, monkeypatch, OWN).fees == OWN


def test_the_model_is_told_the_account_s_own_rates(tmp_path):
    """The sentence on costs has the figures of the trader's setup, which come from the account."""
    minutes = Minutes(tmp_path, fees=OWN).run(1)
    setup = minutes.bot.trader.setup
    assert setup.fees == OWN
    assert "pay 0.031 % of the notional each, a target 0.007 %" in system_prompt(
        setup.limits, 180, fees=minutes.bot.trader.context(minutes.clock.now()).brief().fees
    )


def test_fees_that_cannot_be_read_stop_nothing(caplog):
    """An account must be looked after, and killed, whatever else the venue cannot say."""

    class Silent:
        def fees(self):
            raise ExchangeError("no fees today")

    assert live_account._fees(Silent()) == FeeRates()
    assert "no fees today" in caplog.text


def test_the_guard_reckons_with_them():
    """What an entry takes of the free margin is what the account pays."""
    setup = TraderSetup(("BTC",), RiskLimits(), fees=OWN)
    trader = paper_trader(setup, NOON, iter(map(str, range(9))).__next__)
    assert risk_context(trader, (), trader.context(NOON), {}, NOON).taker == OWN.taker
