"""The full-text index: an entry for each message, by its header first and with its text once that is here.

FTS5 without content of its own (https://www.sqlite.org/fts5.html, 4.4): its rowid is the message's moment, so
that the newest hits come first without sorting. An entry can only be replaced by repeating exactly the words
that it was made of, which is done for the header and for nothing else; the words of deleted messages stay,
hidden by `indexed`, until the index is made anew.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tui_mail.store.database import Source, Transaction
from tui_mail.store.values import storable

HEADER, TEXT = 1, 2
"""`indexed.stage`."""

DEAD_SHARE = 0.2
"""Share of entries without a message from which on the index is made anew."""

DEAD_LEAST = 1_000
"""Dead entries below which that is not worth its while."""

_COLUMNS = "subject, sender, recipients, body, attachments, account"


@dataclass(frozen=True, slots=True)
class Entry:
    """The words of one message."""

    moment: int
    message: int
    account: int
    subject: str
    sender: str
    recipients: str
    body: str = ""
    attachments: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Its values in the order of the index's columns."""
        texts = (self.subject, self.sender, self.recipients, self.body, self.attachments)
        return (*map(storable, texts), account_word(self.account))


@dataclass(frozen=True, slots=True)
class Header:
    """What an entry is made of before the body is here."""

    moment: int
    message: int
    account: int
    subject: str
    from_name: str
    from_addr: str
    recipients: str


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of the mail can be searched."""

    headers: int
    """Messages whose header is indexed."""
    texts: int
    """… and whose text is."""
    headers_due: int
    """Messages that are not indexed yet, at most."""
    texts_due: int
    """Bodies that are here and not indexed yet."""


def account_word(account: int) -> str:
    """Return the word by which an entry tells its account."""
    return f"a{account}"


async def extractor(source: Source) -> int:
    """Return the version of the rules that made the words of the index."""
    row = await source.one("SELECT extractor FROM indexing")
    return row[0] if row else 0


async def extent(source: Source) -> Extent:
    """Return how much is indexed."""
    row = await source.one(
        "SELECT entries - dead, texts, (SELECT coalesce(max(id), 0) FROM message) - headers,"
        " (SELECT count(*) FROM body_due) FROM indexing"
    )
    headers, texts, headers_due, texts_due = row or (0, 0, 0, 0)
    return Extent(headers, texts, max(headers_due, 0), texts_due)


async def start_over(tx: Transaction, extractor: int) -> None:
    """Empty the index, so that everything is due again, by new rules perhaps."""
    await tx.run("INSERT INTO search(search) VALUES ('delete-all')")
    await tx.run("DELETE FROM indexed")
    await tx.run(
        "UPDATE indexing SET extractor = ?, headers = 0, entries = 0, texts = 0, dead = 0", (extractor,)
    )


async def worn_out(source: Source) -> bool:
    """Tell whether so many entries are dead that the index should be made anew."""
    row = await source.one("SELECT entries, dead FROM indexing")
    return row is not None and row[1] >= DEAD_LEAST and row[1] >= row[0] * DEAD_SHARE


async def wear_out(tx: Transaction) -> None:
    """Have the index made anew soon: words in it must not stay, or are no longer those of their row."""
    await tx.run("UPDATE indexing SET dead = max(dead, entries, ?) WHERE entries > 0", (DEAD_LEAST,))


async def disown(tx: Transaction, moments: Sequence[int]) -> None:
    """Hide the entries of messages that were deleted; their words stay until the index is made anew."""
    if not moments:
        return
    hidden = await tx.all(
        "UPDATE indexed SET message = NULL WHERE moment IN (SELECT value FROM json_each(?))"
        " AND message IS NOT NULL RETURNING stage",
        (json.dumps(list(moments)),),
    )
    if hidden:
        texts = sum(stage == TEXT for (stage,) in hidden)
        await tx.run("UPDATE indexing SET dead = dead + ?, texts = texts - ?", (len(hidden), texts))


async def texts_came(tx: Transaction, messages: Iterable[int]) -> None:
    """Note that the bodies of messages are here and were not looked at yet."""
    await tx.run(
        "INSERT OR IGNORE INTO body_due(moment, message) SELECT m.moment, m.id FROM json_each(?) j"
        " CROSS JOIN message m ON m.id = j.value WHERE m.body IS NOT NULL",
        (json.dumps(list(messages)),),
    )


async def headers_due(source: Source, limit: int) -> int | None:
    """Return the id up to which the next `limit` messages reach that are to be indexed; None for none."""
    row = await source.one(
        "SELECT max(id) FROM (SELECT id FROM message WHERE id > (SELECT headers FROM indexing)"
        " ORDER BY id LIMIT ?)",
        (limit,),
    )
    return row[0] if row else None


async def header(source: Source, message: int) -> Header | None:
    """Return what the entry of a message is made of before its body is here."""
    row = await source.one(
        "SELECT moment, id, account, subject, from_name, from_addr, recipients FROM message WHERE id = ?",
        (message,),
    )
    return None if row is None else Header(*row)


_HEADER_TEXT = "(m.subject || m.from_name || m.from_addr || m.recipients)"
_IS_ASCII = f"length({_HEADER_TEXT}) = length(CAST({_HEADER_TEXT} AS BLOB))"
"""The condition that a header is plain ASCII: then nothing is to be done to its words."""
_DUE = (
    "m.id > (SELECT headers FROM indexing) AND m.id <= ?"
    " AND NOT EXISTS (SELECT 1 FROM indexed i WHERE i.moment = m.moment)"
)


async def headers_to_read(tx: Transaction, last: int) -> list[Header]:
    """Return those of the next messages up to the id `last` whose words are not as they stand in the row."""
    rows = await tx.all(
        "SELECT moment, id, account, subject, from_name, from_addr, recipients FROM message m"
        f" WHERE {_DUE} AND NOT {_IS_ASCII} ORDER BY +m.moment",
        (last,),
    )
    return [Header(*row) for row in rows]


async def add_headers(tx: Transaction, last: int, read: Sequence[Entry]) -> None:
    """Index the next messages up to the id `last`; their bodies are due next.

    Those of `headers_to_read` come as `read`. The others go from table to table in one statement: that is a
    third of the work, and no thread waits for another meanwhile. The plus signs keep SQLite from walking all
    messages in the order of their moments.
    """
    await tx.run(
        f"INSERT INTO search(rowid, {_COLUMNS}) SELECT m.moment, m.subject,"
        " m.from_name || char(10) || m.from_addr, m.recipients, '', '', 'a' || m.account FROM message m"
        f" WHERE {_DUE} AND {_IS_ASCII} ORDER BY +m.moment",
        (last,),
    )
    await _add_words(tx, read)
    added = await tx.run(
        f"INSERT INTO indexed(moment, message, stage) SELECT m.moment, m.id, {HEADER} FROM message m"
        f" WHERE {_DUE} ORDER BY +m.moment",
        (last,),
    )
    await tx.run(
        "INSERT OR IGNORE INTO body_due(moment, message) SELECT m.moment, m.id FROM message m"
        " WHERE m.id > (SELECT headers FROM indexing) AND m.id <= ? AND m.body IS NOT NULL"
        f" AND NOT EXISTS (SELECT 1 FROM indexed i WHERE i.moment = m.moment AND i.stage = {TEXT})",
        (last,),
    )
    await tx.run("UPDATE indexing SET headers = ?, entries = entries + ?", (last, added.rowcount))


async def _add_words(tx: Transaction, entries: Sequence[Entry]) -> None:
    await tx.insert_rows(
        f"INSERT INTO search(rowid, {_COLUMNS})",
        "(?, ?, ?, ?, ?, ?, ?)",
        [(entry.moment, *entry.words) for entry in entries],
    )


async def texts_due(source: Source, limit: int) -> list[tuple[int, int, int]]:
    """Return (moment, message, size) of the newest bodies that are to be read, compressed and indexed.

    A size of 0 stands for a body that is gone again.
    """
    rows = await source.all(
        "SELECT d.moment, d.message, coalesce(b.size, 0) FROM body_due d"
        " LEFT JOIN message m ON m.id = d.message LEFT JOIN body b ON b.id = m.body AND b.have = b.size"
        " ORDER BY d.moment DESC LIMIT ?",
        (limit,),
    )
    return [(moment, message, size) for moment, message, size in rows]


async def replace_headers(tx: Transaction, before: Sequence[Entry], now: Sequence[Entry]) -> None:
    """Index messages with their text, in place of the entries `before` of their headers."""
    stages: dict[int, int | None] = dict(
        await tx.all(
            "SELECT m.moment, i.stage FROM json_each(?) j CROSS JOIN message m ON m.moment = j.value"
            " LEFT JOIN indexed i ON i.moment = m.moment",
            (json.dumps([entry.moment for entry in now]),),
        )
    )
    headers = [entry for entry in before if stages.get(entry.moment) == HEADER]
    fresh = sorted((entry for entry in now if stages.get(entry.moment, TEXT) != TEXT), key=_moment)
    if headers:
        await tx.insert_rows(
            f"INSERT INTO search(search, rowid, {_COLUMNS})",
            "('delete', ?, ?, ?, ?, ?, ?, ?)",
            [(entry.moment, *entry.words) for entry in sorted(headers, key=_moment)],
        )
    await _add_words(tx, fresh)
    await tx.insert_rows(
        "INSERT OR REPLACE INTO indexed(moment, message, stage)",
        "(?, ?, ?)",
        [(entry.moment, entry.message, TEXT) for entry in fresh],
    )
    await tx.run(
        "UPDATE indexing SET entries = entries + ?, texts = texts + ?",
        (len(fresh) - len(headers), len(fresh)),
    )


def _moment(entry: Entry) -> int:
    return entry.moment


async def text_done(tx: Transaction, moments: Collection[int]) -> None:
    """Take bodies off the list of those that are to be read."""
    await tx.run(
        "DELETE FROM body_due WHERE moment IN (SELECT value FROM json_each(?))", (json.dumps(list(moments)),)
    )
