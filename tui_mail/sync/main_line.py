"""The main connection of an account: one piece of work at a time, the most wanted first.

What the user changed goes before all, then folders where something happened, what was opened and has no
connection of its own, older mail, bodies, and the daily comparison. Between two pieces it looks again at
what is wanted, and long pieces stop early for it, so a key press never waits for a fill.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from dataclasses import dataclass

from tui_mail.imap.responses import Selected
from tui_mail.imap.session import Session
from tui_mail.model.account import AccountPhase
from tui_mail.model.errors import ServerBusy, ServerRefused
from tui_mail.model.folder import Role
from tui_mail.model.sync import Line, Task
from tui_mail.store import folders
from tui_mail.store.folders import FolderState
from tui_mail.sync import bodies
from tui_mail.sync.agenda import LOOK_EVERY
from tui_mail.sync.folder_list import changed_folders, fetch_folder_list
from tui_mail.sync.imap import FolderCopy
from tui_mail.sync.opened import OpenedBodies
from tui_mail.sync.replay import Replay
from tui_mail.sync.shared import Shared

IDLE_RENEWED_EVERY = 540.0
"""Seconds after which IDLE is sent anew, well below the 29 minutes of RFC 2177."""

NO_IDLE_LOOK_EVERY = 60.0
"""Seconds between two looks at all folders where the server cannot tell news by itself."""


@dataclass(slots=True)
class Tally:
    """What one run over an account brought."""

    folders: int = 0
    new: int = 0
    bodies: int = 0


class MainLine:
    """One life of the main connection."""

    def __init__(
        self, shared: Shared, session: Session, replay: Replay, opened: OpenedBodies, tally: Tally
    ) -> None:
        self._shared = shared
        self._session = session
        self._replay = replay
        self._opened = opened
        self._tally = tally
        self._copies: dict[int, FolderCopy] = {}
        self._no_body: set[int] = set()

    async def work(self, *, once: bool) -> None:
        """Do piece after piece; when none is left, end (`once`) or rest until something happens."""
        shared = self._shared
        while True:
            shared.wake.clear()
            if await self._piece():
                continue
            if once:
                return
            shared.board.set(shared.id, AccountPhase.LIVE)
            await self._rest()

    async def carry_out(self) -> None:
        """Carry out the changes that wait, and nothing else."""
        while await self._replay_piece():
            pass

    async def _piece(self) -> bool:
        """Do the most wanted piece of work; return False when there is none."""
        return (
            await self._replay_piece()
            or await self._list_piece()
            or await self._wanted_piece()
            or await self._opened_piece()
            or await self._fill_piece()
            or await self._bodies_piece()
            or await self._check_piece()
        )

    async def _replay_piece(self) -> bool:
        replayed = await self._replay.run_one(self._session)
        if replayed is None:
            return False
        self._does(Task.CHANGES)
        for folder in replayed.folders:
            self._shared.agenda.want(folder)
        if replayed.list_anew:
            self._shared.agenda.look_now()
        return True

    async def _list_piece(self) -> bool:
        if self._shared.agenda.until_look() > 0:
            return False
        await self.look_at_all()
        return True

    async def look_at_all(self) -> None:
        """Read the list of folders; what differs from the cursor is wanted."""
        shared = self._shared
        shared.board.set(shared.id, AccountPhase.SYNCING)
        self._does(Task.LISTING)
        listed = await fetch_folder_list(shared.database, self._session, shared.id)
        states = await shared.states()
        self._tally.folders = len(states)
        for state in changed_folders(states, listed):
            shared.agenda.want(state.id)
        shared.agenda.looked()
        await shared.record_traffic()

    async def _wanted_piece(self) -> bool:
        agenda = self._shared.agenda
        state = agenda.next_wanted(await self._shared.states())
        if state is None:
            return False
        self._does(Task.CATCHING_UP, state.id)
        agenda.begun(state.id)
        finished = False
        try:
            finished = await self._guarded(state, self._catch_up(self._copy(state)))
        finally:
            if not finished and not agenda.rests(state.id):
                agenda.want(state.id)
        return True

    async def _opened_piece(self) -> bool:
        """Fetch what a person opened, where the server allows no connection for it."""
        if not self._opened.waiting:
            return False
        self._does(Task.OPENING)
        await self._opened.fetch_on(self._session)
        return True

    async def _fill_piece(self) -> bool:
        shared = self._shared
        state = shared.agenda.next_unfinished(await shared.states())
        if state is None:
            return False
        self._does(Task.FILLING, state.id)
        await self._guarded(state, self._fill(self._copy(state)))
        stored = await folders.state(shared.database.lists, state.id)
        if stored is not None:
            shared.board.advances(shared.id, Line.MAIN, stored.total, stored.remote_count or 0)
        shared.board.progress(shared.id, *await folders.progress(shared.database.lists, shared.id))
        return True

    async def _fill(self, copy: FolderCopy) -> bool:
        selected = self._session.selected
        if selected is None or selected.name != copy.state.remote_name:
            await self._catch_up(copy)
        before = copy.added
        await copy.fill()
        self._tally.new += copy.added - before
        return True

    async def _bodies_piece(self) -> bool:
        shared = self._shared
        self._does(Task.BODIES)
        asked = await bodies.fetch_recent(
            shared.database,
            self._session,
            shared.id,
            await shared.wanted_since(),
            self._no_body,
            shared.wake.is_set,
        )
        if asked is None:
            return False
        self._no_body.update(asked.unanswered)
        self._tally.bodies += asked.stored
        return True

    async def _check_piece(self) -> bool:
        state = self._shared.agenda.next_unchecked(await self._shared.states())
        if state is None:
            return False
        self._does(Task.CHECKING, state.id)
        await self._guarded(state, self._copy(state).check())
        return True

    # Folders.

    def _does(self, task: Task, folder: int | None = None) -> None:
        self._shared.does(Line.MAIN, task, folder)

    def _copy(self, state: FolderState) -> FolderCopy:
        copy = self._copies.get(state.id)
        if copy is None:
            urgent = self._shared.wake.is_set
            copy = self._copies[state.id] = FolderCopy(
                self._shared.database, self._session, state, urgent=urgent
            )
        copy.state = state
        return copy

    async def _catch_up(self, copy: FolderCopy) -> bool:
        before = copy.added
        finished = await copy.catch_up()
        self._tally.new += copy.added - before
        return finished

    async def _guarded(self, state: FolderState, work: Awaitable[bool]) -> bool:
        """Await work on a folder; one that the server refuses is told so and holds up no other."""
        try:
            return await work
        except (ServerRefused, ServerBusy) as error:
            if self._session.closed:
                raise
            self._shared.agenda.refused(state.id)
            async with self._shared.database.cache() as tx:
                await folders.set_cursor(tx, state.id, error=str(error))
            return False

    # Resting.

    async def _rest(self) -> None:
        """Wait for something to do; meanwhile watch a folder where the server can tell by itself."""
        session = self._session
        limit = await self._rest_limit()
        if "IDLE" not in session.capabilities:
            self._does(Task.RESTING)
            if not await self._woken(min(limit, NO_IDLE_LOOK_EVERY)):
                self._shared.agenda.look_now()
            return
        watched = await self._to_watch()
        if watched is None:
            self._does(Task.RESTING)
            await self._woken(limit)
            return
        if not await self._guarded(watched, self._select(watched)):
            return
        if _moved_on(session.selected, watched):
            self._shared.want(watched.id)
            return
        self._does(Task.LISTENING, watched.id)
        await session.idle(self._shared.wake, min(limit, IDLE_RENEWED_EVERY))
        if session.news:
            self._shared.want(watched.id)

    async def _select(self, state: FolderState) -> bool:
        selected = self._session.selected
        if selected is None or selected.name != state.remote_name:
            await self._session.select(state.remote_name)
        return True

    async def _woken(self, limit: float) -> bool:
        """Wait to be woken; return False when `limit` seconds passed instead."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._shared.wake.wait()
                return True
        return False

    async def _rest_limit(self) -> float:
        """Return seconds until the next look at all folders or the next try of an operation."""
        due = await self._replay.next_time()
        until_due = LOOK_EVERY if due is None else due - time.time()
        return max(0.05, min(until_due, self._shared.agenda.until_look()))

    async def _to_watch(self) -> FolderState | None:
        """Return the folder on screen, or the inbox while no connection of its own listens to it."""
        shared = self._shared
        states = await shared.states()
        watchable = [state for state in states if state.selectable and not shared.agenda.rests(state.id)]
        on_screen = next((state for state in watchable if state.id == shared.agenda.on_screen), None)
        if on_screen is not None and not (on_screen.role is Role.INBOX and shared.listening):
            return on_screen
        inbox = next((state for state in watchable if state.role is Role.INBOX), None)
        return None if shared.listening else inbox


def _moved_on(selected: Selected | None, stored: FolderState) -> bool:
    """Tell whether a folder was selected in another state than the one that is stored."""
    return selected is not None and (
        selected.uidnext not in (None, stored.uidnext)
        or (selected.modseq or 0) != stored.modseq
        or selected.exists != stored.remote_count
    )
