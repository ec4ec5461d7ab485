import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.rows import (
    EPOCH,
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
from tui_mail.model.event import Event, FoldersChanged, MessagesChanged, Rescan
from tui_mail.model.folder import FolderView
from tui_mail.model.message import Flag, Row
from tui_mail.model.operation import FlagChange, OperationKind
from tui_mail.store import bodies, lists, messages, operations
from tui_mail.store.database import Database, Source
from tui_mail.store.operations import Item

DAY = 86_400


async def shown(source: Source, folder: int) -> list[Row]:
    ids, _ = await lists.entries(source, FolderView(folder), None, 10_000)
    return await lists.rows(source, FolderView(folder), ids)


async def uids(database: Database, folder: int) -> list[int]:
    return list(await messages.known_uids(database.lists, folder, VALIDITY))


async def test_what_arrives_is_listed_counted_and_told(database: Database, home: Home, events: list[Event]):
    ids = await fill(database, home.inbox, arrival(1), arrival(2, flags=Flag.SEEN), arrival(3))
    assert [row.id for row in await shown(database.lists, home.inbox)] == ids[::-1]
    assert (await counters(database.lists))[home.inbox] == (3, 2)
    assert events == [MessagesChanged(home.inbox, tuple(ids)), FoldersChanged(home.account)]


async def test_the_same_batch_twice_is_stored_once(database: Database, home: Home, events: list[Event]):
    batch = [arrival(uid) for uid in range(1, 11)]
    await fill(database, home.inbox, *batch)
    events.clear()
    assert await fill(database, home.inbox, *batch, batch[0]) == []
    assert (await counters(database.lists))[home.inbox] == (10, 10)
    assert events == []


async def test_a_known_uid_only_brings_its_flags(database: Database, home: Home, events: list[Event]):
    (id,) = await fill(database, home.inbox, arrival(1, keywords=("old",)))
    events.clear()
    again = arrival(1, flags=Flag.SEEN | Flag.FLAGGED, keywords=("new",), subject="Another")
    assert await fill(database, home.inbox, again) == []
    (row,) = await shown(database.lists, home.inbox)
    assert (row.flags, row.subject) == (Flag.SEEN | Flag.FLAGGED, "Notes")
    assert await database.lists.all("SELECT name FROM keyword") == [("new",)]
    assert events == [MessagesChanged(home.inbox, (id,)), FoldersChanged(home.account)]


async def test_a_uid_means_nothing_without_its_uidvalidity(database: Database, home: Home):
    await fill(database, home.inbox, arrival(1))
    async with database.cache() as tx:
        assert len(await messages.add(tx, home.inbox, VALIDITY + 1, [arrival(1)])) == 1
        assert await messages.remove_uids(tx, home.inbox, VALIDITY + 2, [(1, 9)]) == []
    assert (await counters(database.lists))[home.inbox] == (2, 2)


@pytest.mark.parametrize(
    ("internal", "written", "seconds"),
    [
        (EPOCH, EPOCH - 5, EPOCH - 5),
        (EPOCH, EPOCH - 20 * 365 * DAY, EPOCH - 20 * 365 * DAY),
        (EPOCH, EPOCH + DAY, EPOCH + DAY),
        (EPOCH, EPOCH + DAY + 1, EPOCH),
        (EPOCH, 0, 0),
        (EPOCH, -1, EPOCH),
        (EPOCH, None, EPOCH),
        (EPOCH, 1 << 80, EPOCH),
        (0, EPOCH, EPOCH),
        (-5, None, 0),
        (1 << 80, None, 0),
        (1 << 80, EPOCH, EPOCH),
    ],
)
async def test_a_message_stands_where_its_believable_date_puts_it(
    database: Database, home: Home, internal: int, written: int | None, seconds: int
):
    await fill(database, home.inbox, arrival(1, internal_date=internal, date=written))
    (row,) = await shown(database.lists, home.inbox)
    assert row.date == seconds


async def test_without_a_date_of_the_server_the_future_is_not_believed(database: Database, home: Home):
    await fill(database, home.inbox, arrival(1, internal_date=0, date=int(time.time()) + 10 * DAY))
    assert (await shown(database.lists, home.inbox))[0].date == 0


async def test_a_moment_is_the_second_and_the_id(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    (row,) = await shown(database.lists, home.inbox)
    assert row.moment == (EPOCH + 60) << 20 | id


async def test_taken_moments_are_stepped_over(database: Database, home: Home):
    (first,) = await fill(database, home.inbox, arrival(1, date=EPOCH))
    async with database.cache() as tx:  # as if a million messages had come in between
        await tx.run("UPDATE sqlite_sequence SET seq = seq + (1 << 20) - 1 WHERE name = 'message'")
    same = [arrival(uid, date=EPOCH) for uid in (2, 3, 4)]
    assert (await fill(database, home.inbox, *same))[0] == first + (1 << 20)
    moments = [row.moment for row in await shown(database.lists, home.inbox)]
    start = EPOCH << 20 | first
    assert moments == [start + 3, start + 2, start + 1, start]


async def test_ids_never_return(database: Database, home: Home):
    ids = await fill(database, home.inbox, arrival(1), arrival(2))
    async with database.cache() as tx:
        await messages.remove_uids(tx, home.inbox, VALIDITY, [(1, 2)])
    assert min(await fill(database, home.inbox, arrival(3))) > max(ids)


TEXT = st.text(st.characters(), max_size=30)
NUMBER = st.one_of(st.integers(-10, 10), st.integers(-(1 << 70), 1 << 70))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    uid=NUMBER,
    internal_date=NUMBER,
    size=NUMBER,
    date=st.none() | NUMBER,
    message_id=TEXT,
    from_name=TEXT,
    subject=TEXT,
    keywords=st.tuples(TEXT),
    structure=st.none() | st.binary(),
)
async def test_nothing_that_a_server_can_say_breaks_the_store(
    database: Database, home: Home, uid: int, keywords: tuple[str, ...], **changes: object
):
    await fill(database, home.inbox, arrival(uid, keywords=keywords, **changes))
    await fill(database, home.inbox, arrival(uid, keywords=(), **changes))
    async with database.cache() as tx:
        await messages.remove_uids(tx, home.inbox, VALIDITY, [(uid, uid), (-uid, uid + 5)])
    assert await counters(database.lists) == await counted(database.lists)


async def test_what_vanished_goes_with_all_that_hung_on_it(
    database: Database, home: Home, events: list[Event]
):
    ids = await fill(database, home.inbox, *(arrival(uid, keywords=("k",)) for uid in range(1, 11)))
    async with database.cache() as tx:
        for id in ids[:4]:
            await give_body(tx, id, b"shared", snippet="")
    events.clear()
    async with database.cache() as tx:
        gone = await messages.remove_uids(tx, home.inbox, VALIDITY, [(1, 3), (3, 3), (7, 7), (50, 90)])
    assert sorted(gone) == [ids[0], ids[1], ids[2], ids[6]]
    assert await uids(database, home.inbox) == [4, 5, 6, 8, 9, 10]
    assert await bodies.read(database.bodies, ids[3]) == b"shared"
    assert [set(event.ids) for event in events if isinstance(event, MessagesChanged)] == [set(gone)]
    async with database.cache() as tx:
        await messages.remove_uids(tx, home.inbox, VALIDITY, [(1, 1 << 40)])
    for table in ("message", "place", "keyword", "body", "body_chunk"):
        assert await database.lists.one(f"SELECT count(*) FROM {table}") == (0,)
    assert (await counters(database.lists))[home.inbox] == (0, 0)


async def test_known_uids_are_those_from_a_uid_on(database: Database, home: Home):
    await fill(database, home.inbox, *(arrival(uid) for uid in (9, 2, 5)))
    known = await messages.known_uids(database.lists, home.inbox, VALIDITY, 3)
    assert (known.typecode, list(known)) == ("Q", [5, 9])


async def remember(database: Database, id: int) -> None:
    """Give a message something that must survive."""
    async with database.cache() as tx:
        await give_body(tx, id, b"body", snippet="kept")


async def move_here(database: Database, id: int, source: int, target: int) -> None:
    async with database.intention() as tx:
        await move_places(tx, [(await place_of(tx, id, source), target)])


async def test_a_message_moved_here_is_known_when_the_server_shows_it(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1, flags=Flag.SEEN))
    await remember(database, id)
    await move_here(database, id, home.inbox, home.archive)
    shown_there = replace(arrival(1, flags=Flag.SEEN | Flag.FLAGGED), uid=77, internal_date=5)
    assert await fill(database, home.archive, shown_there) == []
    (row,) = await shown(database.lists, home.archive)
    assert (row.id, row.uid, row.snippet, row.flags) == (id, 77, "kept", Flag.SEEN | Flag.FLAGGED)
    assert await counters(database.lists) == await counted(database.lists)


@pytest.mark.parametrize("change", [{"size": 1}, {"message_id": "<other@example.org>"}])
async def test_another_message_is_not_taken_for_the_one_that_was_moved(
    database: Database, home: Home, change: dict[str, object]
):
    (id,) = await fill(database, home.inbox, arrival(1))
    await move_here(database, id, home.inbox, home.archive)
    (other,) = await fill(database, home.archive, replace(arrival(1, **change), uid=77))
    assert {row.id: row.uid for row in await shown(database.lists, home.archive)} == {id: None, other: 77}


async def test_a_message_without_message_id_is_known_by_size_and_date(database: Database, home: Home):
    ids = await fill(database, home.inbox, arrival(1, message_id=""), arrival(2, message_id=""))
    for id in ids:
        await move_here(database, id, home.inbox, home.archive)
    arrived = [replace(arrival(uid, message_id=""), uid=uid + 70) for uid in (1, 2)]
    assert await fill(database, home.archive, *arrived) == []
    assert {row.id: row.uid for row in await shown(database.lists, home.archive)} == {
        ids[0]: 71,
        ids[1]: 72,
    }


async def test_twins_are_each_found_once(database: Database, home: Home):
    twins = [arrival(uid, message_id="<twin@example.org>") for uid in (1, 2)]
    for id in await fill(database, home.inbox, *twins):
        await move_here(database, id, home.inbox, home.archive)
    arrived = [replace(twins[0], uid=uid) for uid in (71, 72, 73)]
    assert len(await fill(database, home.archive, *arrived)) == 1
    assert await uids(database, home.archive) == [71, 72, 73]


async def test_a_new_uidvalidity_keeps_what_is_found_again_and_drops_the_rest(
    database: Database, home: Home, events: list[Event]
):
    letters = [arrival(uid) for uid in range(1, 6)]
    ids = await fill(database, home.inbox, *letters)
    await remember(database, ids[0])
    events.clear()
    async with database.cache() as tx:
        await messages.orphan_all(tx, home.inbox)
    assert events == [Rescan(home.inbox)]
    assert [row.uid for row in await shown(database.lists, home.inbox)] == [None] * 5
    renumbered = [replace(one, uid=one.uid + 100) for one in letters[:3]]
    elsewhen = replace(letters[3], uid=104, internal_date=5, date=None)
    async with database.cache() as tx:
        added = await messages.add(tx, home.inbox, VALIDITY + 1, [*renumbered, elsewhen])
        dropped = await messages.drop_orphans(tx, home.inbox)
    assert sorted(dropped) == ids[3:]
    found = {row.id: (row.uid, row.snippet) for row in await shown(database.lists, home.inbox)}
    assert found == {ids[0]: (101, "kept"), ids[1]: (102, ""), ids[2]: (103, ""), added[0]: (104, "")}
    assert await counters(database.lists) == await counted(database.lists)


async def test_an_orphan_does_not_take_what_was_moved_here_along(database: Database, home: Home):
    (moved,) = await fill(database, home.inbox, arrival(1))
    await move_here(database, moved, home.inbox, home.archive)
    await fill(database, home.archive, arrival(2))
    async with database.cache() as tx:
        await messages.orphan_all(tx, home.archive)
        await messages.drop_orphans(tx, home.archive)
    assert [row.id for row in await shown(database.lists, home.archive)] == [moved]


async def leave(database: Database, home: Home, id: int, uid: int, kind: OperationKind) -> int:
    """Enqueue an operation that takes a message out of the inbox."""
    async with database.intention() as tx:
        items = [Item(id, home.inbox, VALIDITY, uid)]
        return await operations.enqueue(
            tx, home.account, kind, items, sentence="", now=0, target=home.archive
        )


@pytest.mark.parametrize("kind", [OperationKind.MOVE, OperationKind.EXPUNGE])
async def test_what_an_open_operation_takes_away_does_not_come_back(
    database: Database, home: Home, kind: OperationKind
):
    (id,) = await fill(database, home.inbox, arrival(1))
    operation = await leave(database, home, id, 1, kind)
    async with database.cache() as tx:
        await messages.remove_uids(tx, home.inbox, VALIDITY, [(1, 1)])
    assert await fill(database, home.inbox, arrival(1), arrival(2)) != []
    assert await uids(database, home.inbox) == [2]
    async with database.intention() as tx:
        await operations.finish(tx, [operation], operations.OperationState.REVERTED, 0)
    await fill(database, home.inbox, arrival(1))
    assert await uids(database, home.inbox) == [1, 2]


async def test_an_open_operation_learns_the_uid_of_what_was_found_again(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    await move_here(database, id, home.inbox, home.archive)
    async with database.intention() as tx:
        operation = await operations.enqueue(
            tx,
            home.account,
            OperationKind.FLAGS,
            [Item(id, home.archive, None, None)],
            sentence="",
            now=0,
            flags=FlagChange(Flag.FLAGGED),
        )
    await fill(database, home.archive, replace(arrival(1), uid=77))
    assert await operations.items(database.lists, operation) == [Item(id, home.archive, VALIDITY, 77)]
    (row,) = await shown(database.lists, home.archive)
    assert row.flags == Flag.FLAGGED


async def test_a_folder_that_is_gone_takes_nothing(database: Database, home: Home):
    assert await fill(database, 999, arrival(1)) == []
    assert await fill(database, home.inbox) == []
