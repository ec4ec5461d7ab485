"""MIME parts as the reader sees them."""

from dataclasses import dataclass

from tui_mail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part offered for saving."""

    path: str
    """Its IMAP part number, such as "1.2" (RFC 9051, 6.4.5)."""
    name: SafeText
    """The name the sender gave, for people; never a path."""
    media_type: str
    """Type and subtype in lower case."""
    size: int
    """Octets after decoding where the body is here, else octets on the wire."""
