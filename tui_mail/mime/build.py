"""Messages put together from given values (RFC 5322, 2045–2047): 7-bit, CRLF, nothing that could add a field.

Letters that a person writes come from `letters`, out of the same fields and parts. Mail that was received is
never put together again: its bytes are kept as they arrived.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime

from tui_mail.mime.entities import Entity, attachment, multipart, text
from tui_mail.mime.fields import bracketed, field, people, unstructured

__all__ = ["compose"]


def compose(
    *,
    sender: tuple[str, str],
    to: Sequence[tuple[str, str]],
    cc: Sequence[tuple[str, str]] = (),
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Iterable[tuple[str, str, bytes]] = (),
    date: datetime,
    message_id: str,
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
    extra: Iterable[tuple[str, str]] = (),
) -> bytes:
    """Return the octets of a message.

    People are (name, address); attachments (name, media type, content); Message-IDs stand with or without
    their angle brackets; `extra` are further fields. Raises ValueError for an address or a field name that
    cannot be written.
    """
    written = [("Date", format_datetime(date)), ("From", people([sender]))]
    written += [(name, people(persons)) for name, persons in (("To", to), ("Cc", cc)) if persons]
    written += [("Subject", unstructured(subject)), ("Message-ID", bracketed(message_id))]
    if in_reply_to:
        written.append(("In-Reply-To", bracketed(in_reply_to)))
    if references:
        written.append(("References", " ".join(map(bracketed, references))))
    written += [(name, unstructured(value)) for name, value in extra]
    return message(written, body(text, html, attachments))


def message(written: Iterable[tuple[str, str]], content: Entity) -> bytes:
    """Return a message of these fields, given as (name, value in ASCII), and this content."""
    fields = b"".join(field(name, value) for name, value in written)
    return b"".join((fields, b"MIME-Version: 1.0\r\n", content.octets))


def body(plain: str, html: str | None, attachments: Iterable[tuple[str, str, bytes]]) -> Entity:
    """Return a text, with its HTML twin and with attachments where there are such."""
    texts = [text(plain), *([text(html, "html")] if html is not None else [])]
    files = [attachment(*one) for one in attachments]
    return multipart("mixed", [multipart("alternative", texts), *files])
