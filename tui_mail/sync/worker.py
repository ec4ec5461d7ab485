"""An account's long-lived loop: it keeps one account and the store in agreement.

The main session does one piece of work at a time, the most wanted first: what the user changed, folders
where something happened, older mail, bodies. Between two pieces it looks again at what is wanted, so a key
press never waits for a fill. A second session listens to the inbox. A third one, opened when needed, fetches
what the user opens and waits for nothing.
"""

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass

from tui_mail.imap.responses import Selected
from tui_mail.imap.session import Session
from tui_mail.model.account import Account, AccountPhase
from tui_mail.model.errors import (
    MailError,
    NetworkError,
    SecretError,
    ServerBusy,
    ServerRefused,
    SignInRefused,
    StoreFull,
)
from tui_mail.model.folder import Role
from tui_mail.model.safe_text import safe_text
from tui_mail.store import folders, operations
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState
from tui_mail.sync import bodies
from tui_mail.sync.backoff import Backoff
from tui_mail.sync.folder_list import changed_folders, fetch_folder_list
from tui_mail.sync.imap import FolderCopy
from tui_mail.sync.opened import OpenedBodies
from tui_mail.sync.replay import Replay
from tui_mail.sync.signin import Passwords, open_session
from tui_mail.sync.status import StatusBoard

log = logging.getLogger(__name__)

LOOK_EVERY = 300.0
"""Seconds between two looks at all folders."""

IDLE_RENEWED_EVERY = 540.0
"""Seconds after which IDLE is sent anew, well below the 29 minutes of RFC 2177."""

NO_IDLE_LOOK_EVERY = 60.0
"""… where the server cannot tell by itself."""


@dataclass(slots=True)
class Tally:
    """What one run over an account brought."""

    folders: int = 0
    new: int = 0
    bodies: int = 0


class Worker:
    """Keeps one account and the store in agreement."""

    def __init__(
        self,
        database: Database,
        account_id: int,
        account: Account,
        passwords: Passwords,
        board: StatusBoard,
    ) -> None:
        self.id = account_id
        self.account = account
        self.tally = Tally()
        self._database = database
        self._passwords = passwords
        self._board = board
        self._replay = Replay(database, account_id)
        self._wake = asyncio.Event()
        self._retry = asyncio.Event()
        self._backoff = Backoff()
        self._wanted: dict[int, None] = {}
        self._on_screen: int | None = None
        self._copies: dict[int, FolderCopy] = {}
        self._no_body: set[int] = set()
        self._list_due = 0.0
        self._listening = False
        self._opened = OpenedBodies(database, account, passwords)

    def wake(self) -> None:
        """Say that there is something to do."""
        self._wake.set()

    def retry(self) -> None:
        """Try again now, whatever the last failure was."""
        self._backoff.reset()
        self._list_due = 0.0
        self._retry.set()
        self._wake.set()

    def look_at(self, folder: int | None) -> None:
        """Say which folder is on screen; it comes first and is watched."""
        if folder != self._on_screen:
            self._on_screen = folder
            if folder is not None:
                self._want(folder)

    def _want(self, folder: int) -> None:
        self._wanted[folder] = None
        self._wake.set()

    async def fetch_body(self, message: int) -> None:
        """Bring the body of one message into the store, past everything else that runs."""
        await self._opened.fetch(message)

    def close(self) -> None:
        """Drop the session for single bodies."""
        self._opened.close()

    async def run(self) -> None:
        """Serve the account until cancelled; every failure ends in a status line and a later try."""
        while True:
            self._retry.clear()
            started = time.monotonic()
            try:
                await self._connected(once=False)
            except MailError as error:
                await self._rest_after(error, time.monotonic() - started)
            except Exception:
                log.exception("The worker of %s stumbled", self.account.key)
                stumbled = NetworkError("Something unexpected went wrong; the log tells more")
                await self._rest_after(stumbled, time.monotonic() - started)

    async def run_once(self) -> Tally:
        """Do all there is to do and end; raises what stopped it."""
        self.tally = Tally()
        await self._connected(once=True)
        return self.tally

    async def _rest_after(self, error: MailError, lasted: float) -> None:
        """Show what went wrong and wait: for the next try, or for a person where time does not help."""
        facts = {"error": safe_text(str(error)), "hint": error.hint}
        wait: float | None = None
        if isinstance(error, SignInRefused | SecretError):
            self._board.set(self.id, AccountPhase.SIGN_IN, **facts)
        elif error.recoverable or isinstance(error, StoreFull):
            wait = self._backoff.next_wait(lasted)
            self._board.set(self.id, AccountPhase.WAITING, retry_at=time.time() + wait, **facts)
        else:
            self._board.set(self.id, AccountPhase.FAILED, **facts)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._retry.wait()

    async def _connected(self, *, once: bool) -> None:
        """One life of the main session, and of the one that listens beside it."""
        self._board.set(self.id, AccountPhase.CONNECTING)
        self._copies.clear()
        self._list_due = 0.0
        session = await open_session(self.account, self._passwords)
        try:
            if once:
                await self._work(session, once=True)
                await session.logout()
            else:
                await self._work_and_listen(session)
        finally:
            session.abort()

    async def _work_and_listen(self, session: Session) -> None:
        await self._look_at_all(session)
        main = asyncio.create_task(self._work(session, once=False))
        ear = asyncio.create_task(self._listen())
        try:
            await asyncio.wait((main, ear), return_when=asyncio.FIRST_EXCEPTION)
            for task in (main, ear):
                if task.done() and (error := task.exception()):
                    raise error
        finally:
            for task in (main, ear):
                task.cancel()
            await asyncio.gather(main, ear, return_exceptions=True)

    async def _listen(self) -> None:
        """Listen to the inbox on a session of its own; without one the main session looks now and then."""
        inbox = await self._inbox()
        if inbox is None:
            return
        try:
            session = await open_session(self.account, self._passwords)
        except (ServerBusy, ServerRefused):
            return
        try:
            if "IDLE" not in session.capabilities:
                return
            await session.select(inbox.remote_name)
            self._listening = True
            self._want(inbox.id)  # what happened before this SELECT is told to nobody
            never = asyncio.Event()
            while True:
                await session.idle(never)
                if session.news.take():
                    self._want(inbox.id)
        finally:
            self._listening = False
            session.abort()

    async def _inbox(self) -> FolderState | None:
        states = await folders.states(self._database.lists, self.id)
        return next((state for state in states if state.role is Role.INBOX), None)

    async def _work(self, session: Session, *, once: bool) -> None:
        """Do piece after piece; when none is left, rest until something happens."""
        while True:
            self._wake.clear()
            if await self._piece(session):
                continue
            if once:
                return
            self._board.set(self.id, AccountPhase.LIVE)
            await self._rest(session)

    async def _piece(self, session: Session) -> bool:
        """Do the most wanted piece of work; return False when there is none."""
        return (
            await self._replay_piece(session)
            or await self._list_piece(session)
            or await self._wanted_piece(session)
            or await self._fill_piece(session)
            or await self._bodies_piece(session)
        )

    async def _replay_piece(self, session: Session) -> bool:
        operation = await self._replay.run_one(session)
        if operation is None:
            return False
        if operation.target is not None:
            self._want(operation.target)
        return True

    async def _list_piece(self, session: Session) -> bool:
        if time.monotonic() < self._list_due:
            return False
        await self._look_at_all(session)
        return True

    async def _look_at_all(self, session: Session) -> None:
        """Read the list of folders; what differs from the cursor is wanted."""
        self._board.set(self.id, AccountPhase.SYNCING)
        listed = await fetch_folder_list(self._database, session, self.id)
        states = await folders.states(self._database.lists, self.id)
        self.tally.folders = len(states)
        for state in changed_folders(states, listed):
            self._wanted[state.id] = None
        self._list_due = time.monotonic() + LOOK_EVERY

    async def _wanted_piece(self, session: Session) -> bool:
        states = {state.id: state for state in await folders.states(self._database.lists, self.id)}
        wanted = sorted((states[folder] for folder in self._wanted if folder in states), key=self._urgency)
        if not wanted:
            self._wanted.clear()
            return False
        copy = self._copy(session, wanted[0])
        await self._catch_up(copy)
        self._wanted.pop(copy.state.id, None)
        return True

    def _urgency(self, state: FolderState) -> tuple[bool, bool, int, str]:
        return (state.id != self._on_screen, state.role is not Role.INBOX, state.role or 99, state.name)

    def _copy(self, session: Session, state: FolderState) -> FolderCopy:
        copy = self._copies.get(state.id)
        if copy is None:
            copy = self._copies[state.id] = FolderCopy(self._database, session, state)
        return copy

    async def _catch_up(self, copy: FolderCopy) -> None:
        before = copy.added
        await copy.catch_up()
        self.tally.new += copy.added - before

    async def _fill_piece(self, session: Session) -> bool:
        states = await folders.states(self._database.lists, self.id)
        unfinished = sorted((state for state in states if state.backfill_lo > 1), key=self._urgency)
        if not unfinished:
            return False
        copy = self._copy(session, unfinished[0])
        if session.selected is None or session.selected.name != copy.state.remote_name:
            await self._catch_up(copy)
        before = copy.added
        await copy.fill()
        self.tally.new += copy.added - before
        done, total = await folders.progress(self._database.lists, self.id)
        self._board.progress(self.id, done, total)
        return True

    async def _bodies_piece(self, session: Session) -> bool:
        asked = await bodies.fetch_recent(self._database, session, self.id, self.account, self._no_body)
        if asked is None:
            return False
        self._no_body.update(asked.unanswered)
        self.tally.bodies += asked.stored
        return True

    async def _rest(self, session: Session) -> None:
        """Wait for something to do; meanwhile watch a folder where the server can tell by itself."""
        limit = await self._rest_limit()
        if "IDLE" not in session.capabilities:
            if not await self._woken(min(limit, NO_IDLE_LOOK_EVERY)):
                self._list_due = 0.0
            return
        watched = await self._to_watch()
        if watched is None:
            await self._woken(limit)
            return
        if session.selected is None or session.selected.name != watched.remote_name:
            await session.select(watched.remote_name)
        if _moved_on(session.selected, watched):
            self._want(watched.id)
            return
        await session.idle(self._wake, min(limit, IDLE_RENEWED_EVERY))
        if session.news:
            self._want(watched.id)

    async def _woken(self, limit: float) -> bool:
        """Wait to be woken; return False when `limit` seconds passed instead."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._wake.wait()
                return True
        return False

    async def _rest_limit(self) -> float:
        """Return seconds until the next look at all folders or the next try of an operation."""
        due = await operations.next_time(self._database.lists, self.id)
        until_due = LOOK_EVERY if due is None else due - time.time()
        return max(0.05, min(until_due, self._list_due - time.monotonic()))

    async def _to_watch(self) -> FolderState | None:
        """Return the folder on screen, or the inbox while no session of its own listens to it."""
        states = await folders.states(self._database.lists, self.id)
        on_screen = next((state for state in states if state.id == self._on_screen), None)
        if on_screen is not None and (on_screen.role is not Role.INBOX or not self._listening):
            return on_screen
        return None if self._listening else await self._inbox()


def _moved_on(selected: Selected | None, stored: FolderState) -> bool:
    """Tell whether a folder was selected in another state than the one that is stored."""
    return selected is not None and (
        selected.uidnext not in (None, stored.uidnext)
        or (selected.modseq or 0) != stored.modseq
        or selected.exists != stored.remote_count
    )
