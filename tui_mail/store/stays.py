"""The stays of a message in a folder, and the UIDs that open operations know it by in each.

A message that leaves a folder and comes back to it gets another UID there (RFC 9051, 2.3.1.1). So a UID
counts for operations up to the one that takes the message out; those behind it wait for the next.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from tui_mail.store.database import Source, Transaction
from tui_mail.store.operations import OPEN

_LEAVES = (
    "SELECT min(o.id) FROM operation_item i CROSS JOIN operation o ON o.id = i.operation"
    " WHERE i.message = {message} AND i.folder = {folder} AND i.uid IS NULL"
    f" AND o.state IN {OPEN} AND o.kind IN ('move', 'expunge')"
)
"""The open operation that takes a message out of a folder next: a UID that it has there lasts until then."""

_FOUND_AGAIN = (
    "UPDATE operation_item SET uidvalidity = ?1, uid = ?2 WHERE message = ?3 AND folder = ?4 AND uid IS NULL"
    f" AND operation <= coalesce(({_LEAVES.format(message='?3', folder='?4')}), operation)"
    f" AND EXISTS (SELECT 1 FROM operation o WHERE o.id = operation_item.operation AND o.state IN {OPEN})"
)


async def found_again(tx: Transaction, folder: int, uidvalidity: int, uids: Mapping[int, int]) -> None:
    """Tell the open operations that wait for it which UIDs messages have now, as message → UID."""
    await tx.many(_FOUND_AGAIN, [(uidvalidity, uid, message, folder) for message, uid in uids.items()])


async def passing(source: Source, folder: int, messages: Iterable[int]) -> set[int]:
    """Return those of these messages that an open operation takes out of a folder once they are there."""
    rows = await source.all(
        "SELECT DISTINCT i.message FROM json_each(?) j CROSS JOIN operation_item i ON i.message = j.value"
        " CROSS JOIN operation o ON o.id = i.operation WHERE i.folder = ? AND i.uid IS NULL"
        f" AND o.state IN {OPEN} AND o.kind IN ('move', 'expunge')",
        (json.dumps(list(messages)), folder),
    )
    return {message for (message,) in rows}


async def rebind(tx: Transaction, ids: Sequence[int], found: Mapping[int, int], uidvalidity: int) -> None:
    """Give the items of operations the UIDs that their messages have now, as message → UID."""
    await tx.many(
        "UPDATE operation_item SET uidvalidity = ?, uid = ? WHERE operation = ? AND message = ?",
        [(uidvalidity, uid, id, message) for message, uid in found.items() for id in ids],
    )


_MOVED_BACK = (
    "UPDATE OR IGNORE operation_item AS l SET folder = i.folder, uidvalidity = i.uidvalidity, uid = i.uid"
    " FROM operation_item i WHERE i.operation = ?1 AND l.message = i.message AND l.folder = ?2"
    " AND l.uid IS NULL AND l.operation <> ?1"
    f" AND l.operation <= coalesce(({_LEAVES.format(message='l.message', folder='?2')}), l.operation)"
    f" AND l.operation IN (SELECT id FROM operation WHERE state IN {OPEN})"
)


async def moved_back(tx: Transaction, id: int, target: int) -> None:
    """Tell the open operations that messages are not in `target` after all, but where a move found them."""
    await tx.run(_MOVED_BACK, (id, target))


async def leaving(source: Source, folder: int) -> set[tuple[int, int]]:
    """Return (UIDVALIDITY, UID) of every message that an open operation takes out of `folder`."""
    rows = await source.all(
        "SELECT i.uidvalidity, i.uid FROM operation o CROSS JOIN operation_item i ON i.operation = o.id"
        f" WHERE o.state IN {OPEN} AND o.kind IN ('move', 'expunge')"
        " AND i.folder = ? AND i.uid IS NOT NULL",
        (folder,),
    )
    return {(row[0], row[1]) for row in rows}
