"""Commands about the messages of the open mailbox (RFC 9051, 6.4; CONDSTORE: RFC 7162; MOVE: RFC 6851)."""

from collections.abc import Awaitable, Callable

from tui_mail.demo.imap.answers import RefusedError
from tui_mail.demo.imap.connection import Command, Connection, Phase, Table
from tui_mail.demo.imap.fetching import Items, answer, read_items
from tui_mail.demo.imap.mailbox_commands import find, read_flags, vanished_earlier
from tui_mail.demo.imap.searching import Criteria
from tui_mail.demo.mailboxes import Mailbox, Stored
from tui_mail.imap.wire import Cursor, Token, format_set, parse_set
from tui_mail.model.errors import ProtocolError

_Numbered = list[tuple[int, Stored]]
_BATCH = 20
"""Messages of a FETCH between two turns for others."""


async def _check(_: Connection, cursor: Cursor) -> None:
    if not cursor.at_end:
        raise ProtocolError("CHECK takes no arguments")


async def _fetch(connection: Connection, cursor: Cursor, by_uid: bool) -> None:
    selected = connection.open
    numbers = cursor.atom()
    chosen = selected.chosen(numbers, by_uid)
    items = read_items(cursor.value())
    if not cursor.at_end:
        modifiers = cursor.value()
        asks_removals = isinstance(modifiers, list) and modifiers[2:] == [b"VANISHED"]
        if isinstance(modifiers, list) and asks_removals and by_uid and connection.qresync:
            del modifiers[2:]
        since = _modifier(modifiers, b"CHANGEDSINCE")
        if asks_removals:
            ranges = parse_set(numbers, max(selected.mailbox.uidnext - 1, 1))
            gone = selected.mailbox.removed_since(since)
            connection.write(
                vanished_earlier(uid for uid in gone if any(low <= uid <= high for low, high in ranges))
            )
        connection.condstore = True
        items = items.with_names(b"MODSEQ")
        chosen = [(number, stored) for number, stored in chosen if stored.modseq > since]
    connection.condstore = connection.condstore or b"MODSEQ" in items.names
    if by_uid:
        items = items.with_names(b"UID")
    if items.marks_seen and not selected.read_only:
        for _, stored in chosen:
            selected.mailbox.set_flags(stored, stored.flags | {"\\Seen"})
        connection.forget_news(stored.uid for _, stored in chosen)
        items = items.with_names(*dict.fromkeys((*items.names, b"FLAGS")))
    for count, (number, stored) in enumerate(chosen, 1):
        connection.write(answer(number, stored, items))
        if count % _BATCH == 0:
            await connection.drain()


def _modifier(token: Token, name: bytes) -> int:
    match token:
        case [bytes() as word, bytes() as value] if (
            word.upper() == name and value.isdigit() and len(value) < 20
        ):
            return int(value)
    raise ProtocolError(f"{name.decode('ascii')} with a number was expected")


async def _store(connection: Connection, cursor: Cursor, by_uid: bool) -> str | None:
    selected = connection.open
    _writable(connection)
    chosen = selected.chosen(cursor.atom(), by_uid)
    unchanged: int | None = None
    word = cursor.value()
    if isinstance(word, list):
        unchanged = _modifier(word, b"UNCHANGEDSINCE")
        connection.condstore = True
        word = cursor.value()
    how = word.upper() if isinstance(word, bytes) else b""
    silent = how.endswith(b".SILENT")
    how = how.removesuffix(b".SILENT")
    if how not in (b"FLAGS", b"+FLAGS", b"-FLAGS"):
        raise ProtocolError("FLAGS was expected")
    given = cursor.values()
    if not given:
        raise ProtocolError("STORE needs flags, be it an empty list")
    flags = read_flags(given[0] if len(given) == 1 and isinstance(given[0], list) else given)
    refused = [(n, m) for n, m in chosen if unchanged is not None and m.modseq > unchanged]
    done = [pair for pair in chosen if pair not in refused]
    for _, stored in done:
        selected.mailbox.set_flags(stored, _changed(stored.flags, how, flags))
    connection.forget_news(stored.uid for _, stored in done)
    _report(connection, done, silent, by_uid)
    if not refused:
        return None
    left = format_set(stored.uid if by_uid else number for number, stored in refused)
    return f"[MODIFIED {left}] Some changed in the meantime."


def _changed(before: frozenset[str], how: bytes, flags: frozenset[str]) -> frozenset[str]:
    if how == b"FLAGS":
        return flags
    return before | flags if how == b"+FLAGS" else before - flags


def _report(connection: Connection, done: _Numbered, silent: bool, by_uid: bool) -> None:
    names = (b"UID",) * by_uid + (b"FLAGS",) * (not silent) + (b"MODSEQ",) * connection.condstore
    if silent and not connection.condstore:
        return
    for number, stored in done:
        connection.write(answer(number, stored, Items(names, (), False)))


async def _copy(connection: Connection, cursor: Cursor, by_uid: bool) -> str:
    chosen = connection.open.chosen(cursor.atom(), by_uid)
    target = find(connection, cursor.atom(), "TRYCREATE")
    code = _copied(chosen, target)
    return f"{code} Copied." if code else "Nothing to copy."


async def _move(connection: Connection, cursor: Cursor, by_uid: bool) -> None:
    _writable(connection)
    chosen = connection.open.chosen(cursor.atom(), by_uid)
    target = find(connection, cursor.atom(), "TRYCREATE")
    if code := _copied(chosen, target):
        connection.write(f"* OK {code} Moved.\r\n".encode())
    connection.open.mailbox.remove([stored.uid for _, stored in chosen])
    connection.tell()


def _copied(chosen: _Numbered, target: Mailbox) -> str:
    """File copies and return the COPYUID code; "" for none (RFC 4315, 3)."""
    if not chosen:
        return ""
    new = [target.add(stored.content, stored.moment, stored.flags).uid for _, stored in chosen]
    old = format_set(stored.uid for _, stored in chosen)
    return f"[COPYUID {target.uidvalidity} {old} {format_set(new)}]"


async def _expunge(connection: Connection, _: Cursor) -> None:
    _remove_deleted(connection, connection.open.everything())


async def _uid_expunge(connection: Connection, cursor: Cursor) -> None:
    _remove_deleted(connection, connection.open.chosen(cursor.atom(), by_uid=True))


def _remove_deleted(connection: Connection, among: _Numbered) -> None:
    _writable(connection)
    connection.open.mailbox.remove([stored.uid for _, stored in among if "\\Deleted" in stored.flags])
    connection.tell()


async def _search(connection: Connection, cursor: Cursor, by_uid: bool) -> None:
    selected = connection.open
    words = cursor.values()
    returns = _take_returns(words)
    if len(words) > 1 and isinstance(words[0], bytes) and words[0].upper() == b"CHARSET":
        if words[1] not in (b"UTF-8", b"utf-8", b"US-ASCII", b"us-ascii"):
            raise RefusedError("Only UTF-8 is read here.", "BADCHARSET (UTF-8)")
        del words[:2]
    if not words:
        raise ProtocolError("SEARCH needs a criterion")
    uids = selected.uids
    criteria = Criteria(words, len(uids), uids[-1] if uids else 0)
    test = criteria.test()
    hits = [(number, stored) for number, stored in selected.everything() if test(number, stored)]
    found = [stored.uid if by_uid else number for number, stored in hits]
    highest = max((stored.modseq for _, stored in hits), default=0) if criteria.uses_modseq else 0
    connection.condstore = connection.condstore or criteria.uses_modseq
    if returns is None:
        line = (
            "* SEARCH"
            + "".join(f" {number}" for number in found)
            + (f" (MODSEQ {highest})" if highest else "")
        )
        connection.write(line.encode() + b"\r\n")
    else:
        connection.write(_extended(connection.tag, found, returns, by_uid, highest))


def _take_returns(words: list[Token]) -> frozenset[bytes] | None:
    if not words or not isinstance(words[0], bytes) or words[0].upper() != b"RETURN":
        return None
    options = words[1] if len(words) > 1 else None
    del words[:2]
    if not isinstance(options, list):
        raise ProtocolError("the options of RETURN stand in parentheses")
    names = frozenset(word.upper() for word in options if isinstance(word, bytes)) or frozenset({b"ALL"})
    if not names <= {b"MIN", b"MAX", b"ALL", b"COUNT"}:
        raise ProtocolError("an option of RETURN is not known")
    return names


def _extended(tag: str, found: list[int], returns: frozenset[bytes], by_uid: bool, modseq: int) -> bytes:
    """The ESEARCH answer (RFC 4731, 3.1)."""
    words = [f'(TAG "{tag}")', *(["UID"] if by_uid else [])]
    if found:
        words += [f"MIN {found[0]}"] if b"MIN" in returns else []
        words += [f"MAX {found[-1]}"] if b"MAX" in returns else []
        words += [f"ALL {format_set(found)}"] if b"ALL" in returns else []
    words += [f"COUNT {len(found)}"] if b"COUNT" in returns else []
    words += [f"MODSEQ {modseq}"] if modseq else []
    return (" ".join(["* ESEARCH", *words]) + "\r\n").encode()


def _writable(connection: Connection) -> None:
    if connection.open.read_only:
        raise RefusedError("The mailbox is open to look at only.", "READ-ONLY")


_Either = Callable[[Connection, Cursor, bool], Awaitable[str | None]]


def _pair(name: bytes, run: _Either, keeps_numbers: bool = False) -> Table:
    """A command and its UID form, during which numbers may change."""
    return {
        name: Command(
            lambda connection, cursor: run(connection, cursor, False), Phase.SELECTED, keeps_numbers
        ),
        b"UID " + name: Command(lambda connection, cursor: run(connection, cursor, True), Phase.SELECTED),
    }


COMMANDS: Table = {
    b"CHECK": Command(_check, Phase.SELECTED),
    b"EXPUNGE": Command(_expunge, Phase.SELECTED),
    b"UID EXPUNGE": Command(_uid_expunge, Phase.SELECTED),
    **_pair(b"FETCH", _fetch, keeps_numbers=True),
    **_pair(b"STORE", _store, keeps_numbers=True),
    **_pair(b"SEARCH", _search, keeps_numbers=True),
    **_pair(b"COPY", _copy),
    **_pair(b"MOVE", _move),
}
