"""What two looks at the store tell of what lay between them."""

from tests.store.rows import VALIDITY, Home, arrival, fill
from tui_mail.model.event import AccountsChanged, FoldersChanged, Rescan
from tui_mail.model.message import Flag
from tui_mail.store import accounts, elsewhere, folders, messages
from tui_mail.store.database import Database


async def test_nothing_between_two_looks_is_nothing_to_tell(database: Database, home: Home) -> None:
    await fill(database, home.inbox, arrival(1))
    before = await elsewhere.look(database.lists)
    now = await elsewhere.look(database.lists)
    assert await elsewhere.changes(database.lists, before, now) == []


async def test_a_folder_is_read_anew_when_its_count_or_its_cursor_moved(
    database: Database, home: Home
) -> None:
    await fill(database, home.inbox, arrival(1))
    before = await elsewhere.look(database.lists)
    await fill(database, home.inbox, arrival(2))
    async with database.cache() as tx:
        await messages.set_server_flags(tx, home.archive, VALIDITY, {})
        await folders.set_cursor(tx, home.archive, modseq=77)
    told = await elsewhere.changes(database.lists, before, await elsewhere.look(database.lists))
    assert told == [FoldersChanged(home.account), *map(Rescan, sorted((home.inbox, home.archive)))]


async def test_reading_a_message_is_told_by_the_count_of_the_unread(database: Database, home: Home) -> None:
    await fill(database, home.inbox, arrival(1))
    before = await elsewhere.look(database.lists)
    async with database.cache() as tx:
        await messages.set_server_flags(tx, home.inbox, VALIDITY, {1: (Flag.SEEN, ())})
    told = await elsewhere.changes(database.lists, before, await elsewhere.look(database.lists))
    assert told == [FoldersChanged(home.account), Rescan(home.inbox)]


async def test_accounts_that_come_are_told(database: Database, home: Home) -> None:
    before = await elsewhere.look(database.lists)
    await accounts.register(database, [("work", "imap"), ("second", "imap")])
    told = await elsewhere.changes(database.lists, before, await elsewhere.look(database.lists))
    assert told == [AccountsChanged()]
