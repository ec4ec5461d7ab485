"""Bodies, byte for byte as they arrived: cut into chunks of 1 MiB, each compressed by zstd (RFC 8878).

Compressing is `pack`, pure work for a thread; `put` only writes, so that the writer is not held meanwhile.
Equal bodies are stored once. Expiry is by age, so each remembers when it came.
"""

import asyncio
import hashlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from tui_mail.model.event import BodyArrived
from tui_mail.model.message import Mark
from tui_mail.store.database import Source, Transaction
from tui_mail.store.failures import body_damaged
from tui_mail.store.places import Changes, drop_bodies
from tui_mail.store.values import storable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 1 << 20
"""Octets of a body in one chunk, before compressing."""

LEVEL = 3
"""zstd's own default: see store.md §5 for what others cost."""

AS_IT_IS, ZSTD = 0, 1
"""`body_chunk.form`."""

DAY = 86_400

INLINE = 64 << 10
"""Compressed octets up to which unpacking is quicker than going to a thread for it."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A body ready to be written."""

    size: int
    """Octets of the body."""
    sha256: bytes
    chunks: tuple[tuple[int, bytes], ...]
    """(form, data) in order."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A message whose body is only on the server, and where."""

    message: int
    folder: int
    uidvalidity: int
    uid: int
    size: int
    """Octets on the wire, as the server told."""
    message_id: str


def pack(raw: bytes | BinaryIO) -> Packed:
    """Compress a body, which may be a file open for reading; pure work for a thread."""
    digest = hashlib.sha256()
    chunks: list[tuple[int, bytes]] = []
    size = 0
    for chunk in _cut(raw):
        digest.update(chunk)
        size += len(chunk)
        small = zstd.compress(chunk, LEVEL)
        chunks.append((ZSTD, small) if len(small) < len(chunk) else (AS_IT_IS, chunk))
    return Packed(size, digest.digest(), tuple(chunks))


def _cut(raw: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(raw, bytes):
        for start in range(0, len(raw), CHUNK):
            yield raw[start : start + CHUNK]
        return
    while chunk := raw.read(CHUNK):
        yield chunk


async def put(
    tx: Transaction, message: int, packed: Packed, *, snippet: str, has_attachment: bool, keep: bool = False
) -> None:
    """Give a message its body, in place of one it has; nothing happens when the message is gone.

    `keep` is for what no server has. `has_attachment` is the word of the whole message, so it counts more
    than what its structure made believe.
    """
    before = await tx.one("SELECT body FROM message WHERE id = ?", (message,))
    if before is None:
        return
    body = await _write(tx, packed, keep=keep)
    await tx.run(
        "UPDATE message SET body = ?, snippet = ?, marks = (marks & ~?) | ? WHERE id = ?",
        (body, storable(snippet), int(Mark.ATTACHMENT), int(Mark.ATTACHMENT) * has_attachment, message),
    )
    if before[0] not in (None, body):
        await drop_bodies(tx, (before[0],))
    changes = Changes()
    for (folder,) in await tx.all("SELECT folder FROM place WHERE message = ?", (message,)):
        changes.looks(folder, message)
    await changes.write(tx)
    tx.publish(BodyArrived(message))


async def _write(tx: Transaction, packed: Packed, *, keep: bool) -> int:
    """Store a body, or find the one that equals it; return its id."""
    now = int(time.time())
    same = await tx.one(
        "UPDATE body SET keep = max(keep, ?), used_at = ? WHERE sha256 = ? AND have = size RETURNING id",
        (int(keep), now, packed.sha256),
    )
    if same is not None:
        return int(same[0])
    inserted = await tx.run(
        "INSERT INTO body(size, have, sha256, keep, used_at) VALUES (?, ?, ?, ?, ?)",
        (packed.size, packed.size, packed.sha256, int(keep), now),
    )
    await tx.many(
        "INSERT INTO body_chunk(body, n, form, data) VALUES (?, ?, ?, ?)",
        [(inserted.lastrowid, n, form, data) for n, (form, data) in enumerate(packed.chunks)],
    )
    return inserted.lastrowid


async def read(source: Source, message: int) -> bytes | None:
    """Return a message byte for byte, or None while it is not here; raises StoreDamaged."""
    rows = await source.all(
        "SELECT b.size, c.form, c.data FROM message m CROSS JOIN body b ON b.id = m.body"
        " LEFT JOIN body_chunk c ON c.body = b.id WHERE m.id = ? AND b.have = b.size ORDER BY c.n",
        (message,),
    )
    if not rows:
        return None
    size = rows[0][0]
    chunks = [(form, data) for _, form, data in rows if data is not None]
    if sum(len(data) for _, data in chunks) <= INLINE:
        return unpack(size, chunks)
    return await asyncio.to_thread(unpack, size, chunks)


def unpack(size: int, chunks: Sequence[tuple[int, bytes]]) -> bytes:
    """Return the body of `size` octets that `pack` made `chunks` of; raises StoreDamaged."""
    try:
        raw = b"".join(zstd.decompress(data) if form == ZSTD else data for form, data in chunks)
    except zstd.ZstdError as error:
        raise body_damaged() from error
    if len(raw) != size:
        raise body_damaged()
    return raw


async def missing(source: Source, account: int, since: int, max_size: int, limit: int) -> list[Missing]:
    """Return the newest messages without a body that are not older than the moment `since`."""
    rows = await source.all(
        "SELECT m.id, p.folder, p.uidvalidity, p.uid, m.size, m.message_id FROM message m"
        " CROSS JOIN place p ON p.message = m.id AND p.uid IS NOT NULL"
        " WHERE m.account = ? AND m.body IS NULL AND m.moment >= ? AND m.size <= ?"
        " ORDER BY m.moment DESC LIMIT ?",
        (account, since, max_size, limit),
    )
    once = {row[0]: row for row in reversed(rows)}
    return [Missing(*row) for row in reversed(once.values())]


def wanted_since(days: int) -> int:
    """Return the moment from which on bodies are wanted where those of so many days are kept."""
    return (int(time.time()) - days * DAY) << 20


async def missing_count(source: Source, account: int, since: int) -> int:
    """Return how many messages that are not older than the moment `since` have no body here."""
    row = await source.one(
        "SELECT count(*) FROM message m WHERE m.account = ? AND m.body IS NULL AND m.moment >= ?",
        (account, since),
    )
    return row[0] if row else 0


async def whereabouts(source: Source, message: int) -> Missing | None:
    """Return where the server has a message; None where it has none, or not yet."""
    row = await source.one(
        "SELECT m.id, p.folder, p.uidvalidity, p.uid, m.size, m.message_id FROM message m"
        " CROSS JOIN place p ON p.message = m.id AND p.uid IS NOT NULL WHERE m.id = ?",
        (message,),
    )
    return None if row is None else Missing(*row)
