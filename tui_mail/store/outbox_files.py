"""The files of the outbox: one letter each, on the disk before its row is, and gone after it.

`<random>.eml` is the letter as its sender keeps it, Bcc included; `<random>.json` is its envelope, so that a
letter whose row was lost with a damaged page is still known whole. Both are durable before the row is written
(security.md, 5).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tui_mail.model.errors import StoreFull
from tui_mail.store import files

SUFFIX = ".eml"


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
    letter = place / f"{secrets.token_hex(12)}{SUFFIX}"
    files.make_folder(place)
    try:
        files.write(_envelope_of(letter), json.dumps(asdict(envelope)).encode())
        files.write(letter, raw)
    except StoreFull:
        remove(database, letter.name)
        raise
    return letter.name


def remove(database: Path, name: str) -> None:
    """Remove a letter, after its row went or needs it no more; one that stays behind does no harm."""
    letter = folder(database) / name
    files.remove(letter)
    files.remove(_envelope_of(letter))


def read(database: Path, name: str) -> bytes:
    """Return a letter as its sender keeps it; raises StoreError where it cannot be read."""
    return files.read(folder(database) / name)


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
        told = json.loads(_envelope_of(folder(database) / name).read_text("utf-8"))
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


def _envelope_of(letter: Path) -> Path:
    return letter.with_suffix(".json")
