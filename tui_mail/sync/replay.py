"""Operations carried to the server, exactly once.

An operation becomes *running* together with its evidence before its command leaves; settling it is one
transaction. One found running (after a crash, or a line lost at the wrong moment) is verified first: the
server may have carried it out. Flags are idempotent and simply sent again; of a move only what the source
still holds is moved again; expunging what is gone does nothing.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from tui_mail.imap.session import Session
from tui_mail.imap.wire import split_sets
from tui_mail.model.errors import ServerBusy, ServerRefused
from tui_mail.model.event import OperationReverted, OperationsChanged
from tui_mail.model.message import Flag
from tui_mail.model.operation import OperationKind, OperationState
from tui_mail.store import effects, folders, operations
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState
from tui_mail.store.operations import Item, Operation
from tui_mail.sync.moving import Batch, Target, look_at_target, move

SETTLE_WAIT = 5.0
"""Seconds before a doubtful operation is verified: the dead session may still be executing it."""

BUSY_WAIT = 60.0
"""Seconds that an operation waits when the server is too busy for it."""


class Replay:
    """Carries out the open operations of one account, in order."""

    def __init__(
        self,
        database: Database,
        account: int,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._account = account
        self._sleep = sleep
        self._now = now

    async def run_one(self, session: Session) -> Operation | None:
        """Carry out the oldest open operation and return it; None when none is due.

        Raises the session's recoverable errors; the operation then stays as it is and is verified next time.
        """
        operation = await operations.due(self._database.lists, self._account, self._now())
        if operation is None:
            return None
        if operation.state is OperationState.RUNNING:
            await self._sleep(SETTLE_WAIT)
            await session.noop()
        try:
            await self._carry_out(session, operation)
        except ServerBusy as error:
            await self._postpone(operation, error)
        except ServerRefused as error:
            await self._revert(operation, error)
        return operation

    async def _carry_out(self, session: Session, operation: Operation) -> None:
        by_folder: dict[int, list[Item]] = defaultdict(list)
        for item in operation.items:
            if item.uid is not None:
                by_folder[item.folder].append(item)
        evidence: dict[str, int] = operation.evidence
        for folder, items in by_folder.items():
            source = await folders.state(self._database.lists, folder)
            if source is None:
                continue
            await self._check_numbers(session, source, items)
            if operation.kind is OperationKind.MOVE:
                evidence = await self._move(session, operation, evidence, source, items)
            else:
                await self._change(session, operation, source, [item.uid for item in items if item.uid])
        async with self._database.intention() as tx:
            await operations.finish(tx, operation.id, OperationState.DONE)
            tx.publish(OperationsChanged(self._account))

    async def _check_numbers(self, session: Session, source: FolderState, items: Sequence[Item]) -> None:
        """Select the source; a UID means nothing when its folder was renumbered since."""
        selected = await session.select(source.remote_name)
        if any(item.uidvalidity != (selected.uidvalidity or 0) for item in items):
            raise ServerRefused(f"the server renumbered {source.name} meanwhile")

    async def _change(
        self, session: Session, operation: Operation, source: FolderState, uids: Sequence[int]
    ) -> None:
        """Set flags, or mark as deleted and expunge; both do no harm when done twice."""
        await self._start(operation, operation.evidence)
        expunging = operation.kind is OperationKind.EXPUNGE
        add, remove = (Flag.DELETED, Flag.NONE) if expunging else (operation.add, operation.remove)
        for part in split_sets(uids):
            await session.store_flags(part, add=add, remove=remove)
            if expunging:
                await session.expunge(part)
        if not expunging:
            async with self._database.intention() as tx:
                await effects.settle_flags(tx, source.id, source.uidvalidity or 0, uids, add, remove)

    async def _move(
        self,
        session: Session,
        operation: Operation,
        evidence: Mapping[str, int],
        source: FolderState,
        items: Sequence[Item],
    ) -> dict[str, int]:
        state = await folders.state(self._database.lists, operation.target or 0)
        if state is None:
            raise ServerRefused("the folder it was to go to is gone")
        if evidence:
            target = Target(state.remote_name, evidence["uidvalidity"], evidence["uidnext"])
        else:
            target = await look_at_target(session, state.remote_name)
        evidence = {"uidvalidity": target.uidvalidity, "uidnext": target.uidnext}
        in_doubt = operation.state is OperationState.RUNNING
        await self._start(operation, evidence)
        batch = Batch(
            source.remote_name,
            {item.uid: item.message for item in items if item.uid is not None},
            await operations.identities(self._database.lists, operation.id),
        )
        arrived = await move(session, batch, target, in_doubt=in_doubt)
        async with self._database.intention() as tx:
            for message, uid in arrived.items():
                await effects.settle_place(tx, message, state.id, target.uidvalidity, uid)
        return evidence

    async def _start(self, operation: Operation, evidence: Mapping[str, int]) -> None:
        async with self._database.intention() as tx:
            await operations.start(tx, operation.id, evidence=evidence)

    async def _postpone(self, operation: Operation, error: ServerBusy) -> None:
        async with self._database.intention() as tx:
            await operations.postpone(tx, operation.id, self._now() + BUSY_WAIT, str(error))
            tx.publish(OperationsChanged(self._account))

    async def _revert(self, operation: Operation, error: ServerRefused) -> None:
        async with self._database.intention() as tx:
            await operations.finish(tx, operation.id, OperationState.REVERTED, str(error))
            await operations.set_history(tx, operation.command, "none")
            await effects.take_back(tx, operation)
            tx.publish(OperationsChanged(self._account))
            tx.publish(OperationReverted(operation.id))
