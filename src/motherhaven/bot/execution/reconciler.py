"""Reads an account whole, compares it with the books and does what the plan says.

Every read of a look must succeed; a look with a failed one changes nothing but what it told
of fills and money before it failed. What it sends only reduces, cancels or protects.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from motherhaven.bot.execution.account import OPENING, AccountEvent, VenueAccount
from motherhaven.bot.execution.identity import AccountIdentity
from motherhaven.bot.execution.port import VenueEvent
from motherhaven.bot.execution.protection import Look
from motherhaven.bot.execution.reconcile import Books, Finding, Memory, Plan, plan
from motherhaven.bot.execution.resting import at_venue
from motherhaven.bot.execution.sending import cancel
from motherhaven.bot.execution.stops import is_secured, protect
from motherhaven.bot.execution.synthetic import MADE_UP
from motherhaven.bot.execution.timers import DEFAULT, Timers
from motherhaven.bot.portfolio.account import AccountSnapshot
from motherhaven.bot.portfolio.events import (
    CashFlow,
    Fill,
    FillReason,
    FlowReason,
    FundingPayment,
)
from motherhaven.contract.errors import ExchangeError, OrderStateError
from motherhaven.contract.exact import exact
from motherhaven.contract.money import plain

OVERLAP: Final = timedelta(minutes=2)
"""Fills are asked for from so long before the newest known one: some are told late."""
FIRST_LOOK: Final = timedelta(days=7)
"""So far back funding and money that moved are asked for where nothing is known yet."""
FLOWS_OVERLAP: Final = timedelta(hours=1)
FLOWS_EVERY: Final = timedelta(minutes=15)
"""Money that moved is asked for so often, and at once where the equity is not as expected."""
FUNDING_TOLD: Final = timedelta(minutes=5)
"""Funding is paid at full hours; so long after one it may still come to be listed."""
IDENTITY_EVERY: Final = timedelta(days=1)
DOUBTED_EVERY: Final = timedelta(minutes=5)
"""What a doubt asks for is read again at most so often, for as long as the doubt lasts."""
_DOUBTFUL: Final = frozenset({"equity_drift", "account_empty"})


@dataclass(slots=True)
class LookResult:
    """What a look brought. `events` are the account's, `findings` what was not as it should be.

    `failed` is why it is not whole, None where it is; `drift` in USD, None where it was not
    worked out; `again` asks for another look soon.
    """

    events: list[AccountEvent] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    failed: str | None = None
    drift: Decimal | None = None
    again: bool = False


class Reconciler:
    """Keeps one account's books at what its venue holds. Not for two threads."""

    def __init__(self, account: VenueAccount, timers: Timers = DEFAULT) -> None:
        self.timers = timers
        self.seen: Look | None = None
        """The newest whole look, for the protection audit."""
        self.venue_equity: Decimal | None = None
        self.drift: Decimal | None = None
        self.kept: dict[str, str] = {}
        """Coins in which nothing is opened, and why: until they are flat or the user says so."""
        self.halted: str | None = None
        """Why nothing is opened at all, by the newest whole look."""
        self.step = "it has not been read yet"
        """What the barrier does, or what failed."""
        self.failed_reads = 0
        self._account = account
        self._memory = Memory()
        self._passing: dict[str, str] = {}
        self._heard: list[Finding] = []
        self.identity: AccountIdentity | None = None
        """Who the account is, as last read."""
        self._known: AccountIdentity | None = None
        self._identity_at: datetime | None = None
        self._identity_halt: str | None = None
        self._flows_since: datetime | None = None
        self._flows_at: datetime | None = None
        self._funding_at: datetime | None = None
        self._doubted_at: datetime | None = None
        self._doubt = False

    # --- questions ----------------------------------------------------------------------

    def blocked(self, now: datetime) -> str | None:
        """Why no entry may be sent at all, None when one may."""
        halted = self._identity_halt or self.halted
        if halted is not None:
            return halted
        if self.seen is None or self.seen.at is None:
            return self.step
        age = now - self.seen.at
        if age > self.timers.deaf:
            return f"the venue has not been read for {age.total_seconds():.0f} s: {self.step}"
        return None

    @property
    def frozen(self) -> dict[str, str]:
        """Coins in which nothing is opened now, and why."""
        return {**self._passing, **self.kept}

    def confirm(self, coin: str) -> bool:
        """The user has looked at a coin: its entries go on. False where it was not frozen."""
        return self.kept.pop(coin, None) is not None

    def know(self, identity: AccountIdentity, now: datetime) -> None:
        """Take who the account is, where it was just read: the first look does not ask again."""
        self.identity, self._identity_at = identity, now
        self._known = self._known or identity
        self._identity_halt = identity.problems[0].text if identity.problems else None

    def doubt(self) -> None:
        """Something is not as expected: the next look asks who the account is."""
        self._doubt = True

    def hear(self, events: Iterable[AccountEvent]) -> list[Finding]:
        """Take what was told between two looks: what it says of others freezes at once.

        The next look has these findings too.
        """
        found = [one for event in events if (one := _of_fill(event)) is not None]
        for one in found:
            if one.lasts and one.coin is not None:
                self.kept.setdefault(one.coin, one.text)
        self._heard += found
        return found

    # --- one look -----------------------------------------------------------------------

    def look(self, now: datetime, *, whole: bool = True) -> LookResult:
        """Read, compare, act. `whole` also reads funding, money and identity where it is time.

        The identity is read at the first look, once a day and in doubt: it is the dearest
        question, and what it says seldom changes.
        """
        account, done = self._account, LookResult()
        account.at(now)
        with account.kept(done.events):
            self._looked(now, done, whole=whole)
        if any(one.code in _DOUBTFUL for one in done.findings):
            self.doubt()
        self._classify(done)
        return done

    def _looked(self, now: datetime, done: LookResult, *, whole: bool) -> None:
        doubt = self._in_doubt(now)
        try:
            old = self._identity_at is None or now - self._identity_at >= IDENTITY_EVERY
            if doubt or (whole and old):
                self.step = "the account's identity is read"
                doubt = self._identify(now, done) and doubt
            self._told(now, done, whole=whole)
            self._compare(now, done)
            if doubt:
                self._doubt, self._doubted_at = False, now
        except (ExchangeError, OrderStateError) as error:
            self.failed_reads += 1
            done.failed = f"{self.step}, and that failed: {error}"
            self.step = done.failed
            done.events += self._account.take()

    def _in_doubt(self, now: datetime) -> bool:
        refused, self._account.signer_refused = self._account.signer_refused, False
        self._doubt = self._doubt or refused
        last = self._doubted_at
        return self._doubt and (last is None or now - last >= DOUBTED_EVERY)

    def _identify(self, now: datetime, done: LookResult) -> bool:
        """Whether it was read; one that is known stays while the venue does not say it anew.

        Raises:
            ExchangeError: it cannot be read, and was never known.
        """
        try:
            found = self._account.venue.identity()
        except ExchangeError:
            if self._known is None:
                raise
            return False
        if found is None:
            return True
        self.know(found, now)
        known = self._known or found
        if self._identity_halt is None and known.mode != found.mode:
            text = f"the account's mode was {known.mode} and is {found.mode} now; start again"
            done.findings.append(Finding("account_mode", text, halts=True))
            self._identity_halt = text
        return True

    def _told(self, now: datetime, done: LookResult, *, whole: bool) -> None:
        """Fills since the newest known one; with `whole` funding and money that moved, too.

        Those where it is time for them.
        """
        account, ledger = self._account, self._account.ledger
        done.events += account.take()
        opened = account.opened_at
        since = opened or now - FIRST_LOOK
        newest = account.arrivals.newest
        self.step = "fills are read"
        fills = account.venue.fills(since if newest is None else max(since, newest - OVERLAP))
        payments: Sequence[FundingPayment] = ()
        flows: Sequence[CashFlow] = ()
        first = opened is None
        if first or (whole and self._funding_due(now)):
            paid = account.arrivals.newest_payment
            self.step = "funding is read"
            payments = account.venue.funding(since if paid is None else max(since, paid - OVERLAP))
            self._funding_at = now
        flows_old = self._flows_at is None or now - self._flows_at >= FLOWS_EVERY
        if first or (whole and flows_old):
            self.step = "cash flows are read"
            flows = account.venue.cash_flows(max(since, self._flows_since or since))
            self._flows_since, self._flows_at = now - FLOWS_OVERLAP, now
        if opened is None:  # what came before is in the opening balance
            account.arrivals.know(fills, payments)
            ledger.known_flows.update(one.external_id for one in flows if one.external_id)
            return
        told: list[VenueEvent] = [*fills, *payments, *flows]
        done.events += account.adopt(sorted(told, key=lambda event: event.time))

    def _funding_due(self, now: datetime) -> bool:
        """Whether an hour was paid since it was read, or may still be on its way."""
        read = self._funding_at
        hour = now.replace(minute=0, second=0, microsecond=0)
        return read is None or read < hour + FUNDING_TOLD

    def _compare(self, now: datetime, done: LookResult) -> None:
        account = self._account
        self.step = "positions and orders are read"
        read = account.venue.account()
        theirs = replace(read, time=now)
        orders = at_venue(account)
        done.events += account.take()
        if account.opened_at is None:
            # At the venue's own time of this read: what its lists have up to then is in it.
            done.events += account.adopt([_opening(account, read)])
        for coin, held in theirs.positions.items():
            account.ledger.marks[coin] = held.mark
        found = plan(theirs, orders, self._books(), self._memory, self.timers)
        if any(one.code == "equity_drift" for one in found.findings) and self._money_moved(
            now, done
        ):
            found = plan(theirs, orders, self._books(), self._memory, self.timers)
        self._memory = found.memory
        self.step, known = "what differs is mended", account.orders.known()
        self._do(found, done, Look(theirs.positions, orders, now))
        if found.fills:  # the books are the venue's now; the rest is compared by another look
            done.again = True
        self.seen = Look(theirs.positions, orders, now)
        if account.orders.known() != known or found.cancel:
            # What was sent by this look is part of what protects the account now.
            self.step = "what was sent is read back"
            self.seen = Look(account.venue.positions(), at_venue(account), now)
        self.venue_equity, self.drift = theirs.equity, found.drift
        done.drift = found.drift
        self.step = "it is compared"

    def _money_moved(self, now: datetime, done: LookResult) -> bool:
        """Whether money that moved since the lists were read may be what differs."""
        account, opened, read = self._account, self._account.opened_at, self._flows_at
        if opened is None or (read is not None and now - read < timedelta(seconds=10)):
            return False
        self.step = "money that moved is read, because the equity differs"
        try:
            since = max(opened, (self._funding_at or opened) - FLOWS_OVERLAP)
            paid = account.venue.funding(since)
            flows = account.venue.cash_flows(max(opened, self._flows_since or opened))
        except ExchangeError:
            return False  # it is told as a difference, and looked at again by the next look
        self._funding_at = self._flows_at = now
        told: list[VenueEvent] = [*paid, *flows]
        events = account.adopt(sorted(told, key=lambda event: event.time))
        done.events += events
        return bool(events)

    def _books(self) -> Books:
        account = self._account
        ours = account.orders.known()
        held = account.ledger.holdings
        external = frozenset(coin for coin in held if coin not in account.wanted)
        return Books(
            account.snapshot(), account.orders.resting(), account.orders.unknown, ours, external
        )

    def _do(self, found: Plan, done: LookResult, read: Look) -> None:
        """Do what the plan says; `read` is what it was made from."""
        account, changed = self._account, bool(found.fills or found.cancel)
        done.findings += found.findings
        done.again = done.again or found.look_again
        done.events += account.adopt(found.fills)
        for coin, leverage in found.leverages.items():
            account.ledger.follow_leverage(coin, leverage)
        for record in found.look_up:
            account.look_up(record)
        for record, ghost in found.gone:
            if not account.look_up(record):  # one that it knows, or cannot say, stays as it is
                account.gone(record)
                done.findings.append(ghost)
        done.events += cancel(account, found.cancel)
        for coin in found.protect:
            held = read.positions.get(coin)
            if not changed and held is not None and is_secured(account, held, read.orders):
                continue
            if coin in account.wanted:
                self._protect(coin, done)

    def _protect(self, coin: str, done: LookResult) -> None:
        """One position after the other: what fails for one stops no other."""
        try:
            secured = protect(self._account, coin)
        except ExchangeError as error:
            done.failed = f"the stop of {coin} is read, and that failed: {error}"
            return
        done.events += secured.events
        if secured.closed or secured.error is not None:
            told = secured.error or "its stop did not rest"
            text = f"{coin}: {told}; it was closed at the market" if secured.closed else told
            done.findings.append(Finding(secured.code or "stop_not_resting", text, coin))
            done.again = True

    # --- what follows for entries -------------------------------------------------------

    def _classify(self, done: LookResult) -> None:
        told, self._heard = self._heard, []
        done.findings += told
        done.findings += [one for event in done.events if (one := _of_fill(event)) is not None]
        coins = {one.coin: one for one in done.findings if one.freezes and one.coin is not None}
        for coin, one in coins.items():
            if one.lasts and coin is not None:
                self.kept.setdefault(coin, one.text)
        if done.failed is not None:
            return
        halts = [one.text for one in done.findings if one.halts]
        self.halted = self._identity_halt or (halts[0] if halts else None)
        self._passing = {coin: one.text for coin, one in coins.items() if coin is not None}
        look = self.seen
        busy = {*coins, *self._account.ledger.holdings, *(look.positions if look else ())}
        for coin in [coin for coin in self.kept if coin not in busy]:
            del self.kept[coin]  # flat on both sides, and nothing foreign in it


def _of_fill(event: AccountEvent) -> Finding | None:
    """What a fill says that is not of an order of ours."""
    if not isinstance(event, Fill):
        return None
    told = f"{event.coin}: {plain(event.size)} at {plain(event.price)}"
    if event.reason is FillReason.LIQUIDATION:
        return Finding("liquidation", f"{told}: the venue liquidated it", event.coin)
    if event.reason is FillReason.ADL:
        text = f"{told}: the venue closed it to cover another account's loss"
        return Finding("adl", text, event.coin)
    if event.reason is FillReason.EXTERNAL and not (event.external_id or "").startswith(MADE_UP):
        text = f"{told}: a fill of no order of ours"
        return Finding("external_fill", text, event.coin, freezes=True, lasts=True)
    return None


def _opening(account: VenueAccount, theirs: AccountSnapshot) -> CashFlow:
    """The cash flow that carries new books to the account's balance as the venue has it."""
    with exact():
        amount = theirs.equity - theirs.unrealized - account.ledger.wallet()
    return CashFlow(0, amount, FlowReason.DEPOSIT, theirs.time, OPENING)
