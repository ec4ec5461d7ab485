"""FETCH: which items were asked for, and what one message answers (RFC 9051, 6.4.5; RFC 7162, 3.1.4)."""

import re
from dataclasses import dataclass

from tui_mail.demo.imap.answers import body_structure, envelope, flag_list, internal_date
from tui_mail.demo.imap.structure import Part, chosen_fields, parse
from tui_mail.demo.mailboxes import Stored
from tui_mail.imap.wire import Literal, Token
from tui_mail.model.errors import ProtocolError

_MACROS = {
    b"FAST": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"),
    b"ALL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE"),
    b"FULL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODY"),
}
_OUTSIDE = frozenset((b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"UID", b"MODSEQ"))
"""Items that are known without a look into the message."""
_PLAIN = _OUTSIDE | {b"ENVELOPE", b"BODY", b"BODYSTRUCTURE"}
_OLD = {
    b"RFC822": (b"", b"BODY[]"),
    b"RFC822.HEADER": (b".PEEK", b"BODY[HEADER]"),
    b"RFC822.TEXT": (b"", b"BODY[TEXT]"),
}
_SECTION = re.compile(
    rb"BODY(?P<peek>\.PEEK)?\[(?P<path>\d+(?:\.\d+)*)?\.?"
    rb"(?P<what>HEADER\.FIELDS(?P<not>\.NOT)? *\((?P<names>[^()]*)\)|HEADER|TEXT|MIME)?\]"
    rb"(?:<(?P<from>\d+)\.(?P<count>\d+)>)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Section:
    """One BODY[…] item."""

    label: bytes
    """What stands before the octets in the answer."""
    path: tuple[int, ...] = ()
    what: bytes = b""
    """HEADER, TEXT, MIME, FIELDS, OTHERS, or nothing for the whole."""
    names: frozenset[bytes] = frozenset()
    begin: int | None = None
    count: int = 0

    def cut(self, message: Part) -> bytes | None:
        """The octets of the section; None where the message has no such part."""
        part = message.numbered(self.path)
        data = self._whole(part) if part is not None else None
        if data is None or self.begin is None:
            return data
        return data[self.begin : self.begin + self.count]

    def _whole(self, part: Part) -> bytes | None:
        if self.what == b"MIME":
            return part.header
        if not self.what:
            return part.body if self.path else part.raw
        if self.path:
            if part.media != b"message" or not part.children:
                return None
            part = part.children[0]
        if self.what in (b"FIELDS", b"OTHERS"):
            return chosen_fields(part.header, self.names, self.what == b"FIELDS")
        return part.header if self.what == b"HEADER" else part.body


@dataclass(frozen=True, slots=True)
class Items:
    """What a FETCH asks for."""

    names: tuple[bytes, ...]
    """Plain items, upper case, in order."""
    sections: tuple[Section, ...]
    marks_seen: bool
    """True where a section is read without PEEK."""

    def with_names(self, *names: bytes) -> "Items":
        """The same with these plain items first, each once."""
        kept = tuple(name for name in self.names if name not in names)
        return Items(names + kept, self.sections, self.marks_seen)


def read_items(token: Token) -> Items:
    """Read the item or list of items of a FETCH command."""
    words = token if isinstance(token, list) else [token]
    if not isinstance(token, list) and isinstance(token, bytes) and token.upper() in _MACROS:
        return Items(_MACROS[token.upper()], (), False)
    names: list[bytes] = []
    sections: list[Section] = []
    marks_seen = False
    for word in words:
        if not isinstance(word, bytes):
            raise ProtocolError("an item of FETCH cannot be read")
        if word.upper() in _PLAIN:
            names.append(word.upper())
            continue
        section, peek = _read_section(word)
        sections.append(section)
        marks_seen = marks_seen or not peek
    return Items(tuple(dict.fromkeys(names)), tuple(sections), marks_seen)


def _read_section(word: bytes) -> tuple[Section, bool]:
    if word.upper() in _OLD:
        peek, same = _OLD[word.upper()]
        section, _ = _read_section(same)
        return Section(word.upper(), what=section.what), bool(peek)
    found = _SECTION.fullmatch(word)
    if found is None or ((found["what"] or b"").upper() == b"MIME" and not found["path"]):
        raise ProtocolError("an item of FETCH cannot be read")
    what = (found["what"] or b"").upper()
    if what.startswith(b"HEADER.FIELDS"):
        what = b"OTHERS" if found["not"] else b"FIELDS"
    label = b"BODY" + word[word.index(b"[") : word.index(b"]") + 1]
    if found["from"] is not None:
        label += b"<%b>" % found["from"]
    section = Section(
        label,
        tuple(int(number) for number in (found["path"] or b"").split(b".") if number),
        what,
        frozenset(name.strip(b'"').lower() for name in (found["names"] or b"").split()),
        int(found["from"]) if found["from"] is not None else None,
        int(found["count"] or 0),
    )
    return section, found["peek"] is not None


def answer(number: int, stored: Stored, items: Items) -> bytes:
    """The FETCH line of one message."""
    looks_inside = items.sections or not _OUTSIDE.issuperset(items.names)
    message = parse(stored.content.raw) if looks_inside else None
    words = [name + b" " + _outside(name, stored) for name in items.names if name in _OUTSIDE]
    if message is not None:
        words += [name + b" " + _inside(name, message) for name in items.names if name not in _OUTSIDE]
        for section in items.sections:
            data = section.cut(message)
            words.append(section.label + b" " + (b"NIL" if data is None else Literal(data).wire))
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join(words))


def _outside(name: bytes, stored: Stored) -> bytes:
    match name:
        case b"FLAGS":
            return flag_list(stored.flags)
        case b"UID":
            return b"%d" % stored.uid
        case b"MODSEQ":
            return b"(%d)" % stored.modseq
        case b"INTERNALDATE":
            return internal_date(stored.moment)
    return b"%d" % len(stored.content.raw)


def _inside(name: bytes, message: Part) -> bytes:
    return envelope(message) if name == b"ENVELOPE" else body_structure(message, name == b"BODYSTRUCTURE")
