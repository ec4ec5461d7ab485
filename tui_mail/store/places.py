"""Where messages lie: reading places, removing them, and the one way in which they change.

Whoever changes places notes it in a `Changes` and writes that at the end: counters by one UPDATE a folder,
and the events for both.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui_mail.model.event import FoldersChanged, MessagesChanged, Rescan
from tui_mail.model.folder import FolderView, Role, RoleView, StarredView, View, searched
from tui_mail.model.message import Flag
from tui_mail.store import indexed
from tui_mail.store.database import Record, Source, Transaction


@dataclass(frozen=True, slots=True)
class Place:
    """One message in one folder."""

    id: int
    message: int
    folder: int
    account: int
    role: Role
    """The folder's."""
    uidvalidity: int | None
    uid: int | None
    """None: the server has not confirmed it there."""
    server_flags: Flag
    """As the server last told."""
    flags: Flag
    """As shown: what the user changed and the server has not confirmed is in it."""
    moment: int
    """The message's place in the order of every list."""


COLUMNS = (
    "p.id, p.message, p.folder, f.account, f.role, p.uidvalidity, p.uid, p.server_flags, p.flags, p.moment"
)


def place(row: Record) -> Place:
    """Return the place that a row of COLUMNS holds."""
    id, message, folder, account, role, uidvalidity, uid, server_flags, flags, moment = row
    return Place(
        id, message, folder, account, Role(role), uidvalidity, uid, Flag(server_flags), Flag(flags), moment
    )


def in_view(view: View | None) -> tuple[str, tuple[int, ...]]:
    """Return the condition that a place `p`, found by its message, is shown by `view`, and its parameters.

    None shows all. The plus signs keep SQLite from walking the index of a whole view for each message.
    """
    match searched(view):
        case FolderView(folder):
            return "p.folder = ?", (folder,)
        case RoleView(role):
            return "+p.role <> 0 AND +p.role = ?", (int(role),)
        case StarredView():
            return "p.flags & 2 <> 0 AND +p.role NOT IN (5, 6)", ()
        case None:
            return "1", ()


async def places(source: Source, ids: Iterable[int], view: View | None) -> list[Place]:
    """Return where messages lie as far as a view shows them, in the order of `ids`."""
    shown, params = in_view(view)
    rows = await source.all(
        f"SELECT {COLUMNS} FROM json_each(?) j CROSS JOIN place p ON p.message = j.value AND {shown}"
        " JOIN folder f ON f.id = p.folder",
        (json.dumps(list(ids)), *params),
    )
    return [place(row) for row in rows]


async def place_in(source: Source, message: int, folder: int) -> Place | None:
    """Return the place of a message in a folder."""
    found = await places(source, (message,), FolderView(folder))
    return found[0] if found else None


async def by_id(source: Source, place_ids: Iterable[int]) -> list[Place]:
    """Return the places with these ids that there are."""
    rows = await source.all(
        f"SELECT {COLUMNS} FROM json_each(?) j CROSS JOIN place p ON p.id = j.value"
        " JOIN folder f ON f.id = p.folder",
        (json.dumps(list(place_ids)),),
    )
    return [place(row) for row in rows]


class Changes:
    """What a transaction did to places, until `write`."""

    def __init__(self) -> None:
        self._total: dict[int, int] = {}
        self._unread: dict[int, int] = {}
        self._ids: dict[int, dict[int, None]] = {}
        self._rescan: set[int] = set()

    def came(self, folder: int, message: int, flags: int) -> None:
        """A message lies in a folder now, where it did not before."""
        self._count(folder, message, 1, int(not flags & Flag.SEEN))

    def all_came(self, folder: int, messages: Iterable[int], unread: int) -> None:
        """Messages lie in a folder now, so many of them unread."""
        known = self._ids.setdefault(folder, {})
        before = len(known)
        known.update(dict.fromkeys(messages))
        self._sum(folder, len(known) - before, unread)

    def left(self, folder: int, message: int, flags: int) -> None:
        """A message, shown with `flags` until now, lies in a folder no more."""
        self._count(folder, message, -1, -int(not flags & Flag.SEEN))

    def looks(self, folder: int, message: int, before: int = 0, after: int = 0) -> None:
        """A message looks different: other flags, keywords, snippet or UID."""
        self._count(folder, message, 0, int(not after & Flag.SEEN) - int(not before & Flag.SEEN))

    def many(self, folder: int, total: int, unread: int) -> None:
        """So many messages of a folder changed that nobody is told which: the counters changed by these."""
        self._sum(folder, total, unread)
        self._rescan.add(folder)

    def _count(self, folder: int, message: int, total: int, unread: int) -> None:
        self._sum(folder, total, unread)
        self._ids[folder][message] = None

    def _sum(self, folder: int, total: int, unread: int) -> None:
        self._total[folder] = self._total.get(folder, 0) + total
        self._unread[folder] = self._unread.get(folder, 0) + unread
        self._ids.setdefault(folder, {})

    async def write(self, tx: Transaction) -> None:
        """Bring the counters up to date and publish what changed."""
        for folder, ids in self._ids.items():
            many = folder in self._rescan
            tx.publish(Rescan(folder) if many else MessagesChanged(folder, tuple(ids)))
            total, unread = self._total[folder], self._unread[folder]
            if total or unread:
                row = await tx.one(
                    "UPDATE folder SET total = total + ?, unread = unread + ? WHERE id = ? RETURNING account",
                    (total, unread, folder),
                )
                if row:
                    tx.publish(FoldersChanged(row[0]))


async def remove(tx: Transaction, gone: Sequence[tuple[int, int, int, int]], changes: Changes) -> None:
    """Delete places, given as (id, message, folder, shown flags), and every message that has none left."""
    if not gone:
        return
    await tx.run(
        "DELETE FROM place WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps([id for id, *_ in gone]),),
    )
    deleted = await tx.all(
        "DELETE FROM message WHERE id IN (SELECT value FROM json_each(?))"
        " AND NOT EXISTS (SELECT 1 FROM place WHERE message = message.id) RETURNING moment, body",
        (json.dumps([message for _, message, *_ in gone]),),
    )
    await drop_bodies(tx, [body for _, body in deleted if body is not None])
    await indexed.disown(tx, [moment for moment, _ in deleted])
    for _, message, folder, flags in gone:
        changes.left(folder, message, flags)


async def drop_bodies(tx: Transaction, bodies: Sequence[int]) -> None:
    """Delete those of these bodies that no message has any more."""
    if bodies:
        await tx.run(
            "DELETE FROM body WHERE id IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM message WHERE body = body.id)",
            (json.dumps(list(bodies)),),
        )


async def remove_places(tx: Transaction, place_ids: Iterable[int]) -> None:
    """Take messages away from here for ever: the local effect of an expunge."""
    changes = Changes()
    found = await by_id(tx, place_ids)
    await remove(tx, [(one.id, one.message, one.folder, one.flags) for one in found], changes)
    await changes.write(tx)
