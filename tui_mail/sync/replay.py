"""Operations carried to the server, exactly once.

An operation becomes *running* together with its evidence before its command leaves; settling it is one
transaction. One found running (after a crash, or a line lost at the wrong moment) is verified first, after a
wait: the dead session may still be executing it. What the server refuses is taken back and told; what it
cannot do now waits, and holds up only what depends on it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tui_mail.imap.session import Session
from tui_mail.model.errors import MailError, NetworkError, ProtocolError, ServerBusy, ServerRefused
from tui_mail.model.event import OperationReverted, OperationsChanged
from tui_mail.model.operation import OperationKind, OperationState
from tui_mail.store import effects, folder_changes, operations
from tui_mail.store.database import Database, Transaction
from tui_mail.store.flags import recompute_flags
from tui_mail.store.operations import Operation
from tui_mail.store.places import place_in
from tui_mail.sync.changing import change_flags, expunge
from tui_mail.sync.errand import Errand
from tui_mail.sync.foldering import change_folder
from tui_mail.sync.moving import copy, move
from tui_mail.sync.putting import put
from tui_mail.sync.schedule import Ties, next_group, starts

log = logging.getLogger(__name__)

SETTLE_WAIT = 5.0
"""Seconds before a doubtful operation is verified: the dead session may still be executing it."""

BUSY_WAITS = (15.0, 60.0, 300.0, 900.0)
"""Seconds that an operation waits after the server had no time for it once, twice, …"""

LINE_WAITS = (0.0, 5.0, 15.0, 60.0, 300.0)
"""… and after the line broke over it: one that breaks it each time must not hold up the others."""

LOOKED_AT = 500
"""Open operations that are looked at when the next ones are chosen."""

_CARRY = {
    OperationKind.FLAGS: change_flags,
    OperationKind.MOVE: move,
    OperationKind.COPY: copy,
    OperationKind.EXPUNGE: expunge,
    OperationKind.APPEND: put,
    OperationKind.FOLDER: change_folder,
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a turn of replay did."""

    folders: frozenset[int]
    """Folders to look at now."""
    list_anew: bool
    """Whether the list of folders is to be read again."""


class Replay:
    """Carries out the open operations of one account."""

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
        self._alone: set[int] = set()
        self._waited_on: Session | None = None

    async def run_one(self, session: Session) -> Replayed | None:
        """Carry out what comes next, neighbours of one kind together; None when nothing is due.

        Raises the session's recoverable errors; the operations then stay as they are and are verified next
        time.
        """
        group = await self._next()
        if not group:
            return None
        if group[0].state is OperationState.RUNNING:
            await self._let_the_dead_finish(session)
        errand = Errand(self._database, session, group)
        try:
            await _CARRY[group[0].kind](errand)
        except ServerBusy as error:
            if session.closed:
                await self._line_broke(group, error)
                raise
            await self._postpone(group, error, BUSY_WAITS, doubtful=False)
        except ServerRefused as error:
            await self._refused(errand, error)
        except (NetworkError, ProtocolError) as error:
            await self._line_broke(group, error)
            raise
        else:
            await self._settle(errand)
        return Replayed(frozenset(errand.touched), errand.list_anew)

    async def next_time(self) -> float | None:
        """Return when something may run next, seconds since the epoch; None when nothing is open."""
        waiting, times = await self._times()
        return min((times[one.id] for one in waiting), default=None)

    async def _next(self) -> Sequence[Operation]:
        waiting, times = await self._times()
        if not waiting:
            return ()
        lists = self._database.lists
        counts = {one.id: await operations.count(lists, one.id) for one in waiting}
        return next_group(waiting, times, counts, frozenset(self._alone), self._now())

    async def _times(self) -> tuple[list[Operation], dict[int, float]]:
        lists = self._database.lists
        waiting = await operations.open_of_account(lists, self._account, LOOKED_AT)
        now = self._now()
        ties = Ties()
        if len(waiting) > 1 and any(one.not_before > now for one in waiting):
            ids = [one.id for one in waiting]
            shared = await operations.sharing_messages(lists, ids)
            ties = Ties(frozenset(shared), await operations.folders_of(lists, ids))
        return waiting, starts(waiting, ties, now)

    async def _let_the_dead_finish(self, session: Session) -> None:
        """Wait, once a session, until no session before it can still be at work."""
        if self._waited_on is not session:
            await self._sleep(SETTLE_WAIT)
            await session.noop()
            self._waited_on = session

    # Afterwards.

    async def _settle(self, errand: Errand) -> None:
        async with self._database.intention() as tx:
            await operations.finish(tx, errand.ids, OperationState.DONE, self._now())
            if errand.first.kind is OperationKind.FOLDER:
                await folder_changes.settle(tx, errand.first)
            places = [await place_in(tx, item.message, item.folder) for item in errand.changed_twice]
            await recompute_flags(tx, [place.id for place in places if place is not None])
            self._tell(tx)

    async def _postpone(
        self, group: Sequence[Operation], error: MailError, waits: Sequence[float], *, doubtful: bool
    ) -> None:
        wait = waits[min(group[0].attempts, len(waits) - 1)]
        async with self._database.intention() as tx:
            ids = [one.id for one in group]
            await operations.postpone(tx, ids, self._now() + wait, str(error), doubtful=doubtful)
            self._tell(tx)

    async def _line_broke(self, group: Sequence[Operation], error: MailError) -> None:
        """Let operations wait; of several that were sent together each goes alone after the second time."""
        if len(group) > 1 and group[0].attempts:
            self._alone.update(one.id for one in group)
        await self._postpone(group, error, LINE_WAITS, doubtful=True)

    async def _refused(self, errand: Errand, error: ServerRefused) -> None:
        """Take refused operations back; of several sent together, try each alone to find which it is."""
        if error.code == "BAD":
            log.warning("The server called a command of %s bad: %s", errand.first.kind, error)
        if len(errand.operations) > 1:
            self._alone.update(errand.ids)
            async with self._database.intention() as tx:
                await operations.again(tx, errand.ids)
            return
        operation = errand.first
        self._alone.discard(operation.id)
        async with self._database.intention() as tx:
            if operation.kind is OperationKind.APPEND:
                # Nothing else holds it, so it stays here: undo removes it, and it can be tried again.
                failed = OperationState.FAILED
                await operations.finish(tx, [operation.id], failed, self._now(), str(error))
            else:
                await self._revert(tx, operation, error)
            self._tell(tx)
            tx.publish(OperationReverted(operation.id))
        errand.list_anew = operation.kind is OperationKind.FOLDER

    async def _revert(self, tx: Transaction, operation: Operation, error: ServerRefused) -> None:
        """Take back what the server refused; what it had carried out until then stays done."""
        await operations.part_done(tx, operation, self._now())
        items = await operations.items(tx, operation.id)
        if operation.kind is OperationKind.FOLDER:  # while it is open it is known to be the one of its folder
            await effects.take_back(tx, operation, items)
        await operations.finish(tx, [operation.id], OperationState.REVERTED, self._now(), str(error))
        if operation.kind is not OperationKind.FOLDER:
            await effects.take_back(tx, operation, items)
        await operations.set_history(tx, [operation.id], "none")
        await operations.other_side(tx, operation)

    def _tell(self, tx: Transaction) -> None:
        tx.publish(OperationsChanged(self._account))
