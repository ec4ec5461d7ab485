"""How the server writes what it knows of a message: BODYSTRUCTURE, ENVELOPE, dates (RFC 9051, 7.5.2)."""

import base64
import re
from collections.abc import Iterable
from datetime import datetime

from tui_mail.demo.almanac import MONTHS
from tui_mail.demo.imap.structure import Part, parameters
from tui_mail.imap.wire import Literal, string
from tui_mail.mime.headers import addresses

_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class RefusedError(Exception):
    """The command is understood but not carried out: NO, with a response code where there is one."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


def nstring(value: bytes | None) -> bytes:
    """A string or NIL; controls that a string cannot carry are left out."""
    if value is None:
        return b"NIL"
    written = string(_CONTROL.sub(b"", value))
    return written.wire if isinstance(written, Literal) else written


def internal_date(moment: datetime) -> bytes:
    """A moment as INTERNALDATE writes it."""
    written = f"{moment.day:2d}-{MONTHS[moment.month - 1]}-{moment.year} {moment:%H:%M:%S %z}"
    return f'"{written}"'.encode("ascii")


def flag_list(flags: Iterable[str]) -> bytes:
    """Flags in parentheses."""
    return b"(%b)" % " ".join(sorted(flags)).encode("ascii")


def body_structure(part: Part, extended: bool = True) -> bytes:
    """BODYSTRUCTURE, or BODY without the extension data."""
    if part.media == b"multipart":
        inner = b"".join(body_structure(child, extended) for child in part.children)
        tail = b" %b %b NIL NIL" % (_pairs(part.parameters), _disposition(part)) if extended else b""
        return b"(%b %b%b)" % (inner, nstring(part.subtype), tail)
    words = [
        nstring(part.media),
        nstring(part.subtype),
        _pairs(part.parameters),
        nstring(part.field(b"content-id")),
        nstring(part.field(b"content-description")),
        nstring((part.field(b"content-transfer-encoding") or b"7bit").strip()),
        b"%d" % len(part.body),
    ]
    lines = b"%d" % part.body.count(b"\n")
    if part.media == b"message" and part.children:
        words += [envelope(part.children[0]), body_structure(part.children[0], extended), lines]
    elif part.media == b"text":
        words.append(lines)
    if extended:
        words += [b"NIL", _disposition(part), b"NIL", b"NIL"]
    return b"(%b)" % b" ".join(words)


def envelope(message: Part) -> bytes:
    """ENVELOPE: date, subject, six address lists, In-Reply-To, Message-ID."""
    sender = _address_list(message, b"from")
    lists = [sender, *(_address_list(message, name) for name in (b"sender", b"reply-to"))]
    lists = [found if found != b"NIL" else sender for found in lists]
    lists += [_address_list(message, name) for name in (b"to", b"cc", b"bcc")]
    first = [nstring(message.field(b"date")), nstring(message.field(b"subject"))]
    last = [nstring(message.field(b"in-reply-to")), nstring(message.field(b"message-id"))]
    return b"(%b)" % b" ".join([*first, *lists, *last])


def _address_list(message: Part, name: bytes) -> bytes:
    value = message.field(name)
    written = [_address(*found) for found in addresses((value or b"").decode("utf-8", "replace"))]
    return b"(%b)" % b"".join(written) if written else b"NIL"


def _address(name: str, address: str) -> bytes:
    local, _, host = address.rpartition("@")
    shown = name.encode("ascii", "ignore")
    if not name.isascii():
        shown = b"=?utf-8?b?" + base64.b64encode(name.encode("utf-8")) + b"?="
    words = nstring(shown or None), b"NIL", nstring(local.encode()), nstring(host.encode())
    return b"(%b)" % b" ".join(words)


def _pairs(pairs: tuple[tuple[bytes, bytes], ...]) -> bytes:
    return b"(%b)" % b" ".join(nstring(word) for pair in pairs for word in pair) if pairs else b"NIL"


def _disposition(part: Part) -> bytes:
    value = part.field(b"content-disposition")
    if value is None:
        return b"NIL"
    kind = value.partition(b";")[0].strip().lower()
    return b"(%b %b)" % (nstring(kind), _pairs(parameters(value)))
