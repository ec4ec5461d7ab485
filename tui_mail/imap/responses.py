"""Reads what a server says into typed values (RFC 9051 §7; RFC 4731, 7162, 5819, 4315)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_mail.imap.fetched import Fetched as Fetched
from tui_mail.imap.fetched import Unreadable as Unreadable
from tui_mail.imap.fetched import read_fetch
from tui_mail.imap.wire import Cursor, Line, Ranges, Token, decode_name, expanded, parse_set, runs
from tui_mail.model.errors import ProtocolError
from tui_mail.model.safe_text import SafeText, safe_text

SENTENCE_LIMIT = 300
"""Characters kept of a sentence of the server."""


@dataclass(frozen=True, slots=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH, tagged or not."""

    tag: bytes
    """The command it answers; b"*" where it answers none."""
    kind: str
    code: str
    """The response code in upper case without brackets; "" where there is none."""
    arguments: bytes
    """What follows the code inside the brackets."""
    text: SafeText
    """The server's sentence, safe and of bounded length."""

    def number(self) -> int | None:
        """Return the one number behind the code, such as that of UIDNEXT."""
        return int(self.arguments) if re.fullmatch(rb"\d{1,20}", self.arguments) else None


@dataclass(frozen=True, slots=True)
class GoOn:
    """A line that begins with "+": the server waits for the rest of a command."""

    text: bytes = b""
    """What it says besides: a challenge, or words that nobody needs."""


@dataclass(frozen=True, slots=True)
class Count:
    """EXISTS, EXPUNGE or RECENT with its number."""

    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Words:
    """CAPABILITY, ENABLED or FLAGS with its words."""

    kind: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """UIDs or numbers that a search found."""

    ranges: Ranges
    tag: bytes = b""
    """The command that it answers; b"" where it does not say so."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """UIDs that are gone (RFC 7162 §3.2.10)."""

    ranges: Ranges
    earlier: bool
    """Gone before this session looked: EXISTS never counted them."""


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """What STATUS tells of a mailbox; None = not told."""

    messages: int | None = None
    uidnext: int | None = None
    uidvalidity: int | None = None
    unseen: int | None = None
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class StatusOf:
    """A STATUS response."""

    name: bytes
    status: FolderStatus


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A mailbox as LIST tells it."""

    name: bytes
    """The name on the wire, its identity."""
    display: str
    """The decoded name; not yet safe for a terminal."""
    separator: str
    """The hierarchy separator; "" where the server has none."""
    attributes: frozenset[str]
    """Such as "\\hasnochildren" and "\\sent", in lower case, each with its backslash."""
    status: FolderStatus | None = None

    @property
    def subscribed(self) -> bool:
        """Whether the user wants to see it in lists."""
        return SUBSCRIBED in self.attributes


SUBSCRIBED = "\\subscribed"
"""The attribute of a mailbox that is subscribed (RFC 5258)."""


@dataclass(frozen=True, slots=True)
class SubscribedName:
    """A subscribed mailbox as LSUB tells it."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Namespace:
    """A part of the tree of mailboxes (RFC 2342)."""

    prefix: bytes
    """What the names in it begin with, such as b"INBOX."; b"" for the root."""
    separator: str
    """Its hierarchy separator; "" where it has none."""


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Whose mailboxes are where; a server may have several parts of each kind, or none."""

    personal: tuple[Namespace, ...] = ()
    """Where the user's own folders are made."""
    others: tuple[Namespace, ...] = ()
    shared: tuple[Namespace, ...] = ()


@dataclass(frozen=True, slots=True)
class Selected:
    """A mailbox as it was when it was selected; None = not told."""

    name: bytes
    uidvalidity: int | None
    uidnext: int | None
    exists: int
    modseq: int | None
    """The highest MODSEQ; None also where the mailbox has none (NOMODSEQ)."""
    permanent_flags: frozenset[str]
    """Flags that last, in lower case, each with its backslash."""
    keywords_allowed: bool
    """Whether new keywords may be made."""
    read_only: bool


@dataclass(frozen=True, slots=True)
class CopyUid:
    """Where copied or moved messages went (RFC 4315)."""

    uidvalidity: int
    pairs: tuple[tuple[int, int], ...]
    """Source UID and target UID of each."""


@dataclass(frozen=True, slots=True)
class Other:
    """A response this program has no use for."""

    kind: str


Response = (
    Status
    | GoOn
    | Count
    | Words
    | Found
    | Vanished
    | StatusOf
    | ListedFolder
    | SubscribedName
    | Namespaces
    | Fetched
    | Unreadable
    | Other
)
"""Anything a server may say."""

_STATUS = re.compile(
    rb"([^\s+\x00]{1,100}) (OK|NO|BAD|BYE|PREAUTH)(?: |\Z)"
    rb"(?:\[([^\s\]]{1,100})(?: ([^\]]*+))?\] ?)?(.*)",
    re.IGNORECASE | re.DOTALL,
)
_UNTAGGED = re.compile(rb"\* (?:(\d{1,10}) )?([A-Za-z][A-Za-z0-9.\-]{0,39})(?: |\Z)")
_NUMBERS = re.compile(rb"(?: *+\d{1,10}+)*+ *+(?:\(MODSEQ \d{1,20}\) *+)?", re.IGNORECASE)
_NUMBER = re.compile(rb"\d+")


def read_response(line: Line) -> Response:
    """Read one line of a server; anything that is not IMAP raises ProtocolError."""
    data = line.data
    if data[:1] == b"+":
        return GoOn(data[1:].strip(b" "))
    untagged = _UNTAGGED.match(data)
    if untagged and untagged[2].upper() == b"FETCH" and untagged[1]:
        return read_fetch(line, untagged.end(), int(untagged[1]))
    status = _STATUS.match(data)
    if status:
        return _status(status)
    if not untagged:
        raise ProtocolError(f"a line begins “{safe_text(data[:40].decode('utf-8', 'replace'))}”")
    kind = untagged[2].upper().decode("ascii")
    if untagged[1]:
        return Count(kind, int(untagged[1])) if kind in ("EXISTS", "EXPUNGE") else Other(kind)
    reader = _READERS.get(kind)
    return reader(line, untagged.end()) if reader else Other(kind)


def _status(found: re.Match[bytes]) -> Status:
    tag, kind, code, arguments, text = found.groups()
    return Status(
        tag,
        kind.upper().decode("ascii"),
        (code or b"").upper().decode("ascii", "replace"),
        arguments or b"",
        safe_text(text.decode("utf-8", "replace"), SENTENCE_LIMIT),
    )


def read_words(data: bytes) -> frozenset[str]:
    """Read the words of a capability list, in upper case."""
    return frozenset(data.decode("ascii", "replace").upper().split())


def _capability(line: Line, pos: int) -> Words:
    return Words("CAPABILITY", read_words(line.data[pos:]))


def _enabled(line: Line, pos: int) -> Words:
    return Words("ENABLED", read_words(line.data[pos:]))


def _flags(line: Line, pos: int) -> Words:
    return Words("FLAGS", read_flag_names(line.data[pos:]))


def read_flag_names(data: bytes) -> frozenset[str]:
    """Read a parenthesised list of flags, in lower case."""
    return frozenset(data.decode("ascii", "replace").lower().strip("() ").split())


def _search(line: Line, pos: int) -> Found:
    if not _NUMBERS.fullmatch(line.data, pos):
        raise ProtocolError("a search result cannot be read")
    end = line.data.find(b"(", pos)
    numbers = _NUMBER.finditer(line.data, pos, end if end >= 0 else len(line.data))
    return Found(runs(int(found[0]) for found in numbers))


def _esearch(line: Line, pos: int) -> Found:
    cursor = Cursor(line, pos)
    words = cursor.values()
    tag = b""
    if words and isinstance(words[0], list):
        match words.pop(0):
            case [bytes(word), bytes(named)] if word.upper() == b"TAG":
                tag = named
    if words and _is_word(words[0], b"UID"):
        del words[0]
    for name, value in zip(words[::2], words[1::2], strict=False):
        if _is_word(name, b"ALL") and isinstance(value, bytes):
            return Found(parse_set(value), tag)
    return Found([], tag)


def _is_word(token: Token, word: bytes) -> bool:
    return isinstance(token, bytes) and token.upper() == word


def _vanished(line: Line, pos: int) -> Vanished:
    cursor = Cursor(line, pos)
    words = cursor.values()
    if not words or not isinstance(words[-1], bytes):
        raise ProtocolError("VANISHED names no messages")
    return Vanished(parse_set(words[-1]), earlier=len(words) > 1)


def _list(line: Line, pos: int) -> ListedFolder:
    cursor = Cursor(line, pos)
    attributes, separator = cursor.value(), cursor.value()
    if not isinstance(attributes, list) or not (separator is None or isinstance(separator, bytes)):
        raise ProtocolError("a LIST response cannot be read")
    name = _mailbox(cursor)
    words = (word.decode("ascii", "replace").lower() for word in attributes if isinstance(word, bytes))
    sign = (separator or b"").decode("utf-8", "replace")
    return ListedFolder(name, decode_name(name), sign, frozenset(words))


def _lsub(line: Line, pos: int) -> SubscribedName:
    return SubscribedName(_list(line, pos).name)


def _namespaces(line: Line, pos: int) -> Namespaces:
    cursor = Cursor(line, pos)
    return Namespaces(*(_namespaces_of_a_kind(cursor.value()) for _ in range(3)))


def _namespaces_of_a_kind(told: Token) -> tuple[Namespace, ...]:
    if told is not None and not isinstance(told, list):
        raise ProtocolError("a NAMESPACE response cannot be read")
    found = []
    for one in told or ():
        match one:
            case [bytes(prefix), None | bytes() as separator, *_]:
                found.append(Namespace(prefix, (separator or b"").decode("utf-8", "replace")))
    return tuple(found)


def _mailbox(cursor: Cursor) -> bytes:
    name = cursor.value()
    if name is None:  # a mailbox may be called NIL, and an atom may be its name
        return b"NIL"
    if not isinstance(name, bytes):
        raise ProtocolError("a mailbox name cannot be read")
    return name


def _status_of(line: Line, pos: int) -> StatusOf:
    cursor = Cursor(line, pos)
    name, items = _mailbox(cursor), cursor.value()
    if not isinstance(items, list):
        raise ProtocolError("a STATUS response cannot be read")
    told: dict[bytes, int] = {}
    for item, value in zip(items[::2], items[1::2], strict=False):
        if isinstance(item, bytes) and isinstance(value, bytes) and _WHOLE.fullmatch(value):
            told[item.upper()] = int(value)
    return StatusOf(name, FolderStatus(*(told.get(item) for item in STATUS_ITEMS)))


STATUS_ITEMS = (b"MESSAGES", b"UIDNEXT", b"UIDVALIDITY", b"UNSEEN", b"HIGHESTMODSEQ")
"""What STATUS can tell, in the order of FolderStatus."""

_WHOLE = re.compile(rb"\d{1,20}")
_READERS: dict[str, Callable[[Line, int], Response]] = {
    "CAPABILITY": _capability,
    "ENABLED": _enabled,
    "FLAGS": _flags,
    "SEARCH": _search,
    "ESEARCH": _esearch,
    "VANISHED": _vanished,
    "LIST": _list,
    "LSUB": _lsub,
    "NAMESPACE": _namespaces,
    "STATUS": _status_of,
}


def read_copy_uid(arguments: bytes) -> CopyUid | None:
    """Read what follows COPYUID; None where it tells nothing that could be used."""
    try:
        uidvalidity, sources, targets = arguments.split()
        pairs = zip(expanded(parse_set(sources)), expanded(parse_set(targets)), strict=True)
        return CopyUid(int(uidvalidity), tuple(pairs))
    except (ValueError, ProtocolError):
        return None


def read_append_uid(arguments: bytes) -> tuple[int, int] | None:
    """Read what follows APPENDUID: UIDVALIDITY and UID; None where it tells nothing that could be used."""
    found = re.fullmatch(rb"(\d{1,10}) (\d{1,10})", arguments)
    return (int(found[1]), int(found[2])) if found else None
