"""Messages read from files into a folder: from an mbox, a Maildir, or a file a message.

The rule: what a folder holds is not put there again, octet for octet and as often as the files have it; so a
run that was interrupted is simply run again, and a second run adds nothing. Each batch is one durable change,
shown at once and carried to the server by whichever process is online. Line ends become CRLF, as servers
have them; nothing else of a message changes.
"""

import asyncio
import hashlib
import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tui_mail.engine.acting import Acting
from tui_mail.engine.reading import Reading
from tui_mail.imap.wire import decode_name
from tui_mail.mime import maildir, mbox
from tui_mail.mime.headers import summary
from tui_mail.model.errors import MailError
from tui_mail.model.message import Flag
from tui_mail.model.operation import NewMessage
from tui_mail.model.safe_text import SafeText, safe_identity, safe_text

MOST_OCTETS = 256 << 20
"""Larger messages are left out: no server takes them, and one is in memory at a time."""

BATCH_MESSAGES = 100
BATCH_OCTETS = 4 << 20
"""A batch ends at whichever comes first."""

HELD_AT_ONCE = 20_000
"""Rows of the folder read together."""

BEGINNING = 4_096
"""Octets by which a file is known."""

LAST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Found:
    """One message of a file."""

    where: SafeText
    """For people: the file, and the number in it."""
    raw: bytes
    """As it travels; empty where it cannot be taken."""
    flags: Flag = Flag.NONE
    date: int | None = None
    """When it was received, seconds since the epoch; None: the file does not tell."""
    fault: str = ""
    """Why it cannot be taken; "" where it can."""


@dataclass(frozen=True, slots=True)
class Box:
    """Files that go into one folder."""

    path: Path
    below: tuple[str, ...] = ()
    """Names of the folders below the chosen one that lead to it."""


@dataclass(slots=True)
class Imported:
    """How far an import has come."""

    added: int = 0
    known: int = 0
    """Messages that the folder held already."""
    left_out: list[tuple[SafeText, str]] = field(default_factory=list)
    """Where those are that could not be taken, and why."""
    operations: list[int] = field(default_factory=list)


async def boxes(path: Path) -> list[Box]:
    """Return what lies at a path: a Maildir with its folders, or one place; MailError for nothing."""
    with_folders = await asyncio.to_thread(_boxes, path)
    if not with_folders:
        raise MailError(f"There is nothing at {safe_identity(str(path))}")
    return with_folders


async def import_box(
    reading: Reading,
    acting: Acting,
    box: Box,
    folder: int,
    done: Imported,
    *,
    read: bool,
    tell: Callable[[Imported], None],
) -> None:
    """Put the messages of a box into a folder; `read` marks them read, whatever the files say.

    `done` grows and `tell` hears of it after each batch.
    """
    held = await Held.of(reading, folder)
    found = _messages(box.path)
    while batch := await asyncio.to_thread(_batch, found, held):
        fresh: list[NewMessage] = []
        for one, known in batch:
            if one.fault:
                done.left_out.append((one.where, one.fault))
            elif known:
                done.known += 1
            else:
                fresh.append(NewMessage(one.raw, one.flags | (Flag.SEEN if read else Flag.NONE), one.date))
        if fresh:
            change = await acting.append(folder, fresh, verb="Imported")
            done.added += change.count
            done.operations.extend(change.operations)
        tell(done)


class Held:
    """What a folder held at the beginning: eight octets a message, as often as it is there."""

    def __init__(self, keys: "array[int]", *, all_here: bool) -> None:
        self._keys = keys
        self._taken = bytearray(len(keys))
        self._all_here = all_here

    @classmethod
    async def of(cls, reading: Reading, folder: int) -> "Held":
        """Look at a folder."""
        keys = array("Q")
        below, all_here = LAST, True
        while rows := await reading.held(folder, below, HELD_AT_ONCE):
            below = rows[-1][0]
            for _, sha256, message_id, size in rows:
                keys.append(_number(sha256) if sha256 else _look(message_id, size))
                all_here = all_here and sha256 is not None
        return cls(array("Q", sorted(keys)), all_here=all_here)

    def take(self, raw: bytes) -> bool:
        """Tell whether the folder held a message, once for each time that it did.

        Where its body is not on this machine, Message-ID and size stand for it.
        """
        if self._take(_number(hashlib.sha256(raw).digest())):
            return True
        return not self._all_here and self._take(_look(_message_id(raw), len(raw)))

    def _take(self, key: int) -> bool:
        at = bisect_left(self._keys, key)
        while at < len(self._keys) and self._keys[at] == key:
            if not self._taken[at]:
                self._taken[at] = 1
                return True
            at += 1
        return False


def _number(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big")


def _look(message_id: str, size: int) -> int:
    return _number(hashlib.sha256(f"{message_id}\n{size}".encode()).digest())


def _message_id(raw: bytes) -> str:
    return summary(raw[: raw.find(b"\r\n\r\n") + 4]).message_id


def _batch(found: Iterator[Found], held: Held) -> list[tuple[Found, bool]]:
    """Return the next messages, each with whether the folder held it; pure work and files, for a thread."""
    batch: list[tuple[Found, bool]] = []
    octets = 0
    for one in found:
        known = not one.fault and held.take(one.raw)
        batch.append((one, known))
        octets += 0 if known else len(one.raw)
        if len(batch) == BATCH_MESSAGES or octets >= BATCH_OCTETS:
            break
    return batch


def _boxes(path: Path) -> list[Box]:
    if not path.exists():
        return []
    if not _is_maildir(path):
        return [Box(path)]
    return [Box(path), *_folders_of(path, ())]


def _folders_of(path: Path, below: tuple[str, ...]) -> Iterator[Box]:
    """Yield the folders of a Maildir: `.A.B` beside its messages (Maildir++), or as folders in folders."""
    for inner in sorted(path.iterdir()):
        if inner.name in ("cur", "new", "tmp") or not inner.is_dir() or not _is_maildir(inner):
            continue
        names = _names(inner.name[1:]) if inner.name.startswith(".") else [inner.name]
        yield Box(inner, (*below, *names))
        yield from _folders_of(inner, (*below, *names))


def _names(name: str) -> list[str]:
    """Return the path that a folder of a Maildir++ is called by; its letters are those of IMAP."""
    return [decode_name(part.encode()) for part in name.split(".") if part]


def _is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() or (path / "new").is_dir()


def _messages(path: Path) -> Iterator[Found]:
    if not path.is_dir():
        yield from _of_file(path)
    elif _is_maildir(path):
        for folder in ("cur", "new"):
            yield from _of_maildir(path / folder)
    else:
        yield from _of_folder(path)


def _of_maildir(path: Path) -> Iterator[Found]:
    for name in sorted(os.listdir(path)) if path.is_dir() else ():
        if not name.startswith(".") and (path / name).is_file():
            yield _of_message(path / name, maildir.flags_of(name))


def _of_folder(path: Path) -> Iterator[Found]:
    """Yield what lies in a folder and below it in files named `.eml` or `.mbox`."""
    for inner in sorted(path.iterdir()):
        if inner.is_dir() and not inner.is_symlink():
            yield from _messages(inner)
        elif inner.suffix.casefold() in (".eml", ".mbox") and not inner.name.startswith("."):
            yield from _of_file(inner)


def _of_file(path: Path) -> Iterator[Found]:
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
        if not beginning:
            return
        if not mbox.is_mbox(beginning):
            yield _of_message(path, Flag.NONE)
            return
        file.seek(0)
        name = safe_identity(path.name)
        for entry in mbox.read(file, MOST_OCTETS):
            if not entry.removed:
                where = safe_text(f"{name}, message {entry.number}")
                yield _checked(Found(where, entry.raw or b"", entry.flags, entry.date), entry.raw is None)


def _of_message(path: Path, flags: Flag) -> Found:
    where = safe_identity(path.name)
    facts = path.stat()
    if facts.st_size > MOST_OCTETS:
        return _checked(Found(where, b""), too_large=True)
    raw = mbox.travelling(path.read_bytes())
    return _checked(Found(where, raw, flags, int(facts.st_mtime)), too_large=False)


def _checked(one: Found, too_large: bool) -> Found:
    """Return a message fit to be put into a folder, or with why it is not."""
    fault = ""
    if too_large:
        fault = f"it is larger than {MOST_OCTETS >> 20} MiB"
    elif b"\0" in one.raw:
        fault = "it holds NUL octets, which no IMAP server takes"
    elif not mbox.begins_a_message(one.raw):
        fault = "it does not begin as a message does"
    if fault:
        return Found(one.where, b"", fault=fault)
    date = summary(one.raw[: one.raw.find(b"\r\n\r\n") + 4]).date if one.date is None else one.date
    return Found(one.where, one.raw, one.flags & ~Flag.DELETED, date)


def left_out_lines(left_out: Sequence[tuple[SafeText, str]], most: int) -> Iterator[str]:
    """Yield a line for each message that was left out, and one for those beyond `most`."""
    for where, why in left_out[:most]:
        yield f"{where} was left out: {why}"
    if len(left_out) > most:
        yield f"{len(left_out) - most} more were left out"
