"""POST /exchange: who signed, whether the action may be carried out, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.portfolio.account import LeverageSetting
from motherhaven.bot.portfolio.events import MarginMode
from motherhaven.contract.errors import OrderRejected
from motherhaven.testing.fake_venue.account import Account
from motherhaven.testing.fake_venue.actions import (
    Action,
    Cancel,
    Noop,
    Place,
    Refused,
    ScheduleCancel,
    Unreadable,
    UpdateIsolatedMargin,
    UpdateLeverage,
    read_action,
)
from motherhaven.testing.fake_venue.faults import DelayVisibility
from motherhaven.testing.fake_venue.log import SeenRequest
from motherhaven.testing.fake_venue.placing import Placing
from motherhaven.testing.fake_venue.resting import follow_leverage
from motherhaven.testing.fake_venue.signing import (
    MAINNET,
    TESTNET,
    Signature,
    action_hash,
    signer_of,
)
from motherhaven.testing.fake_venue.switches import Switches
from motherhaven.testing.fake_venue.users import Users
from motherhaven.testing.fake_venue.wire import to_ms

MOST_ITEMS: Final = 200
EXPIRED_WEIGHT: Final = 5
"""An action that came too late costs so many requests of the account."""
UNREADABLE: Final = "Failed to deserialize the JSON body into the target type"
GONE: Final = "Order was never placed, already canceled, or filled."
_MILLION: Final = Decimal(1_000_000)
_ADDRESS: Final = 42


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request to /exchange, as far as it could be read."""

    action: Action
    nonce: int
    signature: Signature
    vault: str | None
    expires_after: int | None


class ExchangeEndpoint:
    """Carries signed actions out."""

    def __init__(
        self, users: Users, switches: Switches, now: Callable[[], datetime], *, mainnet: bool
    ) -> None:
        self._users = users
        self._switches = switches
        self._now = now
        self._source = MAINNET if mainnet else TESTNET

    def answer(self, body: Any, seen: SeenRequest) -> SeenRequest:
        """The request with who signed it and what is answered."""
        try:
            envelope = _envelope(body)
        except Unreadable as error:
            return replace(seen, status=422, reply=f"{UNREADABLE}: {error}")
        except Refused as error:
            return replace(seen, reply=_refused(str(error)))
        signer, account, source = self._signer(envelope)
        seen = replace(
            seen, signer=signer, source=source, nonce=envelope.nonce,
            account=account.address if account else None,
        )  # fmt: skip
        refusal = self._refusal(envelope, signer, account)
        if refusal is not None or account is None or signer is None:
            return replace(seen, reply=_refused(refusal or "Unable to recover signer."))
        self._users.nonces_of(signer).use(envelope.nonce)
        account.usage.used += envelope.action.weight
        account.inside.now = self._now()
        delay = self._switches.take(DelayVisibility)
        if delay is not None:
            account.hide_changes(self._now() + timedelta(seconds=delay.seconds))
        return replace(seen, reply=self._carry_out(account, envelope.action))

    # --- may it be carried out ----------------------------------------------------------

    def _signer(self, envelope: Envelope) -> tuple[str | None, Account | None, str]:
        """Who signed for this network; who signed for the other one may act for nobody."""
        canonical = envelope.action.canonical
        hashed = action_hash(canonical, envelope.nonce, envelope.vault, envelope.expires_after)
        signer = signer_of(hashed, self._source, envelope.signature)
        account = self._users.acts_for(signer, self._now()) if signer else None
        if account is None:
            other = MAINNET if self._source == TESTNET else TESTNET
            stranger = signer_of(hashed, other, envelope.signature)
            if stranger and self._users.acts_for(stranger, self._now()):
                return signer, None, other
        return signer, account, self._source

    def _refusal(
        self, envelope: Envelope, signer: str | None, account: Account | None
    ) -> str | None:
        """Why the whole action is refused, in the venue's words."""
        if signer is None:
            return "Unable to recover signer."
        if account is None:
            return f"User or API Wallet {signer} does not exist."
        if envelope.vault is not None:
            return f"Vault not registered: {envelope.vault}"
        if account.deposit == 0 and not account.ledger:
            return f"Must deposit before performing actions. User: {account.address}"
        now = to_ms(self._now())
        if envelope.expires_after is not None and envelope.expires_after < now:
            account.usage.used += EXPIRED_WEIGHT
            return "Action already expired"
        nonce = self._users.nonces_of(signer).refusal(envelope.nonce, now)
        if nonce is not None:
            return nonce
        if envelope.action.weight > MOST_ITEMS:
            return f"Signed action over weight limit of {MOST_ITEMS}."
        return _over_budget(account, envelope.action)

    # --- carrying out -------------------------------------------------------------------

    def _carry_out(self, account: Account, action: Action) -> dict[str, Any]:
        command = action.command
        if isinstance(command, Place):
            return _statuses("order", Placing(account, self._switches).place(command))
        if isinstance(command, Cancel):
            found = [_canceled(account, *pair, fast=command.fast) for pair in command.orders]
            return _statuses("cancel", found)
        if isinstance(command, UpdateLeverage):
            return _settled(set_leverage(account, command))
        if isinstance(command, UpdateIsolatedMargin):
            return _settled(_move_margin(account, command))
        if isinstance(command, ScheduleCancel):
            traded = account.usage.volume.quantize(Decimal("0.01"))
            return _refused(
                "Cannot set scheduled cancel time until enough volume traded. "
                f"Required: $1000000. Traded: ${traded}."
            )
        assert isinstance(command, Noop)
        return _settled(None)


def _over_budget(account: Account, action: Action) -> str | None:
    usage = account.usage
    most = usage.most
    if isinstance(action.command, Cancel):
        most = min(most + 100_000, 2 * most)
    if usage.used + action.weight <= most:
        return None
    return (
        f"Too many cumulative requests sent ({usage.used + action.weight} > {most}) for cumulative "
        f"volume traded ${usage.volume.quantize(Decimal('0.01'))}. Place taker orders to free up "
        "1 request per USDC traded."
    )


def _canceled(account: Account, asset: int, name: int | str, *, fast: bool) -> Any:
    table = account.table
    found = table.find(name) if isinstance(name, int) else table.find_cloid(name)
    if found is None or not found.open or found.asset != asset:
        return {"error": f"{GONE} asset={asset}"}
    if fast and found.trigger is not None:
        return {"error": f"Fast cancels are not for trigger orders. asset={asset}"}
    account.cancel(found)
    return "success"


def set_leverage(account: Account, command: UpdateLeverage) -> str | None:
    """Set it as the venue does; why not, in the venue's words, or None."""
    listing = account.market.asset(command.asset)
    if listing is None:
        return f"Asset {command.asset} is not traded."
    if not 1 <= command.leverage <= listing.spec.max_leverage:
        return "Invalid leverage value"
    if command.cross and listing.only_isolated:
        return "Cross margin is not allowed for this asset."
    mode = MarginMode.CROSS if command.cross else MarginMode.ISOLATED
    coin = listing.name
    if account.sizes.get(coin) and account.leverage(coin).mode is not mode:
        return "Cannot switch leverage type with open position."
    try:
        account.venue.set_leverage(coin, command.leverage, mode)
    except OrderRejected:
        name = "Cross" if command.cross else "Isolated"
        return (
            f"{name} position does not have sufficient margin available to decrease leverage. "
            f"asset={command.asset}"
        )
    account.leverages[coin] = LeverageSetting(coin, command.leverage, mode)
    account.absorb()
    follow_leverage(account, coin)
    return None


def _move_margin(account: Account, command: UpdateIsolatedMargin) -> str | None:
    listing = account.market.asset(command.asset)
    if listing is None:
        return f"Asset {command.asset} is not traded."
    coin = listing.name
    if not account.sizes.get(coin) or account.leverage(coin).mode is not MarginMode.ISOLATED:
        return "Position does not use isolated margin."
    try:
        account.inside.move_margin(coin, Decimal(command.millionths) / _MILLION)
    except OrderRejected:
        return f"Insufficient margin to change the position's margin. asset={command.asset}"
    account.absorb()
    return None


def _envelope(body: Any) -> Envelope:
    if not isinstance(body, Mapping):
        raise Unreadable("the body is not an object")
    signature = body.get("signature")
    if not isinstance(signature, Mapping):
        raise Unreadable("missing field `signature`")
    v = signature.get("v")
    if not isinstance(v, int) or not 0 <= v <= 255:
        raise Unreadable("v")
    nonce = _stamp(body, "nonce")
    if nonce is None:
        raise Unreadable("missing field `nonce`")
    return Envelope(
        read_action(body.get("action")),
        nonce,
        Signature(_word(signature, "r"), _word(signature, "s"), v),
        _vault(body.get("vaultAddress")),
        _stamp(body, "expiresAfter"),
    )


def _word(signature: Mapping[str, Any], name: str) -> int:
    value = signature.get(name)
    if not isinstance(value, str) or not value.startswith("0x") or not 3 <= len(value) <= 66:
        raise Unreadable(name)
    try:
        return int(value[2:], 16)
    except ValueError:
        raise Unreadable(name) from None


def _stamp(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise Unreadable(name)
    return value


def _vault(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != _ADDRESS or not value.startswith("0x"):
        raise Unreadable("vaultAddress")
    try:
        bytes.fromhex(value[2:])
    except ValueError:
        raise Unreadable("vaultAddress") from None
    return value.lower()


def _refused(text: str) -> dict[str, Any]:
    return {"status": "err", "response": text}


def _settled(refusal: str | None) -> dict[str, Any]:
    if refusal is not None:
        return _refused(refusal)
    return {"status": "ok", "response": {"type": "default"}}


def _statuses(kind: str, statuses: list[Any]) -> dict[str, Any]:
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": statuses}}}
