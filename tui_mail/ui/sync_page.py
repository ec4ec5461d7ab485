"""The page that tells how syncing stands, live."""

import time
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from tui_mail.model.folder import FolderView
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.commands import Scope
from tui_mail.ui.format import Icons, content
from tui_mail.ui.sync_lines import AccountLine, FolderLine, SyncLines, summary
from tui_mail.ui.widgets.page_view import PageView

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen


class SyncPage:
    """What is complete, what runs, what waits, and what it costs."""

    scope = Scope.SYNC

    def __init__(self, main: "MainScreen", engine: "Engine", icons: Icons) -> None:
        self._main = main
        self._engine = engine
        self._icons = icons
        self._heading = Static(classes="page-heading", markup=False)
        self.view = PageView(icons, id="sync-lines")
        self.body = Vertical(self._heading, self.view, id="sync", classes="page")

    async def read(self) -> None:
        """Show how syncing stands now."""
        reports = await self._engine.reading.sync_report()
        standing = self._main.standing
        folders = {folder.id: folder for folder in standing.folders}
        lines = SyncLines(standing.accounts, folders, self._icons, time.time())
        self._heading.update(
            content((SafeText("Sync status"), "$strong bold"), (safe_text(f"   {summary(reports)}"), "$dim"))
        )
        self.view.show(lines.lines(reports))

    async def age(self) -> None:
        """Rates, dates and traffic are others a second later."""
        await self.read()

    async def read_on(self) -> None:
        """All of it is shown already."""

    async def last(self) -> None:
        """Go to the last folder."""
        self.view.step(len(self._main.standing.folders) + len(self._main.standing.accounts))

    async def chosen(self) -> None:
        """Open the folder under the cursor, or do what helps its account."""
        match self.view.cursor:
            case FolderLine(folder):
                await self._main.navigation.choose(FolderView(folder))
            case AccountLine(account):
                await self._main.mending.mend(account)

    async def look_again(self) -> None:
        """Look for news at every account now."""
        await self._engine.acting.refresh(None)
        self._main.say(SafeText("Looking for new mail"))
