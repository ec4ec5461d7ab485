"""What an operation does here, what confirms it, and what a refusal takes back.

Each function is called inside an `intention()` transaction, so that an operation and its local effect are
one.
"""

from collections.abc import Mapping, Sequence

from tui_mail.model.folder import TreeView
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange, FolderChange, OperationKind
from tui_mail.store import folder_changes, folders, operations, stays
from tui_mail.store.database import Transaction
from tui_mail.store.flags import show_change, unshow_change
from tui_mail.store.lists import along_index
from tui_mail.store.moves import copy_items, move_items, restore_items, settle_uids, uncopy
from tui_mail.store.operations import Item, Operation
from tui_mail.store.places import Changes, Place, place_in, remove, remove_places


class Command:
    """One command of the user inside a transaction: its local effects, and an operation for each kind.

    An operation that `follows` another one takes it back or repeats it.
    """

    def __init__(self, tx: Transaction, sentence: str, now: int, *, history: str = "done") -> None:
        self.operations: list[int] = []
        self.sentence = sentence
        self.history = history
        self._tx = tx
        self._now = now

    async def flag(
        self, account: int, places: Sequence[Place], change: FlagChange, *, follows: int | None = None
    ) -> None:
        """Set and clear flags on messages of one account."""
        operation = await self._enqueue(
            account, OperationKind.FLAGS, _items(places), flags=change, follows=follows
        )
        await show_change(self._tx, operation, change)

    async def mark_read(self, account: int, view: TreeView) -> int:
        """Mark all read that a view shows of an account, however many; return how many."""
        change = FlagChange(add=Flag.SEEN)
        shown, params = along_index(view)
        unread = (
            "FROM place p CROSS JOIN folder f ON f.id = p.folder AND f.account = ?"
            f" WHERE {shown} AND p.flags & 1 = 0"
        )
        if not await self._tx.one(f"SELECT 1 {unread} LIMIT 1", (account, *params)):
            return 0
        operation = await self._enqueue(account, OperationKind.FLAGS, (), flags=change)
        await self._tx.run(
            "INSERT INTO operation_item(operation, message, folder, uidvalidity, uid)"
            f" SELECT ?, p.message, p.folder, p.uidvalidity, p.uid {unread} ORDER BY +p.message",
            (operation, account, *params),
        )
        await show_change(self._tx, operation, change)
        return await operations.count(self._tx, operation)

    async def move(
        self, account: int, target: int, places: Sequence[Place], *, follows: int | None = None
    ) -> None:
        """Move messages into a folder of their account; of one that lies in several, the first place."""
        once = {place.message: place for place in reversed(places)}
        operation = await self._enqueue(
            account, OperationKind.MOVE, _items(list(once.values())), target=target, follows=follows
        )
        await move_items(self._tx, operation, target)

    async def move_all(self, account: int, target: int, folder: int) -> int:
        """Move all that lies in a folder into another one; return how many."""
        operation = await self._enqueue(account, OperationKind.MOVE, (), target=target)
        await self._tx.run(
            "INSERT INTO operation_item(operation, message, folder, uidvalidity, uid)"
            " SELECT ?, message, folder, uidvalidity, uid FROM place WHERE folder = ?",
            (operation, folder),
        )
        await move_items(self._tx, operation, target)
        return await operations.count(self._tx, operation)

    async def copy(
        self, account: int, target: int, places: Sequence[Place], *, follows: int | None = None
    ) -> None:
        """Copy messages into a folder of their account that does not hold them yet."""
        operation = await self._enqueue(
            account, OperationKind.COPY, _items(places), target=target, follows=follows
        )
        await copy_items(self._tx, operation, target)

    async def expunge(self, account: int, places: Sequence[Place], *, follows: int | None = None) -> None:
        """Remove messages for ever."""
        await self._enqueue(account, OperationKind.EXPUNGE, _items(places), follows=follows)
        await remove_places(self._tx, [place.id for place in places])

    async def append(self, account: int, target: int, messages: Sequence[int]) -> None:
        """Put messages that lie in `target` here, and nowhere else yet, there on the server."""
        items = [Item(message, target, None, None) for message in messages]
        await self._enqueue(account, OperationKind.APPEND, items, target=target)

    async def folder(
        self, account: int, folder: int, change: FolderChange, *, follows: int | None = None
    ) -> None:
        """Change a folder itself."""
        await self._enqueue(account, OperationKind.FOLDER, (), target=folder, change=change, follows=follows)
        await folder_changes.show(self._tx, folder, change)

    async def _enqueue(
        self,
        account: int,
        kind: OperationKind,
        items: Sequence[Item],
        *,
        target: int | None = None,
        flags: FlagChange | None = None,
        change: FolderChange | None = None,
        follows: int | None = None,
    ) -> int:
        operation = await operations.enqueue(
            self._tx,
            account,
            kind,
            items,
            sentence=self.sentence,
            now=self._now,
            target=target,
            flags=flags,
            change=change,
            command=self.operations[0] if self.operations else None,
            follows=follows,
            history=self.history,
        )
        self.operations.append(operation)
        return operation


def _items(places: Sequence[Place]) -> list[Item]:
    return [Item(place.message, place.folder, place.uidvalidity, place.uid) for place in places]


async def settle_places(tx: Transaction, folder: int, uidvalidity: int, uids: Mapping[int, int]) -> None:
    """Write down which UIDs the server gave to messages that were moved, copied or put into `folder`."""
    await settle_uids(tx, folder, uidvalidity, uids)
    await stays.found_again(tx, folder, uidvalidity, uids)


async def settle_body(tx: Transaction, message: int) -> None:
    """Let the body of a message expire like any other, now that a server holds it."""
    await tx.run(
        "UPDATE body SET keep = 0 WHERE id = (SELECT body FROM message WHERE id = ?) AND NOT EXISTS"
        " (SELECT 1 FROM message m CROSS JOIN place p ON p.message = m.id"
        " WHERE m.body = body.id AND p.uid IS NULL)",
        (message,),
    )


async def take_back(tx: Transaction, operation: Operation, items: Sequence[Item]) -> None:
    """Undo the local effect of an operation with these items that will not be carried out.

    An expunge has nothing here to bring back: the next look at its folders fetches the rows again. What was
    put into a folder from here stays until a person decides: no server has it.
    """
    match operation.kind:
        case OperationKind.FLAGS:
            await unshow_change(tx, operation.id)
        case OperationKind.MOVE if operation.target is not None:
            await restore_items(tx, operation.id, operation.target)
            await stays.moved_back(tx, operation.id, operation.target)
        case OperationKind.COPY if operation.target is not None:
            await uncopy(tx, items, operation.target)
        case OperationKind.EXPUNGE:
            for folder in {item.folder for item in items}:
                if await folders.state(tx, folder):
                    await folders.set_cursor(tx, folder, remote_count=None)
        case OperationKind.FOLDER if operation.target is not None and operation.change is not None:
            await folder_changes.unshow(tx, operation.account, operation.target, operation.change)


async def drop_made_here(tx: Transaction, messages: Sequence[int], folder: int) -> None:
    """Remove messages that were to be put into a folder and that no server has."""
    changes = Changes()
    for message in messages:
        place = await place_in(tx, message, folder)
        if place is not None and place.uid is None:
            await remove(tx, [(place.id, message, folder, place.flags)], changes)
    await changes.write(tx)
