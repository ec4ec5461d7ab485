"""A message of somebody else, made fit to travel inside a letter of ours (RFC 2046, 5.2.1; 5322, 3.6.6).

It stays as it is, octet for octet, but for two things. Its Bcc is nobody's business. And what is not 7-bit
is encoded, part by part: an inner message may not be encoded as a whole, and not every server takes 8-bit.
"""

import re

from tui_mail.mime.addresses import addresses
from tui_mail.mime.encoded_words import decode_field
from tui_mail.mime.entities import base64, canonical, fits, quoted_printable
from tui_mail.mime.fields import people, unstructured
from tui_mail.mime.tree import Part, tree

DEPTH_LIMIT = 10
"""Messages within one another that are looked into."""

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n")
_ENCODING = re.compile(rb"content-transfer-encoding", re.IGNORECASE)
_BCC = re.compile(rb"(?:resent-)?bcc", re.IGNORECASE)
_HEADER_END = b"\r\n\r\n"
_PEOPLE = {b"from", b"sender", b"reply-to", b"to", b"cc", b"resent-from", b"resent-to", b"resent-cc"}


def without_bcc(raw: bytes) -> bytes:
    """Return a message without its Bcc fields; its lines end with CRLF."""
    header, blank, body = raw.partition(_HEADER_END)
    if not re.search(rb"bcc[ \t]*:", header, re.IGNORECASE):
        return raw
    kept = (b"" if _BCC.fullmatch(found[1]) else found[0] for found in _FIELD.finditer(header + b"\r\n"))
    return b"".join(kept).removesuffix(b"\r\n") + blank + body


def travelling(raw: bytes) -> bytes:
    """Return a message that can travel in 7-bit lines; raises ValueError where it cannot be made so."""
    raw = without_bcc(canonical(raw))
    if fits(raw):
        return raw
    made = _encoded(raw, 0)
    if not fits(made):
        raise ValueError("The message is too damaged to be passed on as it is")
    return made


def _encoded(raw: bytes, depth: int) -> bytes:
    """Return a message with each part in 7-bit."""
    pieces: list[bytes] = []
    at = 0
    for part in tree(raw).walk():
        if part.start < at:
            break  # parts that overlap: damaged beyond repair
        header = _header_start(raw, at, part.start)
        body = raw[part.start : part.end]
        leaf = not part.children
        encoding, content = _content(part, raw, depth) if leaf and not fits(body) else (b"", body)
        if not leaf:
            encoding = b"7bit"
        pieces += [_asked(raw[at:header]), _header(raw[header : part.start], encoding)]
        if leaf:
            pieces.append(content)
        at = part.end if leaf else part.start
    return b"".join((*pieces, _asked(raw[at:])))


def _header_start(raw: bytes, at: int, end: int) -> int:
    """Return where the header of a part begins: after the last boundary line before its body."""
    boundary = raw.rfind(b"\r\n--", max(at - 2, 0), end)
    if boundary < 0:
        return at
    line_end = raw.find(b"\r\n", boundary + 4, end)
    return end if line_end < 0 else line_end + 2


def _content(part: Part, raw: bytes, depth: int) -> tuple[bytes, bytes]:
    """Return the transfer encoding of a part, and the part in it."""
    content = part.content(raw)
    if part.media_type == "message/rfc822" and depth < DEPTH_LIMIT:
        return b"7bit", _encoded(canonical(content), depth + 1)
    if part.media_type.startswith("text/") and b"\0" not in content:
        return b"quoted-printable", quoted_printable(canonical(content))
    return b"base64", base64(content).removesuffix(b"\r\n")


def _header(block: bytes, encoding: bytes) -> bytes:
    """Return a header block with another transfer encoding where one is given, and all of it in ASCII."""
    blank = b"\r\n" if block.endswith(b"\r\n") else b""
    fields = block.removesuffix(b"\r\n")
    if not encoding and fields.isascii():
        return block
    kept: list[bytes] = []
    for found in _FIELD.finditer(fields if fields.endswith(b"\r\n") else fields + b"\r\n"):
        if not (encoding and _ENCODING.fullmatch(found[1])):
            kept.append(found[0] if found[0].isascii() else _in_ascii(found[1], found[0]))
    if encoding and (encoding != b"7bit" or _ENCODING.search(fields)):
        kept.append(b"Content-Transfer-Encoding: " + encoding + b"\r\n")
    return b"".join(kept) + blank


def _in_ascii(name: bytes, field: bytes) -> bytes:
    value = field.partition(b":")[2].decode("utf-8", "surrogateescape")
    if name.lower().startswith(b"content-"):
        return _asked(field)
    try:
        if name.lower() in _PEOPLE:
            written = people(addresses(" ".join(value.split())))
        else:
            written = unstructured(decode_field(" ".join(value.split())))
    except ValueError:
        return _asked(field)
    return name + b": " + b"\r\n ".join(written.encode("ascii").split(b" ")) + b"\r\n"


def _asked(octets: bytes) -> bytes:
    """Return octets with "?" for each that is not 7-bit: what no part holds means nothing."""
    return octets if octets.isascii() else octets.decode("ascii", "replace").replace("\ufffd", "?").encode()
