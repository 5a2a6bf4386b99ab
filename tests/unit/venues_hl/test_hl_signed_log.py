"""What was signed is on disk before it is sent; nonces only rise, in one process at a time."""

import os
from decimal import Decimal

import pytest
from hl_support import NOW, StepClock, cloid

from motherhaven.bot.execution.orders import Accepted, OrderKind, Rejected, Unknown
from motherhaven.bot.portfolio.events import Side
from motherhaven.bot.venues.hyperliquid import signed_log
from motherhaven.bot.venues.hyperliquid.nonces import Nonces
from motherhaven.bot.venues.hyperliquid.signed_log import SignedAction, SignedLog, SignedOrder
from motherhaven.contract.errors import ExchangeError

MS = int(NOW.timestamp() * 1000)


def order(number, size="0.01"):
    """A stop as it was signed."""
    return SignedOrder(
        cloid(number), "BTC", OrderKind.STOP, Side.SELL, Decimal(size), True, Decimal(48_000)
    )


def action(number=1):
    """Something to sign with whatever nonce comes."""
    return lambda nonce: SignedAction(
        nonce, "order", b'{"nonce":%d}' % nonce, nonce + 15_000, (order(number),)
    )


@pytest.fixture
def made(tmp_path):
    """Nonces in a fresh folder, closed at the end."""
    found = Nonces(tmp_path / "keys", "testnet-0xab", StepClock())
    yield found
    found.close()


def again(made, tmp_path, clock=None):
    """The same after a restart."""
    made.close()
    return Nonces(tmp_path / "keys", "testnet-0xab", clock or StepClock())


def test_nonces_are_the_time_and_rise_within_a_millisecond(made):
    """Two in the same millisecond are one apart; later ones are the time again."""
    assert [made.use(action(n)).nonce for n in (1, 2, 3)] == [MS, MS + 1, MS + 2]
    made._clock.step(10)
    assert made.use(action(4)).nonce == MS + 10_000


def test_a_clock_that_goes_back_does_not_take_the_nonces_with_it(made, tmp_path):
    """Neither while it runs nor over a restart."""
    assert made.use(action(1)).nonce == MS
    made._clock.step(-3_600)
    assert made.use(action(2)).nonce == MS + 1
    later = again(made, tmp_path, made._clock)
    assert later.use(action(3)).nonce == MS + 2
    later.close()


def test_what_was_signed_survives_a_restart(made, tmp_path):
    """The bytes, until when they hold, and each order; and what became of it."""
    used = made.use(action(1))
    made.log.answered(
        used.nonce, [Accepted(cloid(1), Decimal("0.01"), Decimal(50_000), False, "7")]
    )
    later = again(made, tmp_path)
    found = later.log.action_of(cloid(1))
    assert (found.body, found.expires_at, found.digest) == (used.body, MS + 15_000, used.digest)
    assert later.log.order(cloid(1)) == order(1)
    assert later.log.outcome(cloid(1)) == Accepted(
        cloid(1), Decimal("0.01"), Decimal(50_000), False, "7"
    )
    assert later.log.order(cloid(2)) is None


def test_an_unknown_outcome_is_no_outcome_after_a_restart(made, tmp_path):
    """It must be asked for, not believed."""
    used = made.use(action(1))
    made.log.answered(used.nonce, [Unknown(cloid(1), "lost")])
    later = again(made, tmp_path)
    assert later.log.outcome(cloid(1)) is None
    assert later.log.action_of(cloid(1)).body == used.body


def test_a_refusal_is_kept_with_its_code(made, tmp_path):
    """Also when the file is written anew."""
    used = made.use(action(1))
    told = Rejected(cloid(1), "Insufficient margin to place order.", "venue_margin")
    made.log.answered(used.nonce, [told])
    later = again(made, tmp_path)
    later.use(action(2))
    assert again(later, tmp_path).log.outcome(cloid(1)) == told


def test_it_is_on_disk_before_it_is_given_out(made, tmp_path, monkeypatch):
    """The bytes are written and synced before the caller has the nonce."""
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(fsync(handle)))
    made.use(action(1))
    synced.clear()
    used = made.use(action(2))
    assert len(synced) == 1
    (file,) = (tmp_path / "keys").glob("*.jsonl")
    assert used.digest.encode() in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_is_not_given_out(made, monkeypatch):
    """A full disk: the nonce is not used and nothing may be sent."""
    made.use(action(1))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ExchangeError, match="nothing is sent"):
        made.use(action(2))
    assert made.log.order(cloid(2)) is None


def test_a_line_that_was_cut_off_was_never_sent(made, tmp_path):
    """The process ended while writing: it is left out and the file goes on."""
    made.use(action(1))
    (file,) = (tmp_path / "keys").glob("*.jsonl")
    made.close()
    file.write_bytes(file.read_bytes() + b'{"nonce":99,"ki')
    later = Nonces(tmp_path / "keys", "testnet-0xab", StepClock())
    assert later.log.last_nonce == MS
    assert later.use(action(2)).nonce == MS + 1
    assert again(later, tmp_path).log.order(cloid(2)) is not None


@pytest.mark.parametrize("damage", [b"{}\n", b"nonsense\n", b'{"nonce":1}\n'])
def test_a_damaged_line_stops_everything(made, tmp_path, damage):
    """What was signed is then not known."""
    made.use(action(1))
    (file,) = (tmp_path / "keys").glob("*.jsonl")
    made.close()
    file.write_bytes(damage + file.read_bytes())
    with pytest.raises(ExchangeError, match="line 1 is damaged"):
        Nonces(tmp_path / "keys", "testnet-0xab", StepClock())


def test_changed_bytes_are_found(made, tmp_path):
    """Each line carries the digest of what was signed."""
    made.use(action(1))
    (file,) = (tmp_path / "keys").glob("*.jsonl")
    made.close()
    body = file.read_bytes()
    file.write_bytes(body.replace(f'{MS}}}"'.encode(), f'{MS + 1}}}"'.encode(), 1))
    assert file.read_bytes() != body
    with pytest.raises(ExchangeError, match="damaged"):
        SignedLog(file).read()


def test_one_process_signs_with_a_key(made, tmp_path):
    """A second one may read, and sends nothing."""
    made.use(action(1))
    other = Nonces(tmp_path / "keys", "testnet-0xab", StepClock())
    assert other.log.order(cloid(1)) is not None
    with pytest.raises(ExchangeError, match="another process signs with this key"):
        other.use(action(2))
    made.close()
    assert other.use(action(2)).nonce == MS + 1, "it has read again what the first one signed"
    other.close()


def test_old_actions_go_when_the_file_is_opened(made, tmp_path, monkeypatch):
    """The newest are kept, so the file does not grow for ever."""
    monkeypatch.setattr(signed_log, "KEPT", 3)
    for number in range(6):
        made.use(action(number))
    later = again(made, tmp_path)
    later.use(action(9))
    assert [later.log.order(cloid(n)) is not None for n in (0, 1, 2, 3, 4, 5, 9)] == [
        False, False, False, True, True, True, True,
    ]  # fmt: skip
    later.close()
