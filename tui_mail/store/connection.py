"""One connection to the database: a thread with a queue, awaitable from any loop.

What is queued runs in order, whatever becomes of its caller. Two traps of aiosqlite 0.22 are kept shut here.
A connection left open keeps the interpreter from ending, so its maker closes it on every way out. And its
thread dies, leaving later callers to wait for ever, when it finds the caller's loop closed; so a cancelled
caller first waits for its statement to end.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import quote

import aiosqlite

from tui_mail.model.errors import StoreError
from tui_mail.store.failures import in_words

T = TypeVar("T")
Record = tuple[Any, ...]
"""A row of a result: the columns as the statement lists them."""

COMMON = (
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA busy_timeout = 5000",
)
WRITER = (
    "PRAGMA page_size = 8192",  # this and the next count only before the first table
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA cache_size = -16384",
    *COMMON,
)
READER = ("PRAGMA cache_size = -4096", *COMMON, "PRAGMA query_only = ON")


ROWS_AT_ONCE = 512
"""Rows that one statement inserts: with 16 columns a quarter of the values that SQLite takes."""


class Source(Protocol):
    """Anything that can be read from: a read connection, or a transaction that sees its own writes."""

    async def all(self, sql: str, params: Sequence[Any] = ()) -> list[Record]:
        """Return every row of a query."""

    async def one(self, sql: str, params: Sequence[Any] = ()) -> Record | None:
        """Return the first row of a query, or None."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement that writes did."""

    lastrowid: int
    """The rowid of the last row inserted; 0 where none was."""
    rowcount: int
    """Rows touched."""


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


class Connection:
    """A connection that speaks the store's errors; use `open`."""

    def __init__(self, raw: aiosqlite.Connection, path: Path) -> None:
        self._raw = raw
        self._path = path

    @classmethod
    async def open(cls, path: Path, pragmas: Iterable[str], *, read_only: bool = False) -> "Connection":
        """Connect to an existing file; `read_only` never writes a byte of it or its journal."""
        raw = aiosqlite.connect(_uri(path, "ro" if read_only else "rw"), uri=True, isolation_level=None)
        connecting = asyncio.ensure_future(raw)
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # Its thread connects all the same; cancelled itself, aiosqlite would lose what it opened.
            await asyncio.wait((connecting,))
            await raw.close()
            raise
        except sqlite3.Error as error:
            raise in_words(error, path) from error
        connection = cls(raw, path)
        try:
            for pragma in pragmas:
                await connection.all(pragma)
        except BaseException:
            await connection.close()
            raise
        return connection

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open, once everything queued has run."""
        return self._raw.in_transaction

    async def all(self, sql: str, params: Sequence[Any] = ()) -> list[Record]:
        """Return every row of a query."""
        rows = await self._call(self._raw.execute_fetchall(sql, params))
        return cast(list[Record], rows)  # a list of tuples: no row factory is set

    async def one(self, sql: str, params: Sequence[Any] = ()) -> Record | None:
        """Return the first row of a query, or None."""
        rows = await self.all(sql, params)
        return rows[0] if rows else None

    async def run(self, sql: str, params: Sequence[Any] = ()) -> Result:
        """Run a statement that writes."""
        cursor = await self._call(self._raw.execute(sql, params))
        return Result(cursor.lastrowid or 0, cursor.rowcount)

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement once for each of `rows`; return how many rows it touched."""
        return (await self._call(self._raw.executemany(sql, rows))).rowcount

    async def insert_rows(self, into: str, row: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert `rows` by few statements; `into` is what stands before VALUES, `row` one row behind it.

        Between two statements a thread hands the processor to whoever computes, and has it back up to 5 ms
        later: 500 rows by 500 statements took 1.3 s beside a busy thread, by one 22 ms, and a third less
        when alone. Their numbers are powers of two, so that few statements are prepared and kept.
        """
        start = 0
        while left := len(rows) - start:
            number = min(1 << left.bit_length() - 1, ROWS_AT_ONCE)
            values = list(chain.from_iterable(rows[start : start + number]))
            await self.run(f"{into} VALUES {', '.join([row] * number)}", values)
            start += number

    async def settle(self) -> None:
        """Return when everything queued so far has run."""
        await self._raw.execute_fetchall("SELECT 1")

    async def close(self) -> None:
        """Close the connection and end its thread, after what is queued."""
        await self._raw.close()

    async def _call(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError, sqlite3.Error):  # closed meanwhile, or failing itself
                await self.settle()
            raise
        except sqlite3.Error as error:
            raise in_words(error, self._path) from error
        except ValueError as error:
            if str(error) in ("Connection closed", "no active connection"):
                raise StoreError("The store is closed") from error
            raise
