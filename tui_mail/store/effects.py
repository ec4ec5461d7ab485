"""What an operation does here, what confirms it, and what takes it back.

Each function is called inside an `intention()` transaction, so that an operation and its local effect are
one. Undo of what still waits takes it back; undo of what already left is a new operation with the opposite
effect, which `follows` the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.message import Flag
from tui_mail.model.operation import OperationKind, OperationState
from tui_mail.store import operations
from tui_mail.store.database import Transaction
from tui_mail.store.flags import recompute_flags, show_flags
from tui_mail.store.moves import move_places, restore_place, settle_uid
from tui_mail.store.operations import Item, Operation
from tui_mail.store.places import Place, place_in, remove_places


class Command:
    """One command of the user inside a transaction: its local effects, and an operation for each kind."""

    def __init__(
        self,
        tx: Transaction,
        sentence: str,
        now: int,
        *,
        in_history: bool = True,
        follows: int | None = None,
    ) -> None:
        self.operations: list[int] = []
        self.sentence = sentence
        self.in_history = in_history
        self._tx = tx
        self._now = now
        self._follows = follows

    async def flag(self, account: int, places: Sequence[Place], add: Flag, remove: Flag) -> None:
        """Set and clear flags on messages of one account."""
        await show_flags(self._tx, [place.id for place in places], add, remove)
        await self._enqueue(account, OperationKind.FLAGS, places, add=add, remove=remove)

    async def move(self, account: int, target: int, places: Sequence[Place]) -> None:
        """Move messages into a folder of their account."""
        await self._enqueue(account, OperationKind.MOVE, places, target=target)
        await move_places(self._tx, [(place.id, target) for place in places])

    async def expunge(self, account: int, places: Sequence[Place]) -> None:
        """Remove messages for ever."""
        await self._enqueue(account, OperationKind.EXPUNGE, places)
        await remove_places(self._tx, [place.id for place in places])

    async def _enqueue(
        self,
        account: int,
        kind: OperationKind,
        places: Sequence[Place],
        *,
        target: int | None = None,
        add: Flag = Flag.NONE,
        remove: Flag = Flag.NONE,
    ) -> None:
        items = [Item(place.message, place.folder, place.uidvalidity, place.uid) for place in places]
        operation = await operations.enqueue(
            self._tx,
            account,
            kind,
            items,
            sentence=self.sentence,
            now=self._now,
            target=target,
            add=add,
            remove=remove,
            command=self.operations[0] if self.operations else None,
            follows=self._follows,
            in_history=self.in_history,
        )
        self.operations.append(operation)


async def settle_flags(
    tx: Transaction, folder: int, uidvalidity: int, uids: Sequence[int], add: Flag, remove: Flag
) -> None:
    """Write down that the server holds these flags now; what is shown does not change by it."""
    await tx.many(
        "UPDATE place SET server_flags = (server_flags | ?) & ~?"
        " WHERE folder = ? AND uidvalidity = ? AND uid = ?",
        [(int(add), int(remove), folder, uidvalidity, uid) for uid in uids],
    )


async def settle_place(tx: Transaction, message: int, folder: int, uidvalidity: int, uid: int) -> None:
    """Write down which UID the server gave to a message that was moved into `folder`."""
    place = await place_in(tx, message, folder)
    if place is not None and place.uid is None:
        await settle_uid(tx, place.id, uidvalidity, uid)
    await operations.found_again(tx, message, folder, uidvalidity, uid)


async def take_back(tx: Transaction, operation: Operation) -> None:
    """Undo the local effect of an operation that will not be carried out.

    An expunge has nothing here to bring back: the next look at its folder fetches the rows again.
    """
    for item in operation.items:
        if operation.kind is OperationKind.FLAGS:
            place = await place_in(tx, item.message, item.folder)
            if place is not None:
                await recompute_flags(tx, [place.id])
        elif operation.kind is OperationKind.MOVE and operation.target is not None:
            place = await place_in(tx, item.message, operation.target)
            if place is not None:
                await restore_place(tx, place.id, item.folder, item.uidvalidity, item.uid)
            await operations.moved_back(tx, item, operation.target)


@dataclass(frozen=True, slots=True)
class Turned:
    """What undo or redo did."""

    sentence: str
    count: int
    operations: tuple[int, ...]
    accounts: frozenset[int]


async def undo(tx: Transaction, now: int) -> Turned | None:
    """Take back the newest command of the history; None when it is empty."""
    return await _turn(tx, await operations.last_done(tx), now, back=True)


async def redo(tx: Transaction, now: int) -> Turned | None:
    """Repeat the command that was undone last; None when there is none."""
    return await _turn(tx, await operations.first_undone(tx), now, back=False)


async def _turn(tx: Transaction, command: Sequence[Operation], now: int, *, back: bool) -> Turned | None:
    if not command:
        return None
    sentence = f"{'Undone' if back else 'Redone'}: {command[0].sentence[:1].lower()}{command[0].sentence[1:]}"
    made: list[int] = []
    for operation in command:
        newest = await operations.answer(tx, operation.id) or operation
        if newest.state is OperationState.PENDING:
            await operations.finish(tx, newest.id, OperationState.REVERTED)
            await take_back(tx, newest)
        else:
            counter = Command(tx, sentence, now, in_history=False, follows=operation.id)
            await _counter(tx, counter, operation, back=back)
            made.extend(counter.operations)
    await operations.set_history(tx, command[0].command, "undone" if back else "done")
    return Turned(
        sentence,
        len({item.message for operation in command for item in operation.items}),
        tuple(made),
        frozenset(operation.account for operation in command),
    )


async def _counter(tx: Transaction, counter: Command, operation: Operation, *, back: bool) -> None:
    """Apply the opposite of an operation (`back`), or the operation again, where its messages still are."""
    if operation.kind is OperationKind.FLAGS:
        add, remove = (operation.remove, operation.add) if back else (operation.add, operation.remove)
        places = [await place_in(tx, item.message, item.folder) for item in operation.items]
        there = [place for place in places if place is not None]
        if there:
            await counter.flag(operation.account, there, add, remove)
        return
    if operation.target is None:
        return
    by_folder: dict[int, list[Place]] = {}
    for item in operation.items:
        source, target = (operation.target, item.folder) if back else (item.folder, operation.target)
        place = await place_in(tx, item.message, source)
        if place is not None:
            by_folder.setdefault(target, []).append(place)
    for target, places_there in by_folder.items():
        await counter.move(operation.account, target, places_there)
