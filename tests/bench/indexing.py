"""Making mail searchable, searching it, and reading lists meanwhile; no server, no screen."""

import asyncio
import tempfile
import time
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.bench.figures import heading, mebibytes, say, spread
from tests.bench.filling import fill_store
from tests.bench.mail import letters
from tui_mail.engine.query import understood
from tui_mail.model.folder import FolderView, Role, RoleView
from tui_mail.store import bodies, folders, lists, search
from tui_mail.store.database import Database
from tui_mail.sync.indexing import Indexing

MESSAGES = 100_000

BATCH = 50


def run(count: int) -> None:
    """Measure the headers of `count` messages, and whole bodies of a tenth of them."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_headers(Path(folder) / "headers", count))
        asyncio.run(_bodies(Path(folder) / "bodies", count // 10))


async def _headers(folder: Path, count: int) -> None:
    heading(f"headers of {count:,} messages")
    database = await Database.open(folder / "mail.db")
    try:
        began = time.process_time()
        await fill_store(database, letters(count, headers_only=True), 1)
        say("stored, CPU", f"{count / (time.process_time() - began):,.0f}/s with making them up")
        indexing = Indexing(database)
        await _timed(database, count, lambda: indexing.headers(busy=False))
        await _search(database)
    finally:
        await database.close()


async def _bodies(folder: Path, count: int) -> None:
    heading(f"bodies of {count:,} messages")
    database = await Database.open(folder / "mail.db")
    try:
        post = list(letters(count))
        await fill_store(database, post, 1)
        while await Indexing(database).headers(busy=False):
            pass
        octets = sum(len(letter.raw) for letter in post)
        ids = [id for (id,) in await database.lists.all("SELECT id FROM message ORDER BY id")]
        began, busy = time.perf_counter(), time.process_time()
        for start in range(0, count, BATCH):
            async with database.cache() as tx:
                await bodies.put_all(
                    tx, {ids[n]: post[n].raw for n in range(start, min(start + BATCH, count))}
                )
        took, busy = time.perf_counter() - began, time.process_time() - busy
        say("landed", f"{count / took:,.0f}/s, {mebibytes(int(octets / took))}/s; CPU {count / busy:,.0f}/s")
        del post
        await _timed(database, count, lambda: Indexing(database).texts(busy=False))
        (stored,) = await database.lists.all("SELECT sum(stored) FROM body")
        say("bodies", f"{mebibytes(octets)} raw, {mebibytes(stored[0])} as kept")
        await _search(database)
    finally:
        await database.close()


async def _timed(database: Database, count: int, piece: Callable[[], Awaitable[int]]) -> None:
    """Do all pieces while lists are read, and tell how long each, all, and a list took."""
    before = await _size(database)
    (inbox,) = [one.id for one in await folders.states(database.lists, 1)]
    pages: list[float] = []
    reader = asyncio.create_task(_read_lists(database, inbox, pages))
    pieces: list[float] = []
    began, busy = time.perf_counter(), time.process_time()
    while True:
        start = time.perf_counter()
        if not await piece():
            break
        pieces.append(time.perf_counter() - start)
    took, busy = time.perf_counter() - began, time.process_time() - busy
    reader.cancel()
    say(
        "indexed",
        f"{count / took:,.0f}/s; CPU {count / busy:,.0f}/s; +{mebibytes(await _size(database) - before)}",
    )
    say("a slice", spread(pieces))
    say("a page of the list meanwhile", spread(pages))


async def _read_lists(database: Database, inbox: int, pages: list[float]) -> None:
    view = FolderView(inbox)
    while True:
        start = time.perf_counter()
        ids, _ = await lists.entries(database.lists, view, None, 50)
        await lists.rows(database.lists, view, ids)
        pages.append(time.perf_counter() - start)
        await asyncio.sleep(0.02)


async def _search(database: Database) -> None:
    (inbox,) = [one.id for one in await folders.states(database.lists, 1)]
    views = (("", None), (" in a folder", FolderView(inbox)), (" where none is", RoleView(Role.TRASH)))
    for words in await _words(database):
        for name, view in views:
            times = array("d")
            for _ in range(15):
                start = time.perf_counter()
                found = await search.hits(database.searching, understood(words).wanted, 50, view=view)
                times.append(time.perf_counter() - start)
            say(f"search {words!r}{name}: {len(found)} hits", spread(list(times)))


async def _words(database: Database) -> tuple[str, ...]:
    """Return what is looked for: a word of most letters, one of some, both, one of few, a beginning, none."""
    async with database.cache() as tx:
        await tx.run("CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, search, row)")
        told = "SELECT term FROM temp.word WHERE term NOT GLOB '*[^a-z]*' AND length(term) > 3"
        rows = await tx.all(f"{told} ORDER BY doc DESC LIMIT 30")
        await tx.run("DROP TABLE temp.word")
    most, some = rows[0][0], rows[-1][0]
    return most + " ", some + " ", f"{most} {some} ", "quokkasubject ", most[:3], "no-such-word "


async def _size(database: Database) -> int:
    rows = [await database.searching.one(f"PRAGMA {name}") for name in ("page_count", "page_size")]
    return rows[0][0] * rows[1][0] if rows[0] and rows[1] else 0
