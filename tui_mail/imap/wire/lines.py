"""Splits a stream of bytes into lines with their literals (RFC 9051 §4.3, RFC 7888, RFC 3516).

A line is everything up to a CRLF that ends no literal marker; literals stay in place inside it, so the
whole of a response can be cut into slices without copying it again. A literal is announced only at the very
end of a raw line: a quoted string cannot hold CRLF, so `"…{5}"` ends in a quote and announces nothing, and
human-readable text (`* OK …`, `+ …`) announces nothing whatever it ends in. Literals of `SINK_FROM` octets
or more are written to a file as they arrive. Sizes are chosen by the other side, so everything has a cap.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from tui_mail.model.errors import ProtocolError

SINK_FROM = 64 * 1024
"""Literals of at least this many octets go to a file."""
LINE_LIMIT = 64 * 1024
"""Octets of an ordinary line, its literals not counted."""
DATA_LINE_LIMIT = 8 * 1024 * 1024
"""Octets of a line that carries lists: SEARCH, ESEARCH, FETCH, LIST and their kin."""
INLINE_LIMIT = 8 * 1024 * 1024
"""Octets of all the small literals of one line together."""
LITERAL_LIMIT = 256 * 1024 * 1024
"""Octets of all the large literals of one line together."""

_MARKER = re.compile(rb"\{(\d{1,19})(\+?)\}\Z")
_MARKER_LENGTH = 23
_DATA_LINE = re.compile(rb"\* (?:\d{1,10} FETCH|E?SEARCH|SORT|THREAD|LIST|LSUB|VANISHED) ", re.IGNORECASE)
_TEXT_LINE = re.compile(rb"\+|(?:\* (?:BYE|PREAUTH)|[^\s+]{1,100} (?:OK|NO|BAD))(?: |\Z)", re.IGNORECASE)
_HEAD = 128


@dataclass(frozen=True, slots=True)
class Line:
    """One response or command with its literals."""

    data: bytes
    """All octets without the last CRLF; a literal below SINK_FROM follows its marker in place."""
    sinks: tuple[BinaryIO, ...] = ()
    """The larger literals in order, each rewound; in `data` only their markers stand."""


class Splitter:
    """Takes bytes as they come and gives lines as they become whole."""

    def __init__(self, open_sink: Callable[[], BinaryIO]) -> None:
        self._open_sink = open_sink
        self._buffer = bytearray()
        self._start = 0
        """Where the line being put together begins."""
        self._scan = 0
        """Where to look for CRLF next; beyond the buffer's end while a small literal is on its way."""
        self._inline = 0
        """Octets of the small literals of this line."""
        self._sunk = 0
        """Octets of the large literals of this line."""
        self._sinking = 0
        """Octets still to come for the last of `_sinks`."""
        self._sinks: list[BinaryIO] = []
        self._announced: int | None = None

    @property
    def behind(self) -> bool:
        """Whether bytes lie behind the last line that was given out."""
        return len(self._buffer) > self._start

    def take_rest(self) -> bytes:
        """Return the bytes behind the last line that was given out: they are no lines yet."""
        rest = bytes(self._buffer[self._start :])
        self._buffer.clear()
        self._start = self._scan = 0
        return rest

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._start:
            del self._buffer[: self._start]
            self._scan -= self._start
            self._start = 0
        if self._sinking and len(self._buffer) == self._scan:
            piece = memoryview(data)[: self._sinking]
            self._sinks[-1].write(piece)
            self._sinking -= len(piece)
            data = data[len(piece) :]
        self._buffer += data

    def next_line(self) -> Line | None:
        """Return the next whole line, or None until more bytes have come."""
        buffer = self._buffer
        while True:
            if self._sinking:
                self._drain()
            if self._sinking or len(buffer) < self._scan:
                return None
            end = buffer.find(b"\r\n", self._scan)
            if end < 0:
                self._check_length(len(buffer))
                self._scan = max(self._scan, len(buffer) - 1)
                return None
            self._check_length(end)
            if buffer[end - 1 : end] != b"}" or not self._literal_follows(end):
                return self._cut(end)

    def take_announced(self) -> int | None:
        """Return, once, the size of a literal whose sender now waits for "+" (for the server's side)."""
        size, self._announced = self._announced, None
        return size

    def close(self) -> None:
        """Close the files of a line that will never be whole."""
        for sink in self._sinks:
            sink.close()
        self._sinks = []

    def _cut(self, end: int) -> Line:
        line = Line(bytes(self._buffer[self._start : end]), tuple(self._sinks))
        for sink in self._sinks:
            sink.seek(0)
        self._start = self._scan = end + 2
        self._inline = self._sunk = 0
        self._sinks = []
        return line

    def _check_length(self, end: int) -> None:
        length = end - self._start - self._inline
        if length > LINE_LIMIT:
            head = bytes(self._buffer[self._start : self._start + _HEAD])
            if length > DATA_LINE_LIMIT or not _DATA_LINE.match(head):
                raise ProtocolError(f"a line is longer than {LINE_LIMIT // 1024} KiB")

    def _literal_follows(self, end: int) -> bool:
        buffer, start = self._buffer, self._start
        marker = _MARKER.search(buffer, max(start, end - _MARKER_LENGTH), end)
        if not marker or _TEXT_LINE.match(buffer, start, min(end, start + _HEAD)):
            return False
        size = int(marker[1])
        self._scan = end + 2
        if size >= SINK_FROM:
            self._open(size)
        else:
            self._inline += size
            self._scan += size
            if self._inline > INLINE_LIMIT:
                raise ProtocolError(f"the literals of a line exceed {INLINE_LIMIT // 1024**2} MiB")
        if not marker[2]:
            self._announced = size
        return True

    def _open(self, size: int) -> None:
        self._sunk += size
        if self._sunk > LITERAL_LIMIT:
            raise ProtocolError(f"a literal is larger than {LITERAL_LIMIT // 1024**2} MiB")
        self._sinks.append(self._open_sink())
        self._sinking = size

    def _drain(self) -> None:
        piece = self._buffer[self._scan : self._scan + self._sinking]
        if piece:
            self._sinks[-1].write(piece)
            self._sinking -= len(piece)
            del self._buffer[self._scan : self._scan + len(piece)]
