"""Header blocks (RFC 5322, 2.2 and 3.6): their fields, and the summary that a list shows.

Values travel as text in which octets that are not UTF-8 are surrogate escapes; `decode_field` and
`addresses` turn them into what people read. Nothing here raises, whatever the block holds.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui_mail.mime.addresses import addresses
from tui_mail.mime.charsets import whole
from tui_mail.mime.dates import parse_date
from tui_mail.mime.encoded_words import decode_field

__all__ = ["LIST_FIELDS", "Summary", "addresses", "decode_field", "fields", "parse_date", "summary"]

LIST_FIELDS: tuple[str, ...] = (
    "Date",
    "From",
    "To",
    "Cc",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
)
"""The fields to ask a server for when a list is filled."""

FIELDS_LIMIT = 2_000
"""Fields of a block that are looked at."""

BLOCK_LIMIT = 1 << 20
"""Octets of a block that are looked at."""

_SHOWN_RECIPIENTS = 4_096
"""Characters of To that a list looks at: a row shows a few names."""

_REFERENCES = 100
"""Message-IDs kept of References: the newest, and the one that began it all."""

_FIELD = re.compile(r"^([!-9;-~]+)[ \t]*:(.*)", re.MULTILINE)
_FOLD = re.compile(r"\n[ \t]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")
_WANTED = {spelt: name.lower() for name in LIST_FIELDS for spelt in (name, name.lower())}
"""The fields of a list by the spellings in which they mostly come."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list needs of a header block: decoded text, not yet safe."""

    message_id: str
    """With its angle brackets, or "" where there is none."""
    in_reply_to: str
    """The first Message-ID of In-Reply-To, or ""."""
    references: str
    """Message-IDs joined by spaces, the oldest first."""
    date: int | None
    """Seconds since the epoch."""
    from_name: str
    from_addr: str
    """As it stands, undecoded."""
    recipients: str
    """Names, or addresses where there is no name, of To (else Cc), joined by commas."""
    subject: str
    is_list: bool


def fields(block: bytes) -> list[tuple[str, str]]:
    """Return (name, unfolded raw value) of each field up to the blank line, past what is none."""
    found = _FIELD.findall(_unfolded(block))[:FIELDS_LIMIT]
    return [(name, value.strip()) for name, value in found]


def _unfolded(block: bytes) -> str:
    """Return a block as text, up to the blank line, each field on one line."""
    text = block[:BLOCK_LIMIT].decode("utf-8", "surrogateescape")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.lstrip("\n").partition("\n\n")[0]
    return _FOLD.sub(" ", text) if "\n " in text or "\n\t" in text else text


def _wanted_fields(block: bytes) -> dict[str, str]:
    """Return the first raw value of each of LIST_FIELDS, by its name in lower case."""
    first: dict[str, str] = {}
    for line in _unfolded(block).split("\n", FIELDS_LIMIT)[:FIELDS_LIMIT]:
        written, colon, value = line.partition(":")
        name = _WANTED.get(written) or _WANTED.get(written.rstrip(" \t").lower())
        if name and colon and name not in first:
            first[name] = value.strip()
    return first


def summary(block: bytes) -> Summary:
    """Read a header block (the fields of `LIST_FIELDS`, or more) into what a list shows."""
    first = _wanted_fields(block)
    sender = addresses(first.get("from", "")[:_SHOWN_RECIPIENTS])
    from_name, from_addr = sender[0] if sender else ("", "")
    return Summary(
        message_id=message_id(first.get("message-id", "")),
        in_reply_to=next(iter(_message_ids(first.get("in-reply-to", ""))), ""),
        references=references(first.get("references", "")),
        date=parse_date(first.get("date", "")),
        from_name=from_name,
        from_addr=from_addr,
        recipients=_recipients(first.get("to", "") or first.get("cc", "")),
        subject=decode_field(first.get("subject", "")),
        is_list="list-id" in first,
    )


def message_id(value: str) -> str:
    """Return the Message-ID of a field with its brackets; one without brackets comes as it is."""
    found = _MESSAGE_ID.search(value)
    return whole(found[0] if found else "".join(value[:998].split()))


def references(value: str) -> str:
    """Return the Message-IDs of References, space-joined: the first and the newest of them."""
    ids = _message_ids(value)
    return " ".join(ids if len(ids) <= _REFERENCES else [ids[0], *ids[1 - _REFERENCES :]])


def first_value(found: Iterable[tuple[str, str]], name: str) -> str:
    """Return the raw value of the first field called `name` (in lower case), or ""."""
    return next((value for written, value in found if written.lower() == name), "")


def _message_ids(value: str) -> Sequence[str]:
    return [whole(found) for found in _MESSAGE_ID.findall(value)]


def _recipients(value: str) -> str:
    return ", ".join(name or address for name, address in addresses(value[:_SHOWN_RECIPIENTS]))
