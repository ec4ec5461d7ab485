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


@dataclass(frozen=True, slots=True)
class _Table:
    """What is said to take a table over; names come from the new schema."""

    texts: tuple[bool, ...]
    """Which of its columns hold text."""
    insert: str
    between: str
    """Reads the rows of a range of rowids."""
    of_parent: str
    """Reads the rows of one parent."""
    last: str
    following: str

    @classmethod
    def shared(
        cls, old: sqlite3.Connection, new: sqlite3.Connection, name: str, parent: str = "rowid"
    ) -> "_Table | None":
        """Return a table with the columns that both databases have; None where there are none."""
        there = {str(row[1], "utf-8", "replace") for row in _columns(old, name)}
        kinds = {row[1]: row[2] for row in _columns(new, name) if row[1] in there}
        if not kinds:
            return None
        named, marks = ", ".join(kinds), ", ".join("?" * len(kinds))
        return cls(
            texts=tuple(kind == "TEXT" for kind in kinds.values()),
            insert=f"INSERT OR IGNORE INTO {name}({named}) VALUES ({marks})",
            between=f"SELECT {named} FROM {name} WHERE rowid BETWEEN ? AND ? ORDER BY rowid",
            of_parent=f"SELECT {named} FROM {name} WHERE {parent} = ?",
            last=f"SELECT rowid FROM {name} ORDER BY rowid DESC LIMIT 1",
            following=f"SELECT rowid FROM {name} WHERE rowid >= ? ORDER BY rowid LIMIT 1",
        )

    def typed(self, row: Row) -> Row:
        """Return a row with its text decoded; raises UnicodeDecodeError."""
        return tuple(
            value.decode("utf-8") if text and isinstance(value, bytes) else value
            for value, text in zip(row, self.texts, strict=True)
        )


def _columns(connection: sqlite3.Connection, table: str) -> list[Row]:
    with suppress(sqlite3.Error):
        return connection.execute("SELECT * FROM pragma_table_info(?)", (table,)).fetchall()
    return []


def transfer(old: sqlite3.Connection, new: sqlite3.Connection, tally: Tally) -> None:
    """Take over from an old database what can be read of it into a new, empty one of today's schema."""
    old.text_factory = bytes  # text may be no UTF-8 any more; the column says what it is to be
    for name in ("account", "folder", "body", "message", "place", "operation", "draft", "person"):
        _take(old, new, name, tally)
    _take_chunks(old, new, tally)
    operations = new.execute("SELECT id FROM operation ORDER BY id").fetchall()
    _take_by(old, new, "operation_item", "operation", operations, tally)
    _take_by(old, new, "traffic", "account", new.execute("SELECT id FROM account").fetchall(), tally)
    _take_by(old, new, "draft_version", "draft", new.execute("SELECT id FROM draft").fetchall(), tally)
    _continue_ids(old, new)


def _take(old: sqlite3.Connection, new: sqlite3.Connection, name: str, tally: Tally) -> None:
    """Take over the rows of a table with rowids, as far as they can be read and are what they must be."""
    table = _Table.shared(old, new, name)
    if table is None:
        return
    reader = _Reader(old, name, table)
    kept = 0
    for row in reader.rows():
        with suppress(sqlite3.IntegrityError, sqlite3.DataError, UnicodeDecodeError, OverflowError):
            kept += new.execute(table.insert, table.typed(row)).rowcount
    tally.kept[name] = kept
    if reader.failed:
        tally.unreadable[name] = reader.failed


def _take_by(
    old: sqlite3.Connection,
    new: sqlite3.Connection,
    name: str,
    parent: str,
    parents: Sequence[Row],
    tally: Tally,
) -> None:
    """Take over the rows of a table without rowids, those of one parent at a time."""
    table = _Table.shared(old, new, name, parent)
    if table is None:
        return
    for id in parents:
        try:
            for row in old.execute(table.of_parent, id):
                with suppress(sqlite3.IntegrityError, UnicodeDecodeError):
                    new.execute(table.insert, table.typed(row))
                    tally.kept[name] = tally.kept.get(name, 0) + 1
        except sqlite3.Error:
            tally.unreadable[name] = tally.unreadable.get(name, 0) + 1


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

    def __init__(self, connection: sqlite3.Connection, name: str, table: _Table) -> None:
        self._connection = connection
        self._name = name
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
                yield from self._connection.execute(self._table.between, (low, high)).fetchall()
            except sqlite3.Error:
                if low == high:
                    self.failed += 1
                else:
                    middle = (low + high) // 2
                    pending += [(middle + 1, high), (low, middle)]

    def _jump(self, low: int, last: int) -> int:
        """Return the next rowid that is there, so that wide gaps cost nothing."""
        with suppress(sqlite3.Error):
            found = self._connection.execute(self._table.following, (low,)).fetchone()
            return int(found[0]) if found else last + 1
        return low

    def _last(self) -> int:
        for sql, parameters in (
            (self._table.last, ()),
            ("SELECT seq FROM sqlite_sequence WHERE name = ?", (self._name,)),
        ):
            with suppress(sqlite3.Error, TypeError, ValueError):
                found = self._connection.execute(sql, parameters).fetchone()
                if found:
                    return int(found[0])
        return 0


def _continue_ids(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Go on with ids where the old database was: none is ever reused."""
    for table in ("account", "folder", "message", "place", "body", "operation", "draft", "person"):
        found = new.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        last = int(found[0]) if found else 0
        try:
            (seq,) = old.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            last = max(last, int(seq))
        except (sqlite3.Error, TypeError, ValueError):
            last += MARGIN
        new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        new.execute("INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)", (table, last))
