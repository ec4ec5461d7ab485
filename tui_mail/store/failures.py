"""SQLite's failures as the store's own, in words (https://www.sqlite.org/rescode.html)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_mail.model.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from tui_mail.model.safe_text import safe_text

REPAIR = "Close tui-mail everywhere, then: tui-mail doctor --repair"
"""What helps when the file is damaged."""

_FULL = {sqlite3.SQLITE_FULL}
_UNWRITABLE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def in_words(error: sqlite3.Error, path: Path) -> StoreError:
    """Return what to raise instead of `error`, which came from the database at `path`."""
    name = safe_text(str(path))
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # the low byte is the primary code
    if code in _FULL:
        return StoreFull(f"There is no room left to write {name}", hint="Free some space on that disk")
    if code in _UNWRITABLE:
        return unwritable(path, str(error))
    if code in _DAMAGED:
        return damaged(path)
    if code in _BUSY:
        return StoreBusy(f"Another process has been writing {name} for too long", hint="Try again")
    return StoreError(f"{name} could not be used: {safe_text(str(error))}")


def unwritable(path: Path, why: str) -> StoreFull:
    """Return the error for a file that cannot be opened or written."""
    return StoreFull(
        f"{safe_text(str(path))} cannot be written ({safe_text(why)})",
        hint="The folder and the file must be yours, on a disk that has room and takes writes",
    )


def damaged(path: Path) -> StoreDamaged:
    """Return the error for a file that is not a sound database of this program."""
    return StoreDamaged(
        f"{safe_text(str(path))} is not a sound database of tui-mail",
        hint=REPAIR,
    )


@contextmanager
def of_the_right_kind() -> Iterator[None]:
    """Raise StoreDamaged where a row holds what its column cannot: damage need not look like damage."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        raise StoreDamaged("The database holds something that cannot be", hint=REPAIR) from error


def body_damaged() -> StoreDamaged:
    """Return the error for a stored body that cannot be unpacked."""
    return StoreDamaged("The stored copy of this message is damaged", hint=REPAIR)
