"""Drafts: letters that are being written."""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """What a draft was begun as; the words are stored."""

    NEW = "new"
    REPLY = "reply"
    FORWARD = "forward"
    """The text of another message inside ours, or that message as an attachment."""
    REDIRECT = "redirect"
    """Another message as it is, sent on with Resent- fields (RFC 5322, 3.6.6)."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Something attached to a draft; its octets are kept beside the draft."""

    name: str
    """File name as the recipients see it, already sound."""
    media_type: str
    size: int
    """Octets before any transfer encoding."""
    sha256: str
    """Of its octets, in hex: the name of the file that holds them."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter as far as it is written."""

    account: int
    """`account.id`: through whose server it goes."""
    sender: str
    """The address of the identity that writes it."""
    to: str = ""
    """Addresses as typed, also unfinished ones; so are the two below."""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    """As typed, lines parted by "\\n"."""
    enclosures: tuple[Enclosure, ...] = ()
    origin: Origin = Origin.NEW
    answers: tuple[int, ...] = ()
    """`message.id` of those that it answers or forwards; one may be gone meanwhile."""
    in_reply_to: str = ""
    """Message-ID of the message that it replies to, without brackets."""
    references: tuple[str, ...] = ()
    """Message-IDs of the conversation, the oldest first, without brackets."""
    markdown: bool = False
    """Whether the text is Markdown and gets an HTML twin."""
    id: int = 0
    """`draft.id`; 0 before it is stored for the first time."""
    version: int = 0
    """How often it was stored."""
    changed_at: int = 0
    """Seconds since the epoch."""


class DoubtKind(StrEnum):
    """What a letter may be asked about before it leaves."""

    NO_RECIPIENT = "no recipient"
    BAD_ADDRESS = "bad address"
    UNKNOWN_IDENTITY = "unknown identity"
    UNREADABLE_ATTACHMENT = "unreadable attachment"
    FORGOTTEN_ATTACHMENT = "forgotten attachment"
    NO_SUBJECT = "no subject"
    NO_TEXT = "no text"
    MANY_RECIPIENTS = "many recipients"
    LOOK_ALIKE = "look-alike"
    """An address never written to that looks like a known one."""
    TOO_LARGE = "too large"
    """Larger than the server said that it takes."""
    LARGE = "large"


STOPPING = frozenset(
    {
        DoubtKind.NO_RECIPIENT,
        DoubtKind.BAD_ADDRESS,
        DoubtKind.UNKNOWN_IDENTITY,
        DoubtKind.UNREADABLE_ATTACHMENT,
        DoubtKind.TOO_LARGE,
    }
)
"""Doubts that cannot be waved away: the letter stays a draft."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to ask before a letter leaves, in one line."""

    kind: DoubtKind
    sentence: str
    """What is odd; text from outside in it is safe."""

    @property
    def stops(self) -> bool:
        """Whether the letter cannot leave like this at all."""
        return self.kind in STOPPING
