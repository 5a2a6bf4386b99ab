"""What has gone wrong live elsewhere, row by row: each test is one of the 25 seen failures."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from livewire import CLOSE, COIN, PRICE, entry

from motherhaven.bot.execution.orders import Accepted, OrderIntent, OrderKind, Rejected
from motherhaven.bot.execution.sending import cancel, close_intent, send
from motherhaven.bot.market.instruments import Bar
from motherhaven.bot.portfolio.events import Side
from motherhaven.testing.fake_venue.actions import UpdateLeverage
from motherhaven.testing.fake_venue.exchange import set_leverage
from motherhaven.testing.fake_venue.signing import address_of

D = Decimal
STOP = PRICE * D("0.98")


@pytest.mark.parametrize("before", [False, True])
def test_row_1_a_lost_reply_is_asked_about_and_never_sent_again(wire, before):
    """Executed or not, the order is on the wire once, and books and venue agree in the end."""
    wire.fake.switch("drop_reply", 1, only="order", before=before)
    (done,) = wire.decide(entry())
    wire.settle()
    assert max(Counter(wire.sent()).values()) == 1
    assert bool(wire.held) is not before
    assert wire.booked == wire.held
    assert not wire.trader.account.orders.unknown
    assert wire.equal() == 0
    assert done["execution_status"] == ("unknown" if before else "executed")
    if before:
        wire.step(60)  # the venue's allowance of that minute is used up
        wire.reconcile()
        assert wire.told("order")[-1]["state"] == "never_landed"
        assert wire.decide(entry())[0]["execution_status"] == "executed"


def test_row_2_a_close_never_opens_the_other_side(wire):
    """Closed by hand a moment before: the bot's own close finds it flat and sends nothing."""
    wire.decide(entry())
    wire.fake.switch("external_close")
    (done,) = wire.decide(CLOSE)
    assert (done["execution_status"], done["reason_code"]) == ("skipped", "closed_before")
    wire.reconcile(2)
    assert (wire.held, wire.booked) == (0, 0)
    assert wire.equal() == 0


def test_row_2_an_exit_is_in_time_while_old_bars_are_shown(wire):
    """Bars of the past set the market's time back, and the exit still counts from the clock."""
    wire.decide(entry())
    past = wire.now.replace(second=0, microsecond=0) - timedelta(hours=1)
    wire.trader.account.bar(Bar(COIN, past, *(PRICE,) * 4, D(1)))
    (done,) = send(
        wire.trader.account,
        [close_intent(wire.trader.account, wire.venue.positions()[COIN], "late")],
    )
    assert isinstance(done, Accepted), done
    assert wire.held == 0


def test_row_2_every_close_only_reduces(wire):
    """What goes over the wire to close says so, and has the venue's own size."""
    wire.decide(entry())
    size = wire.held
    wire.decide(CLOSE)
    orders = [one.action["orders"] for one in wire.fake.requests if one.kind == "order"]
    closing = orders[-1][0]
    assert (closing["r"], D(closing["s"])) == (True, size)


def test_row_3_another_account_mode_stops_entries(wire):
    """Where the equity cannot be read, nothing is opened, and nothing is healed."""
    wire.decide(entry())
    wire.fake.switch("mode_switch", mode="unifiedAccount")
    wire.step(3_600)
    done = wire.reconcile()
    assert wire.trader.watch.blocked(wire.now) is not None
    (refused,) = wire.decide(entry())
    assert refused["reason_code"] == "not_reconciled"
    assert wire.booked == wire.held != 0
    assert done.failed is not None
    assert "mode" in wire.trader.watch.blocked(wire.now)


def test_row_4_the_signers_own_address_is_no_empty_account(wire):
    """An account that became empty while we hold something takes nothing out of the books."""
    wire.decide(entry())
    seen = wire.booked
    venue = wire.trader.account.venue
    empty = venue.account()
    empty = type(empty)(*(D(0),) * 11, {}, empty.time)
    venue.account, venue.open_orders = lambda: empty, lambda coin=None: []
    done = wire.reconcile(3)
    assert wire.codes(done) == ["account_empty"]
    assert wire.booked == seen
    assert "check the address" in wire.trader.watch.blocked(wire.now)


def test_row_5_a_stop_counts_only_when_it_was_read_back(wire):
    """Accepted, but nothing rests: it is placed again, and only one stop is there at the end."""
    orders = wire.venue.open_orders
    hidden = iter(range(9))

    def none_at_first(coin=None):
        return [] if next(hidden, 9) < 1 else orders(coin)

    wire.trader.account.venue.open_orders = none_at_first
    (done,) = wire.decide(entry())
    assert done["execution_status"] == "executed"
    assert "execution_error" not in done
    assert len(wire.stops) == 1


def test_row_6_a_part_that_filled_has_a_stop_of_its_size(wire):
    """Half of the entry fills: the stop is for that half, and nothing is left unprotected."""
    wire.fake.switch("partial_fill", 1, fraction="0.5")
    (done,) = wire.decide(entry())
    assert done["execution_status"] == "partial"
    (stop,) = wire.stops
    assert stop.size in (0, wire.held)
    assert stop.price == STOP
    assert wire.reconcile().findings == []
    assert wire.told("protection")[-1]["state"] == "protected"


def test_row_7_a_stop_is_no_nearer_than_its_trigger_says(wire):
    """The worst price of a stop lies beyond its trigger, on the side where it fills."""
    wire.decide(entry())
    (stop,) = wire.stops
    assert stop.limit < stop.price


def test_row_8_a_stop_is_moved_new_first(wire):
    """Between the new and the old one there is no moment without; the target stays."""
    wire.decide(entry())
    (old,) = wire.stops
    before = len(wire.fake.requests)
    (done,) = wire.decide({
        "coin": COIN, "signal": "hold", "adjusted_stop_loss": float(PRICE * D("0.99")),
        "justification": "tighter",
    })  # fmt: skip
    assert done["execution_status"] == "executed"
    actions = [one.kind for one in wire.fake.requests[before:] if one.path == "/exchange"]
    assert actions.index("order") < actions.index("cancel" if "cancel" in actions else actions[-1])
    (stop,) = wire.stops
    assert (stop.price, stop.cloid != old.cloid) == (PRICE * D("0.99"), True)
    kinds = sorted(one.kind.value for one in wire.venue.open_orders())
    assert kinds == ["stop", "target"]


def test_row_8_a_stop_that_is_refused_leaves_the_old_one(wire):
    """The venue takes no new stop: the old one rests on, and the decision says so."""
    wire.decide(entry())
    account = wire.trader.account
    submit = account.venue.submit

    def refuse(commands):
        return [Rejected(one.cloid, "no") for c in commands for one in getattr(c, "intents", ())]

    account.venue.submit = refuse
    (done,) = wire.decide({
        "coin": COIN, "signal": "hold", "adjusted_stop_loss": float(PRICE * D("0.99")),
        "justification": "tighter",
    })  # fmt: skip
    account.venue.submit = submit
    assert done["execution_status"] == "rejected"
    (stop,) = wire.stops
    assert stop.price == STOP
    assert account.wanted[COIN].stop == STOP


def test_row_9_what_is_left_of_a_position_is_cancelled(wire):
    """Closed by hand, a trigger of ours without a position would strike the next one: it goes."""
    wire.decide(entry())
    size = wire.held
    account = wire.trader.account
    far = OrderIntent(
        COIN, Side.SELL, size, OrderKind.TARGET, PRICE * 2, reduce_only=True, cloid=f"0x{7:032x}"
    )
    send(account, [far])
    wire.fake.switch("external_close")
    wire.reconcile(2)
    assert wire.held == 0
    assert [one for one in wire.venue.open_orders() if one.coin == COIN] == []


def test_row_10_a_close_by_hand_is_booked_from_its_fill(wire):
    """Not our order: the position is closed by an external fill, and the journal says so."""
    wire.decide(entry())
    wire.move("50500")
    wire.fake.switch("external_close")
    done = wire.reconcile()
    assert "external_fill" in wire.codes(done)
    assert wire.told("fill")[-1]["reason"] == "external"
    (closed,) = wire.told("position_closed")
    assert (closed["reason"], closed["exit_price"]) == ("external", D("50500"))
    assert wire.equal() == 0


def test_row_10_a_liquidation_is_told_and_stops_entries(wire):
    """The venue's own word for it is on record, and nothing is opened until it is armed again."""
    wire.decide(entry(usd=1000, leverage=5, stop="0.9"))
    wire.fake.switch("liquidation")
    done = wire.reconcile()
    assert "liquidation" in wire.codes(done)
    assert wire.told("position_closed")[-1]["reason"] == "liquidation"
    assert wire.trader.kill.engaged
    (refused,) = wire.decide(entry())
    assert refused["reason_code"] == "kill_switch"
    assert wire.reconcile(2).findings == []


def test_row_11_already_gone_is_an_answer(wire):
    """A cancel of an order that was cancelled by hand: looked up, and the books know it."""
    wire.decide(entry())
    (stop,) = wire.stops
    wire.fake.switch("manual_stop_cancel")
    account = wire.trader.account
    cancel(account, [stop.cloid])
    assert account.orders.find(stop.cloid).state.value == "cancelled"


def test_row_12_flat_is_done(wire):
    """The stop had closed it: no exit is sent, now or later."""
    wire.decide(entry())
    wire.move("48000")
    sent = len(wire.sent())
    (done,) = wire.decide(CLOSE)
    assert done["reason_code"] == "closed_before"
    wire.reconcile(3)
    assert len(wire.sent()) == sent
    assert wire.told("position_closed")[-1]["reason"] == "stop"


def test_row_13_a_stop_that_cannot_be_read_back_counts_as_absent(wire):
    """It is never seen among the open orders, nor by its id: the position is closed."""
    venue = wire.trader.account.venue
    venue.open_orders = lambda coin=None: []
    venue.order_by_cloid = lambda cloid: None
    (done,) = wire.decide(entry())
    assert (done["execution_status"], done["reason_code"]) == ("partial", "stop_not_resting")
    assert wire.held == 0


def test_row_14_a_price_past_the_stop_closes_at_the_market(wire):
    """The market fell through the stop before it could be placed: closed, not placed behind it."""
    wire.decide(entry())
    wire.fake.switch("manual_stop_cancel")
    wire.move("48500")
    done = wire.reconcile()
    assert "stop_passed" in wire.codes(done)
    assert wire.held == 0


def test_row_15_a_stop_is_not_moved_for_nothing(wire):
    """Less than the smallest step: no request is spent on it."""
    wire.decide(entry())
    sent = len(wire.sent())
    (done,) = wire.decide({
        "coin": COIN, "signal": "hold", "adjusted_stop_loss": float(STOP + 5),
        "justification": "a little",
    })  # fmt: skip
    assert (done["execution_status"], done["reason_code"]) == ("skipped", "stop_step")
    assert len(wire.sent()) == sent


def test_row_16_a_refused_read_is_tried_later_and_heals_nothing(wire):
    """HTTP 429 on every question: nothing changes, entries wait, and the next look is whole."""
    wire.decide(entry())
    wire.fake.switch("rate_limited", None)
    done = wire.reconcile()
    assert done.failed is not None
    assert wire.booked == wire.held != 0
    wire.fake.step(61)
    assert "has not been read for" in wire.trader.watch.blocked(wire.now)
    wire.fake.switch("rate_limited", 0)
    assert wire.reconcile().failed is None
    assert wire.trader.watch.blocked(wire.now) is None


def test_row_17_no_number_is_used_twice(wire):
    """Nonces only rise, over a restart too."""
    wire.decide(entry())
    wire.end()
    wire.begin()
    wire.reconcile()
    wire.decide(CLOSE)
    used = [one.body["nonce"] for one in wire.fake.requests if one.path == "/exchange"]
    assert used == sorted(set(used))


def test_row_18_what_a_silent_stream_left_out_is_read(wire):
    """The stream tells nothing of a close by hand; the look's own read of fills does."""
    wire.decide(entry())
    wire.fake.switch("silent_socket", None)
    wire.fake.switch("external_close")
    wire.reconcile()
    assert (wire.held, wire.booked) == (0, 0)
    assert wire.equal() == 0


def test_row_19_a_stop_cancelled_by_hand_is_placed_again(wire):
    """Nobody told it: the next look finds the position bare and protects it."""
    wire.decide(entry())
    wire.fake.switch("manual_stop_cancel")
    wire.fake.switch("silent_socket", None)
    wire.reconcile()
    (stop,) = wire.stops
    assert stop.price == STOP
    states = [one["state"] for one in wire.told("protection")]
    assert states[-1] == "protected"


def test_row_20_a_wrong_signature_is_no_lost_order(wire):
    """An agent that the venue does not know: refused in words, sent once, nothing unknown."""
    wire.decide(entry())
    wire.decide(CLOSE)
    agent, sent = address_of(wire.fake.key()), len(wire.sent())
    wire.fake.approve_agent(agent, name="motherhaven", valid_until=wire.now - timedelta(days=1))
    (done,) = wire.decide(entry())
    assert done["execution_status"] == "rejected"
    assert "does not exist" in done["execution_error"]
    assert len(wire.sent()) == sent + 1
    assert not wire.trader.account.orders.unknown
    assert wire.held == 0
    assert wire.reconcile().findings == []


def test_row_21_sizes_and_prices_are_on_the_venues_grid(wire):
    """An odd size and odd exits: rounded by the rules of the market, and taken."""
    (done,) = wire.decide(entry(usd=37, leverage=3, stop="0.9777777", target="1.0333333"))
    assert done["execution_status"] == "executed"
    spec = wire.trader.account.spec(COIN)
    assert spec.is_legal_size(wire.held)
    assert all(spec.is_legal_price(one.price) for one in wire.venue.open_orders())


def test_row_22_an_answer_of_another_shape_is_unknown_not_an_error(wire):
    """Half of the answer arrives: the order is asked about like a lost one."""
    wire.fake.switch("half_body", 1, only="order")
    (done,) = wire.decide(entry())
    wire.settle(3)
    assert wire.booked == wire.held > 0
    assert max(Counter(wire.sent()).values()) == 1
    assert done["execution_status"] in ("executed", "unknown")
    assert len(wire.stops) == 1


def test_row_23_a_restart_with_a_position_opens_nothing_before_it_is_reconciled(wire):
    """The barrier holds; after one look the position, its stop and its books are the same."""
    wire.decide(entry())
    held, (stop,) = wire.held, wire.stops
    wire.end()
    wire.move("50200")
    wire.begin()
    (refused,) = wire.decide(entry())
    assert refused["reason_code"] == "not_reconciled"
    done = wire.reconcile()
    assert (done.findings, done.failed) == ([], None)
    assert (wire.booked, wire.held) == (held, held)
    assert [one.cloid for one in wire.stops] == [stop.cloid]
    assert wire.equal() == 0


def test_row_24_a_failed_read_is_never_flat(wire):
    """Positions that cannot be read leave the books, the stops and the day as they are."""
    wire.decide(entry())
    before = wire.trader.account.snapshot()
    wire.fake.switch("rate_limited", None, only="clearinghouseState")
    for _ in range(3):
        wire.fake.step(60)
        assert wire.reconcile().failed is not None
    after = wire.trader.account.snapshot()
    assert after.positions[COIN].size == before.positions[COIN].size
    assert len(wire.trader.account.orders.resting(COIN)) == 2
    wire.fake.switch("rate_limited", 0)
    assert wire.reconcile().findings == []


def test_row_25_leverage_that_somebody_changed_stops_the_coin(wire):
    """Read back at each look: entries of the coin stop, and the books count by the venue's."""
    wire.decide(entry())
    asset = next(n for n, one in enumerate(wire.fake.state.market.listings) if one.name == COIN)
    command = UpdateLeverage(asset, cross=True, leverage=9)
    assert wire.fake.call(lambda: set_leverage(wire.fake.account(), command)) is None
    done = wire.reconcile()
    assert "settings_changed" in wire.codes(done)
    assert wire.trader.ledger.holdings[COIN].leverage == 9
    (refused,) = wire.decide(entry())
    assert refused["reason_code"] == "coin_frozen"
    assert wire.reconcile().findings == []
    assert COIN in wire.trader.watch.frozen
    assert wire.equal() == 0
