"""What becomes of orders whose answer was lost, over restarts too: asked for, never signed anew."""

from decimal import Decimal

import httpx
import pytest
from hl_venue import COIN, SIZE, buy, number, sell, stop

from motherhaven.bot.execution.orders import (
    Accepted,
    OrderKind,
    OrderState,
    Rejected,
    Unknown,
)
from motherhaven.bot.portfolio.events import Fill, FillReason
from motherhaven.bot.venues.hyperliquid.following import POLL, RETRY
from motherhaven.contract.errors import ExchangeError, OrderRejected
from motherhaven.testing.fake_venue.signing import address_of, worthless_key


def ready(desk, **options):
    """An adapter whose leverage is set, so that the next action is the order."""
    venue = desk.open(**options)
    desk.place(venue, buy(900))
    desk.place(venue, sell(901))
    desk.run(venue.drain())
    return venue


def restarted(desk, venue):
    """The next process with the same folder."""
    desk.run(venue.close())
    return desk.open()


@pytest.mark.parametrize("switch", ["drop_reply", "half_body"])
def test_a_lost_reply_is_unknown_and_its_order_is_found(desk, switch):
    """It was carried out; the question by cloid, and the fill, say so."""
    venue = ready(desk)
    desk.fake.switch(switch, only="order")
    (outcome,) = desk.place(venue, buy())
    assert isinstance(outcome, Unknown)
    status = desk.run(venue.order_by_cloid(number(1)))
    assert (status.state, status.filled) == (OrderState.FILLED, SIZE)
    (fill,) = [one for one in desk.run(venue.drain()) if isinstance(one, Fill)]
    assert (fill.cloid, fill.reason) == (number(1), FillReason.ENTRY)
    (again,) = desk.place(venue, buy())
    assert isinstance(again, Unknown)
    assert desk.run(venue.positions())[COIN].size == SIZE


def test_a_burnt_nonce_ends_an_order_for_good(desk):
    """Lost on its way, the very bytes are refused from then on, and asking again costs nothing."""
    venue = ready(desk)
    desk.fake.switch("drop_reply", only="order", before=True)
    (outcome,) = desk.place(venue, buy(1))
    assert isinstance(outcome, Unknown)
    assert desk.run(venue.order_by_cloid(number(1))) is None
    assert [desk.run(venue.burn(number(1))) for _ in range(2)] == [True, True]
    assert [one["type"] for one in desk.sent()].count("noop") == 1
    body = [one.body for one in desk.fake.requests if one.kind == "order"][-1]
    with httpx.Client(trust_env=False) as client:
        late = client.post(f"{desk.fake.url}/exchange", json=body).json()
    assert "nonce" in late["response"]
    assert desk.run(venue.positions()) == {}


def test_an_order_that_had_landed_is_not_undone(desk):
    """The venue takes a nonce once; that it was used is no answer to what became of it."""
    venue = ready(desk)
    desk.fake.switch("drop_reply", only="order")
    desk.place(venue, buy())
    assert desk.run(venue.burn(number(1))) is False
    assert desk.run(venue.positions())[COIN].size == SIZE


def test_a_burn_whose_answer_is_lost_proves_nothing(desk):
    """Neither that it landed nor that it did not."""
    venue = ready(desk)
    desk.fake.switch("drop_reply", only="order", before=True)
    desk.place(venue, buy())
    desk.fake.switch("drop_reply", only="noop")
    with pytest.raises(ExchangeError, match="not known"):
        desk.run(venue.burn(number(1)))


def test_what_was_never_signed_never_lands(desk):
    """It is on disk before it is sent: a process that died before that has sent nothing."""
    venue = desk.open()
    with pytest.raises(OrderRejected, match="never signed"):  # nor was anything with this key
        desk.run(venue.burn(number(77)))
    desk.place(venue, buy())
    before = len(desk.sent())
    assert desk.run(restarted(desk, venue).burn(number(77))) is True
    assert len(desk.sent()) == before


def test_orders_that_travel_together_are_taken_back_together(desk):
    """One nonce for both: the second costs no request."""
    venue = ready(desk)
    desk.place(venue, buy(1))
    desk.fake.switch("drop_reply", only="order", before=True)
    desk.place(venue, stop(2), stop(3, "1.04", OrderKind.TARGET))
    assert [desk.run(venue.burn(number(n))) for n in (2, 3)] == [True, True]
    assert [one["type"] for one in desk.sent()].count("noop") == 1


def test_after_a_restart_a_signed_order_is_not_signed_again(desk):
    """Taken: its first outcome. Unknown: still unknown, and its nonce can still be used up."""
    venue = ready(desk)
    (first,) = desk.place(venue, buy(1))
    desk.fake.switch("drop_reply", only="order", before=True)
    desk.place(venue, buy(2))
    later = restarted(desk, venue)
    count = len(desk.sent("order"))
    taken, lost = desk.place(later, buy(1), buy(2))
    assert taken == first
    assert isinstance(lost, Unknown)
    assert len(desk.sent("order")) == count
    assert desk.run(later.burn(number(2))) is True


def test_nonces_go_on_after_a_restart(desk):
    """Each is larger than the last, though the clock stands still."""
    venue = ready(desk)
    later = restarted(desk, venue)
    desk.place(later, buy(1), sell(2))
    nonces = [one.nonce for one in desk.fake.requests if one.path == "/exchange"]
    assert nonces == sorted(set(nonces))


def test_a_second_process_sends_nothing_with_the_same_key(desk):
    """It reads, and says what holds the key."""
    ready(desk)
    second = desk.open()
    (outcome,) = desk.place(second, sell(5))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, "another process" in outcome.reason) == ("signer_locked", True)
    assert desk.run(second.account()).equity > 0


def test_a_bot_of_another_folder_sends_nothing_with_the_same_key(desk, tmp_path):
    """The lock of the user counts for each data folder; once the first has ended it is free."""
    locks = tmp_path / "state" / "signers"
    first = ready(desk, locks=locks)
    other = desk.open(folder=tmp_path / "other", locks=locks)
    (outcome,) = desk.place(other, sell(5))
    assert (outcome.code, "another bot" in outcome.reason) == ("signer_locked", True)
    desk.run(first.close())
    desk.fake.step(1)
    (outcome,) = desk.place(other, buy(6))
    assert isinstance(outcome, Accepted)
    (file,) = locks.iterdir()
    told = file.name.encode() + file.read_bytes()
    assert desk.fake.key()[2:].encode() not in told
    assert not file.stat().st_mode & 0o077


def test_keys_that_differ_do_not_wait_for_each_other(desk, tmp_path):
    """Two signers on one machine; each has its own lock."""
    locks = tmp_path / "signers"
    ready(desk, locks=locks)
    agent = worthless_key("second")
    desk.fake.approve_agent(address_of(agent))
    other = desk.open(folder=tmp_path / "other", locks=locks, key=agent)
    (outcome,) = desk.place(other, buy(7))
    assert isinstance(outcome, Accepted)
    assert len(list(locks.iterdir())) == 2


@pytest.mark.parametrize("closed", ["file", "unset"])
def test_without_a_folder_for_locks_the_data_folder_counts_alone(desk, tmp_path, caplog, closed):
    """A home that is closed to a service stops no exit; it is said once."""
    locks = tmp_path / "taken" / "signers" if closed == "file" else None
    (tmp_path / "taken").write_text("no folder")
    venue = ready(desk, locks=locks)
    assert isinstance(desk.place(venue, buy(8))[0], Accepted)
    assert caplog.text.count("no lock for this key") == (1 if closed == "file" else 0)


def test_a_full_disk_stops_what_is_not_yet_signed(desk, monkeypatch):
    """Nothing leaves that is not on record."""
    venue = ready(desk)
    before = len(desk.sent())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    (outcome,) = desk.place(venue, sell(3))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "not_recorded"
    assert len(desk.sent()) == before


def test_a_venue_that_is_down_is_told_apart_from_a_lost_answer(desk):
    """No connection: nothing was sent, and it is refused; questions raise."""
    venue = ready(desk)
    desk.fake._server.close()
    (outcome,) = desk.place(venue, stop(4))
    assert isinstance(outcome, Rejected)
    assert outcome.code in ("venue_unreachable", "venue_unreadable")
    for question in (venue.account, venue.positions, venue.open_orders, venue.fees, venue.identity):
        with pytest.raises(ExchangeError):
            desk.run(question())


def test_what_does_not_show_yet_is_not_taken_for_nothing(desk):
    """The list of fills is behind: the order's state is asked again, and the fill comes once."""
    venue = ready(desk)
    desk.fake.switch("delay_visibility", seconds=3.0)
    (outcome,) = desk.place(venue, buy())
    assert isinstance(outcome, Accepted)
    told = desk.run(venue.drain())
    for _ in range(4):
        desk.fake.step(RETRY)
        told += desk.run(venue.drain())
    assert [(one.cloid, one.size) for one in told if isinstance(one, Fill)] == [(number(1), SIZE)]


def test_a_stop_that_does_not_show_yet_is_unknown(desk):
    """Taken by its words, absent in the list: it is asked for until it shows."""
    venue = ready(desk)
    desk.place(venue, buy())
    desk.fake.switch("delay_visibility", seconds=3.0)
    (outcome,) = desk.place(venue, stop(2))
    assert isinstance(outcome, Unknown)
    desk.fake.step(5)
    assert desk.run(venue.order_by_cloid(number(2))).state is OrderState.OPEN
    assert desk.run(venue.positions())[COIN].stop == Decimal(49_000)


def test_a_status_that_is_not_known_is_no_end(desk):
    """The order is neither filled nor cancelled by a word that nobody has heard of."""
    venue = ready(desk)
    desk.place(venue, buy(), stop(2))
    desk.fake.switch("unknown_status")
    with pytest.raises(ExchangeError, match="not known"):
        desk.run(venue.order_by_cloid(number(2)))
    assert desk.run(venue.order_by_cloid(number(2))).state is OrderState.OPEN


def test_a_forgotten_order_is_found_among_the_fills(desk):
    """orderStatus says unknown; the fill has our cloid."""
    venue = ready(desk)
    desk.place(venue, buy())
    desk.fake.switch("forgetful_order_status")
    assert desk.run(venue.order_by_cloid(number(1))) is None
    since = desk.fake.clock.now()
    assert number(1) in [one.cloid for one in desk.run(venue.fills(since))]


def test_an_order_that_vanishes_is_told_once_with_its_word(desk):
    """A stop that its owner cancels at the venue's page: cancelled, once."""
    venue = ready(desk)
    desk.place(venue, buy())
    desk.place(venue, stop(2))
    desk.run(venue.drain())
    desk.cancel(venue, 2)
    desk.fake.step(POLL)
    told = desk.run(venue.drain())
    desk.fake.step(POLL)
    told += desk.run(venue.drain())
    assert [(one.cloid, one.state) for one in told] == [(number(2), OrderState.CANCELED)]
