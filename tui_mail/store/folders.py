"""Folders: what the server lists, how far the copy of each reaches, and what the tree shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.errors import StoreError
from tui_mail.model.event import FoldersChanged, Rescan
from tui_mail.model.folder import Folder, Role, RoleView, StarredView, View
from tui_mail.model.safe_text import safe_text
from tui_mail.store.database import Record, Source, Transaction
from tui_mail.store.failures import of_the_right_kind
from tui_mail.store.places import Changes, remove
from tui_mail.store.values import bounded, storable

SUBSCRIBED = "\\subscribed"
"""The attribute, in lower case, of a name that the user subscribed to (RFC 5258, 3.4)."""

HOLDERS = frozenset(("\\noselect", "\\nonexistent"))
"""Attributes, in lower case, of a name that holds no messages itself (RFC 9051, 7.3.1)."""


@dataclass(frozen=True, slots=True)
class ListedName:
    """A folder as the server lists it."""

    remote_name: bytes
    """Its name on the wire."""
    name: str
    """The name for people, with its path."""
    separator: str
    """"" where the server has no hierarchy."""
    attributes: frozenset[str]
    """In lower case, such as `\\noselect`."""
    role: Role

    @property
    def selectable(self) -> bool:
        """False for a name that only holds other folders."""
        return not self.attributes & HOLDERS


@dataclass(frozen=True, slots=True)
class FolderState:
    """A folder as sync sees it: who it is, and its cursor."""

    id: int
    account: int
    remote_name: bytes
    name: str
    separator: str
    selectable: bool
    """False for a name that only holds other folders."""
    subscribed: bool
    role: Role
    uidvalidity: int | None
    """None: never opened; 0: the server tells none."""
    uidnext: int
    """Every UID below it was seen; 0: never filled."""
    modseq: int
    """Every change up to it is stored; 0: none known."""
    backfill_lo: int
    """Every UID in [backfill_lo, uidnext) has a row; 1: the copy is complete, 0: never filled."""
    remote_count: int | None
    """Messages on the server when last heard."""
    synced_at: int | None
    """When its last complete sync ended, seconds since the epoch."""
    total: int
    """Messages stored."""
    unread: int
    checked_at: int | None
    """When every row was last compared with the server's, seconds since the epoch."""
    check_below: int
    """A running comparison has done the UIDs from it on; 0: none runs."""
    error: str
    """Why it could not be synced last time; "" when it could."""

    @property
    def complete(self) -> bool:
        """Tell whether every message of the folder has a row."""
        return self.backfill_lo == 1


_STATE = (
    "id, account, remote_name, name, separator, selectable, subscribed, role, uidvalidity, uidnext, modseq,"
    " backfill_lo, remote_count, synced_at, total, unread, checked_at, check_below, error"
)


def _state(row: Record) -> FolderState:
    id, account, remote_name, name, separator, selectable, subscribed, role, *rest = row
    selectable, subscribed = bool(selectable), bool(subscribed)
    return FolderState(id, account, remote_name, name, separator, selectable, subscribed, Role(role), *rest)


async def states(source: Source, account: int, *, hidden: bool = False) -> list[FolderState]:
    """Return the folders of an account, with their cursors; on demand with those deleted here as well."""
    rows = await source.all(
        f"SELECT {_STATE} FROM folder WHERE account = ? AND hidden <= ? ORDER BY id", (account, int(hidden))
    )
    return [_state(row) for row in rows]


async def state(source: Source, folder: int) -> FolderState | None:
    """Return one folder with its cursor, or None when it is gone."""
    row = await source.one(f"SELECT {_STATE} FROM folder WHERE id = ?", (folder,))
    return None if row is None else _state(row)


async def folders(source: Source) -> list[Folder]:
    """Return every folder in the order of the tree: by account, then role, then name."""
    rows = await source.all(f"SELECT {_STATE} FROM folder WHERE hidden = 0")
    positions: dict[int, int] = dict(await source.all("SELECT id, position FROM account"))
    with of_the_right_kind():
        listed = [_state(row) for row in rows]
    listed.sort(
        key=lambda one: (
            positions.get(one.account, 0),
            one.account,
            one.role is Role.NONE,
            one.role,
            one.name.casefold(),
        )
    )
    return [_folder(one) for one in listed]


def _folder(one: FolderState) -> Folder:
    return Folder(
        id=one.id,
        account=one.account,
        remote_name=one.remote_name,
        name=safe_text(one.name),
        separator=one.separator,
        role=one.role,
        selectable=one.selectable,
        total=one.total,
        unread=one.unread,
        synced_at=one.synced_at,
        remote_count=one.remote_count,
        complete=one.complete,
        subscribed=one.subscribed,
    )


async def record_list(tx: Transaction, account: int, listed: Iterable[ListedName]) -> None:
    """Make the folders of an account those that the server lists.

    A folder that is gone goes with its messages, unless an open operation still moves messages into it; one
    that an open operation changes stays as it is. A list without a single name is taken for a fault of the
    server: nothing goes.
    """
    names = {one.remote_name: one for one in listed}
    stored = {one.remote_name: one for one in await states(tx, account, hidden=True)}
    ours = await _changed_here(tx, account, stored.values())
    changed = [
        await _record(tx, account, stored.get(name), one)
        for name, one in names.items()
        if name not in stored or stored[name].id not in ours
    ]
    changed.append(
        await _record_subscriptions(tx, names, [one for one in stored.values() if one.id not in ours])
    )
    gone = [one for name, one in stored.items() if names and name not in names and one.id not in ours]
    changed += [await _remove(tx, one) for one in gone]
    if any(changed):
        tx.publish(FoldersChanged(account))


async def _changed_here(tx: Transaction, account: int, stored: Iterable[FolderState]) -> set[int]:
    """Return the folders that open operations make, rename or delete, with all below them."""
    rows = await tx.all(
        "SELECT target FROM operation WHERE account = ? AND kind = 'folder'"
        " AND state IN ('pending', 'running')",
        (account,),
    )
    ours = {id for (id,) in rows}
    above = [one.remote_name + one.separator.encode() for one in stored if one.id in ours and one.separator]
    return ours | {one.id for one in stored if one.remote_name.startswith(tuple(above))}


async def _record_subscriptions(
    tx: Transaction, names: Mapping[bytes, ListedName], stored: Sequence[FolderState]
) -> bool:
    """Write down which folders are subscribed, where the list tells of any; tell whether one changed."""
    subscribed = {name for name, one in names.items() if SUBSCRIBED in one.attributes}
    if not subscribed:
        return False
    updates = [(int(one.remote_name in subscribed), one.id) for one in stored]
    return await tx.many("UPDATE folder SET subscribed = ?1 WHERE id = ?2 AND subscribed <> ?1", updates) > 0


async def _record(tx: Transaction, account: int, before: FolderState | None, one: ListedName) -> bool:
    """Add a folder or what is new of it; tell whether anything was."""
    name = storable(one.name)
    if before is None:
        await insert(tx, account, one)
        return True
    if (before.name, before.separator, before.selectable, before.role) == (
        name,
        one.separator,
        one.selectable,
        one.role,
    ):
        return False
    await tx.run(
        "UPDATE folder SET name = ?, separator = ?, selectable = ? WHERE id = ?",
        (name, one.separator, int(one.selectable), before.id),
    )
    await _set_role(tx, before.id, one.role)
    return True


async def insert(tx: Transaction, account: int, one: ListedName) -> int:
    inserted = await tx.run(
        "INSERT INTO folder(account, remote_name, name, separator, selectable, role)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (account, one.remote_name, storable(one.name), one.separator, int(one.selectable), int(one.role)),
    )
    return inserted.lastrowid


async def _set_role(tx: Transaction, folder: int, role: Role) -> None:
    """Give a folder a role, and its places their copy of it."""
    await tx.run("UPDATE folder SET role = ? WHERE id = ?", (int(role), folder))
    changed = await tx.run(
        "UPDATE place SET role = ? WHERE folder = ? AND role <> ?", (int(role), folder, int(role))
    )
    if changed.rowcount:
        tx.publish(Rescan(folder))


async def _remove(tx: Transaction, one: FolderState) -> bool:
    """Remove a folder with its messages; False when an open operation needs it."""
    if await tx.one(
        "SELECT 1 FROM operation WHERE account = ? AND target = ?"
        " AND state IN ('pending', 'running') LIMIT 1",
        (one.account, one.id),
    ):
        return False
    await clear(tx, one.id)
    await tx.run("DELETE FROM folder WHERE id = ?", (one.id,))
    tx.publish(Rescan(one.id))
    return True


async def clear(tx: Transaction, folder: int, limit: int = -1) -> int:
    """Remove the newest `limit` messages of a folder from here, or all; return how many."""
    rows = await tx.all(
        "SELECT id, message, folder, flags FROM place WHERE folder = ? ORDER BY moment DESC LIMIT ?",
        (folder, limit),
    )
    changes = Changes()
    await remove(tx, [(id, message, where, flags) for id, message, where, flags in rows], changes)
    await changes.write(tx)
    return len(rows)


async def named_or_with_role(tx: Transaction, account: int, chosen: str, role: Role, name: str) -> int:
    """Return the folder called `chosen`, where there is one to put messages into; else as `with_role`."""
    for one in await states(tx, account) if chosen else ():
        if one.name == chosen and one.selectable:
            return one.id
    return await with_role(tx, account, role, name)


async def with_role(tx: Transaction, account: int, role: Role, name: str) -> int:
    """Return the folder that has a role in an account; without one, `name` becomes it.

    A folder made here is created on the server by the first operation that needs it. `name` is ASCII. Where
    every other folder lies under INBOX (RFC 2342 calls it a personal namespace), so does it.
    """
    known = await states(tx, account)
    for one in known:
        if one.role is role and one.selectable:
            return one.id
    prefix = namespace(known)
    full = prefix + name
    for one in known:
        if one.remote_name == full.encode():
            await _set_role(tx, one.id, role)
            tx.publish(FoldersChanged(account))
            return one.id
    separator = next((one.separator for one in known if one.separator), "")
    tx.publish(FoldersChanged(account))
    return await insert(tx, account, ListedName(full.encode(), full, separator, frozenset(), role))


def namespace(known: Iterable[FolderState]) -> str:
    """Return "INBOX" with its separator where all folders but the inbox lie under it, else ""."""
    others = [one for one in known if one.name.upper() != "INBOX"]
    prefix = f"INBOX{others[0].separator}" if others and others[0].separator else ""
    return prefix if prefix and all(one.name.startswith(prefix) for one in others) else ""


_CURSOR = frozenset(
    (
        "uidvalidity",
        "uidnext",
        "modseq",
        "backfill_lo",
        "remote_count",
        "synced_at",
        "checked_at",
        "check_below",
        "error",
    )
)
_SEEN_IN_TREE = frozenset(("backfill_lo", "remote_count", "synced_at", "error"))


async def set_cursor(tx: Transaction, folder: int, **changes: int | str | None) -> FolderState:
    """Move the cursor of a folder, by column; call it in the transaction that stores what it covers.

    Returns the folder as it is then. Raises StoreError when it is gone.
    """
    if unknown := changes.keys() - _CURSOR:
        raise TypeError(f"no such cursor: {', '.join(sorted(unknown))}")
    if changes:
        columns = ", ".join(f"{name} = ?" for name in changes)  # checked against _CURSOR above
        values = [bounded(value) if isinstance(value, int) else value for value in changes.values()]
        await tx.run(f"UPDATE folder SET {columns} WHERE id = ?", (*values, folder))
    now = await state(tx, folder)
    if now is None:
        raise StoreError("The folder is no longer there")
    if changes.keys() & _SEEN_IN_TREE:
        tx.publish(FoldersChanged(now.account))
    return now


async def counters(source: Source) -> dict[View, tuple[int, int]]:
    """Return (total, unread) of the unified view of each role, and of the starred messages."""
    found: dict[View, tuple[int, int]] = {RoleView(role): (0, 0) for role in Role if role is not Role.NONE}
    rows = await source.all("SELECT role, sum(total), sum(unread) FROM folder WHERE role <> 0 GROUP BY role")
    found.update({RoleView(Role(role)): (total, unread) for role, total, unread in rows})
    starred = await source.one(
        "SELECT count(*), coalesce(sum(flags & 1 = 0), 0) FROM place"
        " WHERE flags & 2 <> 0 AND role NOT IN (5, 6)"
    )
    found[StarredView()] = (starred[0], starred[1]) if starred else (0, 0)
    return found


async def mend_counters(tx: Transaction, folder: int) -> bool:
    """Count the messages of a folder anew; tell whether its counters said something else."""
    changed = await tx.one(
        "UPDATE folder SET (total, unread) = (n, u) FROM (SELECT"
        " (SELECT count(*) FROM place WHERE folder = ?1) AS n,"
        " (SELECT count(*) FROM place WHERE folder = ?1 AND flags & 1 = 0) AS u)"
        " WHERE id = ?1 AND (total, unread) <> (n, u) RETURNING account",
        (folder,),
    )
    if changed is None:
        return False
    tx.publish(FoldersChanged(changed[0]))
    return True


async def progress(source: Source, account: int) -> tuple[int, int]:
    """Return (messages stored, messages on the server as far as known) of an account."""
    row = await source.one(
        "SELECT sum(total), sum(max(total, coalesce(remote_count, 0))) FROM folder WHERE account = ?",
        (account,),
    )
    return (row[0] or 0, row[1] or 0) if row else (0, 0)
