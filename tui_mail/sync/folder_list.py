"""The list of an account's folders, and which of them changed since they were last synced."""

from collections.abc import Iterable, Mapping

from tui_mail.imap.responses import FolderStatus, ListedFolder
from tui_mail.imap.session import Session
from tui_mail.store import folders
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState, ListedName
from tui_mail.sync.roles import roles


async def fetch_folder_list(database: Database, session: Session, account: int) -> list[ListedFolder]:
    """Store the server's list of folders with their roles and return it."""
    listed = await session.list_folders()
    role_of = roles((one.name, one.display, one.separator, one.attributes) for one in listed)
    names = [
        ListedName(one.name, one.display, one.separator, one.attributes, role_of[one.name]) for one in listed
    ]
    async with database.cache() as tx:
        await folders.record_list(tx, account, names)
    return listed


def changed_folders(states: Iterable[FolderState], listed: Iterable[ListedFolder]) -> list[FolderState]:
    """Return the folders whose status differs from the cursor, or is not told, or did not add up last time.

    One that was made here and that the server does not list yet is none of them.
    """
    status = {one.name: one.status for one in listed}
    there = [state for state in states if state.selectable and state.remote_name in status]
    return [state for state in there if _differs(state, status[state.remote_name])]


def told_otherwise(states: Iterable[FolderState], told: Mapping[bytes, FolderStatus]) -> list[FolderState]:
    """Return the folders of which a server told something, unasked, that is not as stored."""
    return [
        state
        for state in states
        if state.selectable and state.remote_name in told and _contradicts(state, told[state.remote_name])
    ]


def _contradicts(state: FolderState, told: FolderStatus) -> bool:
    """Compare what was told; what was not says nothing."""
    pairs = (
        (told.uidvalidity, state.uidvalidity),
        (told.uidnext, state.uidnext),
        (told.modseq, state.modseq),
        (told.messages, state.remote_count),
        (told.unseen, state.unread if state.complete else told.unseen),
    )
    return any(now not in (None, before) for now, before in pairs)


def _differs(state: FolderState, status: FolderStatus | None) -> bool:
    if (
        status is None
        or state.error
        or (state.uidvalidity, state.uidnext, state.modseq, state.remote_count)
        != (
            status.uidvalidity,
            status.uidnext,
            status.modseq or 0,
            status.messages,
        )
    ):
        return True
    # without MODSEQ the count of unread messages is all that betrays changed flags
    return status.modseq is None and state.complete and status.unseen not in (None, state.unread)
