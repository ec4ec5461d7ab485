"""What keys do now: they invoke commands, a pause within a sequence lists the next, the last line hints."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widgets import Input

from tui_mail.ui.commands import BY_ID, COMMANDS, HINTS, PREFIX_TITLES, SELECTION_HINTS, Scope
from tui_mail.ui.keymap import Keymap
from tui_mail.ui.router import Router
from tui_mail.ui.widgets.hints import Hint, HintLine
from tui_mail.ui.widgets.which_key import WhichKey

if TYPE_CHECKING:
    from tui_mail.ui.screens.main import MainScreen


SEARCH_HINTS = (Hint("Enter", "to the hits", ""), Hint("Tab", "look elsewhere", ""), Hint("Esc", "back", ""))
"""What is hinted at while a search is typed."""


class Keyboard:
    """Reads keys for the main screen, and tells which there are."""

    def __init__(self, main: "MainScreen", keymap: Keymap) -> None:
        self._main = main
        self._keymap = keymap
        self._router = Router(keymap)
        self.which_key = WhichKey(id="which-key")
        self.hints = HintLine(id="hints")

    def press(self, key: str) -> bool:
        """Take a key; False when it means nothing here, or is typed into a field."""
        if isinstance(self._main.focused, Input):
            return False
        outcome = self._router.press(key, self._main.scope)
        if pending := self._router.pending:
            lines = self._keymap.continuations(self._main.scope, pending)
            shown = [(key, command.title) for key, command in lines if command.enabled(self._main)]
            self.which_key.show_soon(PREFIX_TITLES.get(pending[0], pending[0]), shown)
        else:
            self.which_key.hide()
        if outcome.command:
            self._main.run(outcome.command)
        return outcome.taken

    def enabled(self) -> frozenset[str]:
        """Return the commands that would do something now."""
        return frozenset(command.id for command in COMMANDS if command.enabled(self._main))

    def hint(self) -> None:
        """Hint at what can be done now."""
        main = self._main
        selected = len(main.messages.selection)
        ids: Iterable[str]
        if main.search.typing:
            ids, shown = (), list(SEARCH_HINTS)
        elif selected and main.scope is Scope.LIST:
            ids = SELECTION_HINTS
            shown = [Hint("", f"{selected:,} selected", "")]
        else:
            ids, shown = HINTS[main.scope], []
        for command in (BY_ID[id] for id in ids):
            if command.enabled(main) and (key := self._keymap.shown(command.id)):
                shown.append(Hint(key, command.hint or command.title, command.id))
        self.hints.show(shown)
