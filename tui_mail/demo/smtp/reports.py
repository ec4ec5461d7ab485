"""What a host tells a sender about a letter: failed, delayed or delivered (RFC 3464, 6522; UTF-8 RFC 6533).

Pure: a report is octets. It goes to the sender from nobody, so that no report is ever made about a report.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tui_mail.demo.almanac import field_date
from tui_mail.demo.smtp.parcel import Parcel, Recipient, Reply
from tui_mail.demo.smtp.traces import header


class Fate(StrEnum):
    """What became of a letter (RFC 3464, 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"

    @property
    def wish(self) -> str:
        """What NOTIFY has to name for a report of it (RFC 3461, 4.1)."""
        return {Fate.FAILED: "FAILURE", Fate.DELAYED: "DELAY", Fate.DELIVERED: "SUCCESS"}[self]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter for one recipient."""

    recipient: Recipient
    fate: Fate
    reply: Reply
    """The last word about it, with a status of RFC 3463."""
    host: str = ""
    """Who said it; "" when no other host did."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where and when a report is made."""

    host: str
    letter_id: str
    arrived: datetime
    """When the letter came to this host."""
    moment: datetime
    tried_until: datetime | None = None
    """When a delayed letter is given up."""


_SUBJECTS = {
    Fate.FAILED: "Your letter could not be delivered",
    Fate.DELAYED: "Your letter is late",
    Fate.DELIVERED: "Your letter was delivered",
}
_BEGINNINGS = {
    Fate.FAILED: "I am sorry: your letter did not reach",
    Fate.DELAYED: "Your letter is still on its way to",
    Fate.DELIVERED: "Your letter is in the mailbox of",
}
_ENDINGS = {
    Fate.FAILED: "I have given up. The letter comes back with this one.",
    Fate.DELAYED: "You need not do anything. I keep trying, and say so if I give up.",
    Fate.DELIVERED: "That somebody has read it, nobody can say.",
}


def report(parcel: Parcel, outcomes: Sequence[Outcome], occasion: Occasion) -> Parcel:
    """Return the report of one fate as a letter to the sender."""
    fate = outcomes[0].fate
    wide = parcel.is_utf8 or not parcel.sender.isascii()
    parts = (
        ("text/plain; charset=utf-8", _words(outcomes)),
        (f"message/{'global-' if wide else ''}delivery-status", _status(parcel, outcomes, occasion, wide)),
        _returned(parcel, fate, wide),
    )
    boundary = _boundary(parts, occasion)
    fields = (
        f"From: Mail Delivery System <MAILER-DAEMON@{occasion.host}>",
        f"To: <{parcel.sender}>",
        f"Subject: {_SUBJECTS[fate]}",
        f"Date: {field_date(occasion.moment)}",
        f"Message-ID: <{boundary}@{occasion.host}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
    )
    letter = "\r\n".join(fields).encode() + b"\r\n\r\n" + _joined(parts, boundary)
    return Parcel("", (Recipient(parcel.sender, frozenset()),), letter, is_utf8=wide)


def _words(outcomes: Sequence[Outcome]) -> bytes:
    fate = outcomes[0].fate
    lines = [_BEGINNINGS[fate], ""]
    for outcome in outcomes:
        said = f"{outcome.host} says: " if outcome.host else ""
        lines += [f"  {outcome.recipient.address}", f"    {said}{outcome.reply}"]
    return "\r\n".join([*lines, "", _ENDINGS[fate], ""]).encode()


def _status(parcel: Parcel, outcomes: Sequence[Outcome], occasion: Occasion, wide: bool) -> bytes:
    lines = [f"Reporting-MTA: dns; {occasion.host}"]
    if parcel.envelope_id:
        lines.append(f"Original-Envelope-Id: {parcel.envelope_id}")
    lines.append(f"Arrival-Date: {field_date(occasion.arrived)}")
    for outcome in outcomes:
        lines += ["", *_recipient_fields(outcome, occasion, wide)]
    return "\r\n".join([*lines, ""]).encode()


def _recipient_fields(outcome: Outcome, occasion: Occasion, wide: bool) -> Iterator[str]:
    if outcome.recipient.original:
        yield f"Original-Recipient: {outcome.recipient.original}"
    yield f"Final-Recipient: {'utf-8' if wide else 'rfc822'}; {outcome.recipient.address}"
    yield f"Action: {outcome.fate}"
    yield f"Status: {outcome.reply.status or f'{outcome.reply.code // 100}.0.0'}"
    if outcome.host:
        yield f"Remote-MTA: dns; {outcome.host}"
        yield f"Diagnostic-Code: smtp; {outcome.reply}"
    yield f"Last-Attempt-Date: {field_date(occasion.moment)}"
    if outcome.fate is Fate.DELAYED and occasion.tried_until is not None:
        yield f"Will-Retry-Until: {field_date(occasion.tried_until)}"


def _returned(parcel: Parcel, fate: Fate, wide: bool) -> tuple[str, bytes]:
    """Return the media type of what comes back, and its octets; only a failure returns a whole letter."""
    if fate is Fate.FAILED and not parcel.headers_only:
        return f"message/{'global' if wide else 'rfc822'}", parcel.letter
    return ("message/global-headers" if wide else "text/rfc822-headers"), header(parcel.letter)


def _boundary(parts: Sequence[tuple[str, bytes]], occasion: Occasion) -> str:
    """Return what stands in no part, since it is made of all of them."""
    digest = hashlib.sha256(f"{occasion.letter_id} {occasion.moment.timestamp()}".encode())
    for _, content in parts:
        digest.update(content)
    return f"report-{digest.hexdigest()[:24]}"


def _joined(parts: Sequence[tuple[str, bytes]], boundary: str) -> bytes:
    pieces = b""
    for media_type, content in parts:
        encoding = "7bit" if content.isascii() else "8bit"
        fields = (
            f"--{boundary}\r\nContent-Type: {media_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        )
        pieces += fields.encode() + content + b"\r\n"
    return pieces + f"--{boundary}--\r\n".encode()
