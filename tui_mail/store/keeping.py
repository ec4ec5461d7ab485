"""What becomes of bodies once they are here: each is read once, compressed, and in the end given up again.

When there is time, what the list shows of a body is written, its chunks are compressed by zstd (RFC 8878),
and of equal bodies one is kept. What a server can give again is given up when cached bodies take more room
than the user allows, the least recently used first.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.message import Mark
from tui_mail.store.bodies import AS_IT_IS, CHUNK, LANDED, ZSTD, cut
from tui_mail.store.database import Source, Transaction
from tui_mail.store.indexed import Header
from tui_mail.store.places import Changes, drop_bodies
from tui_mail.store.values import storable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = 3
"""zstd's own default: see store.md §5 for what others cost."""

FULL = 0.85
"""Share of the limit from which on nothing older than the oldest is fetched."""

ROOM = 0.9
"""Share of the limit that cached bodies are brought down to; above `FULL`, so that none comes and goes."""

IN_USE = 600
"""Seconds after its use in which a body is not given up."""

CACHED = "SELECT coalesce(sum(stored), 0) FROM body WHERE keep = 0"
"""The octets of the bodies that a server can give again."""

SLICE = 100
"""Bodies given up in one transaction, so that an intention waits little."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A body as it is to be kept."""

    sha256: bytes
    chunks: tuple[bytes | None, ...]
    """Compressed, in order; None where the chunk stays as it landed."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the list shows of a message once it was read."""

    message: int
    snippet: str
    has_attachment: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """A message and its body, neither parsed nor unpacked."""

    header: Header
    body: int
    to_pack: bool
    """Whether it is to be kept otherwise than it is."""
    size: int
    chunks: Sequence[tuple[int, bytes]]


def pack(raw: bytes) -> Packed:
    """Compress a body; pure work for a thread."""
    return Packed(hashlib.sha256(raw).digest(), tuple(compress(chunk) for chunk in cut(raw)))


def compress(chunk: bytes) -> bytes | None:
    """Compress a chunk, or return None where that gains nothing; pure work for a thread."""
    small = zstd.compress(chunk, LEVEL)
    return small if len(small) < len(chunk) else None


async def describe(tx: Transaction, looks: Sequence[Look]) -> None:
    """Let the list show what whole messages say; they know best whether something is attached."""
    await tx.many(
        "UPDATE message SET snippet = ?, marks = (marks & ~?) | ? WHERE id = ?",
        [
            (storable(one.snippet), int(Mark.ATTACHMENT), Mark.ATTACHMENT * one.has_attachment, one.message)
            for one in looks
        ],
    )
    changes = Changes()
    for folder, message in await tx.all(
        "SELECT p.folder, p.message FROM json_each(?) j CROSS JOIN place p ON p.message = j.value",
        (json.dumps([one.message for one in looks]),),
    ):
        changes.looks(folder, message)
    await changes.write(tx)


async def unread(source: Source, messages: Sequence[int]) -> list[Unread]:
    """Return what is to be read of messages: those whose bodies are here and have one chunk at most."""
    rows = await source.all(
        "SELECT m.moment, m.id, m.account, m.subject, m.from_name, m.from_addr, m.recipients, b.id, b.size,"
        f" b.sha256 IS NULL OR c.form = {LANDED}, c.form, c.data FROM json_each(?) j"
        " CROSS JOIN message m ON m.id = j.value CROSS JOIN body b ON b.id = m.body"
        " LEFT JOIN body_chunk c ON c.body = b.id WHERE b.have = b.size AND b.size <= ?",
        (json.dumps(list(messages)), CHUNK),
    )
    return [
        Unread(Header(*row[:7]), body, bool(to_pack), size, [] if form is None else [(form, data)])
        for *row, body, size, to_pack, form, data in rows
    ]


async def landed(source: Source, message: int) -> int | None:
    """Return the body of a message if it is whole and was not packed yet."""
    row = await source.one(
        "SELECT b.id FROM message m CROSS JOIN body b ON b.id = m.body"
        " WHERE m.id = ? AND b.have = b.size AND (b.sha256 IS NULL OR EXISTS"
        f" (SELECT 1 FROM body_chunk WHERE body = b.id AND form = {LANDED}))",
        (message,),
    )
    return None if row is None else int(row[0])


async def settle(tx: Transaction, packed: Mapping[int, Packed]) -> None:
    """Keep bodies, given by id, as they were packed, or have equal ones take their place."""
    settled: dict[int, Packed] = {}
    ids: dict[bytes, int] = {}
    for body, one in packed.items():
        same = ids.get(one.sha256) or await _equal(tx, body, one.sha256)
        if same:
            await _replace(tx, body, same)
        else:
            ids[one.sha256] = body
            settled[body] = one
    await tx.many(
        "UPDATE body_chunk SET form = ?, data = coalesce(?, data) WHERE body = ? AND n = ?",
        (
            (AS_IT_IS if chunk is None else ZSTD, chunk, body, n)
            for body, one in settled.items()
            for n, chunk in enumerate(one.chunks)
        ),
    )
    await tx.many(
        "UPDATE body SET sha256 = ?2, stored = (SELECT coalesce(sum(length(data)), 0) FROM body_chunk"
        " WHERE body = ?1) WHERE id = ?1",
        [(body, one.sha256) for body, one in settled.items()],
    )


async def _equal(tx: Transaction, body: int, sha256: bytes) -> int | None:
    row = await tx.one("SELECT id FROM body WHERE sha256 = ? AND have = size AND id <> ?", (sha256, body))
    return None if row is None else int(row[0])


async def _replace(tx: Transaction, body: int, same: int) -> None:
    """Let messages have a body that equals theirs."""
    await tx.run(
        "UPDATE body SET (keep, used_at) = (SELECT max(body.keep, b.keep), max(body.used_at, b.used_at)"
        " FROM body b WHERE b.id = ?1) WHERE id = ?2 AND EXISTS (SELECT 1 FROM body WHERE id = ?1)",
        (body, same),
    )
    await tx.run("UPDATE message SET body = ? WHERE body = ?", (same, body))
    await drop_bodies(tx, (body,))


async def rewrite(tx: Transaction, body: int, n: int, compressed: bytes | None) -> None:
    """Keep a chunk of a body compressed, or for None as it came."""
    form = AS_IT_IS if compressed is None else ZSTD
    await tx.run(
        "UPDATE body_chunk SET form = ?, data = coalesce(?, data) WHERE body = ? AND n = ?",
        (form, compressed, body, n),
    )


async def cached(source: Source) -> int:
    """Return the octets of the bodies that a server can give again."""
    row = await source.one(CACHED)
    return row[0] if row else 0


async def floor(source: Source, limit: int) -> int:
    """Return the date of the oldest mail worth fetching where cached bodies may take `limit` octets.

    0 = any; else, since there is no room, what is younger than the body that would be given up for it.
    """
    if not limit or await cached(source) < limit * FULL:
        return 0
    row = await source.one("SELECT min(used_at) FROM body WHERE keep = 0")
    return (row[0] or 0) if row else 0


async def give_up(tx: Transaction, octets: int, now: int) -> int:
    """Give up cached bodies, the least recently used first, until `octets` are freed or `SLICE` are gone.

    What was used in the last minutes stays: it may be on the screen. Returns how many octets were freed.
    """
    gone: list[int] = []
    freed = 0
    for body, stored in await tx.all(
        "SELECT id, stored FROM body WHERE keep = 0 AND used_at < ? ORDER BY used_at LIMIT ?",
        (now - IN_USE, SLICE),
    ):
        if freed >= octets:
            break
        gone.append(body)
        freed += stored
    listed = json.dumps(gone)
    await tx.run("UPDATE message SET body = NULL WHERE body IN (SELECT value FROM json_each(?))", (listed,))
    await tx.run("DELETE FROM body WHERE id IN (SELECT value FROM json_each(?))", (listed,))
    return freed


async def give_up_next(tx: Transaction, after: int, account: int | None) -> int | None:
    """Give up the next `SLICE` cached bodies behind the body `after`, of one account or of all, used or not.

    Returns the last of them; None when none is left.
    """
    rows = await tx.all(
        "SELECT b.id FROM body b WHERE b.id > ?1 AND b.keep = 0 AND"
        " (?2 IS NULL OR EXISTS (SELECT 1 FROM message WHERE body = b.id AND account = ?2))"
        " ORDER BY b.id LIMIT ?3",
        (after, account, SLICE),
    )
    if not rows:
        return None
    bodies = [id for (id,) in rows]
    await tx.run(
        "UPDATE message SET body = NULL WHERE body IN (SELECT value FROM json_each(?1))"
        " AND (?2 IS NULL OR account = ?2)",
        (json.dumps(bodies), account),
    )
    await drop_bodies(tx, bodies)
    return int(bodies[-1])


async def used(tx: Transaction, messages: Iterable[int], now: int) -> None:
    """Note that these messages were read."""
    await tx.run(
        "UPDATE body SET used_at = ? WHERE id IN"
        " (SELECT m.body FROM json_each(?) j CROSS JOIN message m ON m.id = j.value)",
        (now, json.dumps(list(messages))),
    )


async def free_pages(source: Source) -> tuple[int, int]:
    """Return (pages of the file that hold nothing, all of its pages)."""
    free, pages = await source.one("PRAGMA freelist_count"), await source.one("PRAGMA page_count")
    return (free[0], pages[0]) if free and pages else (0, 0)


async def shrink(tx: Transaction, pages: int) -> None:
    """Give room that the file does not need back to the disk."""
    await tx.all(f"PRAGMA incremental_vacuum({pages:d})")
