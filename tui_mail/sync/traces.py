"""Whether a letter was sent, by the traces that it leaves in the account's own folders (sync.md, 9).

A server that files what it sends, a person who writes to themselves, a list that sends everybody a copy: each
puts the letter with its Message-ID among sent mail, all mail, or into the inbox. A Message-ID may be older
than the sending, so only what came there since counts.
"""

import re
from collections.abc import Iterable

from tui_mail.imap.session import Session
from tui_mail.imap.wire import format_set
from tui_mail.model.folder import Role
from tui_mail.store import folders
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState
from tui_mail.store.outbox import Letter
from tui_mail.sync.folder_list import fetch_folder_list

CLOCKS_APART = 600
"""Seconds by which the server's clock may be behind ours."""

FIELDS = ("Message-ID",)

_ROLES = (Role.SENT, Role.ALL, Role.INBOX)
_SEARCHABLE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,200}")


async def trace_of(session: Session, database: Database, letter: Letter, sent_name: str) -> str:
    """Return the name of a folder that holds a letter since it was queued; "" where none does.

    `sent_name` is the folder that its identity keeps sent mail in, "" for that of the account.
    """
    criteria = by_message_id(letter.message_id)
    if criteria is None:
        return ""
    for folder in await _looked_in(session, database, letter.account, sent_name):
        await session.select(folder.remote_name, read_only=True)
        uids = await session.search(criteria)
        fetched = await session.fetch_list(format_set(set(uids)), FIELDS) if uids else []
        if any((one.internal_date or 0) >= letter.queued_at - CLOCKS_APART for one in fetched):
            return folder.name
    return ""


def by_message_id(message_id: str) -> str | None:
    """Return what to search for to find a letter; None for a Message-ID that no server can be asked for."""
    if not _SEARCHABLE.fullmatch(message_id):
        return None
    return f'OR HEADER Message-ID "<{message_id}>" HEADER Resent-Message-ID "<{message_id}>"'


async def _looked_in(
    session: Session, database: Database, account: int, sent_name: str
) -> Iterable[FolderState]:
    """Return the folders that would show a trace, sent mail first."""
    if not await folders.states(database.lists, account):
        await fetch_folder_list(database, session, account)
    known = [one for one in await folders.states(database.lists, account) if one.selectable]
    named = [one for one in known if sent_name and one.name == sent_name]
    return dict.fromkeys((*named, *(one for role in _ROLES for one in known if one.role is role)))
