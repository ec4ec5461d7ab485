"""What the store keeps of a message, read out of what a server tells of it or out of the message itself."""

from tui_mail.imap.fetched import Fetched
from tui_mail.mime.headers import Summary, summary
from tui_mail.model.errors import MailError
from tui_mail.model.message import Flag, Mark
from tui_mail.model.operation import NewMessage
from tui_mail.store.messages import Arrival

HEADER_END = b"\r\n\r\n"

_MARKS = {
    (False, False): Mark.NONE,
    (True, False): Mark.ATTACHMENT,
    (False, True): Mark.LIST,
    (True, True): Mark.ATTACHMENT | Mark.LIST,
}
"""Marks by whether there are attachments and whether a list sent it: `|` on marks takes a microsecond."""


def arrival(fetched: Fetched) -> Arrival:
    """Return what is kept of a message, from the list data that a server sent."""
    return _arrival(
        summary(fetched.header or b""),
        fetched.size or 0,
        fetched.internal_date or 0,
        fetched.flags or Flag.NONE,
        uid=fetched.uid,
        keywords=fetched.keywords,
        attachment=bool(fetched.attachment),
        structure=fetched.structure,
    )


def made_here(new: NewMessage, now: float) -> Arrival:
    """Return what is kept of a message that comes from here; pure work for a thread. Raises MailError."""
    if b"\0" in new.raw:
        raise MailError("A message holds NUL octets, which no IMAP server takes")
    head = summary(new.raw.partition(HEADER_END)[0] + HEADER_END)
    written = int(now) if new.internal_date is None else new.internal_date
    return _arrival(head, len(new.raw), written, new.flags)


def _arrival(
    head: Summary,
    size: int,
    internal_date: int,
    flags: Flag,
    *,
    uid: int = 0,
    keywords: tuple[str, ...] = (),
    attachment: bool = False,
    structure: bytes | None = None,
) -> Arrival:
    return Arrival(
        uid=uid,
        internal_date=internal_date,
        size=size,
        flags=flags,
        keywords=keywords,
        message_id=head.message_id,
        in_reply_to=head.in_reply_to,
        references=head.references,
        date=head.date,
        from_name=head.from_name,
        from_addr=head.from_addr,
        recipients=head.recipients,
        subject=head.subject,
        marks=_MARKS[attachment, head.is_list],
        structure=structure,
    )
