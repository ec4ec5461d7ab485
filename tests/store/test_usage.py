"""What the mail takes on the disk, and how all of it is given up that a server can give again."""

from tests.store.rows import Home, arrival, fill, give_body, make_home
from tui_mail.model.usage import AccountUsage
from tui_mail.store import bodies, keeping
from tui_mail.store.database import Database
from tui_mail.store.usage import usage


async def give_up(database: Database, account: int | None = None) -> None:
    last: int | None = 0
    while last is not None:
        async with database.cache() as tx:
            last = await keeping.give_up_next(tx, last, account)


async def here(database: Database, *ids: int) -> list[bytes | None]:
    return [await bodies.read(database.bodies, id) for id in ids]


async def test_each_account_is_told_what_its_letters_take(database: Database, home: Home):
    other = await make_home(database, "home")
    first, second, third = await fill(database, home.inbox, *(arrival(uid) for uid in (1, 2, 3)))
    (shared,) = await fill(database, other.inbox, arrival(1))
    async with database.cache() as tx:
        await give_body(tx, first, b"text " * 1000)
        await give_body(tx, second, b"ours", keep=True)
        await give_body(tx, shared, b"text " * 1000)
        begun = await bodies.begin(tx, third, 3 * bodies.CHUNK)
        assert begun is not None
        await bodies.append(tx, third, begun, b"x" * bodies.CHUNK)
    told = await usage(database.lists)
    small = next(len(chunk) for chunk in keeping.pack(b"text " * 1000).chunks if chunk)
    here_now = small + 4 + bodies.CHUNK
    assert told.accounts == (
        AccountUsage(home.account, 3, 2, here_now, here_now - 4),
        AccountUsage(other.account, 1, 0, 0, 0),
    )
    assert told.cached == here_now - 4
    assert told.file > told.free >= 0


async def test_all_that_is_cached_is_given_up_and_what_no_server_has_stays(database: Database, home: Home):
    ids = await fill(database, home.inbox, *(arrival(uid) for uid in range(1, 251)))
    async with database.cache() as tx:
        for id in ids:
            await give_body(tx, id, b"letter %d" % id, keep=id == ids[7])
    await give_up(database)
    assert [id for id in ids if await bodies.read(database.bodies, id) is not None] == [ids[7]]
    assert (await usage(database.lists)).cached == 0
    rows = await database.lists.all("SELECT count(*) FROM body")
    assert rows == [(1,)]


async def test_giving_up_one_accounts_letters_leaves_those_of_others(database: Database, home: Home):
    other = await make_home(database, "home")
    ours, shared = await fill(database, home.inbox, arrival(1), arrival(2))
    (theirs, theirs_shared) = await fill(database, other.inbox, arrival(1), arrival(2))
    async with database.cache() as tx:
        for id, raw in ((ours, b"a"), (shared, b"b"), (theirs, b"c"), (theirs_shared, b"b")):
            await give_body(tx, id, raw)
    await give_up(database, home.account)
    assert await here(database, ours, shared, theirs, theirs_shared) == [None, None, b"c", b"b"]
