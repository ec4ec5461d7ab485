import pytest

from tests.store.rows import VALIDITY, Home, arrival, counted, counters, fill, listed, make_home
from tui_mail.model.errors import StoreError
from tui_mail.model.event import Event, FoldersChanged, Rescan
from tui_mail.model.folder import Role
from tui_mail.model.operation import OperationKind, OperationState
from tui_mail.store import accounts, folders, lists, operations
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState, ListedName

INBOX = listed(b"INBOX", Role.INBOX)


async def record(database: Database, account: int, *names: ListedName) -> dict[bytes, FolderState]:
    async with database.cache() as tx:
        await folders.record_list(tx, account, names)
    return {state.remote_name: state for state in await folders.states(database.lists, account)}


async def test_the_folders_become_those_that_the_server_lists(
    database: Database, home: Home, events: list[Event]
):
    first = await record(
        database, home.account, INBOX, listed(b"New"), listed(b"Only", Role.NONE, "\\noselect")
    )
    assert set(first) == {b"INBOX", b"New", b"Only"}
    assert (first[b"INBOX"].id, first[b"New"].uidvalidity, first[b"New"].uidnext) == (home.inbox, None, 0)
    assert [first[name].selectable for name in (b"New", b"Only")] == [True, False]
    assert FoldersChanged(home.account) in events
    events.clear()
    assert await record(
        database, home.account, INBOX, listed(b"New"), listed(b"Only", Role.NONE, "\\noselect")
    )
    assert events == []


async def test_a_folder_that_is_gone_takes_its_messages_along(
    database: Database, home: Home, events: list[Event]
):
    await fill(database, home.plain, arrival(1), arrival(2))
    await fill(database, home.inbox, arrival(3))
    events.clear()
    assert home.plain not in {one.id for one in (await record(database, home.account, INBOX)).values()}
    assert await database.lists.one("SELECT count(*) FROM message") == (1,)
    assert Rescan(home.plain) in events
    assert await counters(database.lists) == await counted(database.lists)


async def test_an_empty_list_is_not_believed(database: Database, home: Home):
    assert len(await record(database, home.account)) == 4


async def test_a_folder_that_an_open_operation_needs_stays(database: Database, home: Home):
    async with database.intention() as tx:
        made = await folders.with_role(tx, home.account, Role.JUNK, "Junk")
        operation = await operations.enqueue(
            tx, home.account, OperationKind.MOVE, [], sentence="", now=0, target=made
        )
    assert b"Junk" in await record(database, home.account, INBOX)
    async with database.intention() as tx:
        await operations.finish(tx, [operation], OperationState.DONE, 0)
    assert b"Junk" not in await record(database, home.account, INBOX)


async def test_a_new_role_moves_a_folder_into_another_view(
    database: Database, home: Home, events: list[Event]
):
    await fill(database, home.plain, arrival(1), arrival(2))
    events.clear()
    await record(database, home.account, INBOX, listed(b"Lists", Role.JUNK))
    ids, _ = await lists.entries(database.lists, lists.RoleView(Role.JUNK), None, 10)
    assert len(ids) == 2
    assert Rescan(home.plain) in events
    assert (await folders.counters(database.lists))[lists.RoleView(Role.JUNK)] == (2, 2)


async def test_the_tree_goes_by_account_role_and_name(database: Database, home: Home):
    other = await make_home(database, "home")
    await record(
        database, home.account, listed(b"b"), listed(b"Trash", Role.TRASH), listed(b"A"), listed(b"c"), INBOX
    )
    tree = await folders.folders(database.lists)
    names = [folder.name for folder in tree if folder.account == home.account]
    assert names == ["INBOX", "Trash", "A", "b", "c"]
    assert [folder.account for folder in tree] == [home.account] * 5 + [other.account] * 4


async def test_a_folder_shows_how_far_its_copy_reaches(database: Database, home: Home):
    await fill(database, home.inbox, arrival(1))
    async with database.cache() as tx:
        await folders.set_cursor(tx, home.inbox, backfill_lo=1, remote_count=5, synced_at=99)
    inbox = (await folders.folders(database.lists))[0]
    assert (inbox.total, inbox.unread, inbox.remote_count) == (1, 1, 5)
    assert (inbox.synced_at, inbox.complete) == (99, True)
    assert not (await folders.folders(database.lists))[1].complete
    assert await folders.progress(database.lists, home.account) == (1, 5)
    assert await folders.progress(database.lists, 999) == (0, 0)


async def test_the_cursor_says_what_it_is_after_each_move(
    database: Database, home: Home, events: list[Event]
):
    async with database.cache() as tx:
        moved = await folders.set_cursor(tx, home.inbox, uidnext=10, modseq=1 << 80, backfill_lo=-3)
        assert (moved.uidnext, moved.modseq, moved.backfill_lo) == (10, (1 << 63) - 1, 0)
        assert await folders.set_cursor(tx, home.inbox) == moved
        assert (await folders.set_cursor(tx, home.inbox, uidvalidity=None)).uidvalidity is None
    assert events == [FoldersChanged(home.account)]


async def test_only_a_cursor_is_a_cursor(database: Database, home: Home):
    async with database.cache() as tx:
        with pytest.raises(TypeError, match="total"):
            await folders.set_cursor(tx, home.inbox, total=0)
        with pytest.raises(StoreError, match="no longer there"):
            await folders.set_cursor(tx, 999, uidnext=1)
    assert await folders.state(database.lists, 999) is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([INBOX], b"Junk"),
        ([INBOX, listed(b"Work")], b"Junk"),
        ([INBOX, listed(b"INBOX/Work"), listed(b"INBOX/Old")], b"INBOX/Junk"),
        ([INBOX, listed(b"INBOX/Work"), listed(b"Old")], b"Junk"),
    ],
)
async def test_a_missing_role_gets_a_folder_where_the_others_are(
    database: Database, names: list[ListedName], expected: bytes
):
    account = (await accounts.register(database, [("a", "imap")]))["a"]
    await record(database, account, *names)
    async with database.intention() as tx:
        made = await folders.with_role(tx, account, Role.JUNK, "Junk")
        assert await folders.with_role(tx, account, Role.JUNK, "Junk") == made
    state = await folders.state(database.lists, made)
    assert state is not None
    assert (state.remote_name, state.role, state.selectable) == (expected, Role.JUNK, True)


async def test_a_missing_role_is_given_to_the_folder_of_that_name(database: Database, home: Home):
    async with database.intention() as tx:
        assert await folders.with_role(tx, home.account, Role.JUNK, "Lists") == home.plain
    state = await folders.state(database.lists, home.plain)
    assert state is not None
    assert (state.role, state.uidvalidity) == (Role.JUNK, VALIDITY)


async def test_names_of_folders_cannot_drive_a_terminal(database: Database, home: Home):
    nasty = ListedName(b"x", "a\x1b[2J\ud800", "/", frozenset(), Role.NONE)
    await record(database, home.account, INBOX, nasty)
    await record(database, home.account, INBOX, nasty)
    assert [folder.name for folder in await folders.folders(database.lists)] == ["INBOX", "a␛[2J\ufffd"]
