"""Searching as one types: what is found stands in the list, in the place of what was shown before.

The list of a search is a view like any other, so every command works in it. Leaving it goes back to where the
search began, with the cursor as it was.
"""

from typing import TYPE_CHECKING

from tui_mail.model.folder import SearchView, TreeView
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.commands import Scope
from tui_mail.ui.widgets.search_line import SearchLine

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen

EVERYWHERE = SafeText("in all mail")


class Search:
    """The search that is being typed, and the way back from it."""

    def __init__(self, main: "MainScreen", engine: "Engine") -> None:
        self._main = main
        self._engine = engine
        self.line = SearchLine(id="search")
        self._came_from: TreeView | None = None
        self._within: TreeView | None = None

    @property
    def open(self) -> bool:
        """Whether a search is on the screen."""
        return bool(self.line.display)

    @property
    def typing(self) -> bool:
        """Whether its field has the focus."""
        return self.line.field.has_focus

    def begin(self, *, here: bool) -> None:
        """Let a search be typed, over all mail or in what the list shows; one that shows goes on."""
        view = self._main.messages.view
        if not isinstance(view, SearchView):
            self._came_from = view
            self._within = view if here else None
            self.line.put("")
        self._main.panes.focus(Scope.LIST)
        self._show_line(True)
        self._say()
        self._main.set_focus(self.line.field)

    def take(self, told: SearchLine.Typed | SearchLine.Wanted) -> None:
        """Answer the field."""
        match told:
            case SearchLine.Typed(text=text):
                self._look(text)
            case SearchLine.Wanted(what="scope"):
                self._within = self._came_from if self._within is None else None
                self._look(self.line.field.value)
            case SearchLine.Wanted(what="taken"):
                self._main.panes.focus(Scope.LIST)
            case _:
                self.end()

    def end(self) -> bool:
        """Go back to where the search began; False where there is none."""
        if not self.open:
            return False
        self._main.run_worker(self._main.guarded(self._leave()), group="search", exclusive=True)
        return True

    async def _leave(self) -> None:
        self._show_line(False)
        if self._came_from is not None and self._main.messages.view != self._came_from:
            await self._main.navigation.open(self._came_from)
        self._main.panes.focus(Scope.LIST)

    def over(self) -> None:
        """Another view is shown: the search is over."""
        self._show_line(False)

    def _show_line(self, shown: bool) -> None:
        self.line.display = shown
        self._main.set_class(shown, "-searching")

    def _look(self, text: str) -> None:
        self._say()
        self._main.run_worker(self._main.guarded(self._find(text)), group="search", exclusive=True)

    async def _find(self, text: str) -> None:
        problems = await self._engine.searching.problems(text)
        self._say(problems[0] if problems else SafeText(""))
        within = self._within
        view = SearchView(text, within) if text.strip() else self._came_from
        if view is not None:
            await self._main.navigation.show(view)

    def _say(self, problem: SafeText = SafeText("")) -> None:  # noqa: B008  # a text is a value
        within, standing = self._within, self._main.standing
        name = EVERYWHERE if within is None else safe_text(f"in {standing.name(within)}")
        self.line.say(name, problem)
