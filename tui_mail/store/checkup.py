"""Is the offline copy sound? Asked without changing it, beside whatever else is using it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tui_mail.model.errors import StoreDamaged, StoreError
from tui_mail.store.failures import REPAIR
from tui_mail.store.keeping import CACHED


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a look at the file told."""

    schema: int
    """Version of the schema."""
    size: int
    """Octets of the main file."""
    cached: int
    """… of it letters that a server can give again."""
    damage: tuple[str, ...]
    """What SQLite complained of, at most ten lines."""


def sqlite_version() -> str:
    """Return the version of the SQLite library in use."""
    return sqlite3.sqlite_version


def check(path: Path, *, thorough: bool = False) -> Checkup | None:
    """Look a database over, which reads all of it; None where there is none.

    `thorough` compares each index with its table, too, which takes several times as long.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            schema = connection.execute("PRAGMA user_version").fetchone()[0]
            pragma = "PRAGMA integrity_check(10)" if thorough else "PRAGMA quick_check(10)"
            lines = [row[0] for row in connection.execute(pragma)]
            damage = () if lines == ["ok"] else tuple(lines)
            cached = 0
            if schema > 1 and not damage:  # the first schema did not count them
                cached = connection.execute(CACHED).fetchone()[0]
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise StoreError(f"{path} cannot be read: {error}") from error
        raise StoreDamaged(
            f"{path} is not a sound database: {error}",
            hint=REPAIR,
        ) from error
    return Checkup(schema, path.stat().st_size, cached, damage)
