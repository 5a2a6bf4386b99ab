"""Reading back what a server stored, over the reads that every Motherhaven server has."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from motherhaven.cli.later_records import LaterRecord, differing, equal_number
from motherhaven.contract.errors import InvalidJson, MotherhavenError
from motherhaven.contract.jsonio import loads
from motherhaven.contract.times import format_time
from motherhaven.settings import Settings

NEWEST = 200


class ReadBackFailed(MotherhavenError):
    """The server does not give back what it acknowledged."""


class ReadBackDenied(MotherhavenError):
    """The key may send records, but not read them."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Test records with values that no other record has, so that they can be recognised."""

    marker: str
    time: str
    equity: Decimal
    price: Decimal

    @classmethod
    def new(cls, what: str) -> "Expected":
        """Fresh values for one run of one check."""
        odd = secrets.randbelow(10**8)
        return cls(
            marker=f"integration test ({what}) {odd:08d}",
            time=format_time(datetime.now(UTC)),
            equity=Decimal(1050) + Decimal(odd).scaleb(-8),
            price=Decimal(50_000) + Decimal(odd).scaleb(-8),
        )

    def decision(self) -> dict[str, Any]:
        """A decision as bots log it."""
        return {
            "coin": "BTC",
            "signal": "buy_to_enter",
            "quantity_usd": 20,
            "leverage": 2,
            "confidence": Decimal("0.75"),
            "exit_plan": {
                "profit_target": self.price + 1000,
                "stop_loss": self.price - 1000,
                "invalidation_condition": "none, this is a test",
            },
            "justification": self.marker,
        }

    def position(self) -> dict[str, Any]:
        """A position's distinguishing fields."""
        return {
            "position_id": self.marker.replace(" ", "-").replace("(", "").replace(")", ""),
            "coin": "BTC",
            "side": "long",
            "entry_price": self.price,
            "exit_price": self.price + 500,
            "realized_pnl": Decimal("0.38"),
        }


class ReadBack:
    """Looks for expected records on a server, with the bot's key."""

    def __init__(self, settings: Settings, bot_id: str) -> None:
        self._base = settings.motherhaven_api_url.rstrip("/") + "/api/llm-bot"
        self._bot = bot_id
        self._client = httpx.Client(
            headers={"x-api-key": settings.motherhaven_api_key or ""},
            timeout=settings.motherhaven_timeout,
            follow_redirects=False,
        )

    def expect(self, expected: Expected, later: Sequence[LaterRecord] = ()) -> None:
        """Look for every record, and for those of `later` by their ids.

        Raises:
            ReadBackFailed: names the record that the server did not give back.
            ReadBackDenied: the bot's own key lacks the scope read.
        """
        with self._client:
            price, equity = expected.price, expected.equity
            self._find(
                "decision", "/decisions", lambda r: r.get("justification") == expected.marker
            )
            self._find(
                "closed position",
                "/positions",
                lambda r: r.get("status") == "closed" and equal_number(r.get("entry_price"), price),
            )
            self._find(
                "account", "/account/history", lambda r: equal_number(r.get("equity_usd"), equity)
            )
            self._find("status", "/status", lambda r: r.get("message") == expected.marker)
            for record in later:
                self._find_later(record)

    def _find(self, what: str, path: str, is_it: Callable[[dict[str, Any]], bool]) -> None:
        only = {"coin": "BTC"} if path == "/decisions" else {"status": "all"}
        found = self._get(path, {"limit": NEWEST, "bot": self._bot, **only})
        rows = found if isinstance(found, list) else [found]
        if not any(isinstance(row, dict) and is_it(row) for row in rows):
            raise _not_stored(path, what)

    def _find_later(self, record: LaterRecord) -> None:
        what, path = record.kind.replace("_", " "), "/events"
        page = self._get(path, {"bot": self._bot, "kind": record.kind, "limit": NEWEST})
        rows = page.get("items") if isinstance(page, dict) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and row.get("id") == record.event_id:
                wrong = differing(record.payload, row.get("payload"))
                wrong += [name for name in record.texts if not self._has_text(record, name)]
                if wrong:
                    raise ReadBackFailed(
                        f"GET {path} gives the {what} {record.event_id} back with other values "
                        f"than were sent, in {', '.join(wrong)}: what is kept was changed"
                    )
                return
        raise _not_stored(path, what)

    def _has_text(self, record: LaterRecord, name: str) -> bool:
        found = self._get("/text", {"id": record.event_id, "field": name})
        return isinstance(found, dict) and found.get("text") == record.texts[name]

    def _get(self, path: str, params: Mapping[str, str | int]) -> Any:
        try:
            answer = self._client.get(self._base + path, params=dict(params))
            if answer.status_code == 403 and b'"missing_scope"' in answer.content:
                raise ReadBackDenied(
                    "acknowledged, but not read back: this key has no scope read. For the whole "
                    "check use one that has: motherhaven keys create --name NAME --scope ingest "
                    "--scope read"
                )
            if answer.status_code != 200:
                raise ReadBackFailed(f"GET {path} answered {answer.status_code}, 200 was expected")
            return loads(answer.content)
        except httpx.HTTPError as error:
            raise ReadBackFailed(f"GET {path} failed: {error or type(error).__name__}") from None
        except InvalidJson as error:
            raise ReadBackFailed(f"GET {path} did not answer JSON: {error}") from None


def _not_stored(path: str, what: str) -> ReadBackFailed:
    return ReadBackFailed(
        f"the server answered 200, but GET {path} does not give the {what} back: "
        "it is not stored. See the server's output and its store (MOTHERHAVEN_STORE)"
    )
