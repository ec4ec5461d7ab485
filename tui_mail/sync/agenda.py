"""What an account's main connection does next: the folders where something happened, and how urgent each is.

It decides from states and clocks that it is given, asks no server and knows no connection.
"""

import time
from collections.abc import Callable, Iterable

from tui_mail.model.folder import Role
from tui_mail.store.folders import FolderState
from tui_mail.sync.plan import check_is_due

LOOK_EVERY = 300.0
"""Seconds between two looks at all folders."""

LOOK_OFTEN = 60.0
"""… while a person reads in folders that nothing listens to."""

READING = 3_600.0
"""Seconds for which a folder that was on screen counts as read in."""


class Agenda:
    """The folders that are wanted, and when to look at all of them again."""

    def __init__(
        self, steady: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._steady = steady
        self._wall = wall
        self._wanted: dict[int, None] = {}
        self._refused: set[int] = set()
        self._read_at = -READING
        self._looked_at: float | None = None
        self.on_screen: int | None = None
        """The folder that a person looks at."""

    def want(self, folder: int) -> None:
        """Note that something happened in a folder."""
        self._wanted[folder] = None

    def show(self, folder: int | None) -> bool:
        """Note which folder is on screen; tell whether it is another one than before."""
        changed = folder != self.on_screen
        self.on_screen = folder
        if folder is not None:
            self._read_at = self._steady()
        if changed and folder is not None:
            self.want(folder)
        return changed

    def begun(self, folder: int) -> None:
        """Note that a folder is being looked at: what happens in it from now on wants it anew."""
        self._wanted.pop(folder, None)
        self._refused.discard(folder)

    def refused(self, folder: int) -> None:
        """Note that the server does not let us at a folder: it rests until the next look at all."""
        self._wanted.pop(folder, None)
        self._refused.add(folder)

    def rests(self, folder: int) -> bool:
        """Tell whether the server does not let us at a folder for now."""
        return folder in self._refused

    # When to look at all folders.

    def looked(self) -> None:
        """Note that all folders were looked at; those that were refused may be tried again."""
        self._looked_at = self._steady()
        self._refused.clear()

    def look_now(self) -> None:
        """Let the next look at all folders come at once."""
        self._looked_at = None

    def until_look(self) -> float:
        """Return the seconds until all folders are to be looked at; 0.0 or less: now."""
        if self._looked_at is None:
            return 0.0
        every = LOOK_OFTEN if self._steady() - self._read_at < READING else LOOK_EVERY
        return self._looked_at + every - self._steady()

    # Which folder comes next.

    def next_wanted(self, states: Iterable[FolderState]) -> FolderState | None:
        """Return the most urgent folder where something happened; folders that are gone are forgotten."""
        known = {state.id: state for state in states if state.selectable}
        self._wanted = {folder: None for folder in self._wanted if folder in known}
        return min((known[folder] for folder in self._wanted), key=self._urgency, default=None)

    def next_unfinished(self, states: Iterable[FolderState]) -> FolderState | None:
        """Return the most urgent folder whose older mail is not here yet."""
        return min((s for s in self._open(states) if s.backfill_lo > 1), key=self._urgency, default=None)

    def next_unchecked(self, states: Iterable[FolderState]) -> FolderState | None:
        """Return the folder whose rows were not compared with the server's for longest, if any is due."""
        due = (
            state
            for state in self._open(states)
            if state.complete and (state.check_below or check_is_due(state.checked_at, self._wall()))
        )
        return min(due, key=lambda state: (not state.check_below, state.checked_at or 0), default=None)

    def _open(self, states: Iterable[FolderState]) -> Iterable[FolderState]:
        return (state for state in states if state.selectable and not self.rests(state.id))

    def _urgency(self, state: FolderState) -> tuple[bool, bool, int, str]:
        return (state.id != self.on_screen, state.role is not Role.INBOX, state.role or 99, state.name)
