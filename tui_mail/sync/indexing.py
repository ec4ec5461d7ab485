"""Messages made searchable in the background, and bodies read for it once and for all.

Headers first, then bodies, the newest before the others. A body is parsed in a thread, once, and everything
that its parsing tells is written together: what the list shows of it, its words, and its compressed form.
What is due stands in the store, so that a program that ends anywhere goes on from there.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tui_mail.mime.parse import read
from tui_mail.mime.words import EXTRACTOR, names_of, spaced, text_of
from tui_mail.model.errors import StoreDamaged
from tui_mail.store import bodies, indexed, keeping
from tui_mail.store.database import Database, Transaction
from tui_mail.store.indexed import Entry, Header
from tui_mail.store.keeping import Look, Packed, Unread
from tui_mail.sync import learning

HEADERS = 2_000
"""Messages indexed by their headers in one transaction: more are cheaper each, but hold up a key press."""

BUSY_HEADERS = 1_000
"""… while others have work to do."""

TEXTS = 50
"""Bodies indexed in one transaction."""

TEXT_OCTETS = 4 << 20
"""Octets of the bodies of one transaction, so that memory stays small."""

AT_A_TIME = 16
"""Bodies that a thread reads before somebody else may have the processor."""

BUSY_TEXTS = 16
"""Bodies indexed in one transaction while others have work to do."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What reading a body told."""

    look: Look
    body: int | None
    """The body that is to be kept as packed; None where that was done before."""
    packed: Packed | None
    before: Entry
    """Its entry while only the header was known."""
    entry: Entry
    recipients: tuple[tuple[str, str], ...]
    """Whom it went to: names and addresses."""
    fresh: bool = False
    """Whether its body was read for the first time."""


class Indexing:
    """Does what is due, slice by slice."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def headers(self, *, busy: bool) -> bool:
        """Index the next messages by their headers; return False when there are none."""
        last = await indexed.headers_due(self._database.searching, BUSY_HEADERS if busy else HEADERS)
        if last is None:
            return False
        async with self._database.cache() as tx:
            due = await indexed.headers_to_read(tx, last)
            entries = await asyncio.to_thread(lambda: [header_entry(one) for one in due]) if due else []
            await indexed.add_headers(tx, last, entries)
        return True

    async def texts(self, *, busy: bool) -> int:
        """Read, compress and index the next bodies; return how many were taken off the list."""
        due = await indexed.texts_due(self._database.searching, BUSY_TEXTS if busy else TEXTS)
        chosen = _fitting(due)
        small = [message for _, message, size in chosen if size <= bodies.CHUNK]
        digests: list[Digest] = []
        for start in range(0, len(small), AT_A_TIME):
            found = await keeping.unread(self._database.searching, small[start : start + AT_A_TIME])
            digests += await asyncio.to_thread(lambda unread: list(_read(unread)), found)
        for _, message, size in chosen:
            if size > bodies.CHUNK:
                digests += await self._read_large(message)
        if chosen:
            async with self._database.cache() as tx:
                await _write(tx, digests)
                await indexed.text_done(tx, [moment for moment, *_ in chosen])
        return len(chosen)

    async def renew(self) -> bool:
        """Begin the index anew where it was made by other rules, or where too much in it is dead."""
        source = self._database.searching
        if await indexed.extractor(source) == EXTRACTOR and not await indexed.worn_out(source):
            return False
        async with self._database.cache() as tx:
            await indexed.start_over(tx, EXTRACTOR)
        return True

    async def _read_large(self, message: int) -> list[Digest]:
        """Read one body of many chunks; it is in memory only while it is parsed."""
        source = self._database.searching
        header = await indexed.header(source, message)
        try:
            raw = await bodies.read(source, message)
        except StoreDamaged:
            raw = None
        if header is None or raw is None:
            return []
        digest = await asyncio.to_thread(digested, header, raw)
        del raw  # before its chunks are read again, one by one
        body = await keeping.landed(source, message)
        if body is not None:
            await self._compress(body)
        return [replace(digest, fresh=body is not None)]

    async def _compress(self, body: int) -> None:
        """Compress a large body chunk by chunk."""
        digest = hashlib.sha256()
        n = 0
        while (chunk := await bodies.chunk(self._database.searching, body, n)) is not None:
            digest.update(chunk)
            compressed = await asyncio.to_thread(keeping.compress, chunk)
            async with self._database.cache() as tx:
                await keeping.rewrite(tx, body, n, compressed)
            n += 1
        async with self._database.cache() as tx:
            await keeping.settle(tx, {body: Packed(digest.digest(), ())})


def _fitting(due: Sequence[tuple[int, int, int]]) -> Sequence[tuple[int, int, int]]:
    """Return the first of these bodies that fit into one transaction, at least one."""
    octets = 0
    for n, (*_, size) in enumerate(due):
        octets += size
        if n and octets > TEXT_OCTETS:
            return due[:n]
    return due


async def _write(tx: Transaction, digests: Sequence[Digest]) -> None:
    await keeping.describe(tx, [one.look for one in digests])
    await keeping.settle(tx, {one.body: one.packed for one in digests if one.body and one.packed})
    await indexed.replace_headers(tx, [one.before for one in digests], [one.entry for one in digests])
    fresh = [one for one in digests if one.fresh]
    await learning.recipients(tx, [(d.look.message, d.entry.moment >> 20, d.recipients) for d in fresh])


def _read(unread: Sequence[Unread]) -> Iterator[Digest]:
    """Read bodies and pack those that are to be; pure work for a thread. What is damaged is left out."""
    for one in unread:
        try:
            raw = bodies.unpack(one.size, one.chunks)
        except StoreDamaged:
            continue
        digest = digested(one.header, raw)
        if one.to_pack:
            digest = replace(digest, body=one.body, packed=keeping.pack(raw), fresh=True)
        yield digest


def header_entry(header: Header) -> Entry:
    """Return the entry of a message whose body was not read; it must be the same each time."""
    return Entry(
        moment=header.moment,
        message=header.message,
        account=header.account,
        subject=spaced(header.subject),
        sender=spaced(f"{header.from_name}\n{header.from_addr}"),
        recipients=spaced(header.recipients),
    )


def digested(header: Header, raw: bytes) -> Digest:
    """Read a body; pure work for a thread."""
    content = read(raw)
    before = header_entry(header)
    return Digest(
        look=Look(header.message, content.snippet, content.has_attachment),
        body=None,
        packed=None,
        before=before,
        entry=replace(before, body=text_of(content), attachments=names_of(content)),
        recipients=tuple((one.name, one.address) for one in content.recipients),
    )
