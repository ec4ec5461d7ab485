from dataclasses import replace

import pytest

from tests.store.rows import (
    VALIDITY,
    Home,
    arrival,
    counted,
    counters,
    fill,
    give_body,
    move_places,
    place_of,
)
from tui_mail.model.event import Event, FoldersChanged, MessagesChanged
from tui_mail.model.message import Flag
from tui_mail.store import bodies, folders, messages
from tui_mail.store.database import Database
from tui_mail.store.moves import restore_place, settle_uids
from tui_mail.store.places import Place, place_in, places, remove_places


async def move(database: Database, id: int, source: int, target: int) -> int:
    """Move a message here; return its place."""
    async with database.intention() as tx:
        place = await place_of(tx, id, source)
        await move_places(tx, [(place, target)])
    return place


async def only_place(database: Database, id: int) -> Place:
    (place,) = await places(database.lists, [id], None)
    return place


async def agree(database: Database) -> None:
    assert await counters(database.lists) == await counted(database.lists)


async def test_a_moved_message_is_at_once_where_it_was_moved(
    database: Database, home: Home, events: list[Event]
):
    read, unread = await fill(database, home.inbox, arrival(1, flags=Flag.SEEN), arrival(2))
    events.clear()
    await move(database, unread, home.inbox, home.archive)
    place = await only_place(database, unread)
    assert (place.folder, place.role, place.uid, place.uidvalidity) == (home.archive, 4, None, None)
    found = await counters(database.lists)
    assert (found[home.inbox], found[home.archive]) == ((1, 0), (1, 1))
    assert events == [
        MessagesChanged(home.inbox, (unread,)),
        FoldersChanged(home.account),
        MessagesChanged(home.archive, (unread,)),
    ]
    assert (await only_place(database, read)).folder == home.inbox


async def test_moving_where_it_lies_or_nowhere_changes_nothing(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    before = await only_place(database, id)
    await move(database, id, home.inbox, home.inbox)
    await move(database, id, home.inbox, 999)
    async with database.intention() as tx:
        await move_places(tx, [(999, home.archive)])
    assert await only_place(database, id) == before


async def test_a_move_taken_back_restores_the_uid(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    before = await only_place(database, id)
    place = await move(database, id, home.inbox, home.archive)
    async with database.intention() as tx:
        assert await restore_place(tx, place, home.inbox, VALIDITY, 1)
    assert await only_place(database, id) == before
    await agree(database)


async def test_a_move_taken_back_before_the_server_knew_its_first_place_waits_for_a_uid(
    database: Database, home: Home
):
    (id,) = await fill(database, home.inbox, arrival(1))
    place = await move(database, id, home.inbox, home.archive)
    await move(database, id, home.archive, home.trash)
    async with database.intention() as tx:
        assert await restore_place(tx, place, home.archive, None, None)
    found = await only_place(database, id)
    assert (found.folder, found.uid) == (home.archive, None)
    await agree(database)


async def test_a_move_taken_back_meets_the_row_that_the_server_made_anew(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    place = await move(database, id, home.inbox, home.archive)
    (double,) = await fill(database, home.inbox, arrival(1, flags=Flag.SEEN, keywords=("k",)))
    async with database.cache() as tx:
        await give_body(tx, double, b"body")
    async with database.intention() as tx:
        assert await restore_place(tx, place, home.inbox, VALIDITY, 1)
    found = await only_place(database, id)
    assert (found.folder, found.uid, found.flags) == (home.inbox, 1, Flag.SEEN)
    assert await places(database.lists, [double], None) == []
    assert await bodies.read(database.bodies, id) == b"body"
    assert await database.lists.all("SELECT name FROM keyword") == [("k",)]
    await agree(database)


async def test_a_move_taken_back_into_a_renumbered_folder_waits_for_a_complete_pass(
    database: Database, home: Home
):
    (id,) = await fill(database, home.inbox, arrival(1))
    place = await move(database, id, home.inbox, home.archive)
    async with database.cache() as tx:
        await folders.set_cursor(tx, home.inbox, uidvalidity=VALIDITY + 1)
    async with database.intention() as tx:
        assert await restore_place(tx, place, home.inbox, VALIDITY, 1)
    assert (await only_place(database, id)).uid is None
    async with database.cache() as tx:
        await messages.add(tx, home.inbox, VALIDITY + 1, [replace(arrival(1), uid=501)])
        assert await messages.drop_orphans(tx, home.inbox) == []
    assert (await only_place(database, id)).uid == 501


@pytest.mark.parametrize("gone", ["place", "folder"])
async def test_a_move_whose_ends_are_gone_cannot_be_taken_back(database: Database, home: Home, gone: str):
    (id,) = await fill(database, home.inbox, arrival(1))
    place = await move(database, id, home.inbox, home.archive)
    folder = 999 if gone == "folder" else home.inbox
    async with database.intention() as tx:
        if gone == "place":
            await remove_places(tx, [place])
        assert not await restore_place(tx, place, folder, VALIDITY, 1)
    await agree(database)


async def test_the_uid_that_the_server_gave_is_settled(database: Database, home: Home, events: list[Event]):
    (id,) = await fill(database, home.inbox, arrival(1))
    await move(database, id, home.inbox, home.archive)
    events.clear()
    async with database.intention() as tx:
        await settle_uids(tx, home.archive, VALIDITY, {id: 42})
    found = await place_in(database.lists, id, home.archive)
    assert found is not None
    assert (found.uidvalidity, found.uid) == (VALIDITY, 42)
    assert events == [MessagesChanged(home.archive, (id,))]
    assert await fill(database, home.archive, replace(arrival(1), uid=42)) == []


async def test_a_uid_of_another_uidvalidity_is_not_settled(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    await move(database, id, home.inbox, home.archive)
    async with database.intention() as tx:
        await settle_uids(tx, home.archive, VALIDITY + 1, {id: 42})
        await settle_uids(tx, home.archive, VALIDITY, {999: 42})
        await settle_uids(tx, 999, VALIDITY, {id: 42})
    assert (await only_place(database, id)).uid is None


async def test_a_settled_uid_meets_the_row_that_sync_made_first(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    await move(database, id, home.inbox, home.archive)
    (double,) = await fill(database, home.archive, replace(arrival(1), uid=42, size=4_999))
    async with database.intention() as tx:
        await settle_uids(tx, home.archive, VALIDITY, {id: 42})
    assert (await only_place(database, id)).uid == 42
    assert await places(database.lists, [double], None) == []
    await agree(database)


async def test_a_message_that_lies_in_the_target_already_stays_there_once(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    async with database.cache() as tx:  # a second place of one message, as servers with labels have
        await tx.run(
            "INSERT INTO place(message, folder, role, moment, uidvalidity, uid, internal_date, server_flags,"
            " flags) SELECT message, ?, 4, moment, ?, 9, internal_date, 0, 0 FROM place",
            (home.archive, VALIDITY),
        )
        await tx.run("UPDATE folder SET total = 1, unread = 1 WHERE id = ?", (home.archive,))
    await move(database, id, home.inbox, home.archive)
    found = await only_place(database, id)
    assert (found.folder, found.uid) == (home.archive, 9)
    await agree(database)


async def test_what_is_removed_for_ever_is_gone(database: Database, home: Home, events: list[Event]):
    ids = await fill(database, home.trash, arrival(1), arrival(2))
    events.clear()
    async with database.intention() as tx:
        await remove_places(tx, [await place_of(tx, ids[0], home.trash), 999])
    assert await database.lists.all("SELECT id FROM message") == [(ids[1],)]
    assert events == [MessagesChanged(home.trash, (ids[0],)), FoldersChanged(home.account)]
    await agree(database)
