from tests.store.rows import arrival, fill, give_body, make_home
from tui_mail.model.event import AccountsChanged, Event
from tui_mail.model.operation import OperationKind
from tui_mail.store import accounts, bodies, operations
from tui_mail.store.database import Database
from tui_mail.store.operations import Item


async def test_accounts_keep_their_ids_and_take_the_order_given(database: Database, events: list[Event]):
    first = await accounts.register(database, [("a", "imap"), ("b", "imap")])
    again = await accounts.register(database, [("c", "imap"), ("b", "imap")])
    assert again["b"] == first["b"]
    assert set(again) == {"b", "c"}
    entries = await accounts.entries(database.lists)
    assert [(key, position) for _, key, position in entries] == [("a", 0), ("c", 0), ("b", 1)]
    assert events == [AccountsChanged()] * 2


async def test_no_accounts_are_fine(database: Database):
    assert await accounts.register(database, []) == {}


async def test_a_forgotten_account_leaves_nothing_and_the_others_alone(database: Database):
    home, other = await make_home(database, "a"), await make_home(database, "b")
    ids = await fill(database, home.inbox, *(arrival(uid, keywords=("k",)) for uid in range(1, 1201)))
    await fill(database, home.trash, arrival(1), arrival(2))
    (kept,) = await fill(database, other.inbox, arrival(1))
    async with database.cache() as tx:
        for id in (ids[0], kept):
            await give_body(tx, id, b"shared")
    async with database.intention() as tx:
        item = Item(ids[0], home.inbox, 7, 1)
        await operations.enqueue(tx, home.account, OperationKind.EXPUNGE, [item], sentence="", now=0)
    await accounts.forget(database, home.account)
    assert await accounts.entries(database.lists) == [(other.account, "b", 1)]
    for table, rows in {
        "folder": 4,
        "message": 1,
        "place": 1,
        "keyword": 0,
        "body": 1,
        "operation_item": 0,
    }.items():
        assert await database.lists.one(f"SELECT count(*) FROM {table}") == (rows,), table
    assert await bodies.read(database.bodies, kept) == b"shared"


async def test_forgetting_what_is_not_there_does_nothing(database: Database):
    await accounts.forget(database, 999)
    assert await accounts.entries(database.lists) == []
