"""Bringing a database to the schema of this program.

Numbered files, each run in one durable transaction together with its `user_version`: a program killed at any
statement finds the old schema or the new one at its next start. A database of a newer program is refused
before anything is written to it. A file that rewrites a kept table says so in its first line; then the whole
database is copied beside itself first, and the copy stays until a later start finds all well.
"""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from tui_mail.model.errors import StoreError, StoreTooNew
from tui_mail.model.safe_text import safe_text
from tui_mail.store.connection import Connection
from tui_mail.store.failures import damaged

APPLICATION_ID = 1953851757
"""In the header of every database of ours: "tuim" read as a number; set by the first schema file."""

REWRITES = "-- Rewrites kept tables."
"""How a file begins that does."""

OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    version: int
    statements: tuple[str, ...]
    rewrites: bool = False
    """Whether it rewrites a table that no server can give again."""


def shipped() -> tuple[Migration, ...]:
    """Return the migrations of this program."""
    return migrations(files("tui_mail.store") / "schema")


def migrations(folder: Traversable) -> tuple[Migration, ...]:
    """Return the migrations in `folder`, whose files are named like 0001_first.sql, in order."""
    found = [
        _migration(int(match[1]), file.read_text("utf-8"))
        for file in folder.iterdir()
        if (match := re.fullmatch(r"(\d{4})_\w+\.sql", file.name))
    ]
    return tuple(sorted(found, key=lambda migration: migration.version))


def _migration(version: int, script: str) -> Migration:
    return Migration(version, tuple(_statements(script)), script.startswith(REWRITES))


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements; `executescript` would commit the transaction it runs in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        if not statement and not line.partition("--")[0].strip():
            continue
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def check_library(version: tuple[int, ...], modules: set[str]) -> None:
    """Raise StoreError when SQLite is too old or lacks full-text search."""
    if version < OLDEST_SQLITE:
        needed, found = (".".join(map(str, part)) for part in (OLDEST_SQLITE, version))
        raise StoreError(
            f"SQLite {needed} or newer is needed, and this Python comes with {found}",
            hint="Use a newer Python, or a newer system",
        )
    if "fts5" not in modules:
        raise StoreError(
            "The SQLite of this Python was built without full-text search (FTS5)",
            hint="Use the Python of your system or of python.org",
        )


def _empty(path: Path) -> bool:
    return path.stat().st_size == 0


async def examine(path: Path, newest: int) -> None:
    """Refuse a file that is not ours or was written by a newer program, without writing to it."""
    if _empty(path):
        return
    connection = await Connection.open(path, ("PRAGMA busy_timeout = 5000",), read_only=True)
    try:
        version = await _number(connection, "PRAGMA user_version")
        identity = await _number(connection, "PRAGMA application_id")
        tables = await _number(connection, "SELECT count(*) FROM sqlite_schema")
    finally:
        await connection.close()
    if tables and identity != APPLICATION_ID:
        raise damaged(path)
    _refuse_newer(path, version, newest)


async def upgrade(connection: Connection, path: Path, steps: tuple[Migration, ...]) -> None:
    """Run the migrations that the database has not seen."""
    before = await _number(connection, "PRAGMA user_version")
    if before == steps[-1].version:
        _forget_copies(path)
    elif before and any(step.rewrites for step in steps if step.version > before):
        await _copy(connection, copy_place(path, before))
    for step in steps:
        await connection.all("PRAGMA synchronous = FULL")
        await connection.all("BEGIN IMMEDIATE")
        try:
            version = await _number(connection, "PRAGMA user_version")
            _refuse_newer(path, version, steps[-1].version)
            if version < step.version:
                for statement in step.statements:
                    await connection.all(statement)
                await connection.all(f"PRAGMA user_version = {step.version:d}")
            await connection.all("COMMIT")
        except BaseException:
            await connection.settle()
            if connection.in_transaction:
                await connection.all("ROLLBACK")
            raise


def copy_place(path: Path, version: int) -> Path:
    """Return where a database of an older schema is copied to before its upgrade."""
    return path.with_name(f"{path.name}.schema-{version}")


async def _copy(connection: Connection, place: Path) -> None:
    _empty_private(place)  # one that an upgrade left which did not come to its end goes
    await connection.all("VACUUM INTO ?", (str(place),))


def _empty_private(place: Path) -> None:
    place.unlink(missing_ok=True)
    place.touch(0o600)


def _forget_copies(path: Path) -> None:
    for copy in path.parent.glob(f"{path.name}.schema-*"):
        copy.unlink(missing_ok=True)


def _refuse_newer(path: Path, version: int, newest: int) -> None:
    if version > newest:
        raise StoreTooNew(
            f"{safe_text(str(path))} was written by a newer tui-mail (its schema is {version}, this one knows"
            f" up to {newest}); it is left as it is",
            hint="Update tui-mail to read it",
        )


async def _number(connection: Connection, sql: str) -> int:
    row = await connection.one(sql)
    return int(row[0]) if row else 0
