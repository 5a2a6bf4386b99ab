"""What a share link shows of a row: without prompts, nothing that quotes a model is in any read."""

from typing import Final, TypeVar

from motherhaven.contract.jsonio import dumps, loads
from motherhaven.contract.views import BotRow, DecisionDetail, DecisionRow, StatusRow
from motherhaven.server.auth.visible.viewer import viewing_link
from motherhaven.stores.share_links import ShareLink

_PAYLOAD: Final = ("adjusted_stop_loss", "adjusted_profit_target", "close_fraction")
_LIVE_KINDS: Final = frozenset(
    {b"hello", b"reset", b"heartbeat", b"decision", b"execution", b"account", b"position_opened",
     b"position_closed", b"status"}
)  # fmt: skip
HIDDEN: Final = "not shared"

R = TypeVar("R", DecisionRow, DecisionDetail, BotRow, StatusRow)


def shared_view(view: R) -> R:
    """A row as this request may see it: without prompts and answers, where a link hides them."""
    link = viewing_link()
    if link is None or link.prompts:
        return view
    if isinstance(view, BotRow):
        status = None if view.status is None else shared_view(view.status)
        return view.model_copy(update={"status": status})
    error = None if view.error is None else HIDDEN
    if isinstance(view, StatusRow):
        return view.model_copy(update={"error": error, "message": None, "latches": None})
    if isinstance(view, DecisionDetail):
        kept = {name: view.payload[name] for name in _PAYLOAD if name in view.payload}
        return view.model_copy(update={"error": error, "payload": kept, "texts": {}})
    return view.model_copy(update={"error": error})


def shared_messages(data: bytes) -> bytes:
    """Messages of the live stream as a link may see them; the others leave only their id."""
    link = viewing_link()
    if link is None:
        return data
    return b"".join(_shared_message(one, link) for one in data.split(b"\n\n") if one)


def _shared_message(block: bytes, link: ShareLink) -> bytes:
    fields = {
        name: value
        for name, _, value in (line.partition(b": ") for line in block.split(b"\n"))
        if name
    }
    if fields.get(b"event", b"heartbeat") not in _LIVE_KINDS:
        return b"id: " + fields[b"id"] + b"\n\n" if b"id" in fields else b""
    if link.prompts or fields.get(b"event") not in (b"decision", b"status"):
        return block + b"\n\n"
    told = loads(fields[b"data"])
    row = told["row"]
    if row.get("error") is not None:
        row["error"] = HIDDEN
    if fields[b"event"] == b"status":
        row["message"] = row["latches"] = None
    return (
        b"\n".join(
            line if not line.startswith(b"data: ") else b"data: " + dumps(told)
            for line in block.split(b"\n")
        )
        + b"\n\n"
    )
