"""No statement of the store walks a table of messages: read from the planner's own word."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.store.rows import VALIDITY, Home, arrival, fill, give_body
from tui_mail.model.folder import FolderView, Role, RoleView, StarredView
from tui_mail.model.message import Flag, Mark
from tui_mail.model.operation import FlagChange, OperationState
from tui_mail.store import (
    bodies,
    folders,
    indexed,
    journal,
    keeping,
    lists,
    messages,
    operations,
    search,
)
from tui_mail.store.database import Database, Record, Result, Transaction
from tui_mail.store.effects import Command, settle_body, settle_places, take_back
from tui_mail.store.flags import settle_flags
from tui_mail.store.operations import Item
from tui_mail.store.places import places, remove_places
from tui_mail.store.turning import cancel, redo, undo
from tui_mail.sync.indexing import header_entry

LARGE = (
    *("place", "p", "message", "m", "body", "b", "body_chunk", "c", "keyword", "k", "operation_item"),
    *("i", "indexed"),
)
"""Tables that grow with the mail, and their names in joins."""


class Watched:
    """A transaction that notes the plan of each statement before it runs it."""

    def __init__(self, tx: Transaction) -> None:
        self.plans: dict[str, list[str]] = {}
        self.publish = tx.publish
        self._tx = tx

    async def _note(self, sql: str, params: Sequence[Any]) -> None:
        rows = await self._tx.all(f"EXPLAIN QUERY PLAN {sql}", params)
        self.plans[sql] = [row[3] for row in rows]

    async def all(self, sql: str, params: Sequence[Any] = ()) -> list[Record]:
        await self._note(sql, params)
        return await self._tx.all(sql, params)

    async def one(self, sql: str, params: Sequence[Any] = ()) -> Record | None:
        await self._note(sql, params)
        return await self._tx.one(sql, params)

    async def run(self, sql: str, params: Sequence[Any] = ()) -> Result:
        await self._note(sql, params)
        return await self._tx.run(sql, params)

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        listed = list(rows)
        if listed:
            await self._note(sql, listed[0])
        return await self._tx.many(sql, listed)

    async def insert_rows(self, into: str, row: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            await self._note(f"{into} VALUES {row}", rows[0])
        await self._tx.insert_rows(into, row, rows)


async def bodies_and_words(tx: Any, home: Home, ids: Sequence[int]) -> None:
    """Give messages bodies, make them searchable, and give the bodies up."""
    await give_body(tx, ids[0], b"body")
    await give_body(tx, ids[0], b"another")
    await give_body(tx, ids[1], b"another")
    await bodies.read(tx, ids[0])
    begun = await bodies.begin(tx, ids[2], 2 * bodies.CHUNK)
    assert begun is not None
    await bodies.partial(tx, ids[2])
    await bodies.append(tx, ids[2], begun, b"x" * bodies.CHUNK)
    await bodies.chunk(tx, begun.body, 0)
    await keeping.rewrite(tx, begun.body, 0, b"y")
    last = await indexed.headers_due(tx, 5)
    assert last is not None
    due = await indexed.headers_to_read(tx, last)
    await indexed.add_headers(tx, last, [header_entry(one) for one in due])
    await indexed.texts_due(tx, 5)
    await keeping.unread(tx, ids)
    found = await indexed.header(tx, ids[0])
    assert found is not None
    entry = header_entry(found)
    await indexed.replace_headers(tx, [entry], [replace(entry, body="words")])
    await indexed.text_done(tx, [entry.moment])
    await indexed.worn_out(tx)
    await search.hits(tx, search.Wanted((search.Term("notes"),)), 5)
    for view in (FolderView(home.inbox), FolderView(home.plain), RoleView(Role.INBOX), StarredView()):
        await search.hits(tx, search.Wanted((search.Term("notes"),), home.account, Flag.SEEN), 5, view=view)
    lacking = search.Wanted(
        (search.Term("notes", without=True),),
        flags=Flag.SEEN,
        marks=Mark.LIST,
        tags=("k",),
        since=1,
        larger=5,
    )
    for view in (None, FolderView(home.inbox), RoleView(Role.INBOX), StarredView()):
        await search.hits(tx, lacking, 5, view=view, among=[5 << 20])
    await keeping.used(tx, ids[:1], 1)
    await keeping.give_up(tx, 5, 10)
    for account in (None, home.account):
        await keeping.give_up_next(tx, 0, account)


async def everything(tx: Any, home: Home) -> None:
    """Do whatever the store can do with messages."""
    letters = [arrival(uid, keywords=("k",)) for uid in range(1000, 1010)]
    ids = await messages.add(tx, home.inbox, VALIDITY, letters)
    await messages.add(tx, home.inbox, VALIDITY, [replace(one, flags=Flag.SEEN) for one in letters])
    await messages.add(tx, home.inbox, VALIDITY, [arrival(1010, message_id="")])
    await messages.set_server_flags(tx, home.inbox, VALIDITY, {1000: (Flag.FLAGGED, ())})
    await messages.known_uids(tx, home.inbox, VALIDITY, 1)
    await bodies_and_words(tx, home, ids)
    await bodies.missing(tx, home.account, 0, 1 << 20, 10)
    await bodies.whereabouts(tx, ids[0])
    for view in (FolderView(home.inbox), RoleView(Role.INBOX), StarredView(), None):
        await places(tx, ids, view)
        await lists.rows(tx, view, ids)
    command = Command(tx, "", 0)
    found = await places(tx, ids[:5], None)
    change = FlagChange(Flag.SEEN, Flag.FLAGGED, ("todo",), ("k",))
    await command.flag(home.account, found, change)
    await command.move(home.account, home.archive, found)
    await command.copy(home.account, home.plain, await places(tx, ids[5:7], None))
    await command.mark_read(home.account, RoleView(Role.INBOX))
    await command.mark_read(home.account, FolderView(home.plain))
    await settle_flags(tx, [Item(ids[5], home.inbox, VALIDITY, 1005)], change)
    await settle_body(tx, ids[5])
    await messages.add(tx, home.archive, VALIDITY, [replace(letters[0], uid=5000)])
    await settle_places(tx, home.archive, VALIDITY, {ids[1]: 5001})
    moved = await operations.get(tx, command.operations[1])
    assert moved is not None
    await take_back(tx, moved, await operations.items(tx, moved.id))
    await operations.identities(tx, ids)
    await operations.confirmed(tx, ids, home.archive)
    await operations.sharing_messages(tx, command.operations)
    await operations.folders_of(tx, command.operations)
    await journal.entries(tx, None, 10)
    await undo(tx, 1)
    await redo(tx, 2)
    await operations.finish(tx, command.operations, OperationState.DONE, 2)
    await undo(tx, 3)
    await cancel(tx, 4, command.operations[0])
    await journal.prune(tx, 5)
    await remove_places(tx, [found[0].id])
    await messages.remove_uids(tx, home.inbox, VALIDITY, [(1001, 1002), (1005, 1007)])
    await messages.orphan_all(tx, home.trash)
    await messages.drop_orphans(tx, home.trash)
    await folders.mend_counters(tx, home.inbox)
    await folders.clear(tx, home.plain, 10)


@pytest.mark.parametrize("analyzed", [False, True], ids=["no statistics", "statistics"])
async def test_no_statement_walks_a_large_table(database: Database, home: Home, analyzed: bool):
    for n, folder in enumerate((home.inbox, home.archive, home.trash, home.plain)):
        uids = range(n * 200 + 1, n * 200 + 201)
        await fill(database, folder, *(arrival(uid, keywords=("a", "b")) for uid in uids))
    async with database.cache() as tx:
        if analyzed:
            await tx.all("ANALYZE")
        watched = Watched(tx)
        await everything(watched, home)
    assert len(watched.plans) > 40
    walks = [
        (sql, step)
        for sql, steps in watched.plans.items()
        for step in steps
        if step.split()[0] == "SCAN" and step.split()[1] in LARGE
    ]
    assert walks == []
