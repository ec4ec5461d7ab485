"""Messages written to files: an mbox, a Maildir, or a file a message.

The rule: what is under its final name is whole. An mbox is written beside its place and put there at the end;
a message of a Maildir or of a folder gets its name when it is complete, and a name tells the message, so that
a run that was interrupted is gone on with. Octets are those of the server (mime/mbox.py tells how they rest).
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from tui_mail.engine.reading import Reading
from tui_mail.mime import maildir, mbox
from tui_mail.mime.names import file_name
from tui_mail.model.errors import MailError
from tui_mail.model.folder import View
from tui_mail.model.safe_text import safe_identity
from tui_mail.store.copies import FileCopy

AT_ONCE = 100
"""Messages looked up together."""

SUBJECT_LIMIT = 60
"""Letters of a subject in a file's name."""

_PARTIAL = ".part"


class Form(StrEnum):
    """What messages are written as."""

    MBOX = "mbox"
    MAILDIR = "maildir"
    EML = "eml"


@dataclass(slots=True)
class Exported:
    """How far an export has come."""

    written: int = 0
    known: int = 0
    """Messages whose files were there already."""
    absent: int = 0
    """Messages without a body on this machine."""


class Chest(Protocol):
    """Where messages are put; called in threads, one call at a time."""

    def holds(self, one: FileCopy) -> bool:
        """Tell whether a message was put here before."""

    def put(self, one: FileCopy, raw: bytes) -> None:
        """Put a message."""

    def close(self, *, complete: bool) -> None:
        """End; what was put counts where it is `complete`."""


async def absent(reading: Reading, view: View | None, ids: Sequence[int]) -> list[FileCopy]:
    """Return the messages whose bodies are not on this machine."""
    lacking: list[FileCopy] = []
    for start in range(0, len(ids), AT_ONCE):
        lacking += [one for one in await reading.exported(view, ids[start : start + AT_ONCE]) if not one.here]
    return lacking


async def export(
    reading: Reading,
    view: View | None,
    ids: Sequence[int],
    form: Form,
    place: Path,
    tell: Callable[[Exported], None],
) -> Exported:
    """Write messages in the order of `ids`; raises MailError where the place cannot be written.

    `tell` hears how far it is, every `AT_ONCE` messages.
    """
    done = Exported()
    with _in_words(place):
        chest = await asyncio.to_thread(_open, form, place, single=len(ids) == 1)
        complete = False
        try:
            for start in range(0, len(ids), AT_ONCE):
                batch = await reading.exported(view, ids[start : start + AT_ONCE])
                for one in batch:
                    await _put(reading, chest, one, done)
                tell(done)
            complete = True
        finally:
            await asyncio.to_thread(chest.close, complete=complete)
    return done


async def _put(reading: Reading, chest: Chest, one: FileCopy, done: Exported) -> None:
    if await asyncio.to_thread(chest.holds, one):
        done.known += 1
        return
    raw = await reading.source(one.message)
    if raw is None:
        done.absent += 1
        return
    await asyncio.to_thread(chest.put, one, raw)
    done.written += 1


@contextlib.contextmanager
def _in_words(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = safe_identity(str(error.filename or place))
        raise MailError(f"{name} cannot be written: {error.strerror}") from error


def _open(form: Form, place: Path, *, single: bool) -> Chest:
    if form is Form.MBOX:
        return _Mbox(place)
    if form is Form.MAILDIR:
        return _Maildir(place)
    return _File(place) if single and place.suffix == ".eml" else _Folder(place)


class _Mbox:
    """One file for all; on the disk before it has its name."""

    def __init__(self, place: Path) -> None:
        _refuse_existing(place)
        self._place = place
        self._partial = place.with_name(place.name + _PARTIAL)
        self._file: BinaryIO = self._partial.open("wb")

    def holds(self, _: FileCopy) -> bool:
        return False

    def put(self, one: FileCopy, raw: bytes) -> None:
        self._file.write(mbox.written(raw, one.sender, one.received, one.flags))

    def close(self, *, complete: bool) -> None:
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        if complete:
            self._partial.rename(self._place)


class _Maildir:
    """A file a message in `cur`, its flags in its name, and the time of receipt as its own."""

    def __init__(self, place: Path) -> None:
        self._place = place
        for name in ("tmp", "new", "cur"):
            (place / name).mkdir(parents=True, exist_ok=True)
        self._there = {maildir.unique(name) for name in os.listdir(place / "cur")}

    def holds(self, one: FileCopy) -> bool:
        return maildir.unique(_name_in_maildir(one)) in self._there

    def put(self, one: FileCopy, raw: bytes) -> None:
        name = _name_in_maildir(one)
        partial, final = self._place / "tmp" / maildir.unique(name), self._place / "cur" / name
        _write(partial, final, one, mbox.resting(raw))

    def close(self, *, complete: bool) -> None:
        """End; every message has its name already."""


class _Folder:
    """A file a message, named after its day, its subject and its id here."""

    def __init__(self, place: Path) -> None:
        self._place = place
        place.mkdir(parents=True, exist_ok=True)

    def holds(self, one: FileCopy) -> bool:
        return (self._place / _name_in_folder(one)).exists()

    def put(self, one: FileCopy, raw: bytes) -> None:
        final = self._place / _name_in_folder(one)
        _write(final.with_name(f".{one.message}{_PARTIAL}"), final, one, raw)

    def close(self, *, complete: bool) -> None:
        """End; every message has its name already."""


class _File:
    """One message under the name that the user gave."""

    def __init__(self, place: Path) -> None:
        _refuse_existing(place)
        self._place = place

    def holds(self, _: FileCopy) -> bool:
        return False

    def put(self, one: FileCopy, raw: bytes) -> None:
        _write(self._place.with_name(self._place.name + _PARTIAL), self._place, one, raw)

    def close(self, *, complete: bool) -> None:
        """End; the message has its name already."""


def _refuse_existing(place: Path) -> None:
    if place.exists():
        raise MailError(f"{safe_identity(str(place))} is there already", hint="choose another place for it")


def _name_in_maildir(one: FileCopy) -> str:
    return maildir.file_name(one.message, one.received, one.flags)


def _name_in_folder(one: FileCopy) -> str:
    day = datetime.fromtimestamp(one.written, UTC).strftime("%Y-%m-%d")
    return file_name(f"{day} {one.subject[:SUBJECT_LIMIT].replace('/', '_')} {one.message}.eml")


def _write(partial: Path, final: Path, one: FileCopy, content: bytes) -> None:
    """Give a file its name when it is complete, and its message's time of receipt."""
    partial.write_bytes(content)
    os.utime(partial, (one.received, one.received))
    partial.rename(final)
