"""A letter with its envelope (RFC 5321, 2.3.1; what is to be reported of it RFC 3461)."""

from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Protocol

from tui_mail.demo.smtp.traces import Hop

UNTOLD = frozenset(("FAILURE", "DELAY"))
"""What the sender hears of when nothing else was asked for (RFC 3461, 4.1)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One who gets the letter."""

    address: str
    notify: frozenset[str] = UNTOLD
    """What the sender wants to hear of: SUCCESS, FAILURE, DELAY; empty for nothing at all."""
    original: str = ""
    """The address as the sender wrote it at first (ORCPT), with its type; "" when it was not told."""

    @property
    def domain(self) -> str:
        """The part behind the last @, in small letters."""
        return self.address.rpartition("@")[2].lower()

    @property
    def mailbox(self) -> str:
        """The address in small letters, without what stands behind a plus."""
        local = self.address.rpartition("@")[0].lower()
        return f"{local.partition('+')[0]}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter on its way."""

    sender: str
    """Where reports go; "" for a report, of which there is none."""
    recipients: tuple[Recipient, ...]
    letter: bytes
    """Lines ending in CRLF."""
    is_utf8: bool = False
    """Whether addresses or fields are not ASCII (SMTPUTF8, RFC 6531)."""
    headers_only: bool = False
    """Whether a failure returns only the header (RET=HDRS)."""
    envelope_id: str = ""
    """What the sender calls it (ENVID)."""

    def to(self, *recipients: Recipient) -> "Parcel":
        """The same letter for some of its recipients."""
        return replace(self, recipients=recipients)

    def stamped(self, field: bytes) -> "Parcel":
        """The same letter with a field on top."""
        return replace(self, letter=field + self.letter)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server says to a command."""

    code: int
    status: str
    """The code of RFC 3463; "" when there is none."""
    words: str

    @property
    def is_good(self) -> bool:
        """Whether it was granted."""
        return 200 <= self.code < 300

    @property
    def is_final(self) -> bool:
        """Whether the same wish would be refused again."""
        return self.code >= 500

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code), self.status, self.words)))


class Keeper(Protocol):
    """Takes letters in and answers for them from then on."""

    name: str
    """The host, as it stands in Received fields."""

    def refuses(self, recipient: Recipient, sender: str, signed_in: bool) -> Reply | None:
        """Return why the host does not take mail for someone; None when it does."""

    def take(self, parcel: Parcel, hop: Hop) -> Reply:
        """Take a letter, or say why not."""


def new_id() -> str:
    """Return a name for a letter in a queue."""
    return token_hex(5).upper()
