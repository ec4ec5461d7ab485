import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.rows import Home, arrival, fill
from tui_mail.model.errors import StoreDamaged, StoreError, StoreFull, StoreTooNew
from tui_mail.model.event import AccountsChanged, Event, FoldersChanged
from tui_mail.store import folders, messages
from tui_mail.store.database import Database, Source
from tui_mail.store.migration import check_library, shipped

ADD = "INSERT INTO account(key, kind, position) VALUES (?, 'imap', 0)"


async def value(source: Source, sql: str) -> object:
    row = await source.one(sql)
    assert row is not None
    return row[0]


async def keys(source: Source) -> list[str]:
    return [key for (key,) in await source.all("SELECT key FROM account ORDER BY id")]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def overwrite(path: Path, data: bytes, start: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


async def add_and_fail(database: Database, key: str) -> None:
    async with database.intention() as tx:
        await tx.run(ADD, (key,))
        tx.publish(AccountsChanged())
        raise ZeroDivisionError


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")}


async def test_a_new_store_is_readable_by_nobody_else(path: Path):
    before = os.umask(0)
    try:
        database = await Database.open(path)
        async with database.cache() as tx:
            await tx.run(ADD, ("a",))
        modes = {file.name: mode(file) for file in path.parent.iterdir()}
        await database.close()
    finally:
        os.umask(before)
    assert mode(path.parent) == 0o700
    assert modes == {"mail.db": 0o600, "mail.db-wal": 0o600, "mail.db-shm": 0o600}


async def test_a_file_that_others_could_read_is_closed_to_them(path: Path):
    await (await Database.open(path)).close()
    os.chmod(path, 0o644)
    await (await Database.open(path)).close()
    assert mode(path) == 0o600


@pytest.mark.parametrize(
    ("pragma", "writer", "reader"),
    [
        ("page_size", 8192, 8192),
        ("auto_vacuum", 2, 2),
        ("journal_mode", "wal", "wal"),
        ("temp_store", 2, 2),
        ("cache_size", -16384, -4096),
        ("foreign_keys", 1, 1),
        ("trusted_schema", 0, 0),
        ("busy_timeout", 5000, 5000),
        ("query_only", 0, 1),
    ],
)
async def test_connections_are_set_as_designed(
    database: Database, pragma: str, writer: object, reader: object
):
    async with database.cache() as tx:
        assert await value(tx, f"PRAGMA {pragma}") == writer
    assert await value(database.lists, f"PRAGMA {pragma}") == reader
    assert await value(database.bodies, f"PRAGMA {pragma}") == reader


async def test_an_intention_is_durable_at_once_and_a_cache_batch_later(database: Database):
    for _ in range(2):
        async with database.intention() as tx:
            assert await value(tx, "PRAGMA synchronous") == 2
        async with database.cache() as tx:
            assert await value(tx, "PRAGMA synchronous") == 1


async def test_a_reader_refuses_to_write(database: Database):
    with pytest.raises(StoreError):
        await database.lists.all("DELETE FROM account")


async def test_nobody_sees_a_transaction_before_it_ends(database: Database):
    async with database.intention() as tx:
        await tx.run(ADD, ("a",))
        assert await keys(tx) == ["a"]
        assert await keys(database.lists) == []
    assert await keys(database.lists) == ["a"]


async def test_an_error_takes_the_whole_transaction_back(database: Database):
    with pytest.raises(ZeroDivisionError):
        await add_and_fail(database, "a")
    async with database.intention() as tx:
        await tx.run(ADD, ("b",))
    assert await keys(database.lists) == ["b"]


async def test_a_transaction_is_of_no_use_after_its_end(database: Database):
    async with database.cache() as tx:
        pass
    with pytest.raises(StoreError, match="has ended"):
        await tx.run(ADD, ("a",))


async def test_events_leave_after_the_commit_each_once(path: Path, database: Database):
    seen: list[Sequence[Event]] = []

    def listener(events: Sequence[Event]) -> None:
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT count(*) FROM account").fetchone() == (1,)
        seen.append(events)

    database.subscribe(listener)
    async with database.intention() as tx:
        await tx.run(ADD, ("a",))
        tx.publish(AccountsChanged())
        tx.publish(FoldersChanged(1))
        tx.publish(AccountsChanged())
        assert seen == []
    assert seen == [(AccountsChanged(), FoldersChanged(1))]


async def test_what_was_taken_back_is_not_told(database: Database, events: list[Event]):
    with pytest.raises(ZeroDivisionError):
        await add_and_fail(database, "a")
    assert events == []


async def test_two_tasks_never_mix_in_one_transaction(database: Database):
    async def add(key: str, fails: bool) -> None:
        async with database.cache() as tx:
            await tx.run(ADD, (key,))
            await asyncio.sleep(0)
            await tx.run(ADD, (f"{key}'",))
            if fails:
                raise ZeroDivisionError

    await asyncio.gather(*(add(str(n), n % 2 == 0) for n in range(20)), return_exceptions=True)
    odd = [str(n) for n in range(20) if n % 2]
    assert sorted(await keys(database.lists)) == sorted([*odd, *(f"{key}'" for key in odd)])


async def test_a_cancelled_transaction_is_taken_back_whole(database: Database, events: list[Event]):
    begun = asyncio.Event()

    async def work() -> None:
        async with database.cache() as tx:
            await tx.run(ADD, ("a",))
            tx.publish(AccountsChanged())
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.cache() as tx:
        assert await keys(tx) == []
    assert events == []


SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "


async def test_a_statement_whose_caller_was_cancelled_disturbs_no_later_transaction(database: Database):
    async def work() -> None:
        async with database.cache() as tx:
            await tx.run(f"{SLOW} INSERT INTO account(key, kind, position) SELECT 'n' || i, 'imap', i FROM n")

    task = asyncio.create_task(work())
    for _ in range(20):  # until the statement is under way
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.cache() as tx:
        await tx.run(ADD, ("a",))
    assert await keys(database.lists) == ["a"]


@pytest.mark.parametrize("turns", range(1, 40))
async def test_a_cancelled_transaction_tells_exactly_what_it_wrote(
    database: Database, events: list[Event], turns: int
):
    async def work() -> None:
        async with database.cache() as tx:
            await tx.run(ADD, ("a",))
            tx.publish(AccountsChanged())

    task = asyncio.create_task(work())
    for _ in range(turns):
        await database.lists.one("SELECT 1")  # let the other task get a little further each time
        if task.done():
            break
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    written = await keys(database.lists) == ["a"]
    assert bool(events) is written


def on_another_loop(source: Source, sql: str, times: int) -> list[object]:
    async def read() -> list[object]:
        return [await value(source, sql) for _ in range(times)]

    return asyncio.run(read())


async def test_a_reader_answers_several_loops_at_once(database: Database, home: Home):
    await fill(database, home.inbox, *(arrival(uid) for uid in range(1, 101)))
    count = "SELECT count(*) FROM message"
    others = [asyncio.to_thread(on_another_loop, database.lists, count, 50) for _ in range(3)]
    here = [value(database.lists, count) for _ in range(50)]
    results = await asyncio.gather(*others, *here)
    assert {n for result in results[:3] for n in result} | set(results[3:]) == {100}


async def test_a_loop_that_ends_amid_its_reading_leaves_the_reader_alive(database: Database):
    async def read_for_ever() -> None:
        while True:
            await database.lists.all(f"{SLOW} SELECT count(*) FROM n")

    async def leave() -> None:
        task = asyncio.create_task(read_for_ever())
        await value(database.lists, "SELECT 1")  # answered after the first long read has begun
        assert not task.done()

    for _ in range(3):
        await asyncio.to_thread(asyncio.run, leave())
    assert await value(database.lists, "SELECT 1") == 1


async def test_a_closed_store_says_so(path: Path):
    database = await Database.open(path)
    await database.close()
    await database.close()
    with pytest.raises(StoreError, match="closed"):
        await database.lists.all("SELECT 1")
    with pytest.raises(StoreError, match="closed"):
        async with database.cache():
            pass


async def test_closing_waits_for_the_transaction_that_runs(path: Path):
    database = await Database.open(path)
    async with database.cache() as tx:
        closing_task = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        await tx.run(ADD, ("a",))
    await closing_task
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT key FROM account").fetchall() == [("a",)]


async def test_no_thread_outlives_a_store_that_was_closed_or_did_not_open(path: Path, tmp_path: Path):
    before = set(threading.enumerate())
    await (await Database.open(path)).close()
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"not a database, " * 1000)
    with pytest.raises(StoreDamaged):
        await Database.open(junk)
    with pytest.raises(StoreError):
        await Database.open(tmp_path / "junk.db" / "mail.db")
    opening = asyncio.create_task(Database.open(path))
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)  # it was told to end, and does so in its own time
        assert not thread.is_alive()


async def test_a_store_of_a_newer_version_is_refused_untouched(path: Path):
    database = await Database.open(path)
    async with database.cache() as tx:
        await tx.run(ADD, ("a",))
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 41")
        newer.commit()
        before = contents(path.parent)  # with a write-ahead log that is not yet in the file
        with pytest.raises(StoreTooNew) as caught:
            await Database.open(path)
        assert contents(path.parent) == before
    await database.close()
    assert "41" in str(caught.value)
    assert str(shipped()[-1].version) in str(caught.value)
    assert "Update" in caught.value.hint


@pytest.mark.parametrize("junk", [b"not a database, " * 1000, b"SQLite format 3\0" + b"\xff" * 9000])
async def test_a_file_that_is_no_database_is_refused_untouched(path: Path, junk: bytes):
    path.parent.mkdir()
    await asyncio.to_thread(path.write_bytes, junk)
    with pytest.raises(StoreDamaged, match="not a sound database"):
        await Database.open(path)
    assert contents(path.parent) == {path.name: junk}


async def test_the_database_of_another_program_is_refused_untouched(path: Path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE song(title)")
    before = contents(path.parent)
    with pytest.raises(StoreDamaged, match="tui-mail"):
        await Database.open(path)
    assert contents(path.parent) == before


async def test_a_damaged_page_is_told_in_words(path: Path):
    database = await Database.open(path)
    async with database.cache() as tx:
        await tx.many(ADD, [(f"key {n}",) for n in range(50_000)])
    await database.close()
    overwrite(path, b"\xff" * 8192 * 60, 8192 * 150)
    database = await Database.open(path)
    try:
        with pytest.raises(StoreDamaged):
            await database.lists.all("SELECT * FROM account")
    finally:
        await database.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
async def test_a_folder_that_takes_no_writes_is_told_in_words(tmp_path: Path):
    os.chmod(tmp_path, 0o500)
    with pytest.raises(StoreFull, match="cannot be written"):
        await Database.open(tmp_path / "data" / "mail.db")


async def test_a_path_that_cannot_be_is_told_in_words(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreFull, match="cannot be written"):
        await Database.open(tmp_path / "file" / "mail.db")


async def test_a_full_disk_refuses_in_words_and_loses_nothing_confirmed(database: Database, home: Home):
    confirmed = await fill(database, home.inbox, *(arrival(uid) for uid in range(1, 51)))
    async with database.cache() as tx:
        pages = await value(tx, "PRAGMA page_count")
        await tx.all(f"PRAGMA max_page_count = {pages}")
    for _ in range(3):
        with pytest.raises(StoreFull, match="no room"):
            await fill(database, home.inbox, *(arrival(uid) for uid in range(51, 2000)))
    states = await folders.states(database.lists, home.account)
    assert next(state.total for state in states if state.id == home.inbox) == len(confirmed)
    async with database.cache() as tx:
        await tx.all("PRAGMA max_page_count = 1000000")
    assert len(await fill(database, home.inbox, *(arrival(uid) for uid in range(51, 2000)))) == 1949
    assert await value(database.lists, "PRAGMA integrity_check") == "ok"


LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from tui_mail.model.errors import StoreFull
from tui_mail.store.database import Database

ADD = "INSERT INTO account(key, kind, position) VALUES (?, 'imap', 0)"

async def main(path):
    database = await Database.open(path)
    written = 0
    try:
        async with database.intention() as tx:
            await tx.run(ADD, ("first",))
        size = path.with_name(path.name + "-wal").stat().st_size
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, hard))
        try:
            for n in range(1000):
                async with database.intention() as tx:
                    await tx.run(ADD, (f"{n} " + "x" * 2000,))
                written += 1
        except StoreFull as error:
            print("refused:", error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        async with database.intention() as tx:
            await tx.run(ADD, ("last",))
    finally:
        await database.close()
    print(written)

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_disk_that_refuses_a_write_loses_nothing_and_is_used_again(path: Path):
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    refused, written = ran.stdout.splitlines()
    assert refused.startswith("refused: ")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM account").fetchone() == (int(written) + 2,)
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


FAILS = """
import asyncio, sys
from pathlib import Path
from tui_mail.model.errors import StoreError
from tui_mail.store.database import Database

async def main():
    for path in sys.argv[1:]:
        try:
            await (await Database.open(Path(path))).close()
        except StoreError as error:
            print(type(error).__name__)

asyncio.run(main())
"""


def test_an_interpreter_ends_whatever_became_of_the_store(path: Path, tmp_path: Path):
    (tmp_path / "junk").write_bytes(b"junk" * 5000)
    newer = tmp_path / "newer"
    with closing(sqlite3.connect(newer)) as other:
        other.execute("PRAGMA user_version = 99")
    missing = tmp_path / "junk" / "mail.db"
    names = [str(each) for each in (path, tmp_path / "junk", newer, missing)]
    ran = subprocess.run(
        [sys.executable, "-c", FAILS, *names], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.split() == ["StoreDamaged", "StoreTooNew", "StoreFull"]
    assert ran.stderr == ""


READS = """
import sqlite3, sys
counts = set()
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print("ready", flush=True)
while (count := connection.execute("SELECT count(*) FROM message").fetchone()[0]) < 2000:
    assert count % 100 == 0, count
    total = connection.execute("SELECT sum(total) FROM folder").fetchone()[0]
    counts.add(count)
connection.close()
print(len(counts))
"""


async def test_other_processes_read_whole_batches_while_one_writes(
    path: Path, database: Database, home: Home
):
    others = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", READS, str(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for other in others:
        assert other.stdout is not None
        assert await other.stdout.readline() == b"ready\n"
    for start in range(1, 2001, 100):
        await fill(database, home.inbox, *(arrival(uid) for uid in range(start, start + 100)))
    for other in others:
        _, errors = await asyncio.wait_for(other.communicate(), 60)
        assert (other.returncode, errors) == (0, b"")


async def test_what_another_process_wrote_is_noticed(path: Path, database: Database):
    before = await database.data_version()
    async with database.intention() as tx:
        await tx.run(ADD, ("a",))
    assert await database.data_version() == before
    with closing(sqlite3.connect(path)) as other:
        other.execute(ADD, ("b",))
        other.commit()
    assert await database.data_version() != before


async def test_a_writer_that_has_to_wait_too_long_says_why(path: Path, database: Database):
    async with database.cache() as tx:
        await tx.all("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="Another process"):
            async with database.cache():
                pass
    async with database.cache() as tx:
        await tx.run(ADD, ("a",))


@pytest.mark.parametrize(
    ("version", "modules", "words"),
    [((3, 36, 0), {"fts5"}, ["3.37.0", "3.36.0"]), ((3, 40, 1), {"json_each"}, ["FTS5"])],
)
def test_an_sqlite_that_will_not_do_is_refused_in_words(
    version: tuple[int, ...], modules: set[str], words: list[str]
):
    with pytest.raises(StoreError) as caught:
        check_library(version, modules)
    assert all(word in str(caught.value) for word in words)


async def test_data_and_the_cursor_that_covers_them_are_one(database: Database, home: Home):
    async def store_and_fail() -> None:
        async with database.cache() as tx:
            await messages.add(tx, home.inbox, 7, [arrival(9)])
            await folders.set_cursor(tx, home.inbox, uidnext=10)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store_and_fail()
    state = await folders.state(database.lists, home.inbox)
    assert state is not None
    assert (state.uidnext, state.total, state.unread) == (0, 0, 0)


@pytest.mark.parametrize("number", [0, 1, 3, 512, 1_027])
async def test_rows_are_inserted_once_each_and_in_their_order_however_many(tmp_path: Path, number: int):
    database = await Database.open(tmp_path / "mail.db")
    try:
        async with database.cache() as tx:
            rows = [(f"a{n}", n) for n in range(number)]
            await tx.insert_rows("INSERT INTO account(key, kind, position)", "(?, 'imap', ?)", rows)
        assert await database.lists.all("SELECT key, position FROM account ORDER BY id") == rows
    finally:
        await database.close()
