"""A venue that goes on when the bot's process ends, as a live one does; simulated inside."""

from dataclasses import replace

from motherhaven.bot.execution.commands import PlaceOrders
from motherhaven.bot.market.instruments import Prices
from motherhaven.bot.venues.simulated.venue import SimulatedVenue
from motherhaven.contract.errors import ExchangeError


class Killed(BaseException):
    """The bot's process ended here."""


class RemoteVenue:
    """`inside` behind a wire. `cut` names where the next placing breaks, None nowhere.

    "before": killed before anything is sent; "after": killed when the venue has it. `silent`
    is how many questions are not answered. `sent` holds every cloid that reached the venue.
    """

    stepped = None

    def __init__(self, inside: SimulatedVenue, **capabilities):
        self.inside = inside
        self.capabilities = replace(inside.capabilities, outlives_process=True, **capabilities)
        self.cut = None
        self.silent = 0
        self.sent = []

    def __getattr__(self, name):
        """Questions, which may go unanswered, and what needs no answer."""
        verb = getattr(self.inside, name)
        if not callable(verb) or name in ("drain", "spec", "specs", "prices"):
            return verb
        return lambda *given: self._ask(verb, *given)

    def _ask(self, verb, *given):
        if self.silent > 0:
            self.silent -= 1
            raise ExchangeError("the venue does not answer; ask again")
        return verb(*given)

    def submit(self, commands):
        """Carry out commands, unless the process ends on the way."""
        places = [one for one in commands if isinstance(one, PlaceOrders)]
        cut, self.cut = (self.cut, None) if places else (None, self.cut)
        if cut == "before":
            raise Killed
        for one in places:
            self.sent += [intent.cloid for intent in one.intents]
        outcomes = self.inside.submit(commands)
        if cut == "after":
            raise Killed
        return outcomes

    def poll(self, coin, price, now):
        """The market goes on."""
        self.inside.on_prices(Prices(coin, price, price, price, now))
