"""Nonces, deadlines and budgets of requests at the fake venue."""

from datetime import timedelta

from motherhaven.testing.fake_venue import FakeVenue
from motherhaven.testing.fake_venue.nonces import KEPT, Nonces
from motherhaven.testing.fake_venue.wire import to_ms
from tests.unit.fake_venue.kit import Client, order, place

NOOP = {"type": "noop"}


def test_a_nonce_is_used_once(client: Client) -> None:
    """The same nonce under another action is refused, which is how a lost order is settled."""
    nonce = client.nonce()
    assert client.send(NOOP, nonce=nonce)["status"] == "ok"
    reply = client.send(place(order("0.1")), nonce=nonce)
    assert reply["response"] == f"Invalid nonce: duplicate nonce {nonce}"
    assert client.position() is None


def test_the_hundred_highest_are_kept(client: Client, venue: FakeVenue) -> None:
    """A nonce below the smallest of them is too low; one between two of them is not."""
    now = to_ms(venue.clock.now())
    for step in range(KEPT):
        client.send(NOOP, nonce=now + 10 * (step + 1))
    assert client.send(NOOP, nonce=now + 15)["status"] == "ok"
    low = client.send(NOOP, nonce=now + 10)["response"]
    assert low == f"Invalid nonce: nonce too low {now + 10} < {now + 15}"


def test_nonces_lie_within_the_window() -> None:
    """Two days back, one day ahead, by the venue's clock."""
    nonces, now = Nonces(), 10**12
    day = int(timedelta(days=1).total_seconds() * 1000)
    assert nonces.refusal(now - 2 * day + 1, now) is None
    assert "too low" in (nonces.refusal(now - 2 * day, now) or "")
    assert nonces.refusal(now + day - 1, now) is None
    assert "too high" in (nonces.refusal(now + day, now) or "")


def test_two_signers_have_nonces_of_their_own(client: Client, venue: FakeVenue) -> None:
    """The owner may use a nonce that the agent has used."""
    nonce = client.nonce()
    assert client.send(NOOP, nonce=nonce)["status"] == "ok"
    assert client.send(NOOP, nonce=nonce, key=venue.test_account.key)["status"] == "ok"


def test_a_refused_action_leaves_its_nonce_unused(client: Client) -> None:
    """A whole action that is refused before it is carried out may be sent again."""
    nonce = client.nonce()
    assert client.send(NOOP, nonce=nonce, expires_after=1)["status"] == "err"
    assert client.send(NOOP, nonce=nonce)["status"] == "ok"


def test_an_action_ends_with_its_deadline(client: Client, venue: FakeVenue) -> None:
    """Up to the millisecond it is taken; too late costs five requests."""
    deadline = to_ms(venue.clock.now()) + 1_000
    venue.step(1)
    assert client.send(NOOP, expires_after=deadline)["status"] == "ok"
    used = client.ask("userRateLimit")["nRequestsUsed"]
    venue.step(0.001)
    assert client.send(NOOP, expires_after=deadline)["response"] == "Action already expired"
    assert client.ask("userRateLimit")["nRequestsUsed"] == used + 5


def test_the_budget_of_an_address(client: Client, venue: FakeVenue) -> None:
    """Each order of a batch counts; beyond the cap only cancels go, and trading frees requests."""
    resting = order("0.001", "49000", tif="Gtc")
    client.place(resting, resting)
    assert client.ask("userRateLimit")["nRequestsUsed"] == 2
    venue.account().usage.cap = 2
    refused = client.send(place(resting))["response"]
    assert refused.startswith("Too many cumulative requests sent (3 > 2)")
    oid = client.ask("openOrders")[0]["oid"]
    assert client.statuses({"type": "cancel", "cancels": [{"a": 0, "o": oid}]}) == ["success"]
    venue.move("BTC", "49000")
    assert client.ask("userRateLimit")["nRequestsCap"] == 2 + 49
    assert client.send(place(resting))["status"] == "ok"


def test_the_weight_of_an_address_of_the_network() -> None:
    """Where the venue's bound is set, a minute's questions are limited by it."""
    with FakeVenue(weight_per_minute=50) as bounded:
        client = Client(bounded)
        client.ask("frontendOpenOrders")
        client.ask("frontendOpenOrders")
        assert client.http.post("/info", json={"type": "meta"}).status_code == 429
        client.ask("clearinghouseState")
        bounded.step(61)
        client.ask("frontendOpenOrders")
        assert bounded.state.weights.used == 20 + 20 + 2 + 20
        client.close()


def test_weights_are_counted_without_a_bound(client: Client, venue: FakeVenue) -> None:
    """An action weighs 1, and 1 more for each 40 orders."""
    for _ in range(100):
        client.ask("userFills")
    client.send(NOOP)
    client.place(*[order("0.001", "49000", tif="Gtc")] * 80)
    assert venue.state.weights.used == 2_000 + 1 + 3
