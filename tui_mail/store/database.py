"""The database: one writer, three readers, and the only BEGIN of the program.

Every write is a transaction: on the disk when it ends where it carries an intention of the user, later where
it is a copy of what a server holds. `synchronous` is set before BEGIN, because SQLite refuses it inside. Data
and the cursor that covers them go into one transaction. Events leave after the commit only.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from tui_mail.model.errors import StoreError
from tui_mail.model.event import Event
from tui_mail.store.connection import READER, WRITER, Connection, Record, Result, Source
from tui_mail.store.failures import unwritable
from tui_mail.store.migration import Migration, check_library, examine, shipped, upgrade

__all__ = ["Database", "Record", "Result", "Source", "Transaction"]

Listener = Callable[[Sequence[Event]], None]


class Transaction:
    """An open transaction: reads see its writes, nobody else does until it ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection
        self.events: dict[Event, None] = {}
        """What to publish after the commit, each once."""

    async def all(self, sql: str, params: Sequence[Any] = ()) -> list[Record]:
        """Return every row of a query."""
        return await self._open.all(sql, params)

    async def one(self, sql: str, params: Sequence[Any] = ()) -> Record | None:
        """Return the first row of a query, or None."""
        return await self._open.one(sql, params)

    async def run(self, sql: str, params: Sequence[Any] = ()) -> Result:
        """Run a statement that writes."""
        return await self._open.run(sql, params)

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement once for each of `rows`; return how many rows it touched."""
        return await self._open.many(sql, rows)

    async def insert_rows(self, into: str, row: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert many rows; `into` is what stands before VALUES, `row` one row behind it."""
        await self._open.insert_rows(into, row, rows)

    def publish(self, event: Event) -> None:
        """Tell the listeners, once the transaction is committed."""
        self.events[event] = None

    def end(self) -> None:
        """Refuse further use: what came later would run outside of any transaction."""
        self._connection = None

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            raise StoreError("The transaction has ended")
        return self._connection


class Database:
    """The open store. Its transactions belong to the loop that opened it, its readers to any loop."""

    def __init__(
        self, path: Path, writer: Connection, lists: Connection, bodies: Connection, searching: Connection
    ) -> None:
        self.path = path
        """The file."""
        self.lists: Source = lists
        """Reads folders, lists and operations."""
        self.bodies: Source = bodies
        """Reads bodies, so that a large one delays no list."""
        self.searching: Source = searching
        """Searches, and reads for the upkeep of the store, which both may take longer."""
        self._writer = writer
        self._readers = (lists, bodies, searching)
        self._waiting = 0
        self._durability = ""
        self._turn = asyncio.Lock()
        self._listeners: list[Listener] = []
        self._closed = False

    @classmethod
    async def open(cls, path: Path, steps: tuple[Migration, ...] | None = None) -> "Database":
        """Open the file, made and upgraded as needed; `steps` are the shipped migrations unless given.

        Raises StoreTooNew, StoreDamaged, StoreFull, StoreBusy, or StoreError when SQLite itself is not fit;
        a file that was there is then as it was.
        """
        steps = steps or shipped()
        _check_library()
        _make_private(path)
        await examine(path, steps[-1].version)
        async with AsyncExitStack() as opened:
            writer = await Connection.open(path, WRITER)
            opened.push_async_callback(writer.close)
            await upgrade(writer, path, steps)
            lists = await Connection.open(path, READER)
            opened.push_async_callback(lists.close)
            bodies = await Connection.open(path, READER)
            opened.push_async_callback(bodies.close)
            searching = await Connection.open(path, READER)
            opened.pop_all()
        return cls(path, writer, lists, bodies, searching)

    async def close(self) -> None:
        """Close every connection, after the transaction that runs; closing twice does nothing."""
        async with self._turn:
            if not self._closed:
                self._closed = True
                await _to_the_end(self._close())

    async def _close(self) -> None:
        async with AsyncExitStack() as closing:  # every one of them, whatever fails
            closing.push_async_callback(self._writer.close)  # the last: it empties the write-ahead log
            for reader in self._readers:
                closing.push_async_callback(reader.close)

    def intention(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction that is on the disk when it ends: what the user did."""
        return self._transaction("FULL")

    def cache(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction that a power cut may take back whole: what a server can give again."""
        return self._transaction("NORMAL")

    @property
    def contended(self) -> bool:
        """Whether somebody waits to write, so that what can wait should end its transaction."""
        return self._waiting > 0

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` on the writer's loop after each commit that published events."""
        self._listeners.append(listener)

    async def data_version(self) -> int:
        """Return a number that changes whenever another process has written."""
        row = await self._writer.one("PRAGMA data_version")
        return int(row[0]) if row else 0

    @asynccontextmanager
    async def _transaction(self, durability: str) -> AsyncIterator[Transaction]:
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            tx = Transaction(self._writer)
            try:
                await self._begin(durability)
                yield tx
                await _to_the_end(self._commit(tx))
            except BaseException:
                await _to_the_end(self._roll_back())
                raise
            finally:
                tx.end()
        finally:
            self._turn.release()

    async def _begin(self, durability: str) -> None:
        if self._closed:
            raise StoreError("The store is closed")
        if self._durability != durability:
            self._durability = ""
            await self._writer.all(f"PRAGMA synchronous = {durability}")
            self._durability = durability
        await self._writer.all("BEGIN IMMEDIATE")

    async def _commit(self, tx: Transaction) -> None:
        await self._writer.all("COMMIT")
        events = tuple(tx.events)
        for listener in self._listeners if events else ():
            listener(events)

    async def _roll_back(self) -> None:
        if self._closed:
            return
        await self._writer.settle()  # a statement whose caller was cancelled may still run
        if self._writer.in_transaction:
            await self._writer.all("ROLLBACK")


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await `work` to its end even when the caller is cancelled; then let the cancellation go on."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains: being cancelled is what counts
        raise


def _check_library() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        modules = {row[0] for row in connection.execute("SELECT name FROM pragma_module_list")}
    check_library(sqlite3.sqlite_version_info, modules)


def _make_private(path: Path) -> None:
    """Make the file, and its folder where there is none, for nobody else to read."""
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            path.parent.chmod(0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error
