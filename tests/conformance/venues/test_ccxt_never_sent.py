"""An order that was planned and never sent, because the process died between: known at once."""

import errno

import pytest
from ccxt_subject import CcxtSubject

from motherhaven.bot.execution.orders import OrderKind, Rejected
from motherhaven.bot.venues.ccxt import register
from motherhaven.contract.errors import ExchangeError
from motherhaven.testing.venue_subject import PRICE, cloid, one, opened, trigger

STOP = PRICE * 98 / 100


def restart(subject):
    """A new process over the same folder."""
    subject.run(subject.adapter.close())
    subject.adapter = subject.bridge._venue = subject.opened()


def test_what_is_not_in_the_list_was_never_sent(subject):
    """What is sent is on disk before it leaves: the list of the life before proves it."""
    opened(subject)
    restart(subject)
    sent = len(subject.fake.sent())
    assert subject.venue.capabilities.burns
    assert subject.venue.burn(cloid(77)) is True
    assert len(subject.fake.sent()) == sent


def test_what_was_sent_or_nobody_knows_of_is_no_proof(subject):
    """Neither an order of the list, nor any where the list is new: it may have been lost."""
    with pytest.raises(ExchangeError, match="taken back"):
        subject.venue.burn(cloid(77))
    subject.fake.switch("drop_reply")
    opened(subject)
    restart(subject)
    with pytest.raises(ExchangeError, match="taken back"):
        subject.venue.burn(cloid(1))


def test_what_another_process_sends_is_seen(subject):
    """The list is read anew once this process alone may send with the key."""
    opened(subject)
    restart(subject)
    assert subject.adapter._session.register.find(cloid(2)) is None
    other = subject.opened()
    intent = trigger(subject, OrderKind.STOP, STOP, 2)
    other._session.register.add(cloid(2), intent, intent.size, subject.fake.clock.now())
    with pytest.raises(ExchangeError, match="taken back"):
        subject.venue.burn(cloid(2))
    subject.run(other.close())


def test_while_another_process_may_send_nothing_is_proven(tmp_path):
    """It may be about to send that very order."""
    subject = CcxtSubject(tmp_path / "one", locks=tmp_path / "locks")
    try:
        opened(subject)
        second = subject.opened()
        with pytest.raises(ExchangeError, match="signs with this key"):
            subject.run(second.burn(cloid(77)))
        subject.run(second.close())
    finally:
        subject.close()


def test_what_was_given_up_is_not_sent_later(subject):
    """An order that was still on its way inside this process ends there."""
    opened(subject)
    subject.venue.burn(cloid(2))
    sent = len(subject.fake.sent())
    assert isinstance(one(subject, trigger(subject, OrderKind.STOP, STOP, 2)), Rejected)
    assert len(subject.fake.sent()) == sent


def test_a_line_that_the_disk_took_in_part_hides_no_later_order(subject, monkeypatch):
    """The disk is full for a moment: the order after it has a line of its own."""
    opened(subject)
    known, path = subject.adapter._session.register, subject.adapter._session.register._path
    intent = trigger(subject, OrderKind.STOP, STOP, 2)
    now = subject.fake.clock.now()

    def full(_):
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(register.os, "fsync", full)
        with pytest.raises(ExchangeError):
            known.add(cloid(2), intent, intent.size, now)
    path.write_text(path.read_text()[:-9])  # a part of the line is there
    known.add(cloid(3), intent, intent.size, now)
    restart(subject)
    with pytest.raises(ExchangeError, match="taken back"):
        subject.venue.burn(cloid(3))
