"""Bodies, byte for byte as they arrived, in chunks of 1 MiB.

They land as they are, so that nothing holds up a line to a server; a large one lands chunk by chunk, and is
gone on with where it broke off. What becomes of them then is told in `keeping`.
"""

import asyncio
import hashlib
import io
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.event import BodyArrived
from tui_mail.store import indexed
from tui_mail.store.database import Source, Transaction
from tui_mail.store.failures import body_damaged
from tui_mail.store.places import drop_bodies

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 1 << 20
"""Octets of a body in one chunk, before compressing."""

DAY = 86_400

LANDED, ZSTD, AS_IT_IS = 0, 1, 2
"""`body_chunk.form`: as it came and not yet tried, compressed, and as it came for good."""

INLINE = 64 << 10
"""Compressed octets up to which unpacking is quicker than going to a thread for it."""


@dataclass(frozen=True, slots=True)
class Partial:
    """A body that is not all here."""

    body: int
    size: int
    """Octets that it will have, as the server told."""
    have: int
    """Octets that are here: whole chunks."""


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


def cut(raw: bytes) -> Iterator[bytes]:
    """Cut a body into chunks."""
    for start in range(0, len(raw), CHUNK):
        yield raw[start : start + CHUNK]


async def put(tx: Transaction, message: int, raw: bytes, *, keep: bool = False) -> None:
    """Give a message its body, in place of one it has; nothing happens when the message is gone.

    `keep` is for what no server has: it has its digest at once, so that it can be saved from a damaged file.
    """
    await put_all(tx, {message: raw}, keep=keep)


async def put_all(tx: Transaction, raws: Mapping[int, bytes], *, keep: bool = False) -> None:
    """Give messages their bodies, as `put` does, with few statements for all."""
    bodies = await _begin(tx, {message: len(raw) for message, raw in raws.items()}, keep=keep)
    await tx.many(
        f"INSERT INTO body_chunk(body, n, form, data) VALUES (?, ?, {LANDED}, ?)",
        ((body, n, chunk) for message, body in bodies.items() for n, chunk in enumerate(cut(raws[message]))),
    )
    await tx.many(
        "UPDATE body SET have = size, stored = size, sha256 = ? WHERE id = ?",
        [(await _digest(raws[message]) if keep else None, body) for message, body in bodies.items()],
    )
    await indexed.texts_came(tx, bodies)
    for message in bodies:
        tx.publish(BodyArrived(message))


async def _digest(raw: bytes) -> bytes:
    return await asyncio.to_thread(lambda: hashlib.sha256(raw).digest())


async def _begin(tx: Transaction, sizes: Mapping[int, int], *, keep: bool = False) -> dict[int, int]:
    """Give messages bodies of which nothing is here yet; return message → body of those that are here.

    A body counts as used when its message was written: what was fetched late is not worth more for it.
    """
    known = await tx.all(
        "SELECT m.id, m.moment >> 20, m.body FROM json_each(?) j CROSS JOIN message m ON m.id = j.value",
        (json.dumps(list(sizes)),),
    )
    last = await tx.one("SELECT seq FROM sqlite_sequence WHERE name = 'body'")
    first = last[0] + 1 if last else 1
    bodies = {message: first + n for n, (message, *_) in enumerate(known)}
    now = int(time.time())
    await tx.many(
        "INSERT INTO body(id, size, have, keep, used_at) VALUES (?, ?, 0, ?, ?)",
        [(bodies[message], sizes[message], int(keep), min(written, now)) for message, written, _ in known],
    )
    await tx.many("UPDATE message SET body = ?2 WHERE id = ?1", list(bodies.items()))
    await drop_bodies(tx, [before for _, _, before in known if before is not None])
    return bodies


async def partial(source: Source, message: int) -> Partial | None:
    """Return how much of a body is here that is not all here."""
    row = await source.one(
        "SELECT b.id, b.size, b.have FROM message m CROSS JOIN body b ON b.id = m.body"
        " WHERE m.id = ? AND b.have < b.size",
        (message,),
    )
    return None if row is None else Partial(*row)


async def begin(tx: Transaction, message: int, size: int) -> Partial | None:
    """Give a message a body that comes chunk by chunk; None when the message is gone."""
    size = max(size, 1)
    body = (await _begin(tx, {message: size})).get(message)
    return None if body is None else Partial(body, size, 0)


async def append(tx: Transaction, message: int, begun: Partial, chunk: bytes) -> Partial | None:
    """Add the next chunk of a body; one shorter than `CHUNK` is its last. None when the body is gone."""
    have = begun.have + len(chunk)
    ended = len(chunk) < CHUNK
    size = have if ended else max(begun.size, have + 1)
    there = await tx.run(
        "UPDATE body SET have = ?, size = ?, stored = ? WHERE id = ? AND have = ?",
        (have, size, have, begun.body, begun.have),
    )
    if not there.rowcount:
        return None
    if chunk:
        await tx.run(
            f"INSERT INTO body_chunk(body, n, form, data) VALUES (?, ?, {LANDED}, ?)",
            (begun.body, begun.have // CHUNK, chunk),
        )
    if ended:
        await indexed.texts_came(tx, (message,))
        tx.publish(BodyArrived(message))
    return Partial(begun.body, size, have)


async def chunk(source: Source, body: int, n: int) -> bytes | None:
    """Return one chunk of a body as it came."""
    row = await source.one("SELECT form, data FROM body_chunk WHERE body = ? AND n = ?", (body, n))
    return None if row is None else unpacked(*row)


def unpacked(form: int, data: bytes) -> bytes:
    """Return what a chunk holds; raises StoreDamaged."""
    try:
        return zstd.decompress(data) if form == ZSTD else data
    except zstd.ZstdError as error:
        raise body_damaged() from error


async def read(source: Source, message: int) -> bytes | None:
    """Return a message byte for byte, or None while it is not all here; raises StoreDamaged."""
    row = await source.one(
        "SELECT b.id, b.size, b.stored FROM message m CROSS JOIN body b ON b.id = m.body"
        " WHERE m.id = ? AND b.have = b.size",
        (message,),
    )
    if row is None:
        return None
    body, size, stored = row
    if size <= CHUNK:
        chunks = await source.all("SELECT form, data FROM body_chunk WHERE body = ? ORDER BY n", (body,))
        if stored <= INLINE:
            return unpack(size, chunks)
        return await asyncio.to_thread(unpack, size, chunks)
    whole = io.BytesIO()  # a large one is in memory once, and a chunk of it twice
    for n in range(-(-size // CHUNK)):
        chunks = await source.all("SELECT form, data FROM body_chunk WHERE body = ? AND n = ?", (body, n))
        await asyncio.to_thread(lambda parts: whole.write(unpack(None, parts)), chunks)
    if whole.tell() != size:
        raise body_damaged()
    return whole.getvalue()


def unpack(size: int | None, chunks: Sequence[tuple[int, bytes]]) -> bytes:
    """Return what these chunks hold, `size` octets where that is known; raises StoreDamaged."""
    raw = b"".join(unpacked(form, data) for form, data in chunks)
    if size is not None and len(raw) != size:
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
