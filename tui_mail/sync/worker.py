"""An account's long-lived loop: it keeps one account and the store in agreement.

It connects, lets the main connection work and another one listen, and when either breaks it waits and begins
anew. A third connection, opened when needed, fetches what a person opens.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine

from tui_mail.imap.session import Session
from tui_mail.model.account import Account, AccountPhase
from tui_mail.model.errors import MailError, NetworkError, SecretError, SignInRefused, StoreError, StoreFull
from tui_mail.model.safe_text import safe_text
from tui_mail.model.sync import Line, Task, Traffic
from tui_mail.store import outbox
from tui_mail.store.database import Database
from tui_mail.sync.backoff import Backoff
from tui_mail.sync.connections import Connections
from tui_mail.sync.listening import listen
from tui_mail.sync.main_line import MainLine, Tally
from tui_mail.sync.opened import OpenedBodies
from tui_mail.sync.replay import Replay
from tui_mail.sync.sending import SendingLine
from tui_mail.sync.sending_board import SendingBoard
from tui_mail.sync.shared import Shared
from tui_mail.sync.signin import Passwords
from tui_mail.sync.status import StatusBoard

log = logging.getLogger(__name__)

OPENING_WAITS = 5.0
"""Seconds until the next try for which what a person opens waits; with more it fails at once."""

SOON = 10.0
"""Seconds for which one run waits to file the copies of what it sent."""

Errand = Callable[[MainLine, Session], Awaitable[None]]
"""What a main connection is opened for."""


class Worker:
    """Keeps one account and the store in agreement."""

    def __init__(
        self,
        database: Database,
        account_id: int,
        account: Account,
        passwords: Passwords,
        board: StatusBoard,
        sending_board: SendingBoard,
        disk_limit: int,
    ) -> None:
        self.id = account_id
        self.account = account
        self.tally = Tally()
        self._board = board
        connections = Connections(account, passwords)
        self._shared = Shared(account_id, account, database, board, connections, disk_limit)
        self.sending = SendingLine(database, account_id, account, passwords, sending_board, connections)
        self._replay = Replay(database, account_id)
        self._retry = asyncio.Event()
        self._backoff = Backoff()
        self._opened = OpenedBodies(self._shared)

    def wake(self) -> None:
        """Say that there is something to do."""
        self._shared.wake.set()

    def retry(self) -> None:
        """Try again now, whatever the last failure was."""
        self._backoff.reset()
        self._shared.agenda.look_now()
        self._retry.set()
        self.sending.retry()
        self.wake()

    def look_at(self, folder: int | None) -> None:
        """Say which folder is on screen; it comes first and is watched."""
        if self._shared.agenda.show(folder):
            self.wake()

    async def fetch_body(self, message: int) -> None:
        """Bring the body of one message into the store, past everything else that runs."""
        await self._opened.fetch(message)

    def close(self) -> None:
        """Drop the connection for what is opened; nobody waits for it any more."""
        self._opened.close(NetworkError("The connection was ended"))

    async def ended(self) -> None:
        """Wait until nothing is fetched any more for a person, after `close`."""
        await self._opened.ended()

    def drop(self) -> None:
        """Drop the connection for what is opened, which may be dead; what waits begins anew."""
        self._opened.drop()

    @property
    def traffic(self) -> Traffic:
        """What went over the account's connections since the program started."""
        return self._shared.connections.traffic

    @property
    def unrecorded(self) -> Traffic:
        """What of it is not yet in this day's sum."""
        return self.traffic - self._shared.recorded

    async def run(self) -> None:
        """Serve the account until cancelled; every failure ends in a status line and a later try."""
        while True:
            self._retry.clear()
            started = time.monotonic()
            try:
                await self._connected(self._serve)
            except MailError as error:
                await self._rest_after(error, time.monotonic() - started)
            except Exception:
                log.exception("The worker of %s stumbled", self.account.key)
                stumbled = NetworkError("Something unexpected went wrong; the log tells more")
                await self._rest_after(stumbled, time.monotonic() - started)

    async def run_once(self) -> Tally:
        """Do all there is to do and end; raises what stopped it."""
        self.tally = Tally()
        await self._connected(_do_all)
        return self.tally

    async def carry_out(self) -> None:
        """Carry out the changes that wait, and nothing else; raises what stopped it."""
        await self._connected(_do_changes)

    async def file_copies(self) -> None:
        """Carry out what files the copies of letters that were just sent, once its moment has come."""
        lists = self._shared.database.lists
        while (due := await outbox.copies_due(lists, self.id)) is not None and due <= time.time() + SOON:
            await asyncio.sleep(max(0.0, due - time.time()))
            await self.carry_out()
            if await outbox.copies_due(lists, self.id) == due:
                return

    async def _rest_after(self, error: MailError, lasted: float) -> None:
        """Show what went wrong and wait: for the next try, or for a person where time does not help."""
        facts = {"error": safe_text(str(error)), "hint": error.hint}
        wait: float | None = None
        may_type = self.account.token_command is None
        if may_type and isinstance(error, SignInRefused | SecretError):
            self._board.set(self.id, AccountPhase.SIGN_IN, **facts)
        elif error.recoverable or isinstance(error, StoreFull | SecretError) or type(error) is StoreError:
            # no network, no token, no room; or a row that went meanwhile, as of a folder deleted here
            wait = self._backoff.next_wait(lasted)
            self._board.set(self.id, AccountPhase.WAITING, retry_at=time.time() + wait, **facts)
        else:
            self._board.set(self.id, AccountPhase.FAILED, **facts)
        if wait is None or wait > OPENING_WAITS:
            self._opened.give_up(error)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._retry.wait()

    async def _connected(self, errand: Errand) -> None:
        """One life of the main connection."""
        shared = self._shared
        self._board.set(self.id, AccountPhase.CONNECTING)
        shared.does(Line.MAIN, Task.CONNECTING)
        shared.agenda.look_now()
        try:
            session = await shared.connections.first()
            try:
                main = MainLine(shared, session, self._replay, self._opened, self.tally)
                await errand(main, session)
            finally:
                session.abort()
        finally:
            self._board.ended(self.id, Line.MAIN)
            await shared.record_traffic()

    async def _serve(self, main: MainLine, _: Session) -> None:
        """Work until something breaks, and listen beside it on a connection of its own."""
        await main.look_at_all()
        await _until_one_breaks(main.work(once=False), listen(self._shared))


async def _do_all(main: MainLine, session: Session) -> None:
    await main.work(once=True)
    await session.logout()


async def _do_changes(main: MainLine, session: Session) -> None:
    await main.carry_out()
    await session.logout()


async def _until_one_breaks(*lines: Coroutine[object, object, None]) -> None:
    """Run connections side by side until one of them raises; then the others end too."""
    tasks = [asyncio.ensure_future(line) for line in lines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task.done() and (error := task.exception()):
                raise error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
