"""Folders made, renamed, deleted and subscribed to on the server (RFC 9051 §6.3.4–6.3.8).

After doubt the list of folders decides. A folder is deleted only when nothing is left in it: what came
meanwhile would be lost with it.
"""

from tui_mail.imap.session import Session
from tui_mail.model.errors import ServerRefused
from tui_mail.model.operation import FolderAction, FolderChange
from tui_mail.sync.errand import Errand


async def change_folder(errand: Errand) -> None:
    """Do to a folder on the server what was done to it here."""
    change = errand.first.change
    assert change is not None
    await errand.journal({})
    session = errand.session
    await session.unselect()  # neither DELETE nor RENAME is safe on what is selected
    if not (errand.in_doubt and await _is_done(session, change)):
        await _send(session, change)
    errand.list_anew = True


async def _send(session: Session, change: FolderChange) -> None:
    name = change.remote_name
    match change.action:
        case FolderAction.CREATE:
            try:
                await session.create(name)
            except ServerRefused as error:
                if error.code != "ALREADYEXISTS":
                    raise
            await session.subscribe(name)
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


async def _is_done(session: Session, change: FolderChange) -> bool:
    """Tell from the list of folders whether an earlier try got through."""
    names = {one.name for one in await session.list_folders()}
    match change.action:
        case FolderAction.CREATE:
            return change.remote_name in names
        case FolderAction.RENAME:
            return change.remote_name not in names and change.new_remote_name in names
        case FolderAction.DELETE:
            return change.remote_name not in names
    return False
