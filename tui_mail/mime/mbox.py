"""Files that hold many messages: mbox (RFC 4155), written as mboxrd and read in every dialect.

The rule: what was written here is read again octet for octet. A message stands with LF line ends, as such
files have them, unless it could not be told from LF alone how it travels; every line that begins with
`>*From ` has one more `>`; its flags are the first two lines, which reading takes away again; and one LF
follows it.

Of files by others: a line `From ` separates where it holds a time and a year, or stands between an empty
line and a header field; Content-Length (mboxcl) counts where a separator or the end lies behind it; one `>`
is taken off `>*From `, unless the message has bare `From ` lines and so was never quoted (mboxcl2). Nothing
else of a message is touched, so header fields that others put in (Status, X-UID) stay.
"""

import calendar
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tui_mail.model.message import Flag

CHUNK = 1 << 20
"""Octets read at once."""

SEPARATOR_LIMIT = 2_000
"""Octets of a separating line and of the one behind it that are looked at."""

HEADER_LIMIT = 256 << 10
"""Octets of a header that are searched for flags and Content-Length."""

_FROM = b"\nFrom "
_STAMPED = re.compile(rb"From [^\n]*\d:\d\d[^\n]*(?:19|20)\d\d\b")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_QUOTE = re.compile(rb"^(?=>*From )", re.MULTILINE)
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_BARE = re.compile(rb"^From ", re.MULTILINE)
_BARE_LF = re.compile(rb"(?<!\r)\n")
_HEADER_END = re.compile(rb"\n\r?\n")
_OURS = re.compile(rb"Status: ([RO]*)\nX-Status: ([A-Z]*)\n")
_STATUS = re.compile(rb"^(X-)?Status:[ \t]*([A-Za-z]*)", re.MULTILINE | re.IGNORECASE)
_MOZILLA = re.compile(rb"^X-Mozilla-Status:[ \t]*([0-9a-fA-F]{4})", re.MULTILINE | re.IGNORECASE)
_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,12})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_DATE = re.compile(
    rb"([A-Z][a-z]{2}) +(\d{1,2}) +(\d{1,2}):(\d\d)(?::(\d\d))?(?: +([+-]\d{4})| +[A-Z]+)* +((?:19|20)\d\d)"
    rb"(?: +([+-]\d{4}))?"
)
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_LETTERS = {
    "R": Flag.SEEN,
    "A": Flag.ANSWERED,
    "F": Flag.FLAGGED,
    "T": Flag.DRAFT,
    "D": Flag.DELETED,
    "P": Flag.FORWARDED,
}
_MOZILLA_REMOVED = 0x0008
_MOZILLA_BITS = {
    0x0001: Flag.SEEN,
    0x0002: Flag.ANSWERED,
    0x0004: Flag.FLAGGED,
    0x1000: Flag.FORWARDED,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of an mbox file."""

    number: int
    """From 1, in the order of the file."""
    raw: bytes | None
    """As it travels, with CRLF line ends; None: larger than was asked for."""
    flags: Flag
    removed: bool
    """Whether Thunderbird removed it and only left its octets in the file."""
    date: int | None
    """When it was received by the word of the separating line, seconds since the epoch; None: it has none."""


def travelling(raw: bytes) -> bytes:
    """Return a message as it travels: every LF that stands alone becomes CRLF, a CR that does stays."""
    return _BARE_LF.sub(b"\r\n", raw) if b"\r" in raw else raw.replace(b"\n", b"\r\n")


def resting(raw: bytes) -> bytes:
    """Return a message as files on this system have it: with LF, where `travelling` gives all of it back."""
    if b"\r\r\n" in raw or raw.count(b"\n") != raw.count(b"\r\n"):
        return raw
    return raw.replace(b"\r\n", b"\n")


def written(raw: bytes, sender: str, date: int, flags: Flag) -> bytes:
    """Return the octets that stand for a message in an mbox file."""
    status = "RO" if flags & Flag.SEEN else "O"
    more = "".join(letter for letter, flag in _LETTERS.items() if flags & flag and letter != "R")
    address = sender if sender.isascii() and sender.isprintable() and " " not in sender else ""
    head = f"From {address or 'MAILER-DAEMON'} {_asctime(date)}\nStatus: {status}\nX-Status: {more}\n"
    return b"".join((head.encode(), _QUOTE.sub(b">", resting(raw)), b"\n"))


def is_mbox(beginning: bytes) -> bool:
    """Tell whether a file that begins so is an mbox."""
    return beginning.lstrip(b"\r\n").startswith(b"From ")


def begins_a_message(raw: bytes) -> bool:
    """Tell whether octets begin with a header field, or with the empty line behind none (RFC 5322, 2.1)."""
    return raw.startswith((b"\r\n", b"\n")) or bool(_FIELD.match(raw))


def read(file: BinaryIO, most: int) -> Iterator[Entry]:
    """Yield the messages of an mbox file, one at a time, larger than `most` without content."""
    return _Reader(file, most).entries()


class _Reader:
    """A window on a file, from the separating line of the current message onwards."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._most = most
        self._window = bytearray()
        self._ended = False
        self._too_large = False

    def entries(self) -> Iterator[Entry]:
        self._fill(SEPARATOR_LIMIT)
        blank = len(self._window) - len(self._window.lstrip(b"\r\n"))
        del self._window[:blank]
        number = 0
        while self._window:
            number += 1
            start = self._start()
            self._too_large = False
            end = self._counted_end(start) or self._end(start)
            yield self._entry(number, start, end)
            del self._window[:end]

    def _fill(self, size: int) -> None:
        """Read on until the window has `size` octets, or all."""
        while not self._ended and len(self._window) < size:
            self._more()

    def _more(self) -> None:
        chunk = self._file.read(CHUNK)
        self._ended = not chunk
        self._window += chunk

    def _start(self) -> int:
        """Return where the message behind the separating line begins."""
        while (found := self._window.find(b"\n")) < 0 and not self._ended:
            self._more()
        return found + 1 if found >= 0 else len(self._window)

    def _end(self, start: int) -> int:
        """Return where the message ends: at the next separator, or with the file."""
        position = start - 1
        while True:
            found = self._window.find(_FROM, position)
            if found < 0:
                if self._ended:
                    return len(self._window)
                position = max(start - 1, self._trimmed(start) - len(_FROM) - SEPARATOR_LIMIT)
                self._more()
            elif self._separates(found + 1):
                return found + 1
            else:
                position = found + 1

    def _trimmed(self, start: int) -> int:
        """Drop what was searched of a message that is too large; return the size of the window."""
        if len(self._window) - start > self._most:
            self._too_large = True
            del self._window[start : len(self._window) - 2 * SEPARATOR_LIMIT]
        return len(self._window)

    def _separates(self, at: int) -> bool:
        self._fill(at + 2 * SEPARATOR_LIMIT)
        window = self._window
        line = bytes(window[at : at + SEPARATOR_LIMIT]).split(b"\n", 1)[0]
        if _STAMPED.match(line):
            return True
        if not bytes(window[max(0, at - 3) : at]).endswith((b"\n\n", b"\n\r\n")):
            return False
        behind = at + len(line) + 1
        return bool(_FIELD.match(bytes(window[behind : behind + SEPARATOR_LIMIT])))

    def _counted_end(self, start: int) -> int | None:
        """Return where the message ends by its own Content-Length, if a separator or the end is there."""
        self._fill(start + HEADER_LIMIT)
        header = _HEADER_END.search(self._window, start - 1, start + HEADER_LIMIT)
        if header is None or _OURS.match(self._window, start):
            return None
        length = _LENGTH.search(self._window, start, header.end())
        if length is None or int(length[1]) > self._most:
            return None
        end = header.end() + int(length[1])
        self._fill(end + SEPARATOR_LIMIT)
        behind = bytes(self._window[end : end + 8])
        gap = len(behind) - len(behind.lstrip(b"\r\n"))
        if len(self._window) < end or bytes(self._window[end - 1 : end + gap]).find(b"\n") < 0:
            return None
        if len(self._window) == end + gap or self._window[end + gap : end + gap + 5] == b"From ":
            return end + gap
        return None

    def _entry(self, number: int, start: int, end: int) -> Entry:
        line, content = bytes(self._window[:start]), bytes(self._window[start:end])
        date = _date(line)
        ours = _OURS.match(content)
        removed = False
        if ours:
            flags = _lettered(ours[1] + ours[2])
            raw = content[ours.end() : -1] if content.endswith(b"\n") else content[ours.end() :]
        else:
            flags, removed = _foreign_flags(content)
            raw = _without_gap(content)
        if self._too_large or len(raw) > self._most:
            return Entry(number, None, flags, removed, date)
        if b"From " in raw and (ours or not _BARE.search(raw)):
            raw = _QUOTED.sub(b"", raw)
        return Entry(number, travelling(raw), flags, removed, date)


def _without_gap(content: bytes) -> bytes:
    """Return a message without the empty line that parts it from the next."""
    for gap in (b"\n\r\n", b"\n\n"):
        if content.endswith(gap):
            return content[: 1 - len(gap)]
    return content


def _foreign_flags(content: bytes) -> tuple[Flag, bool]:
    """Return the flags that the header tells, and whether the message was removed."""
    header = _HEADER_END.search(content, 0, HEADER_LIMIT)
    head = content[: header.start() + 1 if header else HEADER_LIMIT]
    flags = _lettered(b"".join(letters.upper() for _, letters in _STATUS.findall(head)))
    found = _MOZILLA.search(head)
    bits = int(found[1], 16) if found else 0
    for bit, flag in _MOZILLA_BITS.items():
        flags |= flag if bits & bit else Flag.NONE
    return flags, bool(bits & _MOZILLA_REMOVED)


def _lettered(letters: bytes) -> Flag:
    flags = Flag.NONE
    for letter in letters.decode("ascii", "replace"):
        flags |= _LETTERS.get(letter, Flag.NONE)
    return flags


def _asctime(seconds: int) -> str:
    return time.asctime(time.gmtime(max(0, seconds)))


def _date(line: bytes) -> int | None:
    found = _DATE.search(line)
    if found is None or found[1] not in _MONTHS:
        return None
    month, day, hour, minute = _MONTHS.index(found[1]) + 1, int(found[2]), int(found[3]), int(found[4])
    moment = calendar.timegm((int(found[7]), month, day, hour, minute, int(found[5] or 0)))
    zone = found[6] or found[8]
    if zone:
        offset = int(zone[1:3]) * 3600 + int(zone[3:5]) * 60
        moment -= offset if zone.startswith(b"+") else -offset
    return max(0, moment)
