"""Messages: their flags, the row of a list, and the opened letter."""

from dataclasses import dataclass
from enum import IntFlag

from tui_mail.model.document import Document
from tui_mail.model.part import Attachment
from tui_mail.model.safe_text import SafeText
from tui_mail.model.tag import tag_name


class Flag(IntFlag):
    """The system flags (RFC 9051, 2.3.2); the bits are stored, so they never change."""

    NONE = 0
    SEEN = 1
    FLAGGED = 2
    ANSWERED = 4
    DRAFT = 8
    DELETED = 16
    FORWARDED = 32
    """The keyword $Forwarded."""


class Mark(IntFlag):
    """What is known of a message from its structure and header; the bits are stored."""

    NONE = 0
    ATTACHMENT = 1
    LIST = 2
    """It came by a mailing list (List-Id, RFC 2919)."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address field (RFC 5322, 3.4)."""

    name: SafeText
    """The display name; "" where there is none."""
    address: SafeText
    """The addr-spec as it stands in the undecoded field, every direction mark visible."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of a message list needs."""

    id: int
    account: int
    folder: int
    """The folder of the place that the view shows."""
    moment: int
    """Order of every list: (seconds << 20) | n, unique; see store.md."""
    sender: SafeText
    """Name of the author, or the address where there is no name."""
    sender_address: SafeText
    recipients: SafeText
    """Names or addresses of To, comma-separated, for folders of sent mail and drafts."""
    subject: SafeText
    snippet: SafeText
    """First words of the text; "" until the body is here."""
    flags: Flag
    marks: Mark
    size: int
    """Octets on the wire."""
    uid: int | None
    """Its UID in `folder`; None while the server has not confirmed it there."""
    message_id: SafeText
    keywords: tuple[str, ...] = ()
    """As they are shown in `folder`, not yet safe."""

    @property
    def date(self) -> int:
        """When it was written, seconds since the epoch."""
        return self.moment >> 20

    @property
    def tags(self) -> tuple[SafeText, ...]:
        """What people call those of the keywords that they gave."""
        return tuple(name for keyword in self.keywords if (name := tag_name(keyword)))


@dataclass(frozen=True, slots=True)
class Letter:
    """A message opened for reading."""

    id: int
    account: int
    folder: int
    flags: Flag
    date: int
    """Seconds since the epoch."""
    size: int
    subject: SafeText
    sender: tuple[Address, ...]
    """From: more than one is suspicious and shown so."""
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    fields: tuple[tuple[SafeText, SafeText], ...]
    """Every header field in order: name and unfolded, decoded value."""
    attachments: tuple[Attachment, ...]
    document: Document | None
    """The text to show; None while the body is not on this machine."""
    message_id: SafeText
    tags: tuple[SafeText, ...] = ()
