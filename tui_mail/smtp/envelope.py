"""From whom and to whom: the commands MAIL and RCPT (RFC 5321 §4.1.1.2–3; DSN RFC 3461; SMTPUTF8 RFC 6531).

An address stands between "<" and ">" of a command line, so one that could end it early never gets there.
"""

import re
from dataclasses import dataclass

from tui_mail.model.safe_text import safe_identity
from tui_mail.smtp.answers import Answer

NOT_AN_ADDRESS = 553
"""What a server would answer (RFC 5321 §4.2.3)."""

_ADDRESS = re.compile(
    r'(?:[^\s()<>\[\]\\,;:@"\x00-\x20\x7f]+|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*")'
    r"@(?:[^\s()<>\[\]\\,;:@\"\x00-\x20\x7f]+|\[[0-9A-Za-z.:]+\])"
)
_LIMIT = 320
"""Characters of an address: 64 before the sign, 255 behind it (RFC 5321 §4.5.3.1)."""
_XTEXT = re.compile(r"[^\x21-\x2a\x2c-\x3c\x3e-\x7e]")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What goes with an envelope, each only where the server offers it."""

    size: int | None
    """Octets of the letter."""
    utf8: bool
    dsn: bool
    envelope_id: str = ""
    """What a report repeats of us (RFC 3461 §4.4)."""


def sendable(address: str, *, utf8: bool) -> bool:
    """Whether an address can stand in a command."""
    return (
        len(address) <= _LIMIT
        and _ADDRESS.fullmatch(address) is not None
        and (address.isascii() or (utf8 and address.isprintable()))
    )


def not_sendable(address: str) -> Answer:
    """Return the answer to an address that never leaves."""
    words = "not an address" if address.isascii() else "not an address, or one for a server with SMTPUTF8"
    return Answer(NOT_AN_ADDRESS, safe_identity(f"“{address}” is {words}: it was not sent to"), "5.1.3")


def mail(sender: str, wishes: Wishes) -> str:
    """Return the command that begins a letter; "" is the sender of reports."""
    words = [f"MAIL FROM:<{sender}>"]
    if wishes.size is not None:
        words.append(f"SIZE={wishes.size}")
    if wishes.utf8:
        words += ["BODY=8BITMIME", "SMTPUTF8"]
    if wishes.dsn:
        words.append("RET=HDRS")
        words += [f"ENVID={xtext(wishes.envelope_id)}"] if wishes.envelope_id else []
    return " ".join(words)


def rcpt(recipient: str, wishes: Wishes) -> str:
    """Return the command that names a recipient."""
    words = [f"RCPT TO:<{recipient}>"]
    if wishes.dsn:
        words.append("NOTIFY=SUCCESS,FAILURE,DELAY")
        words += [f"ORCPT=rfc822;{xtext(recipient)}"] if recipient.isascii() else []
    return " ".join(words)


def xtext(text: str) -> str:
    """Write ASCII so that it can stand in a parameter (RFC 3461 §4)."""
    return _XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)
