"""A letter that another program wrote made fit to be queued (RFC 5322, 3.6; 6409, 8).

What is handed over may lack the fields that a letter must have, may end its lines as its system does, and may
hold 8-bit text; all of that is mended here, once. What is sound stays octet for octet as it is. Bcc stays
too, before all else: the file of the outbox keeps it, and the line never sees it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from tui_mail.mime.addresses import addresses
from tui_mail.mime.encoded_words import decode_field
from tui_mail.mime.entities import canonical
from tui_mail.mime.fields import bracketed, field, people, person
from tui_mail.mime.headers import fields, first_value, message_id
from tui_mail.mime.original import travelling, without_bcc

HIDDEN = ("bcc", "resent-bcc")
"""Fields that stay with the sender."""

RECIPIENT_FIELDS = ("to", "cc", "bcc")
RESENT_FIELDS = ("resent-to", "resent-cc", "resent-bcc")
"""Where the recipients of a letter stand, and those of one that is sent on (RFC 5322, 3.6.3 and 3.6.6)."""

_FIRST_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_POSTMARK = re.compile(rb"(?:>?From [^\r\n]*\r\n)?(?:Return-Path:[^\r\n]*\r\n)?")
"""What stands above letters that came out of a mailbox, and is not part of them."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A letter that can be queued."""

    raw: bytes
    """As its sender keeps it, Bcc included."""
    size: int
    """Octets that go over the line: all but its Bcc."""
    message_id: str
    """Without brackets; of a letter that is sent on that of Resent-Message-ID."""
    subject: str


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a letter names."""

    sender: str
    """The address of the author, or of who sends it on; "" where none is told."""
    recipients: tuple[str, ...]
    """Each once."""


def named(raw: bytes) -> Named:
    """Return whom a letter names, whatever its line ends."""
    block, _ = _apart(canonical(raw))
    found = fields(block)
    resent = bool(first_value(found, "resent-from"))
    where = RESENT_FIELDS if resent else RECIPIENT_FIELDS
    every = [one for name, value in found if name.lower() in where for _, one in addresses(value) if one]
    authors = addresses(first_value(found, "resent-from" if resent else "from"))
    return Named(authors[0][1] if authors else "", tuple(dict.fromkeys(every)))


def seal(raw: bytes, *, author: tuple[str, str], date: datetime, new_id: str) -> Sealed:
    """Make a letter fit to be sent; `author`, `date` and `new_id` fill what is missing.

    Raises ValueError, in words, for what cannot be mended.
    """
    if b"\0" in raw:
        raise ValueError("It holds NUL octets")
    block, body = _apart(canonical(raw))
    found = fields(block)
    block += b"".join(field(*one) for one in _missing(found, author, date, new_id))
    if not body.isascii() and not first_value(found, "content-type"):
        block += field("Content-Type", f"text/plain; charset={_charset(body)}")
        block += b"" if first_value(found, "mime-version") else field("MIME-Version", "1.0")
    wire = travelling(without_bcc(block + b"\r\n" + body))
    hidden = b"".join(
        field(name, people(addresses(value), utf8=True)) for name, value in found if name.lower() in HIDDEN
    )
    found = fields(block)
    resent = "resent-" if first_value(found, "resent-from") else ""
    return Sealed(
        raw=hidden + wire,
        size=len(wire),
        message_id=message_id(first_value(found, f"{resent}message-id")).strip("<>"),
        subject=decode_field(first_value(found, "subject")),
    )


def _apart(raw: bytes) -> tuple[bytes, bytes]:
    """Return the header block with its last line end, and what stands behind the blank line."""
    raw = raw[_POSTMARK.match(raw).end() :] if raw[:1] in b">FR" else raw  # type: ignore[union-attr]
    if not _FIRST_FIELD.match(raw):
        return b"", raw.removeprefix(b"\r\n")
    block, _, body = raw.partition(b"\r\n\r\n")
    return block.removesuffix(b"\r\n") + b"\r\n", body


def _missing(
    found: Iterable[tuple[str, str]], author: tuple[str, str], date: datetime, new_id: str
) -> list[tuple[str, str]]:
    there = {name.lower() for name, _ in found}
    wanted = [
        ("From", person(author)),
        ("Date", format_datetime(date)),
        ("Message-ID", bracketed(new_id)),
    ]
    if "resent-from" in there:
        wanted = [(f"Resent-{name}", value) for name, value in wanted]
    return [(name, value) for name, value in wanted if name.lower() not in there]


def _charset(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "utf-8"
