"""What is stored of a folder compared with what the server says of it, and brought in line.

However well a server tells its changes, one that was missed would stay missed for ever. Nothing is removed on
the word of a server that contradicts itself.
"""

from collections.abc import Collection, Iterable

from tui_mail.imap.fetched import Fetched
from tui_mail.imap.wire import split_sets
from tui_mail.model.message import Flag
from tui_mail.store import messages, stays
from tui_mail.sync.folder_rows import FolderRows
from tui_mail.sync.plan import BATCH, SLICE, believable, suspects

FLAGS_AT_ONCE = 5_000
"""Rows whose flags one command reads again."""

CHANGED_AT_ONCE = 50_000
"""… of which it reads only those that changed since."""


async def compare(rows: FolderRows, *, only_if_counts_differ: bool) -> None:
    """Remove the rows of messages that are gone, and fetch those that are there without one."""
    lo = rows.lo
    stored = await _stored_uids(rows, lo)
    # What a move left behind has no row, so it would make up for a letter that is gone.
    counts = rows.complete and rows.session.moves_leave_nothing
    if only_if_counts_differ and counts and len(stored) == rows.session.news.exists:
        return
    there = set(await rows.session.search(f"UID {lo}:*"))
    gone = sorted(stored - there)
    if gone and (_contradicts(rows, there) or not believable(len(stored), len(gone))):
        await rows.apply_news()
        await rows.select()  # counts anew
        again = set(await rows.session.search(f"UID {lo}:*"))
        gone = sorted(stored - there - again)
        if _contradicts(rows, again):
            exists = rows.session.news.exists
            rows.doubt = f"{rows.session.where} counts {exists:,} letters and lists {len(again):,}"
            gone = []
    if gone:
        async with rows.database.cache() as tx:
            await messages.remove_uids(tx, rows.state.id, rows.uidvalidity, [(uid, uid) for uid in gone])
    missing = sorted(uid for uid in there - stored if lo <= uid < rows.state.uidnext)
    for start in range(0, len(missing), BATCH):
        await rows.store(await rows.fetch_known(missing[start : start + BATCH]))


def _contradicts(rows: FolderRows, found: Collection[int]) -> bool:
    """Tell whether a search found other than it must have; nothing is removed on such a word.

    A complete copy is searched from the first UID on, so all that EXISTS counts is found. Otherwise at
    least the last message is, for that is what `*` stands for (RFC 9051, 9).
    """
    exists = rows.session.news.exists
    if rows.complete:
        return len(found) != exists
    return len(found) > exists or (exists > 0 and not found)


async def _stored_uids(rows: FolderRows, lo: int) -> set[int]:
    """Return the UIDs that need no answer: stored ones, and those that an operation takes away."""
    lists = rows.database.lists
    stored = set(await messages.known_uids(lists, rows.state.id, rows.uidvalidity, lo))
    leaving = await stays.leaving(lists, rows.state.id)
    return stored | {uid for validity, uid in leaving if validity == rows.uidvalidity and uid >= lo}


async def check_slice(rows: FolderRows, below: int, limit: int) -> int:
    """Read the flags of the newest rows below a UID again; return the lowest of them, 0 at the end."""
    newest = await messages.newest_uids(rows.database.lists, rows.state.id, rows.uidvalidity, below, limit)
    if not newest:
        return 0
    await rows.set_flags(_flags(await rows.session.fetch_flags(f"{newest[0]}:{newest[-1]}")))
    return newest[0] if newest[0] > 1 else 0


async def fetch_flags(rows: FolderRows, since: int) -> None:
    """Read the flags of every stored row again, or of those that changed since a MODSEQ."""
    at_once = CHANGED_AT_ONCE if since else FLAGS_AT_ONCE
    lo = rows.lo
    known = await messages.known_uids(rows.database.lists, rows.state.id, rows.uidvalidity, lo)
    for start in range(0, len(known), at_once):
        part = known[start : start + at_once]
        fetched = await rows.session.fetch_flags(f"{part[0]}:{part[-1]}", changed_since=since or None)
        await rows.set_flags(_flags(fetched))


async def search_flags(rows: FolderRows) -> None:
    """Search for each flag, and read the flags of those messages again that are stored with others."""
    lo = rows.lo
    found = await rows.session.flag_sets(f"{lo}:*")
    sets = {int(flag): sorted(ranges) for flag, ranges in found.items()}
    while stored := await messages.known_flags(
        rows.database.lists, rows.state.id, rows.uidvalidity, lo, SLICE
    ):
        for part in split_sets(suspects(stored, sets)):
            await rows.set_flags(_flags(await rows.session.fetch_flags(part)))
        lo = stored[-1][0] + 1


def _flags(fetched: Iterable[Fetched]) -> dict[int, tuple[Flag, tuple[str, ...]]]:
    return {one.uid: (one.flags, one.keywords) for one in fetched if one.flags is not None}
