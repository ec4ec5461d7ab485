"""Undo, redo and cancel: of the newest command or of any one, before and after the server knew of it.

What still waits is taken back in its place. What left already is answered by new operations with the
opposite effect, which `follow` the first. Messages that later commands changed in the same respect, or took
elsewhere, are left as they are.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui_mail.model.operation import FolderAction, FolderChange, OperationKind, OperationState
from tui_mail.store import folder_changes, folders, operations
from tui_mail.store.arguments import read_flag_change
from tui_mail.store.database import Transaction
from tui_mail.store.effects import Command, drop_made_here, take_back
from tui_mail.store.operations import OPEN, Item, Operation
from tui_mail.store.places import COLUMNS, Place, place

_OPPOSITE = {
    FolderAction.CREATE: FolderAction.DELETE,
    FolderAction.DELETE: FolderAction.CREATE,
    FolderAction.RENAME: FolderAction.RENAME,
    FolderAction.SUBSCRIBE: FolderAction.UNSUBSCRIBE,
    FolderAction.UNSUBSCRIBE: FolderAction.SUBSCRIBE,
}


@dataclass(slots=True)
class Turned:
    """What undo, redo or cancel did."""

    sentence: str
    operations: list[int] = field(default_factory=list)
    """New ones."""
    accounts: set[int] = field(default_factory=set)
    messages: set[int] = field(default_factory=set)
    """Messages touched."""
    skipped: set[int] = field(default_factory=set)
    """Messages left as they are, because later commands changed them or they are gone."""
    folders: int = 0
    """Folders touched."""


async def undo(tx: Transaction, now: int, command: int | None = None) -> Turned | None:
    """Take back a command, the newest of the history unless one is named; None when there is none."""
    chosen = command if command is not None else await operations.last_done(tx)
    return None if chosen is None else await _turn(tx, chosen, now, back=True)


async def redo(tx: Transaction, now: int, command: int | None = None) -> Turned | None:
    """Repeat a command, the one that was undone last unless one is named; None when there is none."""
    chosen = command if command is not None else await operations.first_undone(tx)
    return None if chosen is None else await _turn(tx, chosen, now, back=False)


async def cancel(tx: Transaction, now: int, command: int) -> Turned | None:
    """Take back what no server heard of yet of a command, even of one that undo cannot reach.

    None when there is nothing of that kind.
    """
    waiting = [one for one in await _of_command(tx, command, now) if one.can_retract]
    if not waiting:
        return None
    turned = Turned(f"Cancelled: {_inside(waiting[0].sentence)}")
    for one in reversed(waiting):
        await _retract(tx, one, turned, now)
        await operations.set_history(tx, [one.id], "undone")
        await operations.other_side(tx, one)
    return turned


async def _turn(tx: Transaction, command: int, now: int, *, back: bool) -> Turned | None:
    side = "done" if back else "undone"
    part = [one for one in await _of_command(tx, command, now) if one.history == side]
    if not part:
        return None
    turned = Turned(f"{'Undone' if back else 'Redone'}: {_inside(part[0].sentence)}")
    counter = Command(tx, turned.sentence, now, history="none")
    for one in reversed(part) if back else part:
        for newest in await operations.answers(tx, one.id) or [one]:
            kept = newest.state is OperationState.FAILED and newest.kind is OperationKind.APPEND
            if (newest.can_retract or kept) and (back or newest.id != one.id):
                await _retract(tx, newest, turned, now)
            else:
                await _answer(tx, counter, one, newest, turned, back=back)
        turned.accounts.add(one.account)
        again = one.kind is not OperationKind.APPEND  # what no server has is gone with its undo
        await operations.set_history(tx, [one.id], ("undone" if again else "none") if back else "done")
    turned.operations = counter.operations
    return turned


async def _of_command(tx: Transaction, command: int, now: int) -> list[Operation]:
    """Return the operations of a command; what has left already of one that waits is one of its own."""
    for one in await operations.of_command(tx, command):
        if one.state is OperationState.PENDING and one.attempts:
            await operations.part_done(tx, one, now)
    return await operations.of_command(tx, command)


def _inside(sentence: str) -> str:
    """Return a sentence as it stands behind a colon."""
    return f"{sentence[:1].lower()}{sentence[1:]}"


# Before it left.


async def _retract(tx: Transaction, operation: Operation, turned: Turned, now: int) -> None:
    """Take a waiting operation back in its place; messages that must keep it stay with it."""
    turned.accounts.add(operation.account)
    if operation.kind is OperationKind.FOLDER:
        await _retract_folder(tx, operation, turned, now)
        return
    items = await operations.items(tx, operation.id)
    kept = await _bound(tx, operation)
    free = [item for item in items if item.message not in kept]
    turned.messages.update(item.message for item in free)
    turned.skipped.update(item.message for item in items if item.message in kept)
    if not free:
        return
    reverted = operation.id
    if kept:
        reverted = await operations.split(tx, operation.id, [item.message for item in free])
        await operations.set_history(tx, [operation.id], "none")
        await operations.set_history(tx, [reverted], "undone")
    await operations.finish(tx, [reverted], OperationState.REVERTED, now)
    await take_back(tx, await _get(tx, reverted), free)
    if operation.kind is OperationKind.APPEND and operation.target is not None:
        await drop_made_here(tx, [item.message for item in free], operation.target)


async def _retract_folder(tx: Transaction, operation: Operation, turned: Turned, now: int) -> None:
    assert operation.change is not None
    assert operation.target is not None
    if await folder_changes.unshow(tx, operation.account, operation.target, operation.change):
        await operations.finish(tx, [operation.id], OperationState.REVERTED, now)
        turned.folders += 1


async def _bound(tx: Transaction, operation: Operation) -> set[int]:
    """Return the messages of a waiting operation that later commands build upon."""
    match operation.kind:
        case OperationKind.FLAGS:
            return await _overridden(tx, operation)
        case OperationKind.MOVE:
            return await _elsewhere(tx, operation)
        case OperationKind.COPY | OperationKind.APPEND:
            rows = await tx.all(
                "SELECT DISTINCT i.message FROM operation_item i CROSS JOIN operation_item l"
                " ON l.message = i.message AND l.operation > i.operation AND l.folder = ?"
                f" CROSS JOIN operation o ON o.id = l.operation AND o.state IN {OPEN} WHERE i.operation = ?",
                (operation.target, operation.id),
            )
            return {message for (message,) in rows} | await _elsewhere(tx, operation)
    return set()


async def _overridden(tx: Transaction, operation: Operation) -> set[int]:
    """Return the messages whose same flags a later command that still counts changed again."""
    rows = await tx.all(
        "SELECT DISTINCT o.id, o.arguments FROM operation_item i"
        " CROSS JOIN operation_item l ON l.message = i.message AND l.operation > i.operation"
        " CROSS JOIN operation o ON o.id = l.operation WHERE i.operation = ? AND o.kind = 'flags'"
        " AND o.state NOT IN ('reverted', 'failed')"
        " AND o.history IN ('done', 'automatic')",
        (operation.id,),
    )
    later = [id for id, arguments in rows if operation.flags.overlaps(read_flag_change(arguments))]
    if not later:
        return set()
    rows = await tx.all(
        "SELECT DISTINCT l.message FROM json_each(?) j CROSS JOIN operation_item l ON l.operation = j.value",
        (json.dumps(later),),
    )
    return {message for (message,) in rows}


async def _elsewhere(tx: Transaction, operation: Operation) -> set[int]:
    """Return the messages that are no longer where an operation put them."""
    rows = await tx.all(
        "SELECT i.message FROM operation_item i WHERE i.operation = ? AND NOT EXISTS"
        " (SELECT 1 FROM place p WHERE p.message = i.message AND p.folder = ?)",
        (operation.id, operation.target),
    )
    return {message for (message,) in rows}


async def _get(tx: Transaction, id: int) -> Operation:
    found = await operations.get(tx, id)
    assert found is not None
    return found


# After it left.


async def _answer(
    tx: Transaction, counter: Command, root: Operation, newest: Operation, turned: Turned, *, back: bool
) -> None:
    """Answer an operation with its opposite; where it was taken back in its place, with itself."""
    reverted = newest.state in (OperationState.REVERTED, OperationState.FAILED)
    itself = newest.id == root.id
    if itself and back == reverted:
        return  # never came into effect, or stands already
    if (itself and not back) or newest.kind is OperationKind.EXPUNGE:
        await _again(tx, counter, root, turned)
    else:
        await _opposite(tx, counter, root, newest, turned)


async def _opposite(
    tx: Transaction, counter: Command, root: Operation, newest: Operation, turned: Turned
) -> None:
    account, follows = root.account, root.id
    if newest.kind is OperationKind.FOLDER:
        await _opposite_folder(tx, counter, root, newest, turned)
        return
    items = await operations.items(tx, newest.id)
    if newest.kind is OperationKind.FLAGS:
        overridden = await _overridden(tx, newest)
        places = [one for one in await _places(tx, newest) if one.message not in overridden]
        _note(turned, items, places)
        if places:
            await counter.flag(account, places, newest.flags.reversed(), follows=follows)
        return
    places = await _places_in(tx, newest, newest.target)
    if newest.kind is OperationKind.MOVE:
        homes = {item.message: item.folder for item in items}
        there = {folder for folder in set(homes.values()) if await folders.state(tx, folder)}
        places = [one for one in places if homes[one.message] in there]
        for folder in sorted(there):
            group = [one for one in places if homes[one.message] == folder]
            if group:
                await counter.move(account, folder, group, follows=follows)
    else:  # a copy is removed while the original stands; what was put there by us is ours to remove
        if newest.kind is OperationKind.COPY:
            places = await _with_another_place(tx, places)
        if places:
            await counter.expunge(account, places, follows=follows)
    _note(turned, items, places)


def _note(turned: Turned, items: Sequence[Item], places: Sequence[Place]) -> None:
    touched = {one.message for one in places}
    turned.messages |= touched
    turned.skipped |= {item.message for item in items} - touched


async def _again(tx: Transaction, counter: Command, root: Operation, turned: Turned) -> None:
    account, follows = root.account, root.id
    items = await operations.items(tx, root.id)
    places = await _places(tx, root)
    match root.kind:
        case OperationKind.FOLDER:
            assert root.change is not None
            await _change_folder(tx, counter, root, root.change, turned)
        case OperationKind.FLAGS if places:
            await counter.flag(account, places, root.flags, follows=follows)
        case OperationKind.MOVE | OperationKind.COPY if root.target is not None:
            was_in = {item.message: item.folder for item in items}
            target_there = await folders.state(tx, root.target)
            held = {one.message for one in await _places_in(tx, root, root.target)}
            places = [
                one
                for one in places
                if target_there and one.folder == was_in[one.message] and one.message not in held
            ]
            act = counter.move if root.kind is OperationKind.MOVE else counter.copy
            if places:
                await act(account, root.target, places, follows=follows)
    _note(turned, items, places)


async def _opposite_folder(
    tx: Transaction, counter: Command, root: Operation, newest: Operation, turned: Turned
) -> None:
    change = newest.change
    assert change is not None
    opposite = FolderChange(
        _OPPOSITE[change.action],
        change.new_remote_name or change.remote_name,
        change.new_name or change.name,
        change.separator,
        change.role,
        change.remote_name if change.new_remote_name else b"",
        change.name if change.new_name else "",
    )
    await _change_folder(tx, counter, root, opposite, turned)


async def _change_folder(
    tx: Transaction, counter: Command, root: Operation, change: FolderChange, turned: Turned
) -> None:
    folder = root.target
    assert folder is not None
    state = await folders.state(tx, folder)
    if change.action is FolderAction.CREATE:
        if state is None:
            await folder_changes.bring_back(tx, root.account, folder, change)
    elif state is None or (change.action is FolderAction.DELETE and state.total):
        return
    await counter.folder(root.account, folder, change, follows=root.id)
    turned.folders += 1


async def _places(tx: Transaction, operation: Operation) -> list[Place]:
    """Return where the messages of an operation lie: where they lay, or else wherever they are."""
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM operation_item i CROSS JOIN place p ON p.message = i.message"
        " AND (p.folder = i.folder OR NOT EXISTS"
        " (SELECT 1 FROM place q WHERE q.message = i.message AND q.folder = i.folder))"
        " CROSS JOIN folder f ON f.id = p.folder WHERE i.operation = ?",
        (operation.id,),
    )
    return [place(row) for row in rows]


async def _places_in(tx: Transaction, operation: Operation, folder: int | None) -> list[Place]:
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM operation_item i CROSS JOIN place p ON p.message = i.message AND p.folder = ?"
        " CROSS JOIN folder f ON f.id = p.folder WHERE i.operation = ?",
        (folder, operation.id),
    )
    return [place(row) for row in rows]


async def _with_another_place(tx: Transaction, places: Sequence[Place]) -> list[Place]:
    rows = await tx.all(
        "SELECT p.id FROM json_each(?) j CROSS JOIN place p ON p.id = j.value WHERE EXISTS"
        " (SELECT 1 FROM place q WHERE q.message = p.message AND q.id <> p.id)",
        (json.dumps([one.id for one in places]),),
    )
    doubled = {id for (id,) in rows}
    return [one for one in places if one.id in doubled]
