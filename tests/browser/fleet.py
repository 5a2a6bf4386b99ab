"""More than twenty bots as users have them: odd names, a billion, blown up, behind, a replay."""

import json
import random
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.acceptance.processes import KEY
from tests.browser.conftest import Site

STEP: Final = timedelta(minutes=30)
STEPS: Final = 48
BATCH: Final = 400
WHALE: Final = "whale fund, all desks and sub-accounts consolidated (EU, US, APAC), rebalanced"
REASON: Final = "The range broke on twice its usual volume, and funding is slightly negative."
ODD_NAMES: Final = {
    5: "x",
    6: "网格做多机器人（四小时突破，成交量放大，止损在前低下方）",
    8: "بوت التداول على الإطار اليومي مع وقف الخسارة",
    9: "🚀 to the moon 🚀 ×100",
    10: "a_name_of_one_word_that_no_browser_finds_a_place_to_break_in_and_that_goes_on_and_on",
    11: '<b>bold</b> & "quoted"',
}
TAGS: Final = ("trend", "mean-reversion-long-only", "v2.1")
FAMILIES: Final = ("sonnet-4.5", "sonnet-4.5-thinking", "gpt-5", "gpt-5-mini", "gemini-2.5-pro")


@dataclass
class Bot:
    """One bot; `ends` is what its equity has become, as a share of what was paid in."""

    id: str
    name: str
    ends: float
    deposit: float = 10_000
    mode: str = "paper"
    coin: str = "BTC"
    price: float = 95_000
    dead: timedelta = timedelta()
    behind: int = 0
    state: str = "running"
    back: timedelta = timedelta()
    holds: str | None = "long"
    stop: bool = True
    closed: str | None = None
    tags: tuple[str, ...] = ()
    events: list[dict[str, Any]] = field(default_factory=list)

    def add(self, now: datetime, kind: str, time: datetime, payload: dict[str, Any]) -> str:
        """An event; what a replay tells of lies `back` in time."""
        name = f"{self.id}-{len(self.events)}"
        market = (time - self.back).isoformat()
        self.events.append(
            {
                "event_id": name, "bot_id": self.id, "bot_name": self.name, "mode": self.mode,
                "epoch": 1, "seq": len(self.events) + 1, "kind": kind, "time": market,
                "recorded_at": min(time, now).isoformat(),
                "payload": {"timestamp": market, **payload},
            }
        )  # fmt: skip
        return name


def bots() -> list[Bot]:
    """The fleet; the one that leads, the one behind and the unprotected one are known."""
    usual = [
        Bot(
            f"b{n:02}",
            ODD_NAMES.get(n, f"{FAMILIES[n % 5]}-hl-perps-conservative-{n}"),
            1 + (n - 7) / 400,
            closed=f"{10 * (n - 2)}.5" if n < 5 else None,
            tags=("perps", TAGS[n % 3]),
        )
        for n in range(14)
    ]  # fmt: skip
    old = timedelta(days=3_000)
    return [
        *usual,
        Bot("leader", "leader", 1.08, coin="ETH", price=3_300, holds="short", closed="120"),
        Bot(
            "whale",
            WHALE,
            0.98,
            deposit=1e9,
            mode="live",
            closed="-8031995.87",
            tags=("desk", "perps"),
        ),
        Bot("blown", "blown up", -8.41, deposit=500, holds=None),
        Bot("dead", "died two hours ago", 0.99, dead=timedelta(hours=2), behind=1_200),
        Bot("meme", "meme", 0.97, deposit=100, coin="kPEPE", price=0.00712, stop=False),
        Bot("past", "replay of 2018", 1.01, back=old, state="stopped"),
        Bot("flat", "nothing open", 1.0, holds=None),
        Bot("failing", "keeps failing", 1.0, holds=None, state="error"),
    ]


def live_a_day(bot: Bot, now: datetime) -> None:
    """Its accounts, one entry, and its last heartbeat."""
    if bot.state == "error":
        _fail(bot, now)
        return
    dice = random.Random(bot.id)
    size = 0.1 * bot.deposit / bot.price * (1 if bot.holds == "long" else -1)
    for at in range(STEPS + 1):
        time = now - (STEPS - at) * STEP
        if time > now - bot.dead:
            break
        share = 1 + (bot.ends - 1) * at / STEPS
        noise = dice.uniform(-0.0005, 0.0005) * bot.deposit if 0 < at < STEPS else 0
        if at == 2 and bot.holds:
            _enter(bot, now, time, size)
        if at == 14 and bot.closed:
            _trade(bot, now, time, bot.closed)
        _report(bot, now, time, bot.deposit * share + noise, size if at >= 2 else 0)


def _enter(bot: Bot, now: datetime, time: datetime, size: float) -> None:
    way = 1 if size > 0 else -1
    verdict = {"allowed": True, "rule": "max_position_size", "reason": "cut to the largest size",
               "asked_usd": "100", "allowed_usd": "60"}  # fmt: skip
    made = bot.add(now, "decision", time, {
        "coin": bot.coin, "signal": "buy_to_enter" if way > 0 else "sell_to_enter",
        "quantity_usd": "100", "leverage": "2", "confidence": "0.7", "justification": REASON,
        "verdict": verdict, "mark": f"{bot.price}", "model": "m", "decider": "anthropic:m",
        "cost_usd": "0.25", "tokens_in": 10, "tokens_out": 5,
    })  # fmt: skip
    stop = {"stop_loss": f"{bot.price * (1 - 0.03 * way):.8f}"} if bot.stop else {}
    bot.add(now, "position_opened", time, {
        "coin": bot.coin, "side": bot.holds, "quantity_usd": f"{abs(size) * bot.price / 2:.6f}",
        "leverage": "2", "entry_price": f"{bot.price}", "entry_time": time.isoformat(),
        "status": "open", "position_id": f"{bot.id}-p", "decision_id": made,
        "size": f"{size:.10f}", "liquidation_price": f"{bot.price * (1 - 0.45 * way):.8f}", **stop,
    })  # fmt: skip


def _trade(bot: Bot, now: datetime, time: datetime, net: str) -> None:
    """A trade in SOL over two hours, entered and left; its candles, and what it left."""
    size, entry, fee = bot.deposit / 2_000, 200.0, bot.deposit / 20_000
    gross = float(net) + 2 * fee
    ended, leaves = time, entry + gross / size
    begun = time - 4 * STEP
    word = "stop_loss" if gross < 0 else "profit_target"
    why = f"The {word.split('_', maxsplit=1)[0]} was reached."
    common = {"coin": "SOL", "position_id": f"{bot.id}-sol", "side": "long", "leverage": "2",
              "quantity_usd": f"{size * entry / 2:.6f}", "entry_price": f"{entry}",
              "entry_time": begun.isoformat()}  # fmt: skip
    made = bot.add(now, "decision", begun, {
        "coin": "SOL", "signal": "buy_to_enter", "quantity_usd": common["quantity_usd"],
        "leverage": "2", "confidence": "0.8", "justification": REASON, "mark": "200",
    })  # fmt: skip
    bot.add(now, "fill", begun, {
        "coin": "SOL", "size": f"{size:.8f}", "price": f"{entry}", "fee": f"{fee:.6f}",
        "realized": "0", "liquidity": "taker", "reason": "entry",
        "position_id": common["position_id"], "decision_id": made,
    })  # fmt: skip
    bot.add(now, "position_opened", begun, {
        **common, "status": "open", "decision_id": made, "size": f"{size:.8f}",
        "stop_loss": "190", "profit_target": "230",
    })  # fmt: skip
    left = bot.add(now, "decision", ended, {
        "coin": "SOL", "signal": "close", "quantity_usd": "0", "leverage": "1",
        "confidence": "0.9", "justification": why, "mark": f"{leaves:.6f}",
    })  # fmt: skip
    bot.add(now, "fill", ended, {
        "coin": "SOL", "size": f"{-size:.8f}", "price": f"{leaves:.8f}", "fee": f"{fee:.6f}",
        "realized": f"{gross:.6f}", "liquidity": "taker", "reason": word,
        "position_id": common["position_id"], "decision_id": left,
    })  # fmt: skip
    bot.add(now, "position_closed", ended, {
        **common, "status": "closed", "decision_id": left, "exit_price": f"{leaves:.8f}",
        "exit_time": ended.isoformat(), "realized_pnl": net, "reason": word,
        "gross_pnl": f"{gross:.6f}", "fees_usd": f"{2 * fee:.6f}", "funding_usd": "0",
    })  # fmt: skip


def _watch(bot: Bot, now: datetime, coin: str, begin: float, end: float) -> None:
    """Candles of half an hour over the day, from one price to another."""
    seconds = int(STEP.total_seconds())
    last = int(now.timestamp()) // seconds
    at = [datetime.fromtimestamp((last - STEPS + n) * seconds, UTC) for n in range(STEPS)]
    # It stands still at first and at last: whatever part of an hour it is, the day is the same.
    moves = [min(1.0, max(0.0, (n - 4) / (STEPS - 8))) for n in range(STEPS + 1)]
    prices = [begin + (end - begin) * share for share in moves]
    rows = [
        [time.isoformat(), f"{prices[n]:.6f}", f"{prices[n + 1]:.6f}", f"{prices[n]:.6f}",
         f"{prices[n + 1]:.6f}", "10"]
        for n, time in enumerate(at)
    ]  # fmt: skip
    bot.add(now, "candles", now, {"coin": coin, "interval_seconds": seconds, "candles": rows})


FAILURES: Final = (
    "the model answered 529 overloaded",
    "connection reset by peer while reading https://api.example/v1/chat/completions (attempt 3)",
    "no JSON in the answer",
)


def _fail(bot: Bot, now: datetime) -> None:
    """Nothing but errors: no account was ever reported."""
    for at in range(12):
        bot.add(now, "decision", now - (12 - at) * STEP, {
            "coin": "BTC", "signal": "hold", "quantity_usd": "0", "leverage": "1",
            "confidence": "0", "justification": None, "error": FAILURES[at % 3],
            "model": "openai/gpt-5", "decider": "openai:gpt-5",
        })  # fmt: skip
    bot.add(now, "status", now, {
        "status": "error", "message": "cycle failed", "error": "exchange answered 502 Bad Gateway",
        "interval_seconds": 1800, "coins": ["BTC"], "market": "hyperliquid",
    })  # fmt: skip


def _report(bot: Bot, now: datetime, time: datetime, equity: float, size: float) -> None:
    held = bool(size) and bot.holds is not None
    mark = {"position_id": f"{bot.id}-p", "coin": bot.coin, "size": f"{size:.10f}",
            "entry_price": f"{bot.price}", "mark": f"{bot.price}", "leverage": "2",
            "unrealized_pnl": "0"}  # fmt: skip
    bot.add(now, "account", time, {
        "balance_usd": f"{equity:.4f}", "equity_usd": f"{equity:.4f}", "unrealized_pnl": "0",
        "realized_pnl": f"{equity - bot.deposit:.4f}", "total_pnl": f"{equity - bot.deposit:.4f}",
        "num_positions": int(held), "deposits_usd": f"{bot.deposit}",
        "positions": [mark] if held else [],
    })  # fmt: skip
    ended = time + STEP > now - bot.dead
    bot.add(now, "status", time, {
        "status": bot.state if ended else "running", "message": "cycle completed",
        "interval_seconds": 1800, "coins": [bot.coin], "market": "hyperliquid",
            "behind": bot.behind, "tags": list(bot.tags) or None,
    })  # fmt: skip


def fill(site: Site) -> list[Bot]:
    """Send the fleet's day to a server; the bots as sent."""
    fleet, now = bots(), datetime.now(UTC).replace(microsecond=0)
    for bot in fleet:
        live_a_day(bot, now)
        if bot.id == "leader":
            _watch(bot, now, "ETH", 3_000, 3_300)
        if bot.id == "whale":
            _watch(bot, now, "SOL", 180, 210)
    events = [event for bot in fleet for event in bot.events]
    for start in range(0, len(events), BATCH):
        request = urllib.request.Request(
            f"http://127.0.0.1:{site.port}/api/llm-bot/ingest/batch",
            data=json.dumps({"events": events[start : start + BATCH]}).encode(),
            headers={"Content-Type": "application/json", "x-api-key": KEY},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            results = json.loads(answer.read())["results"]
        assert {result["status"] for result in results} == {"stored"}, results[:3]
    return fleet
