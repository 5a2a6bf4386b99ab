"""The fake exchange, served on a loopback port, and what tests do to it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, Self, TypeVar

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.similar import closest
from motherhaven.testing.clock import FakeClock
from motherhaven.testing.fake_binance.app import FakeBinanceApp
from motherhaven.testing.fake_binance.faults import FAULTS
from motherhaven.testing.fake_binance.records import SeenRequest
from motherhaven.testing.fake_binance.state import State
from motherhaven.testing.fake_venue.server import LOOPBACK, ServerThread

Result = TypeVar("Result")
KEY: Final = "fake-binance-key-0123456789"
SECRET: Final = "fake-binance-secret"  # noqa: S105  # of an exchange without money
DEPOSIT: Final = Decimal(10_000)
HAPPENS: Final = ("hedge_mode", "external_close", "manual_stop_cancel", "clock_skew", "withdrawals")
"""Switches that change something at once, and stay."""


class FakeBinance:
    """An exchange with one funded account; use it in a `with` statement.

    `clock` is the exchange's: time passes only by `step`. Give the same clock to the client.
    """

    def __init__(self, clock: FakeClock | None = None, deposit: Decimal = DEPOSIT) -> None:
        self.clock = clock or FakeClock()
        self.state = State(self.clock, deposit)
        self._app = FakeBinanceApp(self.state, KEY, SECRET)
        self._server = ServerThread(self._app)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        """The address to give as CCXT_API_URL."""
        return f"http://{LOOPBACK}:{self._server.port}"

    @property
    def requests(self) -> list[SeenRequest]:
        """Every request so far."""
        return self._call(lambda: list(self._app.requests))

    def sent(self, method: str = "POST", path: str = "order") -> list[dict[str, str]]:
        """The parameters of requests to an endpoint, in order."""
        return [
            one.params
            for one in self.requests
            if one.method == method and one.path.endswith(f"/{path}")
        ]

    @staticmethod
    def secret() -> str:
        """The account's key, as `VenueAccess.secret` gives it."""
        return json.dumps({"key": KEY, "secret": SECRET, "password": None})

    def move(self, coin: str, price: Decimal) -> None:
        """Let a coin's mark, mid and index go to `price`."""

        def act() -> None:
            symbol = self.state.market.coins[coin]
            known = self.state.market.prices[symbol]
            self.state.move(
                replace(known, mark=price, mid=price, oracle=price, time=self.state.now())
            )

        self._call(act)

    def step(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    def fund(self, coin: str, rate: Decimal) -> None:
        """Pay funding now, at a rate: longs pay a positive one."""
        self._call(lambda: self.state.fund(coin, rate))

    def transfer(self, amount: Decimal) -> None:
        """Move USD into the account (negative: out of it)."""

        def act() -> None:
            self.state.stepped.move_cash(amount, None)
            self.state.settle()

        self._call(act)

    def switch(self, name: str, times: int | None = 1, **arguments: Any) -> None:
        """Let something go wrong: for the next `times` requests that it concerns, or at once.

        Raises:
            ConfigError: there is no such switch, or it has no such argument.
        """
        self._call(lambda: self._switched(name, times, arguments))

    def _switched(self, name: str, times: int | None, arguments: dict[str, Any]) -> None:
        state = self.state
        if name not in FAULTS and name not in HAPPENS:
            meant = closest(name, (*FAULTS, *HAPPENS))
            raise ConfigError(f"there is no switch {name!r}; did you mean {meant}?")
        if name in FAULTS:
            state.hidden_after = state.number()
            state.switches.arm(name, times, arguments)
        elif name == "hedge_mode":
            state.hedge = bool(times)
        elif name == "withdrawals":
            state.withdrawals = bool(times)
        elif name == "clock_skew":
            state.skew = timedelta(seconds=float(arguments["seconds"]))
        elif name == "external_close":
            state.close(state.market.listing(state.market.coins[arguments["coin"]]))
        else:
            for algo in list(state.algos.values()):
                if algo.status == "NEW":
                    state.cancel(algo)

    def _call(self, function: Callable[[], Result]) -> Result:
        return self._server.call(function)
