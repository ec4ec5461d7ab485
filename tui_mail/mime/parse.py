"""A received message as the reader shows it: who, what, the text, and the parts offered for saving.

Nothing here raises, whatever the bytes: junk is shown as text. The bytes are only read, never put together
again; what is not shown is not decoded.
"""

from dataclasses import dataclass, replace

from tui_mail.mime.choice import Choice
from tui_mail.mime.documents import merged
from tui_mail.mime.headers import addresses, decode_field, fields, first_value, message_id, parse_date
from tui_mail.mime.snippet import snippet
from tui_mail.mime.tree import Part, tree
from tui_mail.model.document import Document
from tui_mail.model.message import Address
from tui_mail.model.part import Attachment
from tui_mail.model.safe_text import SafeText, safe_identity, safe_text

VALUE_LIMIT = 65_536
"""Characters of one field that are shown."""

_PEOPLE = {"from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-to", "return-path"}

_EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/html": ".html",
    "text/plain": ".txt",
}
"""For parts without a name; only what is common."""


@dataclass(frozen=True, slots=True)
class Content:
    """A message taken apart for reading."""

    subject: SafeText
    sender: tuple[Address, ...]
    """Of every From field."""
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    date: int | None
    """Seconds since the epoch, from Date, else from the newest Received."""
    message_id: SafeText
    fields: tuple[tuple[SafeText, SafeText], ...]
    """Every header field in order: name and decoded value."""
    attachments: tuple[Attachment, ...]
    document: Document
    snippet: str
    """First own words, one line."""
    has_attachment: bool
    """Whether a person would say it has one: signatures and pictures in the text do not count."""

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Whom it went to, as far as it tells."""
        return (*self.to, *self.cc, *self.bcc)


def read(raw: bytes) -> Content:
    """Take a message apart."""
    root = tree(raw)
    choice = Choice(raw)
    choice.add(root)
    document = merged(choice.texts)
    if choice.encrypted and not document.blocks:
        document = replace(document, notice=safe_text("The text is encrypted and cannot be shown here"))
    return Content(
        subject=safe_text(decode_field(first_value(root.fields, "subject"))),
        sender=_people(root, "from"),
        reply_to=_people(root, "reply-to"),
        to=_people(root, "to"),
        cc=_people(root, "cc"),
        bcc=_people(root, "bcc"),
        date=_date(root),
        message_id=safe_identity(message_id(first_value(root.fields, "message-id"))),
        fields=tuple((safe_text(name), _shown(name, value)) for name, value in root.fields),
        attachments=tuple(_attachment(part, raw) for part in choice.offered),
        document=document,
        snippet=snippet(document),
        has_attachment=choice.counted > 0,
    )


def part(raw: bytes, path: str) -> bytes | None:
    """Return one part without its transfer encoding, or None where there is no such part."""
    found = next((one for one in tree(raw).walk() if one.path == path and path), None)
    return None if found is None else found.content(raw)


def _people(root: Part, wanted: str) -> tuple[Address, ...]:
    values = [value for name, value in root.fields if name.lower() == wanted]
    found = [person for value in values for person in addresses(value)]
    return tuple(Address(safe_text(name), safe_identity(address)) for name, address in found)


def _date(root: Part) -> int | None:
    date = parse_date(first_value(root.fields, "date"))
    if date is None:
        date = parse_date(first_value(root.fields, "received").rpartition(";")[2])
    return date


def _shown(name: str, value: str) -> SafeText:
    """Return the value of a field for people; addresses stay undecoded here too."""
    if name.lower() not in _PEOPLE:
        return safe_text(decode_field(value), VALUE_LIMIT)
    people = (f"{name} <{address}>" if name else address for name, address in addresses(value))
    return safe_identity(", ".join(people), VALUE_LIMIT)


def _attachment(one: Part, raw: bytes) -> Attachment:
    name = one.file_name or _inner_subject(one, raw) or f"part-{one.path}"
    if not one.file_name:
        name += _EXTENSIONS.get(one.media_type, "")
    return Attachment(one.path, safe_identity(name), one.media_type, _size(one, raw))


def _inner_subject(one: Part, raw: bytes) -> str:
    if one.media_type != "message/rfc822":
        return ""
    return decode_field(first_value(fields(one.content(raw, 65_536)), "subject")[:1_000])[:80]


def _size(one: Part, raw: bytes) -> int:
    """Return the octets after decoding, of base64 by counting."""
    encoding = first_value(one.fields, "content-transfer-encoding").strip().lower()
    if encoding != "base64":
        return len(one.content(raw))
    line_ends = raw.count(b"\n", one.start, one.end) + raw.count(b"\r", one.start, one.end)
    padding = raw.count(b"=", max(one.start, one.end - 8), one.end)
    return max((one.end - one.start - line_ends) // 4 * 3 - padding, 0)
