"""Parts written (RFC 2045, 2046, 2183, 2231): texts, attachments, inner messages, and what holds them.

All is 7-bit with CRLF and lines within 998 octets. A boundary begins with "=_", which neither base64 nor
quoted-printable can hold, and is random besides.
"""

import re
import secrets
from binascii import b2a_base64, b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from tui_mail.mime.names import file_name

LINE_LIMIT = 998
"""Octets of a line without its CRLF (RFC 5322, 2.1.1)."""

_BASE64_LINE = 57
"""Octets that make a line of 76."""

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_BARE = re.compile(rb"\r\n|\r|\n")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MEDIA_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]{1,60})/([a-z0-9!#$&^_.+-]{1,60})", re.IGNORECASE)
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9 !#$&'()*+,./:;<=>?@^_`{|}~-]{1,60}")
_VALUE_PIECE = 50
"""Characters of a percent-encoded piece of a parameter on one line."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A part: its fields, which end with CRLF, and its body."""

    fields: bytes
    body: bytes

    @property
    def octets(self) -> bytes:
        """All of it, as it stands in a multipart."""
        return b"".join((self.fields, b"\r\n", self.body))


def text(content: str, subtype: str = "plain", parameters: str = "") -> Entity:
    """Return a text; `parameters` go into its Content-Type, such as "; format=flowed"."""
    content = _CONTROLS.sub("", _LINE_ENDS.sub("\n", content)).replace("\n", "\r\n")
    octets = content.encode("utf-8", "replace")
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    charset = "us-ascii" if octets.isascii() else "utf-8"
    encoding, body = _text_encoded(octets)
    return _entity(f"text/{subtype}; charset={charset}{parameters}", body, encoding=encoding)


def attachment(name: str, media_type: str, content: bytes) -> Entity:
    """Return an attachment; of a type that may not be base64 (RFC 2045, 6.4) it is a mere file."""
    found = _MEDIA_TYPE.fullmatch(media_type)
    kind = media_type.lower() if found and found[1].lower() not in ("multipart", "message") else ""
    kind = kind or "application/octet-stream"
    return _entity(kind, base64(content), encoding="base64", name=file_name(name))


def inner_message(name: str, raw: bytes) -> Entity:
    """Return a message within this one, octet for octet; `raw` is 7-bit with CRLF."""
    return _entity("message/rfc822", raw, encoding="7bit", name=file_name(name))


def multipart(subtype: str, parts: Sequence[Entity]) -> Entity:
    """Return what holds these parts; with one of them, that one alone."""
    if len(parts) == 1:
        return parts[0]
    boundary = f"=_{secrets.token_hex(16)}"
    line = f"--{boundary}".encode()
    pieces = [piece for part in parts for piece in (line, b"\r\n", part.octets, b"\r\n")]
    body = b"".join((*pieces, line, b"--\r\n"))
    return Entity(f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'.encode(), body)


def canonical(raw: bytes) -> bytes:
    """Return octets whose every line ends with CRLF."""
    return _BARE.sub(b"\r\n", raw)


def fits(raw: bytes) -> bool:
    """Tell whether octets can travel as they are: 7-bit, no NUL, no line beyond `LINE_LIMIT`."""
    return raw.isascii() and b"\0" not in raw and max(map(len, raw.split(b"\r\n"))) <= LINE_LIMIT


def base64(content: bytes) -> bytes:
    """Return octets in base64, in lines of 76."""
    lines = (
        b2a_base64(content[start : start + _BASE64_LINE], newline=False)
        for start in range(0, len(content), _BASE64_LINE)
    )
    return b"\r\n".join((*lines, b""))


def quoted_printable(octets: bytes) -> bytes:
    """Return a text in quoted-printable."""
    return canonical(b2a_qp(octets, quotetabs=False, istext=True))


def parameter(name: str, value: str) -> str:
    """Return a parameter of a field, on lines of its own where it is long or not plain (RFC 2231)."""
    if _PLAIN_VALUE.fullmatch(value):
        return f';\r\n {name}="{value}"'
    written = quote(value, safe="", errors="replace")
    if len(written) <= _VALUE_PIECE:
        return f";\r\n {name}*=utf-8''{written}"
    pieces = re.findall(f".{{1,{_VALUE_PIECE}}}(?<!%)(?<!%.)", written)
    return "".join(
        f";\r\n {name}*{n}*={'' if n else chr(39).join(('utf-8', '', ''))}{piece}"
        for n, piece in enumerate(pieces)
    )


def _entity(content_type: str, body: bytes, *, encoding: str, name: str = "") -> Entity:
    lines = [f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}"]
    if name:
        lines.append(f"Content-Disposition: attachment{parameter('filename', name)}")
    return Entity(("\r\n".join(lines) + "\r\n").encode("ascii"), body)


def _text_encoded(octets: bytes) -> tuple[str, bytes]:
    """Return the shortest transfer encoding of a text, and the text in it."""
    if fits(octets):
        return "7bit", octets
    quoted, packed = quoted_printable(octets), base64(octets)
    return ("quoted-printable", quoted) if len(quoted) <= len(packed) * 1.2 else ("base64", packed)
