import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.rows import EPOCH, VALIDITY, Home, arrival, fill, give_body, move_places, place_of
from tui_mail.model.errors import StoreDamaged
from tui_mail.model.event import BodyArrived, Event, MessagesChanged
from tui_mail.model.message import Mark
from tui_mail.store import bodies, keeping, lists, messages
from tui_mail.store.bodies import CHUNK, Missing, unpack
from tui_mail.store.database import Database

NOISE = random.Random(2026).randbytes(2 * CHUNK + 5)


async def put(database: Database, id: int, raw: bytes, **changes: bool) -> None:
    async with database.cache() as tx:
        await give_body(tx, id, raw, **changes)


async def count(database: Database, table: str) -> int:
    row = await database.lists.one(f"SELECT count(*) FROM {table}")
    assert row is not None
    return int(row[0])


def kept(raw: bytes) -> list[tuple[int, bytes]]:
    """The chunks of a body as they are stored in the end."""
    packed = keeping.pack(raw).chunks
    return [
        (bodies.AS_IT_IS, chunk) if small is None else (bodies.ZSTD, small)
        for chunk, small in zip(bodies.cut(raw), packed, strict=True)
    ]


@given(st.binary(max_size=5000))
def test_what_is_packed_comes_back_byte_for_byte(raw: bytes):
    assert unpack(len(raw), kept(raw)) == raw


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_body_is_cut_into_chunks_of_a_mebibyte(size: int):
    raw = b"0123456789abcdef" * (size // 16) + b"x" * (size % 16)
    assert len(kept(raw)) == -(-size // CHUNK)
    assert unpack(size, kept(raw)) == raw


def test_what_cannot_be_compressed_is_kept_as_it_is():
    assert keeping.pack(NOISE).chunks == (None, None, None)


@pytest.mark.parametrize("raw", [b"", b"From: a\r\n\r\nb\0\xff", b"text " * 1000, NOISE], ids=len)
async def test_a_stored_body_is_read_back(database: Database, home: Home, events: list[Event], raw: bytes):
    (id,) = await fill(database, home.inbox, arrival(1, marks=Mark.LIST))
    assert await bodies.read(database.bodies, id) is None
    events.clear()
    await put(database, id, raw, has_attachment=True)
    assert await bodies.read(database.bodies, id) == raw
    assert events == [BodyArrived(id), MessagesChanged(home.inbox, (id,))]
    row = await lists.row(database.lists, id, None)
    assert row is not None
    assert (row.snippet, row.marks) == ("words", Mark.LIST | Mark.ATTACHMENT)


async def test_the_whole_message_knows_best_whether_something_is_attached(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1, marks=Mark.ATTACHMENT | Mark.LIST))
    await put(database, id, b"body")
    row = await lists.row(database.lists, id, None)
    assert row is not None
    assert row.marks == Mark.LIST


async def test_equal_bodies_are_stored_once_and_stay_while_one_needs_them(database: Database, home: Home):
    first, second = await fill(database, home.inbox, arrival(1), arrival(2))
    await put(database, first, b"same")
    await put(database, second, b"same", keep=True)
    assert (await count(database, "body"), await count(database, "body_chunk")) == (1, 1)
    assert await database.lists.one("SELECT keep FROM body") == (1,)
    async with database.cache() as tx:
        await messages.remove_uids(tx, home.inbox, VALIDITY, [(1, 1)])
    assert await bodies.read(database.bodies, second) == b"same"


async def test_a_body_takes_the_place_of_an_older_one(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    await put(database, id, b"old")
    await put(database, id, b"new")
    await put(database, id, b"new")
    assert await bodies.read(database.bodies, id) == b"new"
    assert (await count(database, "body"), await count(database, "body_chunk")) == (1, 1)


async def test_a_body_whose_message_is_gone_is_not_kept(database: Database, home: Home, events: list[Event]):
    await put(database, 999, b"late")
    assert await count(database, "body") == 0
    assert events == []


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE body_chunk SET data = x'0102'",
        "UPDATE body_chunk SET form = 0",
        "DELETE FROM body_chunk WHERE n = 1",
    ],
)
async def test_a_damaged_body_is_told_and_can_be_replaced(database: Database, home: Home, harm: str):
    raw = b"text " * CHUNK
    (id,) = await fill(database, home.inbox, arrival(1))
    await put(database, id, raw)
    async with database.cache() as tx:
        await tx.run(harm)
    with pytest.raises(StoreDamaged, match="damaged"):
        await bodies.read(database.bodies, id)


async def test_a_body_that_is_not_all_here_is_not_shown(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    await put(database, id, b"body")
    async with database.cache() as tx:
        await tx.run("UPDATE body SET have = 2")
    assert await bodies.read(database.bodies, id) is None


async def test_missing_bodies_are_told_newest_first(database: Database, home: Home):
    ids = await fill(database, home.inbox, *(arrival(uid, size=uid * 100) for uid in range(1, 9)))
    await put(database, ids[6], b"here already")
    async with database.intention() as tx:  # its move is not confirmed, so nobody knows its UID
        await move_places(tx, [(await place_of(tx, ids[5], home.inbox), home.archive)])
    since = (EPOCH + 3 * 60) << 20
    found = await bodies.missing(database.lists, home.account, since, 700, 10)
    assert found == [
        Missing(ids[uid - 1], home.inbox, VALIDITY, uid, uid * 100, f"<{uid}@example.org>")
        for uid in (5, 4, 3)
    ]
    assert await bodies.missing(database.lists, home.account, since, 700, 1) == found[:1]
    assert await bodies.missing(database.lists, 999, since, 700, 10) == []


async def test_a_message_says_where_the_server_has_it(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(3))
    where = Missing(id, home.inbox, VALIDITY, 3, 5_000, "<3@example.org>")
    assert await bodies.whereabouts(database.lists, id) == where
    async with database.intention() as tx:
        await move_places(tx, [(await place_of(tx, id, home.inbox), home.archive)])
    assert await bodies.whereabouts(database.lists, id) is None
    assert await bodies.whereabouts(database.lists, 999) is None
