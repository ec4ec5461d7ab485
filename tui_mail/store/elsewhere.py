"""What other processes did to the store, found by comparing two looks at it.

`PRAGMA data_version` tells that something was written, never what. A look takes one row a folder, one an
account with open operations, the newest operation and the newest line of a letter's log: small, whatever the
mailbox. Comparing errs on the side of saying too much, never too little.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tui_mail.model.event import (
    AccountsChanged,
    DraftsChanged,
    Event,
    FoldersChanged,
    MessagesChanged,
    OperationsChanged,
    OutboxChanged,
    Rescan,
)
from tui_mail.store.database import Record, Source

MOST = 1_000
"""Messages of operations told one by one; of more the folders are to be read anew."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How the store stood at one look."""

    accounts: tuple[Record, ...]
    """(id, key, position) of each."""
    folders: Mapping[int, Record]
    """All of a folder's row that a change of its messages touches, by id; the first value is the account."""
    open_operations: Mapping[int, Record]
    """What tells open operations of an account from others, by account."""
    operation: int
    """The newest operation's id."""
    outbox: Record
    """What changes with every step of a letter: there is a line of its log for each."""
    drafts: Record
    """What changes with every draft that is begun, stored or let go of."""
    at: int
    """When, seconds since the epoch."""


async def look(source: Source) -> Sight:
    """Take a look."""
    at = int(time.time())
    newest = await source.one("SELECT max(id) FROM operation")
    accounts = await source.all("SELECT id, key, position FROM account ORDER BY id")
    rows = await source.all(
        "SELECT id, account, name, role, selectable, total, unread, uidvalidity, uidnext, modseq,"
        " backfill_lo, remote_count, synced_at FROM folder"
    )
    waiting = await source.all(
        "SELECT account, count(*), max(id), sum(not_before), sum(attempts), sum(state = 'running')"
        " FROM operation WHERE state IN ('pending', 'running') GROUP BY account"
    )
    drafts = await source.one("SELECT count(*), sum(version), sum(closed), group_concat(state) FROM draft")
    letters = await source.one("SELECT count(*), (SELECT max(id) FROM outbox_log) FROM outbox")
    return Sight(
        accounts=tuple(accounts),
        folders={id: tuple(facts) for id, *facts in rows},
        open_operations={account: tuple(facts) for account, *facts in waiting},
        operation=(newest[0] or 0) if newest else 0,
        outbox=tuple(letters or ()),
        drafts=drafts or (),
        at=at,
    )


async def changes(source: Source, before: Sight, now: Sight) -> list[Event]:
    """Return what a reader must be told so that nothing it shows is older than `now`."""
    events: list[Event] = [] if before.accounts == now.accounts else [AccountsChanged()]
    touched = _differing(before.folders, now.folders)
    owners = {(now.folders.get(id) or before.folders[id])[0] for id in touched}
    events += [] if before.outbox == now.outbox else [OutboxChanged()]
    events += [FoldersChanged(account) for account in sorted(owners)]
    events += [Rescan(folder) for folder in sorted(touched)]
    events += await _of_operations(source, before)
    waiting = _differing(before.open_operations, now.open_operations)
    events += [OperationsChanged(account) for account in sorted(waiting)]
    events += [] if before.drafts == now.drafts else [DraftsChanged()]
    return events


def _differing(before: Mapping[int, Record], now: Mapping[int, Record]) -> set[int]:
    return {id for id in before.keys() | now.keys() if before.get(id) != now.get(id)}


async def _of_operations(source: Source, before: Sight) -> list[Event]:
    """Return where messages look different by operations that were made or settled since a look."""
    rows = await source.all(
        "SELECT i.folder, o.target, i.message FROM operation o"
        " CROSS JOIN operation_item i ON i.operation = o.id"
        " WHERE o.id > ? OR o.settled_at >= ? LIMIT ?",
        (before.operation, before.at, MOST + 1),
    )
    places = [(folder, message) for *pair, message in rows for folder in pair if folder is not None]
    ids: dict[int, list[int]] = {}
    for folder, message in dict.fromkeys(places):
        ids.setdefault(folder, []).append(message)
    if len(rows) > MOST:
        return [Rescan(folder) for folder in await _folders_of_operations(source, before)]
    return [MessagesChanged(folder, tuple(messages)) for folder, messages in ids.items()]


async def _folders_of_operations(source: Source, before: Sight) -> list[int]:
    rows = await source.all(
        "SELECT DISTINCT i.folder, o.target FROM operation o"
        " CROSS JOIN operation_item i ON i.operation = o.id WHERE o.id > ? OR o.settled_at >= ?",
        (before.operation, before.at),
    )
    return list(dict.fromkeys(folder for row in rows for folder in row if folder is not None))
