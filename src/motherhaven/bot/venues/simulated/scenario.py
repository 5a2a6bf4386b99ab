"""Paper scenarios: a list of steps in, the account out, so that anyone can check the sums."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from motherhaven.bot.execution.orders import ExchangeEvent, OrderIntent, OrderKind, Rejected
from motherhaven.bot.execution.slippage import Slippage
from motherhaven.bot.market.instruments import Bar, FeeRates, Prices, check_bar, default_spec
from motherhaven.bot.portfolio.events import Fill, Liquidity, MarginMode, Side
from motherhaven.bot.venues.simulated.admission import INCREASES, within
from motherhaven.bot.venues.simulated.engine import PaperConfig, PaperEngine
from motherhaven.bot.venues.simulated.scenario_input import Fields
from motherhaven.contract.errors import MotherhavenError, OrderRejected, ScenarioError
from motherhaven.contract.money import plain

_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
ZERO: Final = Decimal(0)


def run_scenario(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Run a scenario and return the account: exact decimal strings, None where nothing is.

    Keys: "deposit", "taker", "maker", "max_leverage" {COIN: n}, "steps", a list of
    objects with one key each: fill, mark, prices, funding, protect, bar, order, liquidate,
    leverage, isolated_margin, deposit or withdraw. Returns equity, wallet, deposits, realized
    (gross), fees, funding (as received), unrealized, used, available (both of the cross
    positions), maintenance (of all), positions by coin, and the events in order.

    Raises:
        ScenarioError: a step cannot be run as written; the message names it.
    """
    top = Fields(scenario, "scenario", ("deposit", "taker", "maker", "max_leverage", "steps"))
    rates = FeeRates(top.decimal("taker", FeeRates().taker), top.decimal("maker", FeeRates().maker))
    specs = {
        coin: default_spec(coin, most) for coin, most in top.whole_numbers("max_leverage").items()
    }
    config = PaperConfig(top.decimal("deposit"), rates, None, next_open=False)
    run = _Run(PaperEngine(config, _START, specs))
    steps = top.steps()
    for number, step in enumerate(steps, start=1):
        run.step(number, len(steps), step)
    return run.result()


class _Run:
    def __init__(self, engine: PaperEngine) -> None:
        self.engine = engine
        self.events: list[dict[str, Any]] = []
        self.verbs: dict[str, Callable[[int, Any, str], None]] = {
            "fill": self.fill,
            "mark": self.mark,
            "funding": self.funding,
            "protect": self.protect,
            "bar": self.bar,
            "order": self.order,
            "liquidate": self.liquidate,
            "deposit": self.deposit,
            "withdraw": self.withdraw,
            "leverage": self.leverage,
            "isolated_margin": self.isolated_margin,
            "prices": self.prices,
        }

    def step(self, number: int, total: int, step: object) -> None:
        where = f"step {number} of {total}"
        if not isinstance(step, Mapping) or len(step) != 1:
            raise ScenarioError(f"{where}: send an object with one key, e.g. {{'mark': …}}")
        verb, body = next(iter(step.items()))
        if verb not in self.verbs:
            known = ", ".join(self.verbs)
            raise ScenarioError(f"{where}: {verb!r} is no step; use one of {known}")
        where = f"{where} ({verb})"
        try:
            self.verbs[verb](number, body, where)
        except ScenarioError:
            raise
        except MotherhavenError as error:
            raise ScenarioError(f"{where}: {error}") from None
        self.engine.now += _MINUTE
        self.tell(number, self.engine.take_events())

    def tell(self, number: int, happened: Iterable[ExchangeEvent]) -> None:
        """Put fills among the events, before it what the venue bore of a cross account's loss."""
        for fill in happened:
            if not isinstance(fill, Fill):
                continue
            if fill.absorbed and fill.mode is MarginMode.CROSS:
                lost = plain(fill.absorbed)
                self.events.append(
                    {"step": number, "type": "shortfall", "coin": fill.coin, "amount": lost}
                )
            self.events.append(_fill_event(number, fill))

    def fill(self, number: int, body: object, where: str) -> None:
        names = ("coin", "size", "price", "leverage", "mode", "liquidity", "reduce_only")
        fields = Fields(body, where, names)
        coin, size = fields.coin(), fields.decimal("size")
        leverage = fields.leverage(self.engine.ledger.spec(coin).max_leverage)
        if fields.flag("reduce_only"):
            holding = self.engine.ledger.holdings.get(coin)
            held = holding.size if holding else ZERO
            if held * size >= 0:
                return self.reject(number, coin, INCREASES.text)
            size = max(size, -held) if held > 0 else min(size, -held)
        self.engine.book_fill(
            coin,
            size,
            fields.positive("price"),
            fields.choice("liquidity", Liquidity) or Liquidity.TAKER,
            leverage,
            fields.choice("mode", MarginMode),
        )
        return None

    def mark(self, number: int, body: object, where: str) -> None:
        for coin, price in Fields(body, where, None).prices().items():
            self.engine.ledger.mark(coin, price)

    def funding(self, number: int, body: object, where: str) -> None:
        fields = Fields(body, where, ("coin", "rate", "oracle"))
        coin = fields.coin()
        rate = fields.decimal("rate")
        known = self.engine.oracle(coin) if coin in self.engine.ledger.marks else None
        oracle = fields.positive("oracle", known)
        payment = self.engine.on_funding(coin, rate, oracle, self.engine.now)
        amount = payment.amount if payment else ZERO
        self.events.append(
            {"step": number, "type": "funding", "coin": coin, "amount": plain(amount)}
        )

    def protect(self, number: int, body: object, where: str) -> None:
        fields = Fields(body, where, ("coin", "stop", "target", "liquidation"))
        coin = self.held(fields, where)
        for name, kind in (("stop", OrderKind.STOP), ("target", OrderKind.TARGET)):
            if name in fields:
                self.engine.protect(coin, kind, fields.price_or_none(name))
        if "liquidation" in fields:
            self.engine.override_liquidation(coin, fields.price_or_none("liquidation"))

    def bar(self, number: int, body: object, where: str) -> None:
        fields = Fields(body, where, ("coin", "open", "high", "low", "close", "volume"))
        bar = Bar(
            coin=fields.coin(),
            start=self.engine.now,
            open=fields.positive("open"),
            high=fields.positive("high"),
            low=fields.positive("low"),
            close=fields.positive("close"),
            volume=fields.decimal("volume", ZERO),
            interval=_MINUTE,
        )
        self.tell(number, self.engine.on_bar(check_bar(bar)))
        self.engine.now = bar.start

    def prices(self, number: int, body: object, where: str) -> None:
        fields = Fields(body, where, ("coin", "mark", "mid", "oracle"))
        coin, mark = fields.coin(), fields.positive("mark")
        mid, oracle = fields.positive("mid", mark), fields.positive("oracle", mark)
        now = self.engine.now
        self.tell(number, self.engine.on_prices(Prices(coin, mark, mid, oracle, now)))

    def order(self, number: int, body: object, where: str) -> None:
        names = (
            "coin", "side", "size", "mid", "half_spread", "lambda", "depth",
            "limit", "leverage", "mode", "reduce_only",
        )  # fmt: skip
        fields = Fields(body, where, names)
        coin, mid, size = fields.coin(), fields.positive("mid"), fields.positive("size")
        side = fields.choice("side", Side)
        if side is None:
            raise ScenarioError(f"{where}: side is missing; send buy or sell")
        spec = self.engine.ledger.spec(coin)
        slippage = Slippage(
            fields.decimal("half_spread", ZERO),
            fields.decimal("lambda", ZERO),
            fields.positive("depth", Decimal(1)),
        )
        intent = OrderIntent(
            coin,
            side,
            size,
            price=fields.price_or_none("limit"),
            reduce_only=fields.flag("reduce_only"),
            leverage=fields.leverage(spec.max_leverage),
            mode=fields.choice("mode", MarginMode),
        )
        size = within(intent, size, self.engine.ledger)
        price = slippage.price(mid, side, size, spec)
        outcome = self.engine.take_at(intent, price)
        if isinstance(outcome, Rejected):
            self.engine.take_events()
            return self.reject(number, coin, outcome.reason)
        cost = side.sign * (price - mid) * size
        for event in self.engine.take_events():
            if isinstance(event, Fill):
                self.events.append(
                    _fill_event(number, event)
                    | {"raw": plain(slippage.raw(mid, side, size)), "slippage": plain(cost)}
                )
        return None

    def liquidate(self, number: int, body: object, where: str) -> None:
        fields = Fields(body, where, ("coin", "price"))
        coin = self.held(fields, where)
        price = fields.positive("price", self.engine.liquidation(coin))
        self.engine.liquidate(coin, price)

    def deposit(self, number: int, body: object, where: str) -> None:
        amount = Fields({"amount": body}, where, ("amount",)).decimal("amount")
        if amount < 0:
            return self.withdraw(number, plain(-amount), where)
        if amount:
            self.engine.deposit(amount)
        self.events.append({"step": number, "type": "deposit", "amount": plain(amount)})
        return None

    def withdraw(self, number: int, body: object, where: str) -> None:
        amount = Fields({"amount": body}, where, ("amount",)).positive("amount")
        try:
            self.engine.withdraw(amount)
        except OrderRejected as error:
            return self.reject(number, None, str(error))
        self.events.append({"step": number, "type": "withdrawal", "amount": plain(-amount)})
        return None

    def leverage(self, number: int, body: object, where: str) -> None:
        fields = Fields(body, where, ("coin", "leverage", "mode"))
        coin = fields.coin()
        leverage = fields.leverage(self.engine.ledger.spec(coin).max_leverage)
        if leverage is None:
            raise ScenarioError(f"{where}: leverage is missing; send a whole number")
        held = self.engine.ledger.holdings.get(coin)
        mode = fields.choice("mode", MarginMode) or (held.mode if held else MarginMode.CROSS)
        try:
            self.engine.set_leverage(coin, leverage, mode)
        except OrderRejected as error:
            self.reject(number, coin, str(error))

    def isolated_margin(self, number: int, body: object, where: str) -> None:
        fields = Fields(body, where, ("coin", "amount"))
        coin, amount = fields.coin(), fields.decimal("amount")
        try:
            self.engine.update_isolated_margin(coin, amount)
        except OrderRejected as error:
            self.reject(number, coin, str(error))

    def held(self, fields: Fields, where: str) -> str:
        coin = fields.coin()
        if coin not in self.engine.ledger.holdings:
            raise ScenarioError(f"{where}: no position is open in {coin}; fill one first")
        return coin

    def reject(self, number: int, coin: str | None, reason: str) -> None:
        self.events.append({"step": number, "type": "rejected", "coin": coin, "reason": reason})

    def result(self) -> dict[str, Any]:
        account = self.engine.account()
        names = (
            "equity", "wallet", "deposits", "realized", "fees", "funding",
            "unrealized", "used", "available", "maintenance",
        )  # fmt: skip
        result: dict[str, Any] = {name: plain(getattr(account, name)) for name in names}
        result["positions"] = {
            coin: {
                "size": plain(position.size),
                "entry": plain(position.entry),
                "mode": position.mode.value,
                "bucket": _plain(position.bucket),
                "roe": plain(position.roe),
                "liquidation": _plain(self.engine.liquidation(coin)),
            }
            for coin, position in account.positions.items()
        }
        result["events"] = self.events
        return result


def _fill_event(number: int, fill: Fill) -> dict[str, Any]:
    return {
        "step": number,
        "type": "fill",
        "reason": fill.reason.value,
        "coin": fill.coin,
        "size": plain(fill.size),
        "price": plain(fill.price),
        "fee": plain(fill.fee),
        "realized": plain(fill.realized),
        "liquidity": fill.liquidity.value,
        "absorbed": plain(fill.absorbed),
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
