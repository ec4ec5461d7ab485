"""The page that tells how a message travelled."""

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from tui_mail.model.errors import StoreError
from tui_mail.model.route import Route
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.commands import Scope
from tui_mail.ui.format import Icons, content
from tui_mail.ui.route_lines import RouteLines, summary
from tui_mail.ui.widgets.page_view import PageView

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen


class RoutePage:
    """Each server, the time between them, and whether the way was protected."""

    scope = Scope.ROUTE

    def __init__(self, main: "MainScreen", engine: "Engine", icons: Icons) -> None:
        self._main = main
        self._engine = engine
        self._lines = RouteLines(icons)
        self._route = Route((), None)
        self._subject = SafeText("")
        self._heading = Static(classes="page-heading", markup=False)
        self.view = PageView(icons, id="route-lines")
        self.body = Vertical(self._heading, self.view, id="route", classes="page")

    async def open(self) -> None:
        """Show the way of the message that is read, or of the one under the cursor."""
        targets = self._main.triage.targets
        if not targets:
            return
        id = targets[0]
        found = await self._engine.reading.route(id)
        if found is None:
            await self._engine.acting.fetch_body(id)
            found = await self._engine.reading.route(id)
        if found is None:
            raise StoreError("The message is no longer here")
        row = self._main.messages.row_of(id)
        self._route, self._subject = found, row.subject if row else SafeText("")
        await self._main.pages.open(self)

    async def read(self) -> None:
        """Show the way; it never changes."""
        self._heading.update(
            content(
                (SafeText("Route"), "$strong bold"),
                (safe_text(f"   {summary(self._route)}"), "$dim"),
                (safe_text(f"   {self._subject}"), "$dim"),
            )
        )
        self.view.show(self._lines.lines(self._route))

    async def age(self) -> None:
        """Nothing of it ages."""

    async def read_on(self) -> None:
        """All of it is shown already."""

    async def last(self) -> None:
        """Go to the last server."""
        self.view.step(2 * len(self._route.hops))

    async def chosen(self) -> None:
        """There is nothing to choose."""
