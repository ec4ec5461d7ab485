"""The outbox: letters on their way out, and what is known of each recipient (RFC 5321).

    queued → sending → committing → sent
                 ↘ failed    ↘ unsure

`committing` is stored before the final dot leaves. What is lost before it was provably not sent and is tried
again; what is lost after it may have been sent, so nothing is sent again without a person's word. A letter is
*filed* when it is sent and its copy stands in the folder of sent mail.
"""

from dataclasses import dataclass
from enum import StrEnum

from tui_mail.model.safe_text import SafeText


class SendState(StrEnum):
    """How far a letter is; the words are stored."""

    QUEUED = "queued"
    """Waits for its time, a connection, or the next try."""
    SENDING = "sending"
    """On the line, without its final dot: nobody has it."""
    COMMITTING = "committing"
    """The final dot is about to leave or has left, and no answer came."""
    SENT = "sent"
    """The server took it for at least one recipient."""
    UNSURE = "unsure"
    """It may have been sent; a person decides."""
    FAILED = "failed"
    """The server refused it; a person decides."""


class RecipientState(StrEnum):
    """What became of one recipient; the words are stored."""

    LEFT = "left"
    """Nobody has taken the letter for it."""
    ACCEPTED = "accepted"
    """The server took the letter for it, which is never sent to it again."""
    REFUSED = "refused"
    DELIVERED = "delivered"
    """A report says that it arrived (RFC 3464)."""
    DELAYED = "delayed"
    """A report says that a server further on still tries."""
    BOUNCED = "bounced"
    """A report says that it did not arrive."""


class Step(StrEnum):
    """What happens to a letter on its way to the server; the words are stored."""

    QUEUED = "queued"
    CONNECT = "connect"
    TLS = "tls"
    SIGN_IN = "sign in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    BYTES = "bytes"
    COMMIT = "commit"
    ACCEPTED = "accepted"
    FILED = "filed"
    POSTPONED = "postponed"
    REFUSED = "refused"
    UNSURE = "unsure"
    REPORT = "report"
    """A delivery report came for it."""
    PERSON = "person"
    """A person decided something."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address that a letter goes to."""

    address: SafeText
    state: RecipientState
    answer: SafeText
    """The server's own sentence, or that of a report; "" while there is none."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter in the outbox."""

    id: int
    account: int
    message_id: SafeText
    """Fixed when it was queued, without brackets."""
    sender: SafeText
    """The envelope's sender."""
    subject: SafeText
    size: int
    """Octets that go over the line."""
    state: SendState
    recipients: tuple[Recipient, ...]
    attempts: int
    not_before: float
    """When it may leave, seconds since the epoch: a hold to undo it, a chosen time, or the next try."""
    held: bool
    """Whether `not_before` is a moment to think better of it."""
    error: SafeText
    """Why it did not leave yet, in one sentence; "" where nothing failed."""
    queued_at: int
    sent_at: int | None
    filed: bool
    """Whether its copy stands in the folder of sent mail, or none is wanted there."""
    draft: int | None
    """The draft that it came from and returns to when it is cancelled."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log of a sending."""

    at: float
    """Seconds since the epoch."""
    step: Step
    sentence: SafeText


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a letter on the line is now; nothing of it is stored."""

    id: int
    """`outbox.id`"""
    step: Step
    sent: int
    """Octets that left."""
    total: int
    sentence: SafeText
