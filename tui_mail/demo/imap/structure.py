"""Where the parts of a message lie (RFC 2045, 2046), for BODYSTRUCTURE and sections (RFC 9051, 6.4.5).

It only finds borders and reads Content- fields; nothing is decoded but the text that SEARCH looks through.
Nothing raises: what cannot be told apart is one part of plain text.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

_DEPTH = 20
_PARTS = 500

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*((?:[^\r\n]|\r?\n[ \t])*)\r?\n?")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_HEADER_END = re.compile(rb"\A\r?\n|\r?\n\r?\n")
_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the tree: the message itself, a part of a multipart, or the message within a message."""

    raw: bytes
    """Header, blank line, body."""
    split: int
    """Where in `raw` the body begins."""
    media: bytes
    """The type in lower case, such as b"multipart"."""
    subtype: bytes
    parameters: tuple[tuple[bytes, bytes], ...]
    children: tuple["Part", ...]
    """Parts of a multipart; of a message/rfc822 the one message within."""

    @property
    def header(self) -> bytes:
        """The header with the blank line that ends it."""
        return self.raw[: self.split]

    @property
    def body(self) -> bytes:
        """All that follows the header, still encoded."""
        return self.raw[self.split :]

    def field(self, name: bytes) -> bytes | None:
        """The unfolded value of the first field of that name (lower case)."""
        return next((value for found, value in fields(self.header) if found.lower() == name), None)

    def numbered(self, path: tuple[int, ...]) -> "Part | None":
        """The part at a path of numbers, from 1; a message that is no multipart is its own part 1."""
        part: Part | None = self
        for number in path:
            part = part._child(number) if part is not None else None
        return part

    def walk(self) -> Iterator["Part"]:
        """This part and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def decoded(self) -> bytes:
        """The body without its transfer encoding, as far as it can be read."""
        encoding = (self.field(b"content-transfer-encoding") or b"").strip().lower()
        if encoding == b"quoted-printable":
            return binascii.a2b_qp(self.body)
        if encoding == b"base64":
            try:
                return binascii.a2b_base64(self.body)
            except binascii.Error:
                return b""
        return self.body

    def _child(self, number: int) -> "Part | None":
        if self.media == b"message" and self.children:
            return self.children[0]._child(number)
        if self.media == b"multipart":
            return self.children[number - 1] if 0 < number <= len(self.children) else None
        return self if number == 1 else None


def fields(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and unfolded values of a header, in order."""
    for match in _FIELD.finditer(header):
        yield match[1], _FOLD.sub(b" ", match[2])


def chosen_fields(header: bytes, names: frozenset[bytes], wanted: bool = True) -> bytes:
    """The fields with (or without) these lower-case names as they stand, and a blank line (HEADER.FIELDS)."""
    picked = (m[0] for m in _FIELD.finditer(header) if (m[1].lower() in names) is wanted)
    return b"".join(field.rstrip(b"\r\n") + b"\r\n" for field in picked) + b"\r\n"


def parameters(value: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The parameters of a Content- field, undecoded (RFC 2231 forms keep their stars)."""
    return tuple(
        (m[1].lower(), re.sub(rb"\\(.)", rb"\1", m[2]) if m[2] is not None else m[3])
        for m in _PARAMETER.finditer(value)
    )


def parse(raw: bytes, depth: int = 0) -> Part:
    """Read a message or part with all that is in it."""
    end = _HEADER_END.search(raw)
    split = end.end() if end else len(raw)
    header = raw[:split]
    value = next((v for name, v in fields(header) if name.lower() == b"content-type"), b"")
    media, _, subtype = value.partition(b";")[0].strip().lower().partition(b"/")
    given = parameters(value)
    if not media or not subtype:
        media, subtype, given = b"text", b"plain", ((b"charset", b"us-ascii"),)
    children: tuple[Part, ...] = ()
    if depth < _DEPTH:
        if media == b"multipart":
            boundary = dict(given).get(b"boundary", b"")
            children = tuple(parse(piece, depth + 1) for piece in _pieces(raw[split:], boundary))
        elif (media, subtype) == (b"message", b"rfc822"):
            children = (parse(raw[split:], depth + 1),)
    if media == b"multipart" and not children:
        media, subtype, given = b"text", b"plain", ((b"charset", b"us-ascii"),)
    return Part(raw, split, media, subtype, given, children)


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    if not boundary:
        return []
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    pieces: list[bytes] = []
    start: int | None = None
    position = 0
    while len(pieces) < _PARTS and (found := line.search(body, position)):
        if start is not None:
            pieces.append(body[start : found.start()])
        if found[1]:
            return pieces
        start = found.end()
        # The line break before the next boundary may be the one that ended this one (an empty part).
        position = start - 1 if found[0].endswith(b"\n") else start
        position = max(position, found.start() + 1)
    return pieces
