"""What lives on the engine's loop: the store, the workers, and who listens."""

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from tui_mail.engine.draft_copies import DraftCopies
from tui_mail.engine.drafting import Drafting
from tui_mail.engine.events import EventQueue
from tui_mail.engine.spare_copy import SpareCopy
from tui_mail.model.account import Account
from tui_mail.model.errors import MailError
from tui_mail.model.event import (
    AccountsChanged,
    BodyArrived,
    DraftsChanged,
    Event,
    FoldersChanged,
    MessagesChanged,
    OperationsChanged,
    OutboxChanged,
    PeopleChanged,
    Rescan,
)
from tui_mail.store import accounts as account_rows
from tui_mail.store import journal, operations, outbox
from tui_mail.store.database import Database
from tui_mail.store.draft_files import DraftFiles
from tui_mail.sync.main_line import Tally
from tui_mail.sync.sending_board import SendingBoard
from tui_mail.sync.signin import Passwords
from tui_mail.sync.status import StatusBoard
from tui_mail.sync.supervisor import Supervisor
from tui_mail.sync.upkeep import Upkeep
from tui_mail.sync.worker import Worker

log = logging.getLogger(__name__)


class Core:
    """The inside of an engine; every coroutine of it runs on the engine's loop."""

    def __init__(
        self, database: Database, accounts: dict[int, Account], passwords: Passwords, disk_limit: int
    ) -> None:
        self.database = database
        self.accounts = accounts
        """The configured accounts by their id, in the user's order."""
        self.passwords = passwords
        self.drafting = Drafting(database, DraftFiles.of(database.path), accounts)
        self.draft_copies = DraftCopies(database, self.drafting, accounts, self.publish)
        self.people_changed = 0
        """How often people were learned or changed; read from any thread."""
        self.readers: list[EventQueue] = []
        self._spare = SpareCopy(database)
        self.sending = SendingBoard(lambda event: self.publish((event,)))
        self.board = StatusBoard(lambda event: self.publish((event,)))
        self.supervisor = Supervisor(database, accounts, passwords, self.board, self.sending, disk_limit)
        self.upkeep = Upkeep(database, disk_limit, self.board.any_syncs)
        self._background: list[asyncio.Task[None]] = []

    @classmethod
    async def open(
        cls, path: Path, accounts: Sequence[Account], passwords: Passwords, disk_limit: int
    ) -> "Core":
        """Open the store and make sure that every account has its row."""
        database = await Database.open(path)
        try:
            ids = await account_rows.register(database, [(account.key, "imap") for account in accounts])
            async with database.cache() as tx:
                await journal.prune(tx, time.time())
                await outbox.prune(tx, time.time())
        except BaseException:
            await database.close()
            raise
        core = cls(database, {ids[account.key]: account for account in accounts}, passwords, disk_limit)
        database.subscribe(core.committed)
        return core

    def committed(self, events: Sequence[Event]) -> None:
        """Wake whom it concerns, and tell every reader what changed."""
        for event in events:
            if isinstance(event, MessagesChanged | Rescan | BodyArrived):
                self.upkeep.wake()
            if isinstance(event, MessagesChanged | Rescan | BodyArrived | DraftsChanged):
                self.draft_copies.wake()
            if isinstance(event, OutboxChanged):
                for worker in self.supervisor.workers.values():
                    worker.sending.wake()
            if isinstance(event, PeopleChanged):
                self.people_changed += 1
            if isinstance(event, OperationsChanged):
                self._spare.write_soon()
                if event.account in self.supervisor.workers:
                    self.supervisor.workers[event.account].wake()
        self.publish(events)

    def publish(self, events: Sequence[Event]) -> None:
        """Hand events to every reader."""
        for reader in self.readers:
            reader.put(events)

    async def begin(self, *, online: bool, run: bool) -> None:
        """Allow connections and let the workers run, or show every account as offline."""
        await self.drafting.tidy()
        if online:
            self.supervisor.go_online(run=run)
            if run:
                self._background = [
                    asyncio.create_task(self.upkeep.run(), name="upkeep"),
                    asyncio.create_task(self.draft_copies.run(), name="copies of drafts"),
                ]
        else:
            self.supervisor.show_offline()

    async def serve(self, accounts: Sequence[Account]) -> None:
        """Serve these accounts from now on; nothing happens where they are the ones already served."""
        if list(self.accounts.values()) == list(accounts):
            return
        ids = await account_rows.register(self.database, [(account.key, "imap") for account in accounts])
        before = list(self.accounts)
        self.accounts.clear()
        self.accounts.update({ids[account.key]: account for account in accounts})
        self.supervisor.serve(self.accounts)
        changed = dict.fromkeys((*before, *self.accounts))
        self.publish((AccountsChanged(), *(FoldersChanged(account) for account in changed)))

    async def close(self) -> None:
        """End the workers and close the store."""
        await self.supervisor.stop()
        await self._stop_background()
        await self._spare.close()
        await self.database.close()
        for reader in self.readers:
            reader.close()

    async def _stop_background(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._background.clear()

    async def sync_once(self, keys: Collection[str] | None) -> list[tuple[Worker, Tally | MailError]]:
        """Run the workers of these accounts once, side by side; return what each did or what stopped it."""
        chosen = [w for w in self.supervisor.workers.values() if keys is None or w.account.key in keys]
        await self.draft_copies.step(hurry=True)
        keeping_up = asyncio.create_task(self.upkeep.run(), name="upkeep")
        try:
            outcomes = await asyncio.gather(*(_once(worker) for worker in chosen))
        finally:
            keeping_up.cancel()
            await asyncio.gather(keeping_up, return_exceptions=True)
        return list(zip(chosen, outcomes, strict=True))

    async def let_letters_out(self) -> None:
        """Send what is due, every account beside the others, and file the copies."""
        await asyncio.gather(*(_letters(worker) for worker in self.supervisor.workers.values()))

    async def carry_out(self) -> list[MailError]:
        """Carry out the changes that wait, every account beside the others; return what stopped some."""
        waiting = [
            worker
            for id, worker in self.supervisor.workers.items()
            if await operations.open_count(self.database.lists, id)
        ]
        outcomes = await asyncio.gather(*(_changes(worker) for worker in waiting))
        return [error for error in outcomes if error is not None]


async def _once(worker: Worker) -> Tally | MailError:
    """Let letters leave and mail come in side by side, then file the copies of what left."""
    sending = asyncio.create_task(worker.sending.run_once())
    try:
        tally = await worker.run_once()
        await asyncio.wait((sending,))
        await worker.file_copies()
    except MailError as error:
        return error
    finally:
        await asyncio.gather(sending, return_exceptions=True)
    return tally


async def _letters(worker: Worker) -> None:
    await worker.sending.run_once()
    try:
        await worker.file_copies()
    except MailError as error:
        log.info("Copies of %s are filed later: %s", worker.account.key, error)


async def _changes(worker: Worker) -> MailError | None:
    try:
        await worker.carry_out()
    except MailError as error:
        return error
    return None
