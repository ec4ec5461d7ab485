"""Folders made, renamed, deleted and subscribed to on the server (RFC 9051 §6.3.4–6.3.8).

After doubt the list of folders decides. A folder is deleted only when nothing is left in it: what came
meanwhile would be lost with it.
"""

from collections.abc import Iterable, Set
from contextlib import suppress

from tui_mail.imap.responses import SUBSCRIBED
from tui_mail.imap.session import Session
from tui_mail.model.errors import ServerRefused
from tui_mail.model.folder import Role
from tui_mail.model.operation import FolderAction, FolderChange
from tui_mail.store import folder_changes, folders
from tui_mail.store.folders import FolderState
from tui_mail.sync.errand import Errand


async def change_folder(errand: Errand) -> None:
    """Do to a folder on the server what was done to it here."""
    change = errand.first.change
    assert change is not None
    await errand.journal({})
    session = errand.session
    await session.unselect()  # neither DELETE nor RENAME is safe on what is selected
    listed = await session.list_folders()
    if not (errand.in_doubt and _is_done({one.name for one in listed}, change)):
        await _send(session, change)
    known = await folders.states(errand.database.lists, errand.first.account, hidden=True)
    ordinary = {one.remote_name for one in known if one.role is Role.NONE}
    if any(SUBSCRIBED in one.attributes and one.name in ordinary for one in listed):
        await _subscriptions_follow(session, change, known)
    errand.list_anew = True


async def _subscriptions_follow(session: Session, change: FolderChange, known: Iterable[FolderState]) -> None:
    """Subscribe to what is new or was subscribed to by its old name, and let no subscription stay to nothing.

    Where no ordinary folder is subscribed to, this must not begin: programs, this one among them, would hide
    the others. A server that refuses it has changed the folder all the same.
    """
    name = change.remote_name
    with suppress(ServerRefused):
        match change.action:
            case FolderAction.CREATE:
                await session.subscribe(name)
            case FolderAction.DELETE:
                await session.unsubscribe(name)
            case FolderAction.RENAME:
                for one, new in folder_changes.renamed(known, change):
                    if one.subscribed:
                        await session.subscribe(new)
                        await session.unsubscribe(one.remote_name)


async def _send(session: Session, change: FolderChange) -> None:
    name = change.remote_name
    match change.action:
        case FolderAction.CREATE:
            try:
                await session.create(name)
            except ServerRefused as error:
                if error.code != "ALREADYEXISTS":
                    raise
        case FolderAction.RENAME:
            await session.rename(name, change.new_remote_name)
        case FolderAction.DELETE:
            await _delete(session, change)
        case FolderAction.SUBSCRIBE:
            await session.subscribe(name)
        case FolderAction.UNSUBSCRIBE:
            await session.unsubscribe(name)


async def _delete(session: Session, change: FolderChange) -> None:
    name = change.remote_name
    try:
        await session.select(name, read_only=True)
        left = await session.search("UNDELETED")
        await session.unselect()
    except ServerRefused as error:
        if error.code == "NONEXISTENT":
            return
        raise
    if left:
        raise ServerRefused(f"{len(left)} messages came into it meanwhile", code="INUSE")
    await session.delete(name)


def _is_done(names: Set[bytes], change: FolderChange) -> bool:
    """Tell from the names of all folders whether an earlier try got through."""
    match change.action:
        case FolderAction.CREATE:
            return change.remote_name in names
        case FolderAction.RENAME:
            return change.remote_name not in names and change.new_remote_name in names
        case FolderAction.DELETE:
            return change.remote_name not in names
    return False
