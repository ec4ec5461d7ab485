"""Moving and copying messages between folders here, before, after and against the server's word.

A moved place keeps its row, and its UID is unknown until the server gives one. Should the server show the
same message first by another way, the two become one and the row that the user knows stays.
"""

import json
from collections.abc import Mapping, Sequence

from tui_mail.model.message import Flag
from tui_mail.store import indexed, stays
from tui_mail.store.database import Transaction
from tui_mail.store.flags import ADDING, EACH_TOLD, Known, take_server_flags
from tui_mail.store.operations import Item
from tui_mail.store.places import COLUMNS, Changes, Place, by_id, place, place_in, remove

_ITEMS = (
    "FROM operation_item i CROSS JOIN place p ON p.message = i.message AND p.folder = i.folder"
    " WHERE i.operation = ?"
)
"""The places that the messages of an operation lay in."""


async def move_items(tx: Transaction, operation: int, target: int) -> None:
    """Let the messages of an operation lie in another folder, however many: the local effect of a move."""
    changes = Changes()
    row = await tx.one("SELECT role FROM folder WHERE id = ?", (target,))
    if row is None:
        return
    there = await tx.all(
        f"SELECT p.id, p.message, p.folder, p.flags {_ITEMS} AND EXISTS"
        " (SELECT 1 FROM place q WHERE q.message = p.message AND q.folder = ? AND q.id <> p.id)",
        (operation, target),
    )
    await remove(tx, [(id, message, folder, flags) for id, message, folder, flags in there], changes)
    await _count_move(tx, operation, target, changes)
    await tx.run(
        "UPDATE place SET folder = ?, role = ?, uidvalidity = NULL, uid = NULL, orphan = 0"
        f" WHERE id IN (SELECT p.id {_ITEMS} AND p.folder <> ?)",
        (target, row[0], operation, target),
    )
    await changes.write(tx)


async def _count_move(tx: Transaction, operation: int, target: int, changes: Changes) -> None:
    (row,) = await tx.all("SELECT count(*) FROM operation_item WHERE operation = ?", (operation,))
    if row[0] <= EACH_TOLD:
        for folder, message, flags in await tx.all(
            f"SELECT p.folder, p.message, p.flags {_ITEMS}", (operation,)
        ):
            changes.left(folder, message, flags)
            changes.came(target, message, flags)
        return
    for folder, total, unread in await tx.all(
        f"SELECT p.folder, count(*), sum(p.flags & 1 = 0) {_ITEMS} GROUP BY p.folder", (operation,)
    ):
        changes.many(folder, -total, -unread)
        changes.many(target, total, unread)


async def copy_items(tx: Transaction, operation: int, target: int) -> None:
    """Let the messages of an operation lie in another folder as well: the local effect of a copy."""
    changes = Changes()
    for message, flags in await tx.all(f"SELECT p.message, p.flags {_ITEMS}", (operation,)):
        changes.came(target, message, flags)
    await tx.run(
        "INSERT INTO place(message, folder, role, moment, uidvalidity, uid, internal_date, server_flags,"
        " flags) SELECT p.message, f.id, f.role, p.moment, NULL, NULL, p.internal_date, p.server_flags,"
        " p.flags"
        " FROM operation_item i CROSS JOIN place p ON p.message = i.message AND p.folder = i.folder"
        " CROSS JOIN folder f ON f.id = ? WHERE i.operation = ?",
        (target, operation),
    )
    await tx.run(
        "INSERT INTO keyword(place, name, state) SELECT n.id, k.name, k.state"
        " FROM operation_item i CROSS JOIN place p ON p.message = i.message AND p.folder = i.folder"
        " CROSS JOIN place n ON n.message = i.message AND n.folder = ?"
        " CROSS JOIN keyword k ON k.place = p.id WHERE i.operation = ?",
        (target, operation),
    )
    await changes.write(tx)


async def uncopy(tx: Transaction, items: Sequence[Item], target: int) -> None:
    """Take copies away again that no server has, where the message lies elsewhere too."""
    changes = Changes()
    rows = await tx.all(
        "SELECT p.id, p.message, p.folder, p.flags FROM json_each(?) j"
        " CROSS JOIN place p ON p.message = j.value AND p.folder = ? WHERE p.uid IS NULL AND EXISTS"
        " (SELECT 1 FROM place q WHERE q.message = p.message AND q.id <> p.id)",
        (json.dumps([item.message for item in items]), target),
    )
    await remove(tx, [(id, message, folder, flags) for id, message, folder, flags in rows], changes)
    await changes.write(tx)


async def lost_on_the_way(tx: Transaction, messages: Sequence[int], target: int) -> None:
    """Doubt places that a move or copy did not fill: the next complete look at the folder decides.

    Another client removed the message before it was moved, or the server made it unrecognisable.
    """
    await tx.run(
        "UPDATE place SET orphan = 1 WHERE folder = ? AND uid IS NULL"
        " AND message IN (SELECT value FROM json_each(?))",
        (target, json.dumps(list(messages))),
    )


async def _put_into(tx: Transaction, one: Place, folder: int, changes: Changes) -> bool:
    """Move a place; False when the folder is gone, or holds the message already and the place went."""
    target = await tx.one("SELECT role FROM folder WHERE id = ?", (folder,))
    if target is None:
        return False
    if await place_in(tx, one.message, folder):
        await remove(tx, [(one.id, one.message, one.folder, one.flags)], changes)
        return False
    await tx.run(
        "UPDATE place SET folder = ?, role = ?, uidvalidity = NULL, uid = NULL, orphan = 0 WHERE id = ?",
        (folder, target[0], one.id),
    )
    changes.left(one.folder, one.message, one.flags)
    changes.came(folder, one.message, one.flags)
    return True


_STRAIGHT_BACK = (
    "FROM operation_item i CROSS JOIN place p ON p.message = i.message AND p.folder = ?2"
    " CROSS JOIN folder f ON f.id = i.folder AND f.uidvalidity = i.uidvalidity"
    " WHERE i.operation = ?1 AND i.folder <> ?2 AND i.uid IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM place q WHERE q.message = i.message AND q.folder = i.folder) AND NOT EXISTS"
    " (SELECT 1 FROM place q WHERE q.folder = i.folder AND q.uidvalidity = i.uidvalidity AND q.uid = i.uid"
    " AND q.uid IS NOT NULL)"
)
"""Places that a move put into a folder (?2), with nothing in their way back to where they lay."""


async def restore_items(tx: Transaction, operation: int, target: int) -> None:
    """Take a move back, however many messages it moved: each lies where it lay, with the UID it had there."""
    changes = Changes()
    rows = await tx.all(
        f"SELECT i.folder, f.role, i.uidvalidity, i.uid, p.id, p.message, p.flags {_STRAIGHT_BACK}",
        (operation, target),
    )
    await tx.many(
        "UPDATE place SET folder = ?, role = ?, uidvalidity = ?, uid = ?, orphan = 0 WHERE id = ?",
        [row[:5] for row in rows],
    )
    for folder, *_, message, flags in rows:
        changes.left(target, message, flags)
        changes.came(folder, message, flags)
    await changes.write(tx)
    for id, folder, uidvalidity, uid in await tx.all(
        "SELECT p.id, i.folder, i.uidvalidity, i.uid FROM operation_item i"
        " CROSS JOIN place p ON p.message = i.message AND p.folder = ? WHERE i.operation = ?",
        (target, operation),
    ):
        await restore_place(tx, id, folder, uidvalidity, uid)


async def restore_place(
    tx: Transaction, place_id: int, folder: int, uidvalidity: int | None, uid: int | None
) -> bool:
    """Take a move back: the place lies in `folder` again, with the UID it had there.

    Where UIDs of the folder changed their meaning meanwhile it becomes an orphan, for the next complete pass
    to find. Returns False when place or folder are gone.
    """
    changes = Changes()
    found = await by_id(tx, (place_id,))
    if not found:
        return False
    back = found[0].folder == folder or await _put_into(tx, found[0], folder, changes)
    if back and uid is not None:
        row = await tx.one("SELECT uidvalidity FROM folder WHERE id = ?", (folder,))
        if row and row[0] == uidvalidity:
            await _take_uid(tx, found[0], folder, uidvalidity, uid, changes)
        else:
            await tx.run("UPDATE place SET orphan = 1 WHERE id = ?", (place_id,))
    await changes.write(tx)
    return back


async def settle_uids(tx: Transaction, folder: int, uidvalidity: int, uids: Mapping[int, int]) -> None:
    """Note the UIDs that the server gave to messages in a folder, unless its UIDs mean others by now."""
    row = await tx.one("SELECT uidvalidity FROM folder WHERE id = ?", (folder,))
    if row is None or row[0] not in (None, uidvalidity):
        return
    waiting = await tx.all(
        f"SELECT {COLUMNS} FROM json_each(?) j CROSS JOIN place p ON p.message = j.value AND p.folder = ?"
        " CROSS JOIN folder f ON f.id = p.folder WHERE p.uid IS NULL",
        (json.dumps(list(uids)), folder),
    )
    held = await tx.all(
        "SELECT p.uid FROM json_each(?) j CROSS JOIN place p ON p.folder = ? AND p.uidvalidity = ?"
        " AND p.uid = j.value AND p.uid IS NOT NULL",
        (json.dumps(list(uids.values())), folder, uidvalidity),
    )
    doubled = {uid for (uid,) in held}
    changes = Changes()
    passing = await stays.passing(tx, folder, uids)  # they come back under other UIDs
    found = [one for one in map(place, waiting) if one.message not in passing]
    free = {uids[one.message]: one.id for one in found if uids[one.message] not in doubled}
    await tx.many(
        "UPDATE place SET uidvalidity = ?, uid = ?, orphan = 0 WHERE id = ?",
        [(uidvalidity, uid, id) for uid, id in free.items()],
    )
    for one in found:
        if uids[one.message] in doubled:
            await _take_uid(tx, one, folder, uidvalidity, uids[one.message], changes)
        changes.looks(folder, one.message)
    await changes.write(tx)


async def _take_uid(
    tx: Transaction, one: Place, folder: int, uidvalidity: int | None, uid: int, changes: Changes
) -> None:
    """Give a place a UID. A row that the server's word already made for it goes; what it knew stays."""
    double = await tx.one(
        "SELECT id, message, flags, server_flags FROM place"
        " WHERE folder = ? AND uidvalidity = ? AND uid = ? AND uid IS NOT NULL AND id <> ?",
        (folder, uidvalidity, uid, one.id),
    )
    told: Known = {}
    if double is not None:
        id, message, flags, server_flags = double
        keywords = await tx.all(f"SELECT name FROM keyword WHERE place = ? AND state <> {ADDING}", (id,))
        told = {uid: (Flag(server_flags), tuple(name for (name,) in keywords))}
        await tx.run(
            "UPDATE message SET (body, snippet, marks) ="
            " (SELECT d.body, d.snippet, d.marks FROM message d WHERE d.id = ?)"
            " WHERE id = ? AND body IS NULL",
            (message, one.message),
        )
        await indexed.texts_came(tx, (one.message,))
        await remove(tx, [(id, message, folder, flags)], changes)
    await tx.run(
        "UPDATE place SET uidvalidity = ?, uid = ?, orphan = 0 WHERE id = ?", (uidvalidity, uid, one.id)
    )
    if uidvalidity is not None:
        await take_server_flags(tx, folder, uidvalidity, told, changes)
