"""What is sound of a damaged database, read around what is not.

Rows are read by ranges of their ids; where a page cannot be read the range is halved until only the rows of
that page are missing. Text may be no UTF-8 any more and numbers no numbers: the new tables are STRICT, so
what does not fit is refused there. Bodies count only if their hash says that every octet is as it was.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tui_mail.model.errors import StoreError
from tui_mail.store import bodies

AT_ONCE = 4_096
"""Rowids of one range."""

PROBES = 200_000
"""Failing reads of one table after which the rest of it is given up."""

MARGIN = 1_000_000
"""Ids left free above the greatest one found: rows that could not be read had ids too, and none is reused."""

Row = tuple[Any, ...]


@dataclass(slots=True)
class Tally:
    """What could be taken over."""

    kept: dict[str, int] = field(default_factory=dict)
    """Rows, by table."""
    unreadable: dict[str, int] = field(default_factory=dict)
    """Ids at which reading failed, by table."""


def transfer(old: sqlite3.Connection, new: sqlite3.Connection, tally: Tally) -> None:
    """Take over from an old database what can be read of it into a new, empty one of today's schema."""
    old.text_factory = bytes  # text may be no UTF-8 any more; the column says what it is to be
    for table in ("account", "folder", "body", "message", "place", "operation"):
        _take(old, new, table, tally)
    _take_chunks(old, new, tally)
    _take_by(old, new, "operation_item", "operation", tally)
    _take_by(old, new, "traffic", "account", tally)
    _continue_ids(old, new)


def _take(old: sqlite3.Connection, new: sqlite3.Connection, table: str, tally: Tally) -> None:
    """Take over the rows of a table with rowids, as far as they can be read and are what they must be."""
    columns = _shared_columns(old, new, table)
    if not columns:
        return
    reader = _Reader(old, table, ", ".join(columns))
    texts = _text_columns(new, table, columns)
    into = f"INSERT OR IGNORE INTO {table}({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    kept = 0
    for row in reader.rows():
        with suppress(sqlite3.IntegrityError, sqlite3.DataError, UnicodeDecodeError, OverflowError):
            kept += new.execute(into, _typed(row, texts)).rowcount
    tally.kept[table] = kept
    if reader.failed:
        tally.unreadable[table] = reader.failed


def _take_by(old: sqlite3.Connection, new: sqlite3.Connection, table: str, parent: str, tally: Tally) -> None:
    """Take over the rows of a table without rowids, those of one parent at a time."""
    columns = _shared_columns(old, new, table)
    if not columns:
        return
    texts = _text_columns(new, table, columns)
    named = ", ".join(columns)
    into = f"INSERT OR IGNORE INTO {table}({named}) VALUES ({', '.join('?' * len(columns))})"
    parents = [id for (id,) in new.execute(f"SELECT id FROM {parent} ORDER BY id")]
    for id in parents:
        try:
            for row in old.execute(f"SELECT {named} FROM {table} WHERE {parent} = ?", (id,)):
                with suppress(sqlite3.IntegrityError, UnicodeDecodeError):
                    new.execute(into, _typed(row, texts))
                    tally.kept[table] = tally.kept.get(table, 0) + 1
        except sqlite3.Error:
            tally.unreadable[table] = tally.unreadable.get(table, 0) + 1


def _take_chunks(old: sqlite3.Connection, new: sqlite3.Connection, tally: Tally) -> None:
    """Take over the bodies whose every octet is as it was; the rest of them go."""
    kept = 0
    for id, size, sha256 in new.execute("SELECT id, size, sha256 FROM body ORDER BY id").fetchall():
        chunks: list[Row] = []
        with suppress(sqlite3.Error):
            chunks = old.execute(
                "SELECT n, form, data FROM body_chunk WHERE body = ? ORDER BY n", (id,)
            ).fetchall()
        if whole(size, sha256, chunks):
            new.executemany(
                "INSERT INTO body_chunk(body, n, form, data) VALUES (?, ?, ?, ?)", [(id, *c) for c in chunks]
            )
            kept += 1
        else:
            new.execute("DELETE FROM body WHERE id = ?", (id,))
            tally.unreadable["body"] = tally.unreadable.get("body", 0) + 1
    tally.kept["body"] = kept


def whole(size: int, sha256: bytes | None, chunks: Sequence[Row]) -> bool:
    """Tell whether chunks, given as (number, form, data), are the body of this size and hash."""
    if sha256 is None:
        return False
    try:
        raw = bodies.unpack(size, [(form, data) for _, form, data in chunks])
    except (StoreError, TypeError, ValueError, MemoryError):
        return False
    return hashlib.sha256(raw).digest() == sha256


class _Reader:
    """Reads the rows of one table in the order of their rowids, around what cannot be read."""

    def __init__(self, connection: sqlite3.Connection, table: str, columns: str) -> None:
        self._connection = connection
        self._rows = f"SELECT {columns} FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
        self._ends = f"SELECT rowid FROM {table} ORDER BY rowid DESC LIMIT 1"
        self._next = f"SELECT rowid FROM {table} WHERE rowid >= ? ORDER BY rowid LIMIT 1"
        self._table = table
        self.failed = 0

    def rows(self) -> Iterator[Row]:
        """Yield every row that can be read."""
        low, last = 1, self._last()
        while low <= last:
            high = min(last, low + AT_ONCE - 1)
            yield from self._between(low, high)
            low = self._jump(high + 1, last)

    def _between(self, low: int, high: int) -> Iterator[Row]:
        pending = [(low, high)]
        while pending and self.failed < PROBES:
            low, high = pending.pop()
            try:
                yield from self._connection.execute(self._rows, (low, high)).fetchall()
            except sqlite3.Error:
                if low == high:
                    self.failed += 1
                else:
                    middle = (low + high) // 2
                    pending += [(middle + 1, high), (low, middle)]

    def _jump(self, low: int, last: int) -> int:
        """Return the next rowid that is there, so that wide gaps cost nothing."""
        with suppress(sqlite3.Error):
            found = self._connection.execute(self._next, (low,)).fetchone()
            return int(found[0]) if found else last + 1
        return low

    def _last(self) -> int:
        for sql, parameters in (
            (self._ends, ()),
            ("SELECT seq FROM sqlite_sequence WHERE name = ?", (self._table,)),
        ):
            with suppress(sqlite3.Error, TypeError, ValueError):
                found = self._connection.execute(sql, parameters).fetchone()
                if found:
                    return int(found[0])
        return 0


def _shared_columns(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> list[str]:
    there = {str(row[1], "utf-8", "replace") for row in _table_info(old, table)}
    return [row[1] for row in _table_info(new, table) if row[1] in there]


def _table_info(connection: sqlite3.Connection, table: str) -> list[Row]:
    with suppress(sqlite3.Error):
        return connection.execute(f"PRAGMA table_info({table})").fetchall()
    return []


def _text_columns(new: sqlite3.Connection, table: str, columns: Sequence[str]) -> list[bool]:
    kinds = {row[1]: row[2] for row in _table_info(new, table)}
    return [kinds[column] == "TEXT" for column in columns]


def _typed(row: Row, texts: Sequence[bool]) -> Row:
    return tuple(
        value.decode("utf-8") if text and isinstance(value, bytes) else value
        for value, text in zip(row, texts, strict=True)
    )


def _continue_ids(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Go on with ids where the old database was: none is ever reused."""
    for table in ("account", "folder", "message", "place", "body", "operation"):
        found = new.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        last = int(found[0]) if found else 0
        try:
            (seq,) = old.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            last = max(last, int(seq))
        except (sqlite3.Error, TypeError, ValueError):
            last += MARGIN
        new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        new.execute("INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)", (table, last))
