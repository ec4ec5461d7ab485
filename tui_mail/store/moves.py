"""Moving messages between folders here, before, after and against the server's word.

A moved place keeps its row, and its UID is unknown until the server gives one. Should the server show the
same message first by another way, the two become one and the row that the user knows stays.
"""

from collections.abc import Sequence

from tui_mail.model.message import Flag
from tui_mail.store.database import Transaction
from tui_mail.store.flags import ON_SERVER, Known, take_server_flags
from tui_mail.store.places import Changes, Place, by_id, place_in, remove


async def move_places(tx: Transaction, items: Sequence[tuple[int, int]]) -> None:
    """Let places lie in other folders: the local effect of a move, given as (place, target folder)."""
    changes = Changes()
    targets = dict(items)
    for one in await by_id(tx, targets):
        if one.folder != targets[one.id]:
            await _put_into(tx, one, targets[one.id], changes)
    await changes.write(tx)


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


async def settle_uid(tx: Transaction, place_id: int, uidvalidity: int, uid: int) -> None:
    """Note the UID that the server gave to a moved message, unless the folder's UIDs mean others by now."""
    found = await by_id(tx, (place_id,))
    if not found:
        return
    one = found[0]
    row = await tx.one("SELECT uidvalidity FROM folder WHERE id = ?", (one.folder,))
    if row and row[0] in (None, uidvalidity):
        changes = Changes()
        await _take_uid(tx, one, one.folder, uidvalidity, uid, changes)
        changes.looks(one.folder, one.message)
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
        keywords = await tx.all(f"SELECT name FROM keyword WHERE place = ? AND state = {ON_SERVER}", (id,))
        told = {uid: (Flag(server_flags), tuple(name for (name,) in keywords))}
        await tx.run(
            "UPDATE message SET (body, snippet, marks) ="
            " (SELECT d.body, d.snippet, d.marks FROM message d WHERE d.id = ?)"
            " WHERE id = ? AND body IS NULL",
            (message, one.message),
        )
        await remove(tx, [(id, message, folder, flags)], changes)
    await tx.run(
        "UPDATE place SET uidvalidity = ?, uid = ?, orphan = 0 WHERE id = ?", (uidvalidity, uid, one.id)
    )
    if uidvalidity is not None:
        await take_server_flags(tx, folder, uidvalidity, told, changes)
