"""Commands about mailboxes: list, open, make, fill (RFC 9051, 6.3; RFC 7162, 3.1.8; RFC 4315, APPENDUID)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO

from tui_mail.demo.imap.answers import RefusedError, flag_list
from tui_mail.demo.imap.connection import Command, Connection, Phase, Table
from tui_mail.demo.imap.fetching import Items, answer
from tui_mail.demo.imap.listing import STATUS_ITEMS, Wish, answers, status_line
from tui_mail.demo.mailboxes import (
    INBOX,
    Content,
    HasChildrenError,
    Mailbox,
    MailboxExistsError,
    NoSuchMailboxError,
    canonical_flag,
)
from tui_mail.imap.wire import Cursor, Token, decode_name, encode_name, format_set
from tui_mail.mime.headers import parse_date
from tui_mail.model.errors import ProtocolError

_FLAGS = ("\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen")
_SPECIAL_USES = frozenset(("\\archive", "\\drafts", "\\junk", "\\sent", "\\trash"))


def mailbox_name(wire: bytes) -> str:
    """The name that an argument tells; one that is not in modified UTF-7 is refused."""
    name = decode_name(wire)
    if not wire or encode_name(name) != wire:
        raise RefusedError("A mailbox cannot have this name.", "CANNOT")
    return name


def find(connection: Connection, wire: bytes, code: str = "NONEXISTENT") -> Mailbox:
    """The mailbox that an argument names."""
    try:
        return connection.owner.mailbox(mailbox_name(wire))
    except NoSuchMailboxError:
        raise RefusedError("There is no such mailbox.", code) from None


def read_flags(token: Token) -> frozenset[str]:
    """Flags as an argument gives them, in a list or alone."""
    words = token if isinstance(token, list) else [token]
    if not all(isinstance(word, bytes) and word for word in words):
        raise ProtocolError("flags cannot be read")
    return frozenset(
        canonical_flag(word.decode("ascii", "replace")) for word in words if isinstance(word, bytes)
    )


async def _list(connection: Connection, cursor: Cursor) -> None:
    selection: frozenset[str] = frozenset()
    reference = cursor.value()
    if isinstance(reference, list):
        selection, _ = _options(reference)
        reference = cursor.value()
    given = cursor.value()
    patterns: list[Token] = given if isinstance(given, list) else [given]
    if not isinstance(reference, bytes):
        raise ProtocolError("LIST needs a reference")
    returns: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()
    if not cursor.at_end:
        if cursor.atom().upper() != b"RETURN":
            raise ProtocolError("RETURN was expected")
        returns, status = _options(cursor.value())
    if patterns == [b""]:
        connection.write(f'* LIST (\\Noselect) "{connection.owner.separator}" ""\r\n'.encode())
        return
    wish = Wish(_patterns(reference, patterns), selection, returns, status)
    for line in answers(connection.owner, wish):
        connection.write(line)


async def _lsub(connection: Connection, cursor: Cursor) -> None:
    patterns = _patterns(cursor.atom(), [cursor.atom()])
    for line in answers(connection.owner, Wish(patterns, frozenset({"SUBSCRIBED"})), "LSUB"):
        connection.write(line)


def _patterns(reference: bytes, patterns: list[Token]) -> tuple[str, ...]:
    if not all(isinstance(pattern, bytes) for pattern in patterns):
        raise ProtocolError("a pattern cannot be read")
    return tuple(decode_name(reference + pattern) for pattern in patterns if isinstance(pattern, bytes))


def _options(token: Token) -> tuple[frozenset[str], tuple[str, ...]]:
    if not isinstance(token, list):
        raise ProtocolError("options stand in parentheses")
    names: set[str] = set()
    status: tuple[str, ...] = ()
    words = iter(token)
    for word in words:
        if not isinstance(word, bytes):
            raise ProtocolError("an option cannot be read")
        names.add(word.decode("ascii", "replace").upper())
        if word.upper() == b"STATUS":
            status = _status_items(next(words, None))
    return frozenset(names), status


def _status_items(token: Token) -> tuple[str, ...]:
    if not isinstance(token, list):
        raise ProtocolError("the items of STATUS stand in parentheses")
    items = tuple(word.decode("ascii", "replace").upper() for word in token if isinstance(word, bytes))
    if not items or not set(items) <= set(STATUS_ITEMS):
        raise ProtocolError("an item of STATUS is not known")
    return items


async def _status(connection: Connection, cursor: Cursor) -> None:
    mailbox = find(connection, cursor.atom())
    items = _status_items(cursor.value())
    connection.condstore = connection.condstore or "HIGHESTMODSEQ" in items
    connection.write(status_line(mailbox, items))


async def _select(connection: Connection, cursor: Cursor) -> str:
    return _open(connection, cursor, read_only=False)


async def _examine(connection: Connection, cursor: Cursor) -> str:
    return _open(connection, cursor, read_only=True)


def _open(connection: Connection, cursor: Cursor, read_only: bool) -> str:
    name = cursor.atom()
    known: tuple[int, int] | None = None
    if not cursor.at_end:
        known = _known(connection, cursor.value())
        connection.condstore = True
    connection.deselect()
    mailbox = find(connection, name)
    selected = connection.select(mailbox, read_only)
    keywords = {flag for stored in mailbox.messages.values() for flag in stored.flags}
    permanent = b"()" if read_only else flag_list({*_FLAGS, "\\*"})
    first = next((n for n, m in selected.everything() if "\\Seen" not in m.flags), None)
    lines = [
        b"* FLAGS " + flag_list(keywords.union(_FLAGS)),
        b"* OK [PERMANENTFLAGS " + permanent + b"] Flags that stay.",
        b"* %d EXISTS" % len(selected.uids),
        b"* 0 RECENT",
        b"* OK [UNSEEN %d] The first unread one." % first if first else b"",
        b"* OK [UIDVALIDITY %d] UIDs are valid." % mailbox.uidvalidity,
        b"* OK [UIDNEXT %d] The next UID." % mailbox.uidnext,
        b"* OK [HIGHESTMODSEQ %d] The highest so far." % mailbox.modseq,
    ]
    connection.write(b"".join(line + b"\r\n" for line in lines if line))
    if known is not None and known[0] == mailbox.uidvalidity:
        _resynchronise(connection, known[1])
    return "[READ-ONLY] Open to look at." if read_only else "[READ-WRITE] Open."


def _known(connection: Connection, parameters: Token) -> tuple[int, int] | None:
    """What a client knows of a mailbox that it opens: UIDVALIDITY and mod-sequence (RFC 7162, 3.2.5)."""
    match parameters:
        case [bytes() as word] if word.upper() == b"CONDSTORE":
            return None
        case [bytes() as word, [bytes() as validity, bytes() as modseq, *_]] if (
            connection.qresync and word.upper() == b"QRESYNC" and validity.isdigit() and modseq.isdigit()
        ):
            return int(validity), int(modseq)
    raise ProtocolError("a parameter of SELECT is not known")


def _resynchronise(connection: Connection, modseq: int) -> None:
    """Tell what happened to the open mailbox since a mod-sequence."""
    selected = connection.open
    connection.write(vanished_earlier(selected.mailbox.removed_since(modseq)))
    for number, stored in selected.everything():
        if stored.modseq > modseq:
            connection.write(answer(number, stored, Items((b"UID", b"FLAGS", b"MODSEQ"), (), False)))


def vanished_earlier(uids: Iterable[int]) -> bytes:
    """The line that tells of removals before this session looked; nothing where there were none."""
    gone = format_set(uids)
    return f"* VANISHED (EARLIER) {gone}\r\n".encode() if gone else b""


async def _unselect(connection: Connection, _: Cursor) -> None:
    connection.deselect()


async def _close(connection: Connection, _: Cursor) -> None:
    selected = connection.open
    if not selected.read_only:
        selected.mailbox.remove([m.uid for _, m in selected.everything() if "\\Deleted" in m.flags])
    connection.deselect()


async def _create(connection: Connection, cursor: Cursor) -> None:
    separator = connection.owner.separator
    name = mailbox_name(cursor.atom()).removesuffix(separator)
    use = "" if cursor.at_end else _use(cursor.value())
    if not all(name.split(separator)):
        raise RefusedError("A mailbox cannot have this name.", "CANNOT")
    try:
        connection.owner.create(name, use)
    except MailboxExistsError:
        raise RefusedError("There is a mailbox of this name.", "ALREADYEXISTS") from None


def _use(token: Token) -> str:
    match token:
        case [bytes() as word, [bytes() as use]] if word.upper() == b"USE":
            found = use.decode("ascii", "replace").lower()
            if found not in _SPECIAL_USES:
                raise RefusedError("A mailbox cannot have this use.", "USEATTR")
            return found[0] + found[1:].capitalize()
    raise ProtocolError("a parameter of CREATE is not known")


async def _delete(connection: Connection, cursor: Cursor) -> None:
    mailbox = find(connection, cursor.atom())
    if mailbox.name == INBOX:
        raise RefusedError("The inbox stays.", "CANNOT")
    if connection.selected is not None and connection.selected.mailbox is mailbox:
        connection.deselect()
    try:
        connection.owner.delete(mailbox.name)
    except HasChildrenError:
        raise RefusedError("There are mailboxes below it.", "HASCHILDREN") from None


async def _rename(connection: Connection, cursor: Cursor) -> None:
    mailbox = find(connection, cursor.atom())
    new = mailbox_name(cursor.atom())
    separator = connection.owner.separator
    if (new + separator).startswith(mailbox.name + separator) or not all(new.split(separator)):
        raise RefusedError("It cannot move there.", "CANNOT")
    try:
        connection.owner.rename(mailbox.name, new)
    except MailboxExistsError:
        raise RefusedError("There is a mailbox of this name.", "ALREADYEXISTS") from None


async def _subscribe(connection: Connection, cursor: Cursor) -> None:
    connection.owner.subscribed.add(mailbox_name(cursor.atom()))


async def _unsubscribe(connection: Connection, cursor: Cursor) -> None:
    connection.owner.subscribed.discard(mailbox_name(cursor.atom()))


async def _append(connection: Connection, cursor: Cursor) -> str:
    mailbox = find(connection, cursor.atom(), "TRYCREATE")
    values = cursor.values()
    if not values or values[-1] is None or isinstance(values[-1], list):
        raise ProtocolError("APPEND ends in a message")
    flags = read_flags(values[0]) if len(values) > 1 and isinstance(values[0], list) else frozenset()
    moment = datetime.now(UTC)
    for value in values[:-1]:
        if isinstance(value, bytes):
            moment = _moment(value)
    raw = _octets(values[-1])
    stored = mailbox.add(Content(lambda: raw), moment, flags)
    return f"[APPENDUID {mailbox.uidvalidity} {stored.uid}] Filed."


def _octets(value: bytes | BinaryIO) -> bytes:
    return value if isinstance(value, bytes) else value.read()


def _moment(value: bytes) -> datetime:
    seconds = parse_date(value.decode("ascii", "replace").strip().replace("-", " ", 2))
    if seconds is None:
        raise ProtocolError("the date of APPEND cannot be read")
    return datetime.fromtimestamp(seconds, UTC)


COMMANDS: Table = {
    b"LIST": Command(_list, Phase.SIGNED_IN),
    b"LSUB": Command(_lsub, Phase.SIGNED_IN),
    b"STATUS": Command(_status, Phase.SIGNED_IN),
    b"SELECT": Command(_select, Phase.SIGNED_IN),
    b"EXAMINE": Command(_examine, Phase.SIGNED_IN),
    b"UNSELECT": Command(_unselect, Phase.SELECTED),
    b"CLOSE": Command(_close, Phase.SELECTED),
    b"CREATE": Command(_create, Phase.SIGNED_IN),
    b"DELETE": Command(_delete, Phase.SIGNED_IN),
    b"RENAME": Command(_rename, Phase.SIGNED_IN),
    b"SUBSCRIBE": Command(_subscribe, Phase.SIGNED_IN),
    b"UNSUBSCRIBE": Command(_unsubscribe, Phase.SIGNED_IN),
    b"APPEND": Command(_append, Phase.SIGNED_IN),
}
