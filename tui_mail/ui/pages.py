"""Pages: what takes the place of the panes for a while, one at a time, with keys of its own.

A page is read anew when something changed, four times a second at most, and ages every second, since times
count down; nothing is read while none shows.
"""

import time
from typing import TYPE_CHECKING, Protocol

from textual.containers import Vertical

from tui_mail.ui.commands import Scope
from tui_mail.ui.widgets.page_view import PageView

if TYPE_CHECKING:
    from tui_mail.ui.screens.main import MainScreen

TICK = 0.25
"""Seconds between two looks whether a page is out of date."""
AGES = 1.0
"""Seconds after which it is."""


class Page(Protocol):
    """Something that takes the place of the panes."""

    scope: Scope
    body: Vertical
    """Its widgets."""
    view: PageView
    """Its lines, which get the focus."""

    async def read(self) -> None:
        """Show how things are now."""

    async def age(self) -> None:
        """Show that a second has passed."""

    async def read_on(self) -> None:
        """Show what stands further down, if there is more."""

    async def last(self) -> None:
        """Go to the last line."""

    async def chosen(self) -> None:
        """Do what the line under the cursor is for."""


class Pages:
    """Shows pages, and takes them away."""

    def __init__(self, main: "MainScreen") -> None:
        self._main = main
        self.shown: Page | None = None
        self._came_from = Scope.LIST
        self._stale = False
        self._read_at = 0.0

    async def open(self, page: Page) -> None:
        """Show a page in the place of the panes."""
        main = self._main
        if self.shown is None:
            self._came_from = main.panes.focused()
        self.uncover()
        self.shown = page
        await self._read(page)
        main.panes.row.display = False
        page.body.display = True
        main.set_focus(page.view)
        main.keyboard.hint()

    def close(self) -> bool:
        """Go back to the pane that had the focus; False where no page shows."""
        if self.shown is None:
            return False
        self._main.panes.focus(self._came_from)
        self._main.keyboard.hint()
        return True

    def uncover(self) -> None:
        """Let the panes be seen."""
        if self.shown is not None:
            self.shown.body.display = False
            self._main.panes.row.display = True
            self.shown = None

    @property
    def view(self) -> PageView:
        """The lines of the page that shows."""
        assert self.shown is not None
        return self.shown.view

    def take(self, told: PageView.Told) -> None:
        """Answer what happened to the page that shows."""
        match told:
            case PageView.Chosen() if self.shown:
                self._main.run_worker(self._main.guarded(self.shown.chosen()), group="page line")
            case PageView.EndNear() if self.shown:
                self._main.run_worker(self._main.guarded(self.shown.read_on()), group="page end")
            case PageView.CursorMoved():
                self._main.keyboard.hint()

    def changed(self) -> None:
        """Note that what a page tells may be out of date."""
        self._stale = True

    def tick(self) -> None:
        """Read the page anew where it is out of date."""
        page = self.shown
        if page is None or not (self._stale or time.monotonic() - self._read_at >= AGES):
            return
        work = self._read(page) if self._stale else self._age(page)
        self._main.run_worker(self._main.guarded(work), group="page", exclusive=True)

    async def last(self) -> None:
        """Go to the last line of the page that shows."""
        if self.shown is not None:
            await self.shown.last()

    async def _read(self, page: Page) -> None:
        self._stale, self._read_at = False, time.monotonic()
        await page.read()
        self._main.keyboard.hint()

    async def _age(self, page: Page) -> None:
        self._read_at = time.monotonic()
        await page.age()
