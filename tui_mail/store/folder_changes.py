"""Folders made, renamed and deleted by the user: shown at once, kept until the server has followed.

Until then a folder keeps the wire name that the server knows it by, whatever it is called here, so that what
was to happen in it before still finds it. One that was deleted here is hidden; its row goes when the server
has deleted it.
"""

from collections.abc import Iterable, Iterator

from tui_mail.model.errors import MailError
from tui_mail.model.event import FoldersChanged, Rescan
from tui_mail.model.operation import FolderAction, FolderChange
from tui_mail.store import folders
from tui_mail.store.database import Transaction
from tui_mail.store.folders import FolderState
from tui_mail.store.operations import OPEN, Operation
from tui_mail.store.values import storable


async def show(tx: Transaction, folder: int, change: FolderChange) -> None:
    """Let a folder look as a change will leave it."""
    match change.action:
        case FolderAction.CREATE:
            await tx.run("UPDATE folder SET hidden = 0 WHERE id = ?", (folder,))
        case FolderAction.RENAME:
            await _call(tx, folder, change.name, change.new_name)
        case FolderAction.DELETE:
            await tx.run("UPDATE folder SET hidden = 1 WHERE id = ?", (folder,))
            tx.publish(Rescan(folder))
        case FolderAction.SUBSCRIBE | FolderAction.UNSUBSCRIBE:
            subscribed = change.action is FolderAction.SUBSCRIBE
            await tx.run("UPDATE folder SET subscribed = ? WHERE id = ?", (int(subscribed), folder))
    await _tell(tx, folder)


async def unshow(tx: Transaction, account: int, folder: int, change: FolderChange) -> bool:
    """Let a folder look as before an open change; False, and nothing done, where something depends on it."""
    match change.action:
        case FolderAction.CREATE:
            if await needed(tx, account, folder):
                return False
            await _tell(tx, folder)
            await tx.run("DELETE FROM folder WHERE id = ?", (folder,))
        case FolderAction.RENAME:
            await _call(tx, folder, change.new_name, change.name)
        case FolderAction.DELETE:
            await tx.run("UPDATE folder SET hidden = 0 WHERE id = ?", (folder,))
            tx.publish(Rescan(folder))
        case FolderAction.SUBSCRIBE | FolderAction.UNSUBSCRIBE:
            subscribed = change.action is FolderAction.UNSUBSCRIBE
            await tx.run("UPDATE folder SET subscribed = ? WHERE id = ?", (int(subscribed), folder))
    await _tell(tx, folder)
    return True


async def settle(tx: Transaction, operation: Operation) -> None:
    """Write down that the server has followed."""
    change, folder = operation.change, operation.target
    if change is None or folder is None:
        return
    await _tell(tx, folder)
    if change.action is FolderAction.DELETE:
        await folders.clear(tx, folder)
        if await needed(tx, operation.account, folder):  # it is made anew already
            await folders.set_cursor(tx, folder, uidvalidity=None, uidnext=0, modseq=0, backfill_lo=0)
        else:
            await tx.run("DELETE FROM folder WHERE id = ?", (folder,))
    elif change.action is FolderAction.RENAME:
        await _take_wire_names(tx, operation.account, change)


def renamed(known: Iterable[FolderState], change: FolderChange) -> Iterator[tuple[FolderState, bytes]]:
    """Yield each folder that a server renames with another, and that one itself, with its new wire name."""
    below = change.remote_name + change.separator.encode()
    for one in known:
        inside = bool(change.separator) and one.remote_name.startswith(below)
        if inside or one.remote_name == change.remote_name:
            yield one, change.new_remote_name + one.remote_name[len(change.remote_name) :]


async def _take_wire_names(tx: Transaction, account: int, change: FolderChange) -> None:
    """Let a renamed folder and all below it be known by their new wire names.

    Where the server's list was read in between, rows of these names are there already: they go, for ours
    hold the same messages, and what the user did to them.
    """
    for one, wire in renamed(await folders.states(tx, account, hidden=True), change):
        double = await tx.one(
            "SELECT id FROM folder WHERE account = ? AND remote_name = ? AND id <> ?", (account, wire, one.id)
        )
        if double is not None:
            await folders.clear(tx, double[0])
            await tx.run("DELETE FROM folder WHERE id = ?", double)
        await tx.run("UPDATE folder SET remote_name = ? WHERE id = ?", (wire, one.id))


async def bring_back(tx: Transaction, account: int, folder: int, change: FolderChange) -> None:
    """Make the row of a folder again that the server has deleted, under the id that it had."""
    known = {one.remote_name for one in await folders.states(tx, account, hidden=True)}
    if change.remote_name in known:
        raise MailError(f"There is another folder {change.name} by now")
    await tx.run(
        "INSERT INTO folder(id, account, remote_name, name, separator, selectable, role)"
        " VALUES (?, ?, ?, ?, ?, 1, ?)",
        (folder, account, change.remote_name, change.name, change.separator, int(change.role)),
    )
    tx.publish(FoldersChanged(account))


async def children(tx: Transaction, parent: FolderState) -> list[FolderState]:
    """Return the folders below a folder."""
    if not parent.separator:
        return []
    start = parent.name + parent.separator
    return [one for one in await folders.states(tx, parent.account) if one.name.startswith(start)]


async def _call(tx: Transaction, folder: int, before: str, after: str) -> None:
    """Give a folder another name for people, and with it those below."""
    one = await folders.state(tx, folder)
    if one is None:
        return
    for child in await children(tx, one):
        name = after + child.name[len(before) :]
        await tx.run("UPDATE folder SET name = ? WHERE id = ?", (storable(name), child.id))
    await tx.run("UPDATE folder SET name = ? WHERE id = ?", (storable(after), folder))


async def needed(tx: Transaction, account: int, folder: int) -> bool:
    """Tell whether a folder holds messages, or more than one open operation concerns it."""
    row = await tx.one(
        "SELECT EXISTS (SELECT 1 FROM place WHERE folder = ?2)"
        f" OR (SELECT count(*) FROM operation WHERE account = ?1 AND target = ?2 AND state IN {OPEN}) > 1",
        (account, folder),
    )
    return bool(row and row[0])


async def _tell(tx: Transaction, folder: int) -> None:
    one = await folders.state(tx, folder)
    if one is not None:
        tx.publish(FoldersChanged(one.account))
