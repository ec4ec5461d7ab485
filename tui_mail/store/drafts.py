"""Drafts: a row for each, which names the file with its newest version, and one for each older version.

The file is on the disk before the row names it. So a crash leaves at most a file too many, which is taken up
where it is newer than its row, for its words were typed. For the same reason the row of a draft that is sent
stays until its files are gone: a file without a row is a draft.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.event import DraftsChanged, OperationsChanged
from tui_mail.model.folder import Role
from tui_mail.store.database import Record, Source, Transaction
from tui_mail.store.effects import Command
from tui_mail.store.places import places

PAUSE = 30
"""Seconds without a change after which what stood there is kept as a version."""

VERSIONS = 20
"""Versions kept of a draft, beside the newest."""

YOUNG = 5
"""Of these, the newest so many are never thinned out."""

KEEP_DISCARDED = 7 * 86_400
"""Seconds for which a discarded draft can be had again."""

OPEN, QUEUED, DISCARDED, SENT = "open", "queued", "discarded", "sent"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store knows of a draft beside its text."""

    id: int
    account: int
    key: str
    file: str
    version: int
    message: int | None
    """Its copy in the folder of drafts, as `message.id`."""
    uploaded: int
    """The version that the copy holds; 0: none."""
    closed: bool
    """Whether nobody writes at it now."""
    state: str
    changed_at: int


@dataclass(frozen=True, slots=True)
class Version:
    """An older version of a draft."""

    n: int
    file: str
    made_at: int


_COLUMNS = "id, account, key, file, version, message, uploaded, closed, state, changed_at"


def _kept(row: Record) -> Kept:
    id, account, key, file, version, message, uploaded, closed, state, changed_at = row
    return Kept(id, account, key, file, version, message, uploaded, bool(closed), state, changed_at)


async def get(source: Source, id: int) -> Kept | None:
    """Return a draft."""
    row = await source.one(f"SELECT {_COLUMNS} FROM draft WHERE id = ?", (id,))
    return None if row is None else _kept(row)


async def by_key(source: Source, key: str) -> Kept | None:
    """Return the draft with this key."""
    row = await source.one(f"SELECT {_COLUMNS} FROM draft WHERE key = ?", (key,))
    return None if row is None else _kept(row)


async def by_message(source: Source, message: int) -> Kept | None:
    """Return the draft whose copy on the server a message is."""
    row = await source.one(f"SELECT {_COLUMNS} FROM draft WHERE message = ?", (message,))
    return None if row is None else _kept(row)


async def in_state(source: Source, state: str) -> list[Kept]:
    """Return the drafts in a state, the one that was changed last first."""
    rows = await source.all(
        f"SELECT {_COLUMNS} FROM draft WHERE state = ? ORDER BY changed_at DESC, id DESC", (state,)
    )
    return [_kept(row) for row in rows]


async def versions(source: Source, id: int) -> list[Version]:
    """Return the older versions of a draft that are kept, the newest first."""
    rows = await source.all(
        "SELECT n, file, made_at FROM draft_version WHERE draft = ? ORDER BY n DESC", (id,)
    )
    return [Version(*row) for row in rows]


async def insert(tx: Transaction, account: int, key: str, file: str, version: int, now: int) -> int:
    """Write down a draft whose file is on the disk; return its id."""
    made = await tx.run(
        "INSERT INTO draft(account, key, file, version, state, changed_at) VALUES (?, ?, ?, ?, 'open', ?)",
        (account, key, file, version, now),
    )
    tx.publish(DraftsChanged())
    return made.lastrowid


async def replace(
    tx: Transaction, before: Kept, account: int, file: str, version: int, now: int, *, keep: bool
) -> list[str]:
    """Let a draft be another file, which is on the disk; return the files that no row names any more.

    What stood there becomes a version where `keep` says so, or nothing was changed for a while.
    """
    await tx.run(
        "UPDATE draft SET account = ?, file = ?, version = ?, changed_at = ?, state = 'open', closed = 0"
        " WHERE id = ?",
        (account, file, version, now, before.id),
    )
    tx.publish(DraftsChanged())
    if not keep and now - before.changed_at < PAUSE:
        return [before.file]
    await tx.run(
        "INSERT INTO draft_version(draft, n, file, made_at) VALUES (?, ?, ?, ?)",
        (before.id, before.version, before.file, before.changed_at),
    )
    return await _thin_out(tx, before.id)


async def add_version(tx: Transaction, id: int, version: Version) -> None:
    """Keep a text beside a draft as a version of it."""
    await tx.run(
        "INSERT INTO draft_version(draft, n, file, made_at) VALUES (?, ?, ?, ?)",
        (id, version.n, version.file, version.made_at),
    )


async def _thin_out(tx: Transaction, id: int) -> list[str]:
    there = await versions(tx, id)
    gone = superfluous([(one.n, one.made_at) for one in there])
    await tx.many("DELETE FROM draft_version WHERE draft = ? AND n = ?", [(id, n) for n in gone])
    return [one.file for one in there if one.n in gone]


def superfluous(versions: Sequence[tuple[int, int]], most: int = VERSIONS) -> set[int]:
    """Return which of these versions, given as (number, moment), the newest first, need not be kept.

    Those go that lie closest between their neighbours in time; the youngest and the oldest stay.
    """
    kept = list(versions)
    while len(kept) > most:
        spans = {n: kept[n - 1][1] - kept[n + 1][1] for n in range(YOUNG, len(kept) - 1)}
        del kept[min(spans, key=lambda n: (spans[n], -n))]
    return {n for n, _ in versions} - {n for n, _ in kept}


async def set_state(tx: Transaction, id: int, state: str) -> None:
    """Move a draft into another state."""
    await tx.run("UPDATE draft SET state = ? WHERE id = ?", (state, id))
    tx.publish(DraftsChanged())


async def close(tx: Transaction, id: int) -> None:
    """Say that nobody writes at a draft any more for now."""
    await tx.run("UPDATE draft SET closed = 1 WHERE id = ?", (id,))
    tx.publish(DraftsChanged())


async def uploaded(tx: Transaction, id: int, message: int, version: int) -> None:
    """Write down which message in the folder of drafts holds which version."""
    await tx.run("UPDATE draft SET message = ?, uploaded = ? WHERE id = ?", (message, version, id))


async def remove_copy(tx: Transaction, kept: Kept, now: int) -> None:
    """Remove the copy that a draft has on the server, here at once and there later."""
    await tx.run("UPDATE draft SET message = NULL, uploaded = 0 WHERE id = ?", (kept.id,))
    there = [] if kept.message is None else await places(tx, (kept.message,), None)
    if there:
        command = Command(tx, "Removed the copy of a draft", now, history="automatic")
        await command.expunge(there[0].account, there)
        tx.publish(OperationsChanged(there[0].account))


async def sent(tx: Transaction, id: int) -> None:
    """Let go of a draft whose letter a server has taken, and of its copy; one may be gone already."""
    kept = await get(tx, id)
    if kept is not None:
        await remove_copy(tx, kept, int(time.time()))
        await set_state(tx, id, SENT)


async def ended(source: Source, now: int) -> list[Kept]:
    """Return the drafts that are sent, or were discarded so long ago that nobody wants them again."""
    rows = await source.all(
        f"SELECT {_COLUMNS} FROM draft WHERE state = 'sent' OR (state = 'discarded' AND changed_at < ?)",
        (now - KEEP_DISCARDED,),
    )
    return [_kept(row) for row in rows]


async def forget(tx: Transaction, id: int) -> None:
    """Forget a draft whose files are gone."""
    await tx.run("DELETE FROM draft WHERE id = ?", (id,))
    tx.publish(DraftsChanged())


async def newer_copies(source: Source, account: int, key: str, above: int) -> list[int]:
    """Return the messages in folders of drafts that are copies of a draft and came after the message `above`.

    A copy is known by its Message-ID, which begins with the draft's key. The newest comes first.
    """
    rows = await source.all(
        "SELECT DISTINCT m.id FROM message m JOIN place p ON p.message = m.id"
        " WHERE m.message_id > ? AND m.message_id < ? AND m.account = ? AND m.id > ? AND p.role = ?"
        " ORDER BY m.id DESC",
        (f"<{key}.", f"<{key}/", account, above, Role.DRAFTS),
    )
    return [id for (id,) in rows]


async def files(source: Source) -> set[str]:
    """Return the names of all files that a row names."""
    rows = await source.all("SELECT file FROM draft UNION ALL SELECT file FROM draft_version")
    return {name for (name,) in rows}
