"""Messages moved on the server: by MOVE (RFC 6851), or by COPY, \\Deleted and UID EXPUNGE (RFC 4315).

What is wanted in the end are pairs (message, new UID). The server names them in COPYUID; where it does not,
or where nobody knows whether an earlier try got through, the target is searched above the UIDNEXT it had
before, for the Message-ID and size of what was moved.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tui_mail.imap.responses import CopyUid
from tui_mail.imap.session import Session
from tui_mail.imap.wire import format_set
from tui_mail.mime.headers import LIST_FIELDS, summary
from tui_mail.model.errors import ServerRefused
from tui_mail.model.message import Flag

AT_ONCE = 500
"""UIDs in one command."""


@dataclass(frozen=True, slots=True)
class Target:
    """The folder that messages go to, as it was before the first of them left."""

    name: bytes
    uidvalidity: int
    uidnext: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one source folder that are to be moved."""

    source: bytes
    messages: Mapping[int, int]
    """UID in the source → message id."""
    identities: Mapping[int, tuple[str, int]]
    """Message id → (Message-ID, size)."""


async def look_at_target(session: Session, name: bytes) -> Target:
    """Return the state of a folder before anything is moved into it; it is made when it is missing."""
    try:
        status = await session.status(name)
    except ServerRefused:
        await session.create(name)
        status = await session.status(name)
    return Target(name, status.uidvalidity or 0, status.uidnext or 1)


async def move(session: Session, batch: Batch, target: Target, *, in_doubt: bool) -> dict[int, int]:
    """Move a batch and return message id → new UID, for those whose new UID is known."""
    await session.select(batch.source)
    uids = sorted(batch.messages)
    arrived: dict[int, int] = {}
    if in_doubt:
        arrived = await _arrived(session, batch, target)
        await session.select(batch.source)
        there = set(await session.search(f"UID {format_set(uids)}"))
        uids = [uid for uid in uids if uid in there]
    for start in range(0, len(uids), AT_ONCE):
        part = uids[start : start + AT_ONCE]
        if session.has_move:
            copied = await session.move(format_set(part), target.name)
        else:
            copied = await _copy_and_remove(session, batch, target, part, arrived)
        arrived |= _pairs(batch, copied)
    if len(arrived) < len(batch.messages):
        arrived = await _arrived(session, batch, target) | arrived
    return arrived


async def _copy_and_remove(
    session: Session, batch: Batch, target: Target, uids: Sequence[int], arrived: Mapping[int, int]
) -> CopyUid | None:
    """Copy what has not arrived, then mark all as deleted; without UIDPLUS they stay so marked."""
    missing = [uid for uid in uids if batch.messages[uid] not in arrived]
    copied = await session.copy(format_set(missing), target.name) if missing else None
    await session.store_flags(format_set(uids), add=Flag.DELETED, remove=Flag.NONE)
    await session.expunge(format_set(uids))
    return copied


def _pairs(batch: Batch, copied: CopyUid | None) -> dict[int, int]:
    if copied is None:
        return {}
    return {batch.messages[old]: new for old, new in copied.pairs if old in batch.messages}


async def _arrived(session: Session, batch: Batch, target: Target) -> dict[int, int]:
    """Search the target for what came since its state was taken; it is selected afterwards."""
    selected = await session.select(target.name)
    if (selected.uidvalidity or 0) != target.uidvalidity:
        return {}
    new: dict[tuple[str, int], list[int]] = defaultdict(list)
    for fetched in await session.fetch_list(f"{target.uidnext}:*", LIST_FIELDS):
        if fetched.uid >= target.uidnext:
            new[summary(fetched.header or b"").message_id, fetched.size or 0].append(fetched.uid)
    found: dict[int, int] = {}
    for message in batch.messages.values():
        candidates = new.get(batch.identities.get(message, ("", -1)))
        if candidates:
            found[message] = candidates.pop(0)
    return found
