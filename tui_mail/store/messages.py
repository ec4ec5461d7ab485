"""Messages as the server shows them: what arrives, what vanishes, and what is found again.

A batch is idempotent: a UID that is stored already only brings its flags. A row that lost its UID (moved
here, or orphaned by a new UIDVALIDITY) is found again by Message-ID and size, an orphan also by its internal
date, and keeps its id, its body and what the user did to it.
"""

import json
import time
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.event import Rescan
from tui_mail.model.message import Flag, Mark
from tui_mail.store import indexed, operations, stays
from tui_mail.store.database import Source, Transaction
from tui_mail.store.flags import Known, add_keywords, take_server_flags
from tui_mail.store.places import Changes, remove
from tui_mail.store.values import bounded, storable

DAY = 86_400
SEEN = int(Flag.SEEN)
"""As a plain number: the operators of flags take ten times as long."""
LAST_SECOND = (1 << 42) - 1
"""The greatest second a moment can hold with its 20 lower bits."""
UID_LIMIT = 1 << 32
"""One more than the greatest UID (RFC 9051, 2.3.1.1)."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """List data of one message, as fetched; text is decoded and not yet safe."""

    uid: int
    internal_date: int
    """The server's INTERNALDATE, seconds since the epoch; 0 where it told none."""
    size: int
    """Octets on the wire."""
    flags: Flag
    keywords: tuple[str, ...]
    message_id: str
    in_reply_to: str
    references: str
    """Message-IDs, separated by spaces."""
    date: int | None
    """The Date field, seconds since the epoch; None where it says nothing."""
    from_name: str
    from_addr: str
    recipients: str
    subject: str
    marks: Mark
    structure: bytes | None
    """BODYSTRUCTURE as it came."""


async def add(tx: Transaction, folder: int, uidvalidity: int, arrivals: Iterable[Arrival]) -> list[int]:
    """Store what arrived in a folder; return the ids of messages that are new here.

    What an open operation takes out of the folder is left out: here it is gone already.
    """
    by_uid = {one.uid: one for one in arrivals if 0 < one.uid < UID_LIMIT}
    home = await tx.one("SELECT account, role FROM folder WHERE id = ?", (folder,))
    if home is None or not by_uid:
        return []
    changes = Changes()
    known = await _stored(tx, folder, uidvalidity, by_uid)
    fresh = {uid: one for uid, one in by_uid.items() if uid not in known}
    for uid in await _leaving(tx, folder, uidvalidity, fresh):
        del fresh[uid]
    found = await _found_again(tx, home[0], folder, uidvalidity, fresh)
    told = {uid: (by_uid[uid].flags, by_uid[uid].keywords) for uid in (*known, *found)}
    if told:
        await take_server_flags(tx, folder, uidvalidity, told, changes)
    for uid, message in found.items():
        del fresh[uid]
        changes.looks(folder, message)
    ids = await _insert(tx, home[0], home[1], folder, uidvalidity, list(fresh.values()), changes)
    await changes.write(tx)
    return ids


async def add_made_here(tx: Transaction, folder: int, made: Sequence[Arrival]) -> list[int]:
    """Store messages in a folder that no server has yet; return their ids. Their UIDs mean nothing."""
    home = await tx.one("SELECT account, role FROM folder WHERE id = ?", (folder,))
    if home is None:
        return []
    changes = Changes()
    ids = await _insert(tx, home[0], home[1], folder, None, made, changes)
    await changes.write(tx)
    return ids


async def _stored(tx: Transaction, folder: int, uidvalidity: int, uids: Iterable[int]) -> list[int]:
    rows = await tx.all(
        "SELECT p.uid FROM json_each(?) j CROSS JOIN place p"
        " ON p.folder = ? AND p.uidvalidity = ? AND p.uid = j.value AND p.uid IS NOT NULL",
        (json.dumps(list(uids)), folder, uidvalidity),
    )
    return [uid for (uid,) in rows]


async def _leaving(tx: Transaction, folder: int, uidvalidity: int, uids: Iterable[int]) -> set[int]:
    rows = await tx.all(
        "SELECT i.uid FROM json_each(?) j CROSS JOIN operation_item i"
        " ON i.folder = ? AND i.uidvalidity = ? AND i.uid = j.value AND i.uid IS NOT NULL"
        " CROSS JOIN operation o ON o.id = i.operation"
        " WHERE o.state IN ('pending', 'running') AND o.kind IN ('move', 'expunge')",
        (json.dumps(list(uids)), folder, uidvalidity),
    )
    return {uid for (uid,) in rows}


async def _found_again(
    tx: Transaction, account: int, folder: int, uidvalidity: int, fresh: Mapping[int, Arrival]
) -> dict[int, int]:
    """Give arrivals to the rows that wait for them; return UID → message of those."""
    waiting = "SELECT 1 FROM place WHERE folder = ? AND uid IS NULL LIMIT 1"
    if not fresh or not await tx.one(waiting, (folder,)):
        return {}
    rows = await _waiting(tx, account, folder, fresh.values())
    passing = await stays.passing(tx, folder, (row[1] for row in rows))
    by_key: dict[tuple[str, int, int | None], list[tuple[int, int]]] = {}
    for place, message, message_id, size, internal_date, orphan in rows:
        date = internal_date if orphan or not message_id else None
        by_key.setdefault((message_id, size, date), []).append((place, message))
    found: dict[int, int] = {}
    updates: list[tuple[int, int, int]] = []
    for uid, one in fresh.items():
        message_id = storable(one.message_id)
        for date in (bounded(one.internal_date), None):
            if there := by_key.get((message_id, bounded(one.size), date)):
                place, found[uid] = there.pop()
                if found[uid] not in passing:  # else it leaves, and comes back under another UID
                    updates.append((uidvalidity, uid, place))
                break
    await tx.many("UPDATE place SET uidvalidity = ?, uid = ?, orphan = 0 WHERE id = ?", updates)
    await _refresh(tx, {message: fresh[uid] for uid, message in found.items()})
    if found and await operations.open_count(tx):
        uids = {message: uid for uid, message in found.items()}
        await stays.found_again(tx, folder, uidvalidity, uids)
    return found


_TOLD = "in_reply_to, refs, from_name, from_addr, recipients, subject"


async def _refresh(tx: Transaction, arrivals: Mapping[int, Arrival]) -> None:
    """Let rows that were found again say what the server says: theirs may come from a damaged page."""
    rows = await tx.all(
        f"SELECT m.id, {_TOLD} FROM json_each(?) j CROSS JOIN message m ON m.id = j.value",
        (json.dumps(list(arrivals)),),
    )
    for id, *before in rows:
        now = _texts(arrivals[id])[1:]
        if now != tuple(before):
            await tx.run(
                "UPDATE message SET in_reply_to = ?, refs = ?, from_name = ?, from_addr = ?, recipients = ?,"
                " subject = ? WHERE id = ?",
                (*now, id),
            )
            await indexed.wear_out(tx)


def _texts(one: Arrival) -> tuple[str, ...]:
    """Return the Message-ID and the texts of _TOLD as the store can hold them."""
    texts = (
        one.message_id,
        one.in_reply_to,
        one.references,
        one.from_name,
        one.from_addr,
        one.recipients,
        one.subject,
    )
    return texts if "".join(texts).isascii() else tuple(map(storable, texts))


async def _waiting(
    tx: Transaction, account: int, folder: int, arrivals: Iterable[Arrival]
) -> list[tuple[int, int, str, int, int, int]]:
    """Return (place, message, Message-ID, size, internal date, orphan) of rows that may be these arrivals."""
    columns = "p.id, p.message, m.message_id, m.size, p.internal_date, p.orphan"
    named = [storable(one.message_id) for one in arrivals if one.message_id]
    rows = await tx.all(
        f"SELECT {columns} FROM json_each(?) j"
        " CROSS JOIN message m ON m.message_id = j.value AND m.account = ?"
        " CROSS JOIN place p ON p.message = m.id AND p.folder = ? WHERE p.uid IS NULL",
        (json.dumps(list(dict.fromkeys(named))), account, folder),
    )
    dates = [bounded(one.internal_date) for one in arrivals if not one.message_id]
    rows += await tx.all(
        f"SELECT {columns} FROM json_each(?) j"
        " CROSS JOIN place p ON p.folder = ? AND p.internal_date = j.value AND p.uid IS NULL"
        " CROSS JOIN message m ON m.id = p.message WHERE m.message_id = ''",
        (json.dumps(list(dict.fromkeys(dates))), folder),
    )
    return [(place, message, id, size, date, orphan) for place, message, id, size, date, orphan in rows]


async def _insert(
    tx: Transaction,
    account: int,
    role: int,
    folder: int,
    uidvalidity: int | None,
    arrivals: Sequence[Arrival],
    changes: Changes,
) -> list[int]:
    """Write new rows, without UIDs where there is no UIDVALIDITY to give them a meaning.

    Ids are given here, not by SQLite, so that a batch is two statements.
    """
    if not arrivals:
        return []
    used: dict[str, int] = dict(
        await tx.all("SELECT name, seq FROM sqlite_sequence WHERE name IN ('message', 'place')")
    )
    message, place = used.get("message", 0) + 1, used.get("place", 0) + 1
    ids = range(message, message + len(arrivals))
    moments = await _moments(tx, ids, arrivals)
    await tx.insert_rows(
        f"INSERT INTO message(id, account, moment, message_id, {_TOLD}, snippet, size, marks, structure)",
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)",
        [
            (id, account, moment, *_texts(one), bounded(one.size), int(one.marks), one.structure)
            for id, moment, one in zip(ids, moments, arrivals, strict=True)
        ],
    )
    await tx.insert_rows(
        "INSERT INTO place(id, message, folder, role, moment, uidvalidity, uid, internal_date, server_flags,"
        " flags, orphan)",
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        [
            (
                place + n,
                message + n,
                folder,
                role,
                moments[n],
                uidvalidity,
                None if uidvalidity is None else one.uid,
                bounded(one.internal_date),
                int(one.flags),
                int(one.flags),
            )
            for n, one in enumerate(arrivals)
        ],
    )
    if keywords := [(place + n, storable(name)) for n, one in enumerate(arrivals) for name in one.keywords]:
        await add_keywords(tx, keywords)
    changes.all_came(folder, ids, unread=sum(not int(one.flags) & SEEN for one in arrivals))
    return list(ids)


async def _moments(tx: Transaction, ids: Sequence[int], arrivals: Sequence[Arrival]) -> list[int]:
    """Return the moments of new messages: (seconds << 20) | the low 20 bits of the id, + 1 while taken.

    A moment whose message is gone stays taken while the words of that message are in the index.
    """
    now = int(time.time())
    moments = [_seconds(one, now) << 20 | id & 0xFFFFF for id, one in zip(ids, arrivals, strict=True)]
    while True:
        rows = await tx.all(
            "SELECT j.value FROM json_each(?) j WHERE EXISTS (SELECT 1 FROM message WHERE moment = j.value)"
            " OR EXISTS (SELECT 1 FROM indexed WHERE moment = j.value)",
            (json.dumps(moments),),
        )
        taken = {moment for (moment,) in rows}
        if not taken and len(set(moments)) == len(moments):
            return moments
        for n, moment in enumerate(moments):
            while moment in taken:
                moment += 1
            taken.add(moment)
            moments[n] = moment


def _seconds(one: Arrival, now: int) -> int:
    """Return when a message was written: its Date field if believable, else when the server got it."""
    received = one.internal_date if 0 < one.internal_date <= LAST_SECOND else 0
    if one.date is not None and 0 <= one.date <= (received or now) + DAY:
        return min(one.date, LAST_SECOND)
    return received


async def set_server_flags(tx: Transaction, folder: int, uidvalidity: int, flags: Known) -> list[int]:
    """Store what the server says of messages of a folder; return the messages that look different now."""
    changes = Changes()
    changed = await take_server_flags(tx, folder, uidvalidity, flags, changes)
    await changes.write(tx)
    return changed


async def remove_uids(
    tx: Transaction, folder: int, uidvalidity: int, ranges: Iterable[tuple[int, int]]
) -> list[int]:
    """Delete what vanished from the server, given as ranges with both ends; return the messages."""
    spans = [(max(lo, 1), min(hi, UID_LIMIT)) for lo, hi in ranges]
    rows = await tx.all(
        "SELECT DISTINCT p.id, p.message, p.folder, p.flags FROM json_each(?) j CROSS JOIN place p"
        " ON p.folder = ? AND p.uidvalidity = ? AND p.uid IS NOT NULL"
        " AND p.uid BETWEEN j.value ->> 0 AND j.value ->> 1",
        (json.dumps(spans), folder, uidvalidity),
    )
    changes = Changes()
    await remove(tx, [(id, message, where, flags) for id, message, where, flags in rows], changes)
    await changes.write(tx)
    return [message for _, message, *_ in rows]


async def known_uids(source: Source, folder: int, uidvalidity: int, lo: int = 1) -> "array[int]":
    """Return the stored UIDs of a folder from `lo` on, ascending."""
    rows = await source.all(
        "SELECT uid FROM place WHERE folder = ? AND uidvalidity = ? AND uid IS NOT NULL"
        " AND uid >= ? ORDER BY uid",
        (folder, uidvalidity, lo),
    )
    return array("Q", [uid for (uid,) in rows])


async def known_flags(
    source: Source, folder: int, uidvalidity: int, lo: int, limit: int
) -> list[tuple[int, int]]:
    """Return (UID, flags as the server told them) of the first `limit` messages from the UID `lo` on."""
    rows = await source.all(
        "SELECT uid, server_flags FROM place WHERE folder = ? AND uidvalidity = ? AND uid IS NOT NULL"
        " AND uid >= ? ORDER BY uid LIMIT ?",
        (folder, uidvalidity, lo, limit),
    )
    return [(uid, flags) for uid, flags in rows]


async def newest_uids(source: Source, folder: int, uidvalidity: int, below: int, limit: int) -> "array[int]":
    """Return the greatest `limit` stored UIDs of a folder that are less than `below`, ascending."""
    rows = await source.all(
        "SELECT uid FROM place WHERE folder = ? AND uidvalidity = ? AND uid IS NOT NULL"
        " AND uid < ? ORDER BY uid DESC LIMIT ?",
        (folder, uidvalidity, below, limit),
    )
    return array("Q", [uid for (uid,) in reversed(rows)])


async def orphan_all(tx: Transaction, folder: int) -> None:
    """Take the UIDs of a folder's messages away, because the server gave them a new meaning."""
    await tx.run(
        "UPDATE place SET orphan = 1, uidvalidity = NULL, uid = NULL WHERE folder = ? AND uid IS NOT NULL",
        (folder,),
    )
    tx.publish(Rescan(folder))


async def drop_orphans(tx: Transaction, folder: int) -> list[int]:
    """Delete the orphans that a complete pass did not find again; return the messages."""
    rows = await tx.all(
        "SELECT id, message, folder, flags FROM place WHERE folder = ? AND uid IS NULL AND orphan = 1",
        (folder,),
    )
    changes = Changes()
    await remove(tx, [(id, message, where, flags) for id, message, where, flags in rows], changes)
    await changes.write(tx)
    return [message for _, message, *_ in rows]
