"""What `status` says of the venue, as lines for people."""

from collections.abc import Mapping
from typing import Any, Final

_COVERS: Final = ("protected", "partly", "unprotected", "unknown")


def venue_lines(state: Mapping[str, Any]) -> list[str]:
    """How the positions are protected, and what keeps books and venue apart."""
    lines = []
    protection = state.get("protection")
    if protection:
        counts = [f"{protection[name]} {name}" for name in _COVERS if protection.get(name)]
        bare = [
            f"{one['coin']} {one['state']} for {one['seconds']} s ({one['reason_code']})"
            for one in protection.get("lacking", ())
        ]
        lines.append(f"protection  {', '.join(counts)}" + "".join(f"; {one}" for one in bare))
    if state.get("not_reconciled"):
        lines.append(f"reconciling no entries: {state['not_reconciled']}")
    frozen = state.get("frozen") or {}
    lines += [f"frozen      {why}; motherhaven bot unfreeze {coin}" for coin, why in frozen.items()]
    return lines
