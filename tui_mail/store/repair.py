"""A damaged database rebuilt: what is sound of it goes into a new one, the rest is fetched again.

The damaged file is moved aside, never deleted. What a server can give again is believed only as far as it can
be checked: bodies by their hash, rows of messages by being found again (they become orphans, which the next
complete sync takes up or lets go, see `messages`). Cursors start anew. Changes that no server has confirmed
come from the database, or else from their spare copy (`spare`).
"""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tui_mail.model.errors import StoreError
from tui_mail.store import spare
from tui_mail.store.failures import in_words
from tui_mail.store.files import sync_folder
from tui_mail.store.migration import APPLICATION_ID, Migration, shipped
from tui_mail.store.salvage import Tally, transfer, whole

SIDE_FILES = ("-wal", "-shm")


@dataclass(slots=True)
class Salvage:
    """What became of a damaged database."""

    aside: Path
    """Where the damaged file is now."""
    tally: Tally
    """What could be taken over."""
    from_spare: int = 0
    """Open operations that only the spare copy had."""


def rebuild(path: Path, now: float | None = None) -> Salvage:
    """Replace a database by a sound one that holds what could be saved; raises StoreError.

    Nobody else may have it open. A rebuild that fails leaves the damaged file where it was.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    fresh, aside = path.with_name(path.name + ".rebuilt"), path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("", *SIDE_FILES):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    salvage = Salvage(aside, Tally())
    try:
        with closing(_create(fresh, shipped())) as new:
            with closing(sqlite3.connect(path, isolation_level=None)) as old:
                transfer(old, new, salvage.tally)
            _add_spare(new, spare.read(path), salvage)
            _settle(new)
        _move(path, aside)
        fresh.replace(path)
        sync_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        fresh.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise in_words(error, fresh) from error
        raise StoreError(f"{path} cannot be rebuilt: {error.strerror}") from error
    return salvage


def drop_damaged_bodies(path: Path) -> int:
    """Let go of bodies of a sound database that are not as they were and that a server has; return how many.

    No page knows a checksum, so a check of the file does not see a flipped bit in the middle of a letter.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        try:
            wrong = [id for id in _cached_bodies(connection) if not _is_whole(connection, id)]
            connection.execute("BEGIN IMMEDIATE")
            for id in wrong:
                connection.execute("UPDATE message SET body = NULL WHERE body = ?", (id,))
                connection.execute("DELETE FROM body_chunk WHERE body = ?", (id,))
                connection.execute("DELETE FROM body WHERE id = ?", (id,))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise in_words(error, path) from error
    return len(wrong)


def _cached_bodies(connection: sqlite3.Connection) -> list[int]:
    return [
        id
        for (id,) in connection.execute(
            "SELECT id FROM body WHERE keep = 0 AND have = size AND sha256 IS NOT NULL ORDER BY id"
        )
    ]


def _is_whole(connection: sqlite3.Connection, body: int) -> bool:
    size, sha256 = connection.execute("SELECT size, sha256 FROM body WHERE id = ?", (body,)).fetchone()
    chunks = connection.execute("SELECT n, form, data FROM body_chunk WHERE body = ? ORDER BY n", (body,))
    return whole(size, sha256, chunks.fetchall())


def _create(path: Path, steps: Sequence[Migration]) -> sqlite3.Connection:
    """Make an empty database of today's schema; it is written as one transaction."""
    path.touch(0o600)
    new = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size = 8192", "auto_vacuum = INCREMENTAL", "journal_mode = MEMORY"):
        new.execute(f"PRAGMA {pragma}")
    new.execute("BEGIN")
    for step in steps:
        for statement in step.statements:
            new.execute(statement)
    new.execute(f"PRAGMA user_version = {steps[-1].version:d}")
    new.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    return new


def _move(path: Path, aside: Path) -> None:
    for suffix in ("", *SIDE_FILES):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))


# Making the new one consistent.


def _add_spare(new: sqlite3.Connection, waiting: Sequence[spare.Waiting], salvage: Salvage) -> None:
    """Add the open operations that the database had lost; whether they were carried out is verified."""
    known = {id for (id,) in new.execute("SELECT id FROM operation")}
    for one in waiting:
        if one.columns["id"] in known and _has_items(new, one):
            continue
        account = _account(new, one.account)
        folders = {int(id): _folder(new, account, int(id), *told) for id, told in one.folders.items()}
        values = {
            **one.columns,
            "state": "running",
            "account": account,
            "target": folders.get(one.columns["target"], one.columns["target"]),
            "not_before": 0,
            "error": "",
        }
        new.execute(_OPERATION, values)
        new.executemany(
            "INSERT OR REPLACE INTO operation_item(operation, message, folder, uidvalidity, uid)"
            " VALUES (?, ?, ?, ?, ?)",
            [(one.columns["id"], m, folders.get(f, f), validity, uid) for m, f, validity, uid in one.items],
        )
        salvage.from_spare += 1


_OPERATION_COLUMNS = f"{spare.COLUMNS}, account, not_before, error"
_OPERATION = (
    f"INSERT OR REPLACE INTO operation({_OPERATION_COLUMNS})"
    f" VALUES (:{_OPERATION_COLUMNS.replace(', ', ', :')})"
)


def _has_items(new: sqlite3.Connection, one: spare.Waiting) -> bool:
    sql = "SELECT count(*) FROM operation_item WHERE operation = ?"
    return bool(new.execute(sql, (one.columns["id"],)).fetchone()[0] == len(one.items))


def _account(new: sqlite3.Connection, key: str) -> int:
    new.execute(
        "INSERT OR IGNORE INTO account(key, kind, position)"
        " VALUES (?, 'imap', (SELECT count(*) FROM account))",
        (key,),
    )
    return int(new.execute("SELECT id FROM account WHERE key = ?", (key,)).fetchone()[0])


def _folder(new: sqlite3.Connection, account: int, id: int, wire: str, name: str, separator: str) -> int:
    """Return the id of a folder, made under the id it had where it is lost and that is free."""
    remote_name = bytes.fromhex(wire)
    taken = new.execute("SELECT 1 FROM folder WHERE id = ?", (id,)).fetchone()
    new.execute(
        "INSERT OR IGNORE INTO folder(id, account, remote_name, name, separator, selectable, role)"
        " VALUES (?, ?, ?, ?, ?, 1, 0)",
        (None if taken else id, account, remote_name, name, separator),
    )
    found = new.execute("SELECT id FROM folder WHERE account = ? AND remote_name = ?", (account, remote_name))
    return int(found.fetchone()[0])


def _settle(new: sqlite3.Connection) -> None:
    """Let go of what hangs in the air, begin every cursor anew, count again, and commit."""
    for statement in _SETTLING:
        new.execute(statement)
    new.execute("COMMIT")
    if (
        new.execute("PRAGMA foreign_key_check").fetchone()
        or new.execute("PRAGMA quick_check").fetchone()[0] != "ok"
    ):
        raise StoreError(
            "The rebuilt database is not sound either", hint="Move it away; tui-mail sync fetches everything"
        )


_SETTLING = (
    "DELETE FROM folder WHERE account NOT IN (SELECT id FROM account)",
    "DELETE FROM operation WHERE account NOT IN (SELECT id FROM account)",
    "DELETE FROM draft WHERE account NOT IN (SELECT id FROM account)",  # their files are taken up anew
    "DELETE FROM draft_version WHERE draft NOT IN (SELECT id FROM draft)",
    "DELETE FROM operation_item WHERE operation NOT IN (SELECT id FROM operation)",
    "UPDATE operation SET state = 'failed', settled_at = created_at,"
    " error = 'its messages were lost with a damaged page'"
    " WHERE state IN ('pending', 'running') AND kind <> 'folder'"
    " AND NOT EXISTS (SELECT 1 FROM operation_item WHERE operation = operation.id)",
    "DELETE FROM message WHERE account NOT IN (SELECT id FROM account)",
    "DELETE FROM place WHERE message NOT IN (SELECT id FROM message)"
    " OR folder NOT IN (SELECT id FROM folder)",
    "DELETE FROM message WHERE NOT EXISTS (SELECT 1 FROM place WHERE message = message.id)",
    "UPDATE draft SET message = NULL WHERE message NOT IN (SELECT id FROM message)",
    "UPDATE message SET body = NULL WHERE body NOT IN (SELECT id FROM body)",
    "DELETE FROM body WHERE NOT EXISTS (SELECT 1 FROM message WHERE body = body.id)",
    "DELETE FROM body_chunk WHERE body NOT IN (SELECT id FROM body)",
    # what a server has is believed when it is found again; what it does not have yet waits as before
    "UPDATE place SET orphan = 1, uid = NULL, uidvalidity = NULL WHERE uid IS NOT NULL AND folder IN"
    " (SELECT f.id FROM folder f JOIN account a ON a.id = f.account WHERE a.kind = 'imap')",
    "UPDATE place SET moment = (SELECT moment FROM message WHERE id = place.message),"
    " role = (SELECT role FROM folder WHERE id = place.folder)",
    "UPDATE folder SET uidvalidity = NULL, uidnext = 0, modseq = 0, backfill_lo = 0, check_below = 0,"
    " checked_at = NULL, synced_at = NULL, remote_count = NULL,"
    " total = (SELECT count(*) FROM place WHERE folder = folder.id),"
    " unread = (SELECT count(*) FROM place WHERE folder = folder.id AND flags & 1 = 0)",
)
