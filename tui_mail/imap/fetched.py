"""Reads FETCH responses (RFC 9051 §7.5.2; MODSEQ: RFC 7162).

BODYSTRUCTURE is kept as it stands on the wire: cutting it into tokens is most of the work of reading list
data, and nothing but the question of attachments is asked of it here.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from tui_mail.imap.structure import has_attachment
from tui_mail.imap.wire import Cursor, Line
from tui_mail.model.errors import ProtocolError
from tui_mail.model.message import Flag

LARGEST_UID = 2**32 - 1
PLAIN_LIMIT = 32 * 1024
"""Octets of a response up to which `_PLAIN` is tried: what a pattern remembers of its way grows with it."""
HEADER_LIMIT = 1024 * 1024
"""Octets kept of the header fields of one message."""

FLAG_NAMES = {
    "\\seen": Flag.SEEN,
    "\\flagged": Flag.FLAGGED,
    "\\answered": Flag.ANSWERED,
    "\\draft": Flag.DRAFT,
    "\\deleted": Flag.DELETED,
    "$forwarded": Flag.FORWARDED,
}
"""The flags with a bit of their own, by their names in lower case."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}
_DATE = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_CACHED_FLAGS = 256
FLAGS_LIMIT = 64 * 1024
"""Octets of the flags of one message."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What FETCH told of one message; None = not told."""

    uid: int
    """0 where the server told none."""
    flags: Flag | None = None
    keywords: tuple[str, ...] = ()
    """Flags without a bit of their own, as written by the server; \\Recent is left out."""
    internal_date: int | None = None
    """Seconds since the epoch."""
    size: int | None = None
    modseq: int | None = None
    header: bytes | None = None
    """The header fields that were asked for."""
    structure: bytes | None = None
    """BODYSTRUCTURE as it stands on the wire."""
    attachment: bool | None = None
    """Whether the structure shows something to save."""
    body: bytes | BinaryIO | None = None
    """The whole message: in a file, rewound, if it is large."""
    sections: tuple[tuple[str, bytes | BinaryIO], ...] = ()
    """Other parts of it with their names in upper case, such as "BODY[1.2.MIME]" and "BODY[]<1024>"."""

    def section(self, name: str) -> bytes | BinaryIO | None:
        """Return the section called `name`; None where none was told."""
        return next((content for known, content in self.sections if known == name), None)

    @property
    def carries_content(self) -> bool:
        """Whether it tells what only a command by UID asks for (RFC 9051 §6.4.9)."""
        return any(told is not None for told in (self.header, self.structure, self.body, *self.sections))

    @property
    def weight(self) -> int:
        """How many octets of content it holds in memory."""
        octets = len(self.header or b"") + len(self.structure or b"")
        if isinstance(self.body, bytes):
            octets += len(self.body)
        for _, content in self.sections:
            if isinstance(content, bytes):
                octets += len(content)
        return octets

    def files(self) -> Iterator[BinaryIO]:
        """Every file that belongs to it."""
        for content in (self.body, *(content for _, content in self.sections)):
            if content is not None and not isinstance(content, bytes):
                yield content


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A FETCH response that says something of a message, and nobody knows what."""

    number: int
    """The message's sequence number."""
    uid: int
    """Its UID; 0 where that could not be read either."""


@dataclass(frozen=True, slots=True)
class FetchedPart:
    """One part of a message."""

    header: bytes
    """Its own header fields (MIME); b"" where the server tells none."""
    body: BinaryIO
    """Its content as it is encoded, in a file, rewound."""


class _Draft:
    """The values of a FETCH while it is being read."""

    __slots__ = (
        "body",
        "cursor",
        "flags",
        "header",
        "internal_date",
        "keywords",
        "modseq",
        "sections",
        "size",
        "structure",
        "uid",
    )

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.uid = 0
        self.flags: Flag | None = None
        self.keywords: tuple[str, ...] = ()
        self.internal_date: int | None = None
        self.size: int | None = None
        self.modseq: int | None = None
        self.header: bytes | None = None
        self.structure: bytes | None = None
        self.body: bytes | BinaryIO | None = None
        self.sections: list[tuple[str, bytes | BinaryIO]] = []

    def read_plain_items(self) -> None:
        """Read the items that have the form of `_PLAIN`, up to the first that has not."""
        cursor = self.cursor
        data, pos = cursor.data, cursor.pos
        if len(data) > PLAIN_LIMIT:
            return
        while found := _PLAIN.match(data, pos):
            kind, end = found.lastindex, found.end()
            if kind == _FLAGS:
                self.flags, self.keywords = read_flags(found[_FLAGS])
            elif kind == _STRUCTURE:
                self.structure = found[_STRUCTURE]
            elif kind == _DATE_TIME:
                self.internal_date = read_date(found[_DATE_TIME])
            elif kind == _HEADER:
                start, end = end, end + int(found[_HEADER])
                if end > len(data):
                    break
                self.header = data[start:end]
            elif kind == _UID:
                self.uid = _checked_uid(int(found[_UID]))
            elif kind == _SIZE:
                self.size = int(found[_SIZE])
            else:
                self.modseq = int(found[_MODSEQ])
            pos = end
        cursor.pos = pos

    def read(self, item: bytes) -> None:
        """Read the value of the item called `item`."""
        cursor = self.cursor
        if item == b"UID":
            self.uid = _checked_uid(_number(cursor))
        elif item == b"FLAGS":
            self.flags, self.keywords = read_flags(cursor.raw())
        elif item == b"INTERNALDATE":
            self.internal_date = read_date(cursor.atom())
        elif item == b"RFC822.SIZE":
            self.size = _number(cursor)
        elif item == b"MODSEQ":
            self.modseq = _modseq(cursor)
        elif item == b"BODYSTRUCTURE":
            self.structure = cursor.raw()
        elif item.startswith(b"BODY[HEADER"):
            self.header = _header(cursor)
        elif item == b"BODY[]":
            self.body = _body(cursor)
        elif item.startswith(b"BODY["):
            self.sections.append((item.decode("ascii", "replace"), _body(cursor) or b""))
        else:
            _drop(cursor)


_INSIDE = rb'[^()"{]++|"[^"\\\r]*+"'


def _list_within(levels: int) -> bytes:
    """Return the pattern of a list with no more than so many levels of lists in it, and no literal."""
    within = rb"|" + _list_within(levels - 1) if levels else b""
    return rb"\((?:" + _INSIDE + within + rb")*\)"


_UID_ITEM = rb"UID (\d{1,10})"
_FLAGS_ITEM = rb'FLAGS (\([^()"{]*+\))'
_DATE_ITEM = rb'INTERNALDATE "([^"\\\r]{1,40})"'
_SIZE_ITEM = rb"RFC822\.SIZE (\d{1,18})"
_MODSEQ_ITEM = rb"MODSEQ \((\d{1,19})\)"
_STRUCTURE_ITEM = rb"BODYSTRUCTURE (" + _list_within(3) + rb")"
_HEADER_ITEM = rb"BODY\[HEADER\.FIELDS \([^()\"{\r]*+\)\] \{(\d{1,5})\}\r\n"
_PLAIN = re.compile(
    rb" ?(?:"
    + rb"|".join(
        (_UID_ITEM, _FLAGS_ITEM, _DATE_ITEM, _SIZE_ITEM, _MODSEQ_ITEM, _STRUCTURE_ITEM, _HEADER_ITEM)
    )
    + rb")(?(7)|(?=[ )]))"
)
"""The items of list data as servers mostly write them: cutting them into tokens takes three times as long."""
_UID, _FLAGS, _DATE_TIME, _SIZE, _MODSEQ, _STRUCTURE, _HEADER = range(1, 8)

_IN_ORDER = re.compile(
    rb" ?\("
    + rb" ".join((_UID_ITEM, _FLAGS_ITEM, _DATE_ITEM, _SIZE_ITEM))
    + rb"(?: "
    + _MODSEQ_ITEM
    + rb")? "
    + _STRUCTURE_ITEM
    + rb" "
    + _HEADER_ITEM
)
"""List data with its items in the order in which they were asked for: one by one takes half as long again."""


def read_fetch(line: Line, pos: int, number: int) -> Fetched | Unreadable:
    """Read a FETCH response on message `number` whose items begin at `pos`.

    One that cannot be read is told as such and ends nothing: its octets are counted, so the next line begins
    where it should, and a server that always malforms one message would hold up the whole mailbox for ever.
    """
    if fetched := _read_in_order(line.data, pos):
        return fetched
    cursor = Cursor(line, pos)
    draft = _Draft(cursor)
    try:
        if not cursor.enters():
            return Unreadable(number, 0)
        draft.read_plain_items()
        while not cursor.leaves():
            draft.read(cursor.atom().upper())
            draft.read_plain_items()
    except ProtocolError:
        return Unreadable(number, draft.uid)
    return Fetched(
        draft.uid,
        draft.flags,
        draft.keywords,
        draft.internal_date,
        draft.size,
        draft.modseq,
        draft.header,
        draft.structure,
        None if draft.structure is None else has_attachment(draft.structure),
        draft.body,
        tuple(draft.sections),
    )


def _read_in_order(data: bytes, pos: int) -> Fetched | None:
    """Read a response that has the form of `_IN_ORDER` and nothing else; None where it has another."""
    found = _IN_ORDER.match(data, pos) if len(data) <= PLAIN_LIMIT else None
    if found is None:
        return None
    uid, flags, date, size, modseq, structure, length = found.groups()
    start = found.end()
    end = start + int(length)
    if data[end:] != b")" or not 0 < int(uid) <= LARGEST_UID:
        return None
    return Fetched(
        int(uid),
        *read_flags(flags),
        read_date(date),
        int(size),
        int(modseq) if modseq else None,
        data[start:end],
        structure,
        has_attachment(structure),
    )


def read_flags(raw: bytes) -> tuple[Flag, tuple[str, ...]]:
    """Read a flag list as it stands on the wire: system flags, and the keywords in the server's order."""
    return _cached_flags(raw) if len(raw) <= _CACHED_FLAGS else _flags(raw)


def _flags(raw: bytes) -> tuple[Flag, tuple[str, ...]]:
    if raw[:1] != b"(" or len(raw) > FLAGS_LIMIT:
        raise ProtocolError("a flag list cannot be read")
    flags, keywords = Flag.NONE, []
    for word in raw[1:-1].decode("ascii", "replace").split():
        known = FLAG_NAMES.get(word.lower())
        if known is not None:
            flags |= known
        elif not word.startswith("\\"):
            keywords.append(word)
    return flags, tuple(dict.fromkeys(keywords))


_cached_flags = lru_cache(maxsize=512)(_flags)


def read_date(text: bytes) -> int | None:
    """Read an INTERNALDATE; None where it is none."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    day, name, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    midnight = _midnight(day, name, year)
    if midnight is None:
        return None
    zone = int(zone_hours) * 3600 + int(zone_minutes) * 60
    moment = midnight + int(hour) * 3600 + int(minute) * 60 + int(second)
    return moment + zone if sign == b"-" else moment - zone


@lru_cache(4_096)
def _midnight(day: bytes, name: bytes, year: bytes) -> int | None:
    """Return when a day began at Greenwich, in seconds since the epoch; None where there is no such day."""
    month = _MONTHS.get(name.lower(), 0)
    if not (month and 1 <= int(day) <= 31):
        return None
    return calendar.timegm((int(year) or 1, month, int(day), 0, 0, 0))


def _checked_uid(number: int) -> int:
    """Return `number` if it can be a UID."""
    if not 0 < number <= LARGEST_UID:
        raise ProtocolError("a UID is out of range")
    return number


def _number(cursor: Cursor) -> int:
    word = cursor.atom()
    if not word.isdigit() or len(word) > 20:
        raise ProtocolError("a number was expected")
    return int(word)


def _modseq(cursor: Cursor) -> int:
    if not cursor.enters():
        return _number(cursor)
    number = _number(cursor)
    if not cursor.leaves():
        raise ProtocolError("MODSEQ cannot be read")
    return number


def _header(cursor: Cursor) -> bytes:
    value = cursor.value()
    if value is None or isinstance(value, bytes):
        return value or b""
    if isinstance(value, list):
        raise ProtocolError("header fields cannot be read")
    with value:
        return value.read(HEADER_LIMIT)


def _body(cursor: Cursor) -> bytes | BinaryIO | None:
    value = cursor.value()
    if isinstance(value, list):
        raise ProtocolError("a body cannot be read")
    return value


def _drop(cursor: Cursor) -> None:
    value = cursor.value()
    if value is not None and not isinstance(value, (bytes, list)):
        value.close()
