from tests.store.rows import VALIDITY, Home, arrival, counted, counters, fill
from tui_mail.model.event import Event, FoldersChanged, MessagesChanged
from tui_mail.model.folder import FolderView
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange, OperationState
from tui_mail.store import messages, operations
from tui_mail.store.database import Database
from tui_mail.store.effects import Command
from tui_mail.store.flags import recompute_flags
from tui_mail.store.places import places

SEEN, STAR, ANSWERED = Flag.SEEN, Flag.FLAGGED, Flag.ANSWERED
Told = dict[int, tuple[Flag, tuple[str, ...]]]


async def flags_of(database: Database, id: int) -> tuple[Flag, Flag]:
    """What is shown of a message, and what the server told."""
    (place,) = await places(database.lists, [id], None)
    return place.flags, place.server_flags


async def change(database: Database, home: Home, id: int, add: Flag, remove: Flag) -> int:
    """Do what the user's change of flags does."""
    async with database.intention() as tx:
        (place,) = await places(tx, [id], None)
        command = Command(tx, "", 0)
        await command.flag(home.account, [place], FlagChange(add, remove))
        return command.operations[0]


async def tell(database: Database, home: Home, told: Told) -> list[int]:
    async with database.cache() as tx:
        return await messages.set_server_flags(tx, home.inbox, VALIDITY, told)


async def keywords(database: Database) -> list[tuple[int, str]]:
    rows = await database.lists.all(
        "SELECT p.uid, k.name FROM keyword k JOIN place p ON p.id = k.place ORDER BY p.uid, k.name"
    )
    return [(uid, name) for uid, name in rows]


async def test_what_the_server_tells_is_shown_and_counted(
    database: Database, home: Home, events: list[Event]
):
    ids = await fill(database, home.inbox, *(arrival(uid) for uid in (1, 2, 3)))
    events.clear()
    assert await tell(database, home, {1: (SEEN, ()), 2: (Flag.NONE, ()), 9: (SEEN, ())}) == [ids[0]]
    assert await flags_of(database, ids[0]) == (SEEN, SEEN)
    assert (await counters(database.lists))[home.inbox] == (3, 2)
    assert events == [MessagesChanged(home.inbox, (ids[0],)), FoldersChanged(home.account)]
    events.clear()
    assert await tell(database, home, {1: (SEEN, ())}) == []
    assert events == []


async def test_keywords_become_what_the_server_tells(database: Database, home: Home, events: list[Event]):
    ids = await fill(database, home.inbox, arrival(1, keywords=("a", "b")), arrival(2, keywords=("c",)))
    events.clear()
    told: Told = {1: (Flag.NONE, ("b", "d", "d")), 2: (Flag.NONE, ("c",))}
    assert await tell(database, home, told) == [ids[0]]
    assert await keywords(database) == [(1, "b"), (1, "d"), (2, "c")]
    assert events == [MessagesChanged(home.inbox, (ids[0],))]


async def test_a_change_of_the_user_stays_shown_until_the_server_knows_it(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1, flags=ANSWERED))
    operation = await change(database, home, id, SEEN, ANSWERED)
    assert await flags_of(database, id) == (SEEN, ANSWERED)
    await tell(database, home, {1: (ANSWERED | STAR, ())})
    assert await flags_of(database, id) == (SEEN | STAR, ANSWERED | STAR)
    async with database.intention() as tx:
        await operations.start(tx, [operation], evidence={})
    await tell(database, home, {1: (ANSWERED, ())})
    assert await flags_of(database, id) == (SEEN, ANSWERED)
    async with database.intention() as tx:
        await operations.finish(tx, [operation], OperationState.DONE, 0)
    await tell(database, home, {1: (ANSWERED, ())})
    assert await flags_of(database, id) == (ANSWERED, ANSWERED)


async def test_open_changes_count_in_the_order_in_which_they_were_made(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    for add, remove in ((SEEN | STAR, Flag.NONE), (Flag.NONE, STAR), (ANSWERED, SEEN)):
        await change(database, home, id, add, remove)
    await tell(database, home, {1: (STAR, ())})
    assert await flags_of(database, id) == (ANSWERED, STAR)


async def test_a_change_taken_back_leaves_the_others_and_the_server(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1, flags=ANSWERED))
    first = await change(database, home, id, SEEN, Flag.NONE)
    await change(database, home, id, STAR, Flag.NONE)
    async with database.intention() as tx:
        await operations.finish(tx, [first], OperationState.REVERTED, 0)
        (place,) = await places(tx, [id], FolderView(home.inbox))
        await recompute_flags(tx, [place.id])
    assert await flags_of(database, id) == (ANSWERED | STAR, ANSWERED)
    assert await counters(database.lists) == await counted(database.lists)


async def test_a_change_that_changes_nothing_is_not_told(database: Database, home: Home, events: list[Event]):
    (id,) = await fill(database, home.inbox, arrival(1, flags=SEEN))
    events.clear()
    async with database.intention() as tx:
        (place,) = await places(tx, [id], None)
        await recompute_flags(tx, [place.id, 999])
    assert events == []
