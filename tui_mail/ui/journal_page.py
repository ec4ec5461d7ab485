"""The page of the change journal: what was changed here, how far each change has come, and its way back."""

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from tui_mail.model.folder import FolderView
from tui_mail.model.journal import JournalEntry, JournalFilter
from tui_mail.model.message import Row
from tui_mail.model.operation import Done
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.commands import Scope
from tui_mail.ui.format import Icons, content
from tui_mail.ui.journal_lines import EMPTY_WORDS, FILTER_WORDS, JournalLines, explained
from tui_mail.ui.screens.picker import Choice, Picker
from tui_mail.ui.screens.telling import Telling
from tui_mail.ui.tone import Tone
from tui_mail.ui.widgets.page_view import PageLine, PageView

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen

CHUNK = 200
"""Entries read at a time."""


class JournalPage:
    """What was changed here; each entry can be undone, cancelled, tried again or looked at."""

    scope = Scope.JOURNAL

    def __init__(self, main: "MainScreen", engine: "Engine", icons: Icons) -> None:
        self._main = main
        self._engine = engine
        self._icons = icons
        self._which = JournalFilter.OWN
        self._entries: list[JournalEntry] = []
        self._more = True
        """Whether there may be older ones."""
        self._heading = Static(classes="page-heading", markup=False)
        self.view = PageView(icons, id="journal-lines")
        self.body = Vertical(self._heading, self.view, id="journal", classes="page")

    async def read(self) -> None:
        """Show the journal as it is now, as far down as it was shown."""
        which, limit = self._which, max(CHUNK, len(self._entries))
        entries = await self._engine.reading.journal(None, limit, which)
        if which is self._which:
            self._show(entries, more=len(entries) == limit)

    async def age(self) -> None:
        """Let waiting times count down."""
        self.view.refresh()

    async def read_on(self) -> None:
        """Show older entries below those that are shown."""
        which, before = self._which, self._entries
        if not self._more or not before:
            return
        older = await self._engine.reading.journal(before[-1].command, CHUNK, which)
        if before is self._entries:
            self._show([*before, *older], more=len(older) == CHUNK)

    async def last(self) -> None:
        """Go to the oldest entry."""
        while self._more and self._entries:
            await self.read_on()
        self.view.step(len(self._entries))

    def _show(self, entries: list[JournalEntry], *, more: bool) -> None:
        self._entries, self._more = entries, more
        standing = self._main.standing
        waiting = standing.waits()
        self._heading.update(
            content(
                (SafeText("Journal"), "$strong bold"),
                (SafeText(f"   {FILTER_WORDS[self._which]}"), "$dim"),
                (SafeText(f"   {waiting}" if waiting else ""), "$dim"),
            )
        )
        lines = JournalLines(standing.all_chips(), self._icons, time.time).lines(entries)
        self.view.show(lines or [PageLine(lambda _: [(f" {EMPTY_WORDS[self._which]}", "dim")])])

    @property
    def entry(self) -> JournalEntry | None:
        """The entry under the cursor."""
        return next((each for each in self._entries if each.command == self.view.cursor), None)

    async def next_filter(self) -> None:
        """Show other entries: the user's own, those that wait, those refused or failed, all there are."""
        kinds = list(JournalFilter)
        self._which = kinds[(kinds.index(self._which) + 1) % len(kinds)]
        self._entries = []
        await self.read()

    @property
    def can_undo(self) -> bool:
        """Whether the entry under the cursor can be taken back."""
        return self.entry is not None and self.entry.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether it was undone."""
        return self.entry is not None and self.entry.can_redo

    @property
    def can_cancel(self) -> bool:
        """Whether it can be taken back without any server hearing of it."""
        return self.entry is not None and self.entry.can_cancel

    @property
    def is_open(self) -> bool:
        """Whether a server has still to confirm it."""
        return self.entry is not None and self.entry.settled_at is None

    async def undo(self) -> None:
        """Take back what the entry under the cursor did."""
        await self._turn(self._engine.acting.undo)

    async def redo(self) -> None:
        """Do again what was undone."""
        await self._turn(self._engine.acting.redo)

    async def cancel(self) -> None:
        """Take back what no server has heard of."""
        await self._turn(self._engine.acting.cancel)

    async def _turn(self, turn: Callable[[int], Awaitable[Done | None]]) -> None:
        if entry := self.entry:
            done = await turn(entry.command)
            self._main.say(done.sentence if done else SafeText("It has gone its way meanwhile"), Tone.DONE)
            await self.read()
            self._main.keyboard.hint()

    async def retry(self) -> None:
        """Send what waits now."""
        if entry := self.entry:
            for account in entry.accounts:
                await self._engine.acting.retry_now(account)
            self._main.say(SafeText("Trying again"))

    async def chosen(self) -> None:
        """Tell all of the entry under the cursor, and go to one of its messages."""
        entry = self.entry
        if entry is None:
            return
        owners = [each.label for id in entry.accounts if (each := self._main.standing.account(id))]
        told = explained(entry, owners, time.time())
        inked = [
            (SafeText("\n" * bool(at) + text), f"${_VARIABLES.get(ink, ink)}")
            for at, (text, ink) in enumerate(told)
        ]
        rows = await self._engine.reading.touched(entry.command)
        if not rows:
            await self._main.app.push_screen_wait(Telling(entry.sentence, content(*inked)))
            return
        picker = Picker(entry.sentence, [self._choice(row) for row in rows], explanation=content(*inked))
        chosen = await self._main.app.push_screen_wait(picker)
        if chosen is not None:
            await self._main.navigation.go_to(chosen)

    def _choice(self, row: Row) -> Choice[Row]:
        where = self._main.standing.name(FolderView(row.folder))
        return Choice(safe_text(f"{row.sender}  {row.subject}"), row, where, SafeText("Messages"))


_VARIABLES = {"done": "success", "text": "foreground"}
"""Inks of lines, as style sheets call them."""
