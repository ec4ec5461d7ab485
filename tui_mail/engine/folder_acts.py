"""Folders made, renamed and deleted by the user: at once here, later on the server.

Deleting a folder moves its messages to the trash first, so that nothing is lost by it and undo can bring both
back. On the server the folder is deleted only once nothing is left in it.
"""

import time

from tui_mail.engine.core import Core
from tui_mail.imap.wire import encode_name
from tui_mail.model.errors import MailError
from tui_mail.model.event import OperationsChanged
from tui_mail.model.folder import Role
from tui_mail.model.operation import Done, FolderAction, FolderChange
from tui_mail.model.safe_text import safe_text
from tui_mail.store import folder_changes, folders
from tui_mail.store.database import Transaction
from tui_mail.store.effects import Command
from tui_mail.store.folders import FolderState, ListedName


async def create(core: Core, account: int, name: str, parent: int | None) -> Done:
    """Make a folder, below another one if wanted."""
    async with core.database.intention() as tx:
        known = await folders.states(tx, account, hidden=True)
        separator = next((one.separator for one in known if one.separator), "")
        above = await _parent(tx, account, parent, known)
        full, wire = above.name + _checked(name), above.remote_name + encode_name(name.strip())
        _refuse_double(known, full, wire)
        folder = await folders.insert(tx, account, ListedName(wire, full, separator, frozenset(), Role.NONE))
        command = Command(tx, f"Made folder {full}", int(time.time()))
        await command.folder(account, folder, FolderChange(FolderAction.CREATE, wire, full, separator))
        return _done(tx, command, account)


async def rename(core: Core, folder: int, name: str) -> Done:
    """Give a folder another name, at the place in the tree where it is."""
    async with core.database.intention() as tx:
        state = await _state(tx, folder)
        if state.role is Role.INBOX:
            raise MailError("The inbox keeps its name")
        wire_separator = state.separator.encode()
        above, wire_above = "", b""
        if state.separator and state.separator in state.name:
            above = state.name.rpartition(state.separator)[0] + state.separator
            wire_above = state.remote_name.rpartition(wire_separator)[0] + wire_separator
        full, wire = above + _checked(name), wire_above + encode_name(name.strip())
        known = await folders.states(tx, state.account, hidden=True)
        _refuse_double(known, full, wire)
        change = FolderChange(
            FolderAction.RENAME, state.remote_name, state.name, state.separator, state.role, wire, full
        )
        command = Command(tx, f"Renamed folder {state.name} to {full}", int(time.time()))
        await command.folder(state.account, folder, change)
        return _done(tx, command, state.account)


async def delete(core: Core, folder: int) -> Done:
    """Delete a folder; what it holds goes to the trash."""
    async with core.database.intention() as tx:
        state = await _state(tx, folder)
        await _refuse_needed(tx, state)
        command = Command(tx, f"Deleted folder {state.name}", int(time.time()))
        if state.total:
            command.sentence += f" and moved its {state.total} to the trash"
            trash = await folders.with_role(tx, state.account, Role.TRASH, "Trash")
            await command.move_all(state.account, trash, folder)
        change = FolderChange(FolderAction.DELETE, state.remote_name, state.name, state.separator, state.role)
        await command.folder(state.account, folder, change)
        return _done(tx, command, state.account, state.total)


async def subscribe(core: Core, folder: int, *, wanted: bool) -> Done:
    """Subscribe to a folder or end that."""
    async with core.database.intention() as tx:
        state = await _state(tx, folder)
        action = FolderAction.SUBSCRIBE if wanted else FolderAction.UNSUBSCRIBE
        verb = "Subscribed to" if wanted else "Unsubscribed from"
        command = Command(tx, f"{verb} {state.name}", int(time.time()))
        change = FolderChange(action, state.remote_name, state.name, state.separator, state.role)
        await command.folder(state.account, folder, change)
        return _done(tx, command, state.account)


async def _state(tx: Transaction, folder: int) -> FolderState:
    state = await folders.state(tx, folder)
    if state is None:
        raise MailError("That folder is no longer there")
    return state


async def _parent(tx: Transaction, account: int, parent: int | None, known: list[FolderState]) -> ListedName:
    """Return what a new folder's name begins with, as a name for people and on the wire."""
    if parent is None:
        prefix = folders.namespace(known)
        return ListedName(prefix.encode("ascii"), prefix, "", frozenset(), Role.NONE)
    state = await _state(tx, parent)
    if state.account != account or not state.separator:
        raise MailError(f"No folder can lie below {state.name}")
    wire = state.remote_name + state.separator.encode()
    return ListedName(wire, state.name + state.separator, state.separator, frozenset(), Role.NONE)


def _checked(name: str) -> str:
    name = name.strip()
    if not name:
        raise MailError("A folder needs a name")
    if not name.isprintable() or len(name) > 200:
        raise MailError("A folder cannot have that name", hint="Use up to 200 printable characters")
    return name


def _refuse_double(known: list[FolderState], name: str, wire: bytes) -> None:
    if any(one.remote_name == wire or one.name.casefold() == name.casefold() for one in known):
        raise MailError(f"There is a folder {name} already")


async def _refuse_needed(tx: Transaction, state: FolderState) -> None:
    if state.role in (Role.INBOX, Role.TRASH):
        raise MailError(f"{state.name} cannot be deleted: mail arrives and goes there")
    if await folder_changes.children(tx, state):
        raise MailError(
            f"{state.name} holds other folders and cannot be deleted", hint="Delete or move those first"
        )
    if not state.complete and state.remote_count:
        raise MailError(
            f"{state.name} is not completely here yet and cannot be deleted",
            hint="Try again when all of its messages are in the list",
        )


def _done(tx: Transaction, command: Command, account: int, count: int = 0) -> Done:
    tx.publish(OperationsChanged(account))
    return Done(tuple(command.operations), count, safe_text(command.sentence), undoable=True)
