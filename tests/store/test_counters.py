"""Whatever happens to messages, in whatever order, the counters are what COUNT says."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.store.rows import (
    NAMES,
    VALIDITY,
    Home,
    arrival,
    counted,
    counters,
    fill,
    give_body,
    listed,
    make_home,
)
from tui_mail.model.event import Event, FoldersChanged
from tui_mail.model.folder import FolderView, Role, RoleView, StarredView
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange, OperationState
from tui_mail.store import folders, messages
from tui_mail.store.database import Database, Transaction
from tui_mail.store.effects import Command, take_back
from tui_mail.store.moves import settle_uids
from tui_mail.store.operations import finish, get, items
from tui_mail.store.places import Place, place_in, places
from tui_mail.store.turning import cancel, redo, undo

FOLDER = st.integers(0, 3)
UID = st.integers(1, 12)
UIDS = st.lists(UID, max_size=6)
FLAGS = st.integers(0, 63).map(Flag)
PICKS = st.lists(st.integers(0, 20), max_size=4)
COMMAND = st.none() | st.integers(1, 9)

STEP = st.one_of(
    st.tuples(st.just("add"), FOLDER, st.lists(st.tuples(UID, FLAGS), max_size=6)),
    st.tuples(st.just("remove"), FOLDER, UIDS),
    st.tuples(st.just("server flags"), FOLDER, st.dictionaries(UID, FLAGS, max_size=6)),
    st.tuples(st.just("flag"), PICKS, FLAGS, FLAGS),
    st.tuples(st.just("move"), PICKS, FOLDER),
    st.tuples(st.just("expunge"), PICKS),
    st.tuples(st.just("settle"), PICKS, UID),
    st.tuples(st.just("revert"), st.integers(1, 9)),
    st.tuples(st.just("copy"), PICKS, FOLDER),
    st.tuples(st.just("read"), FOLDER),
    st.tuples(st.just("confirm"), st.integers(1, 9)),
    st.tuples(st.just("undo"), COMMAND),
    st.tuples(st.just("redo"), COMMAND),
    st.tuples(st.just("cancel"), st.integers(1, 9)),
    st.tuples(st.just("body"), PICKS),
    st.tuples(st.just("orphan"), FOLDER),
    st.tuples(st.just("drop"), FOLDER),
    st.tuples(st.just("roles"), st.lists(st.integers(0, 8), min_size=4, max_size=4)),
)


class World:
    """A store under random hands."""

    def __init__(self, database: Database, home: Home) -> None:
        self.database = database
        self.account = home.account
        self.folders = (home.inbox, home.archive, home.trash, home.plain)

    async def fill(self) -> None:
        for n, folder in enumerate(self.folders):
            letters = [arrival(uid, flags=Flag(n), size=n) for uid in range(4, 9)]
            await fill(self.database, folder, *letters)

    async def do(self, tx: Transaction, step: tuple[Any, ...]) -> None:
        match step:
            case ("add", folder, told):
                arrived = [
                    arrival(uid, flags=flags, message_id=f"<{uid % 5}>", size=1) for uid, flags in told
                ]
                await messages.add(tx, self.folders[folder], VALIDITY, arrived)
            case ("remove", folder, uids):
                await messages.remove_uids(
                    tx, self.folders[folder], VALIDITY, [(uid, uid + 1) for uid in uids]
                )
            case ("server flags", folder, told):
                flags = {uid: (flags, ()) for uid, flags in told.items()}
                await messages.set_server_flags(tx, self.folders[folder], VALIDITY, flags)
            case ("orphan", folder):
                await messages.orphan_all(tx, self.folders[folder])
            case ("drop", folder):
                await messages.drop_orphans(tx, self.folders[folder])
            case ("roles", roles):
                listing = [listed(name, Role(role)) for name, role in zip(NAMES, roles, strict=True)]
                await folders.record_list(tx, self.account, listing)
            case _:
                await self.act(tx, step)

    async def act(self, tx: Transaction, step: tuple[Any, ...]) -> None:
        command = Command(tx, "", 0)
        match step:
            case ("flag", picks, add, remove):
                change = FlagChange(add, remove, ("a",) if add else (), ("b",) if remove else ())
                await command.flag(self.account, await self.pick(tx, picks), change)
            case ("move", picks, folder):
                await command.move(self.account, self.folders[folder], await self.pick(tx, picks))
            case ("copy", picks, folder):
                chosen = {place.message: place for place in await self.pick(tx, picks)}
                target = self.folders[folder]
                there = {one.message for one in await places(tx, chosen, FolderView(target))}
                absent = [place for message, place in chosen.items() if message not in there]
                await command.copy(self.account, target, absent)
            case ("read", folder):
                await command.mark_read(self.account, FolderView(self.folders[folder]))
            case ("expunge", picks):
                await command.expunge(self.account, await self.pick(tx, picks))
            case ("settle", picks, uid):
                for place in await self.pick(tx, picks):
                    if place.uid is None and await place_in(tx, place.message, place.folder):
                        await settle_uids(tx, place.folder, VALIDITY, {place.message: uid})
            case ("revert", operation):
                if found := await get(tx, operation):
                    await take_back(tx, found, await items(tx, operation))
            case ("confirm", operation):
                await finish(tx, [operation], OperationState.DONE, 1)
            case ("undo", of):
                await undo(tx, 1, of)
            case ("redo", of):
                await redo(tx, 1, of)
            case ("cancel", of):
                await cancel(tx, 1, of)
            case ("body", picks):
                for place in await self.pick(tx, picks):
                    raw = b"%d" % (place.message % 3)
                    await give_body(tx, place.message, raw)

    async def pick(self, tx: Transaction, picks: list[int]) -> list[Place]:
        ids = [id for (id,) in await tx.all("SELECT id FROM message ORDER BY id")]
        chosen = {ids[pick % len(ids)] for pick in picks} if ids else set()
        return await places(tx, sorted(chosen), None)

    async def check(self) -> None:
        source = self.database.lists
        assert await counters(source) == await counted(source)
        unified = await folders.counters(source)
        for role, total, unread in await source.all(
            "SELECT role, count(*), sum(flags & 1 = 0) FROM place WHERE role <> 0 GROUP BY role"
        ):
            assert unified[RoleView(Role(role))] == (total, unread)
        starred = await source.one(
            "SELECT count(*), coalesce(sum(flags & 1 = 0), 0) FROM place p JOIN folder f ON f.id = p.folder"
            " WHERE p.flags & 2 AND f.role NOT IN (5, 6)"
        )
        assert unified[StarredView()] == starred
        for sql in (
            "SELECT * FROM place p JOIN folder f ON f.id = p.folder WHERE p.role <> f.role",
            "SELECT * FROM place p JOIN message m ON m.id = p.message WHERE p.moment <> m.moment",
            "SELECT * FROM message WHERE NOT EXISTS (SELECT 1 FROM place WHERE message = message.id)",
            "SELECT * FROM body WHERE NOT EXISTS (SELECT 1 FROM message WHERE body = body.id)",
            "SELECT * FROM place WHERE uid IS NOT NULL AND (uidvalidity IS NULL OR orphan)",
        ):
            assert await source.all(sql) == [], sql


@given(st.lists(STEP, min_size=1, max_size=25))
@example([("copy", [0], 1), ("move", [0], 2), ("undo", None), ("undo", None)])
@example(
    [("move", [0, 5], 1), ("undo", None), ("redo", None), ("settle", [0], 4), ("revert", 1), ("expunge", [1])]
)
def test_the_counters_are_what_count_says(steps: list[tuple[Any, ...]]):
    async def live() -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = await Database.open(Path(folder) / "mail.db")
            try:
                world = World(database, await make_home(database))
                await world.fill()
                for step in steps:
                    async with database.cache() as tx:
                        await world.do(tx, step)
                    await world.check()
            finally:
                await database.close()

    asyncio.run(live())


async def test_wrong_counters_are_mended_and_right_ones_left_alone(
    database: Database, home: Home, events: list[Event]
):
    await fill(database, home.inbox, *(arrival(uid, flags=Flag(uid % 2)) for uid in range(1, 8)))
    await fill(database, home.archive, arrival(1))
    events.clear()
    async with database.cache() as tx:
        assert not await folders.mend_counters(tx, home.inbox)
    assert events == []
    async with database.cache() as tx:
        await tx.run("UPDATE folder SET total = 3, unread = 9 WHERE id = ?", (home.inbox,))
        assert await folders.mend_counters(tx, home.inbox)
    assert await counters(database.lists) == await counted(database.lists)
    assert events == [FoldersChanged(home.account)]
