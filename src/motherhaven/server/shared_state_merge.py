"""The shared records that a move or a backup takes along, and how two of them become one."""

from dataclasses import replace
from typing import Final

from motherhaven.server.alerts import task as alerting
from motherhaven.server.auth.keys import cache, use
from motherhaven.server.auth.keys.cache import ApiKey, read_keys, write_keys
from motherhaven.stores import commands

SHARED_RECORDS: Final = (cache.RECORD, use.RECORD, alerting.RECORD, *commands.SHARDS)
"""Keys are kept as hashes, so no secret travels with them."""

_MERGED: Final = "carried"


def merged(name: str, ours: str, there: str) -> str:
    """The text of a record that is in the source (`ours`) and in the target (`there`).

    No key is lost, and none that either side revoked becomes active again; the later use
    of a key counts. The target's own alerts stand: its servers have told what they told.
    Commands keep their ids, and no number is given twice.

    Raises:
        StoreCorrupt: a record of keys is damaged.
    """
    if name == cache.RECORD:
        known: dict[str, ApiKey] = {key.id: key for key in read_keys(ours)}
        for key in read_keys(there):
            mine = known.get(key.id, key)
            known[key.id] = replace(mine, revoked_at=mine.revoked_at or key.revoked_at)
        ordered = sorted(known.values(), key=lambda key: key.created_at)
        return write_keys(tuple(ordered), _MERGED)
    if name == use.RECORD:
        uses = use.read_uses(there)
        for key_id, at in use.read_uses(ours).items():
            uses[key_id] = max(at, uses.get(key_id, at))
        return use.write_uses(uses, _MERGED)
    if name in commands.SHARDS:
        return commands.merged(ours, there)
    return there
