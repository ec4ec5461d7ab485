"""What a message list needs: the order of a view, and the rows on screen.

Every query here walks one index and sorts nothing (a test reads the planner's word for it): a partial index
counts only where the query repeats its condition, and CROSS JOIN fixes the order of a join. Pages go by
keyset, never by OFFSET. See store.md §4.
"""

import json
from array import array
from collections.abc import Iterable, Sequence

from tui_mail.model.folder import FolderView, Role, RoleView, StarredView, TreeView, View
from tui_mail.model.message import Flag, Mark, Row
from tui_mail.model.safe_text import safe_identity, safe_text
from tui_mail.store.database import Record, Source
from tui_mail.store.failures import of_the_right_kind
from tui_mail.store.places import in_view
from tui_mail.store.values import GREATEST


def along_index(view: TreeView) -> tuple[str, tuple[int, ...]]:
    """Return the condition that walks the index of a view, and its parameters."""
    match view:
        case FolderView(folder):
            return "p.folder = ?", (folder,)
        case RoleView(role):
            return "p.role <> 0 AND p.role = ?", (int(role),)
        case StarredView():
            return "p.flags & 2 <> 0 AND p.role NOT IN (5, 6)", ()


def entries_query(view: TreeView) -> tuple[str, tuple[int, ...]]:
    """Return the query of `entries`; its last two parameters are the bound and the limit."""
    shown, params = along_index(view)
    sql = f"SELECT p.message, p.moment FROM place p WHERE {shown} AND p.moment < ?"
    return f"{sql} ORDER BY p.moment DESC LIMIT ?", params


async def entries(
    source: Source, view: TreeView, below: int | None, limit: int
) -> "tuple[array[int], array[int]]":
    """Return ids and moments of the newest `limit` messages of a view that are older than `below`."""
    sql, params = entries_query(view)
    rows = await source.all(sql, (*params, GREATEST if below is None else below, limit))
    with of_the_right_kind():
        return array("q", [id for id, _ in rows]), array("q", [moment for _, moment in rows])


def located_query(view: View) -> tuple[str, tuple[int, ...]]:
    """Return the query of `located`; its first parameter is the list of ids."""
    shown, params = in_view(view)
    sql = "SELECT p.moment, p.message FROM json_each(?) j CROSS JOIN place p ON p.message = j.value"
    return f"{sql} AND {shown}", params


async def located(source: Source, view: View, ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return (moment, id) of those of `ids` that a view shows, each once."""
    sql, params = located_query(view)
    rows = await source.all(sql, (json.dumps(list(ids)), *params))
    return list(dict.fromkeys((moment, id) for moment, id in rows))


async def moments(source: Source, ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return (moment, id) of those of `ids` that are here."""
    rows = await source.all(
        "SELECT m.moment, m.id FROM json_each(?) j CROSS JOIN message m ON m.id = j.value",
        (json.dumps(list(ids)),),
    )
    return [(moment, id) for moment, id in rows]


_ROW = (
    "p.message, m.account, p.folder, p.moment, m.from_name, m.from_addr, m.recipients, m.subject, m.snippet,"
    " p.flags, m.marks, m.size, p.uid, m.message_id,"
    " (SELECT group_concat(k.name, ' ') FROM keyword k WHERE k.place = p.id AND k.state <> 2)"  # 2: removed
)


def rows_query(view: View | None) -> tuple[str, tuple[int, ...]]:
    """Return the query of `rows`; its first parameter is the list of ids."""
    shown, params = in_view(view)
    sql = f"SELECT {_ROW} FROM json_each(?) j CROSS JOIN place p ON p.message = j.value"
    return f"{sql} AND {shown} CROSS JOIN message m ON m.id = p.message", params


async def rows(source: Source, view: View | None, ids: Sequence[int]) -> list[Row]:
    """Return the rows of `ids` in their order; what the view does not show is left out."""
    sql, params = rows_query(view)
    found: dict[int, Row] = {}
    records = await source.all(sql, (json.dumps(list(ids)), *params))
    with of_the_right_kind():
        for record in records:
            found.setdefault(record[0], _row(record))
    return [found[id] for id in ids if id in found]


async def row(source: Source, id: int, view: View | None) -> Row | None:
    """Return the row of one message, as `view` shows it or else wherever it lies."""
    found = await rows(source, view, (id,))
    if not found and view is not None:
        found = await rows(source, None, (id,))
    return found[0] if found else None


def _row(record: Record) -> Row:
    id, account, folder, moment, name, address, recipients, subject, snippet, flags, *rest = record
    marks, size, uid, message_id, keywords = rest
    sender = safe_identity(address)
    return Row(
        id=id,
        account=account,
        folder=folder,
        moment=moment,
        sender=safe_text(name) if name else sender,
        sender_address=sender,
        recipients=safe_text(recipients),
        subject=safe_text(subject),
        snippet=safe_text(snippet),
        flags=Flag(flags),
        marks=Mark(marks),
        size=size,
        uid=uid,
        message_id=safe_identity(message_id),
        keywords=tuple(keywords.split(" ")) if keywords else (),
    )


async def keywords(source: Source) -> list[str]:
    """Return every keyword that is shown of some message, the most used first."""
    rows = await source.all(
        "SELECT name FROM keyword WHERE state <> 2 GROUP BY name ORDER BY count(*) DESC, name"
    )
    return [name for (name,) in rows]


def neighbour_query(view: TreeView, newer: bool) -> tuple[str, tuple[int, ...]]:
    """Return the query of `unread_neighbour`; its first parameter is the moment.

    A role asks each of its folders, because no index holds the unread of a role; it gives a row for each.
    """
    side = "p.moment > ?1 ORDER BY p.moment" if newer else "p.moment < ?1 ORDER BY p.moment DESC"
    if isinstance(view, RoleView):
        nearest = f"SELECT p.id FROM place p WHERE p.folder = f.id AND p.flags & 1 = 0 AND {side} LIMIT 1"
        return (
            "SELECT p.moment, p.message FROM folder f CROSS JOIN place p"
            f" ON p.id = ({nearest}) WHERE f.role = ?2",
            (int(view.role),),
        )
    shown, params = along_index(view)
    shown = shown.replace("?", "?2")
    return (
        f"SELECT p.moment, p.message FROM place p WHERE {shown} AND p.flags & 1 = 0 AND {side} LIMIT 1",
        params,
    )


async def unread_neighbour(
    source: Source, view: TreeView, moment: int, newer: bool
) -> tuple[int, int] | None:
    """Return (moment, id) of the nearest unread message of a view on one side of `moment`."""
    if isinstance(view, RoleView) and view.role is Role.NONE:
        return None
    sql, params = neighbour_query(view, newer)
    found = [(when, id) for when, id in await source.all(sql, (moment, *params))]
    if not found:
        return None
    return min(found) if newer else max(found)
