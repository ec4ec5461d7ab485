"""The files of the outbox: one letter each, on the disk before its row is, and gone after it.

`<random>.eml` is the letter as its sender keeps it, Bcc included; `<random>.json` is its envelope, so that a
letter whose row was lost with a damaged page is still known whole. Both are written under another name,
synced and renamed, and the folder is synced, before the row is (security.md, 5).
"""

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from tui_mail.model.errors import StoreDamaged, StoreError, StoreFull
from tui_mail.model.safe_text import safe_text
from tui_mail.store.failures import unwritable

SUFFIX = ".eml"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom a letter goes, told without the help of the database."""

    account: str
    """`account.key`"""
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    subject: str
    size: int
    """Octets that go over the line."""
    wants_copy: bool


def folder(database: Path) -> Path:
    """Return where the outbox of a database is."""
    return database.with_name("outbox")


def write(database: Path, raw: bytes, envelope: Envelope) -> str:
    """Put a letter on the disk and return the name of its file; raises StoreFull, and then leaves nothing."""
    place = folder(database)
    name = secrets.token_hex(12)
    letter, told = place / (name + SUFFIX), place / f"{name}.json"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        try:
            _put(told, json.dumps(asdict(envelope)).encode())
            _put(letter, raw)
            _sync(place)
        except OSError:
            _drop(letter, told)
            raise
    except OSError as error:
        raise _no_room(letter, error) from error
    return letter.name


def remove(database: Path, name: str) -> None:
    """Remove a letter, after its row went or needs it no more; one that stays behind does no harm."""
    letter = folder(database) / name
    with contextlib.suppress(OSError):
        _drop(letter, letter.with_suffix(".json"))


def read(database: Path, name: str) -> bytes:
    """Return a letter as its sender keeps it; raises StoreDamaged where it is gone."""
    with _opened(database, name) as file:
        return file.read()


def names(database: Path) -> list[str]:
    """Return the name of each letter that lies there, the oldest first."""
    try:
        files = [(one.stat().st_mtime, one.name) for one in folder(database).glob("*" + SUFFIX)]
    except OSError:
        return []
    return [name for _, name in sorted(files)]


def envelope(database: Path, name: str) -> Envelope | None:
    """Return the envelope of a letter; None where it cannot be read."""
    try:
        told = json.loads((folder(database) / name).with_suffix(".json").read_text("utf-8"))
        return _envelope(told)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _envelope(told: Mapping[str, object]) -> Envelope:
    recipients = told["recipients"]
    if not isinstance(recipients, list):
        raise TypeError
    words = {name: str(told[name]) for name in ("account", "sender", "message_id", "subject")}
    return Envelope(
        **words,
        recipients=tuple(map(str, recipients)),
        size=int(str(told["size"])),
        wants_copy=bool(told["wants_copy"]),
    )


@contextlib.contextmanager
def _opened(database: Path, name: str) -> Iterator[BinaryIO]:
    path = folder(database) / name
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise StoreDamaged(
            f"The file of this letter, {safe_text(str(path))}, cannot be read: {error.strerror}",
            hint="Without it the letter cannot be sent",
        ) from error


def _put(path: Path, content: bytes) -> None:
    """Write a file under another name, sync it, and give it its own."""
    new = path.with_name(path.name + ".new")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _drop(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _no_room(path: Path, error: OSError) -> StoreError:
    if error.errno in _FULL:
        return StoreFull(
            f"There is no room left to write {safe_text(str(path.parent))}; the letter was not queued",
            hint="Free some space on that disk",
        )
    return unwritable(path, error.strerror or str(error))
