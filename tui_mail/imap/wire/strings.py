"""Writes arguments so that they stay arguments (RFC 9051 §4.3, §9 "astring"; RFC 7888).

An argument becomes an atom, else a quoted string, else a literal. NUL, CR and LF are refused before anything
reaches a socket: no value can begin a command of its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO, TypeAlias

from tui_mail.model.errors import ProtocolError

_FORBIDDEN = re.compile(rb"[\x00\r\n]")
_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_QUOTABLE = re.compile(rb"[\x01-\x7f]{0,1000}")


@dataclass(frozen=True, slots=True)
class Literal:
    """Octets that travel counted instead of quoted."""

    data: bytes
    binary: bool = False
    """Whether it holds NUL, which only a literal8 may (RFC 3516)."""

    @property
    def wire(self) -> bytes:
        """The form a server sends, and a client that was told to go on."""
        return b"{%d}\r\n%b" % (len(self.data), self.data)


@dataclass(frozen=True, slots=True)
class Stream:
    """Octets that travel counted and are read from a file as they leave."""

    file: BinaryIO
    """Open for reading, at the first octet to send."""
    size: int
    binary: bool = False
    """Whether it holds NUL, which only a literal8 may (RFC 3516)."""
    behind: bytes = b""
    """What follows the last of them."""


Piece: TypeAlias = bytes | Stream
"""What goes out at once."""


def string(value: bytes) -> bytes | Literal:
    """Write a string: quoted where that is possible, else a literal."""
    if _FORBIDDEN.search(value):
        raise ProtocolError("a name or word holds a line break or NUL and cannot be sent")
    if _QUOTABLE.fullmatch(value):
        return b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return Literal(value)


def astring(value: bytes) -> bytes | Literal:
    """Write an astring: an atom where that is possible, else a string."""
    if len(value) <= 1000 and _ATOM.fullmatch(value) and value.upper() != b"NIL":
        return value
    return string(value)


def segments(parts: Iterable[bytes | Literal | Stream], without_waiting: int) -> list[Piece]:
    """Join the parts of a command; behind each piece but the last the server must say "+" first.

    `without_waiting` is the size up to which the server takes literals unasked: unlimited with LITERAL+,
    4,096 with LITERAL-, else -1.
    """
    pieces: list[Piece] = [b""]
    for part in parts:
        if isinstance(part, bytes):
            pieces[-1] = _joined(pieces[-1], part)
            continue
        size = part.size if isinstance(part, Stream) else len(part.data)
        mark = b"~" if part.binary else b""
        if size <= without_waiting:
            data = part.file.read(size) if isinstance(part, Stream) else part.data
            pieces[-1] = _joined(pieces[-1], b"%b{%d+}\r\n%b" % (mark, len(data), data))
        else:
            pieces[-1] = _joined(pieces[-1], b"%b{%d}\r\n" % (mark, size))
            pieces.append(part if isinstance(part, Stream) else part.data)
    return pieces


def _joined(piece: Piece, more: bytes) -> Piece:
    return replace(piece, behind=piece.behind + more) if isinstance(piece, Stream) else piece + more
