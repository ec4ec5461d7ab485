"""Going to views, and the pickers that lead there: folders, themes, every command."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tui_mail.model.errors import ConfigError
from tui_mail.model.folder import FolderView, Role, RoleView, SearchView, StarredView, View
from tui_mail.model.message import Row
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.commands import Command, Scope
from tui_mail.ui.matches import folded
from tui_mail.ui.screens.help import HelpScreen, command_choices
from tui_mail.ui.screens.picker import Choice, Picker
from tui_mail.ui.tone import Tone

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen

Target = Command | View | str
"""What the palette leads to: a command, a view, or a theme by its name."""


class Navigation:
    """Opens views, and remembers where the cursor was in each."""

    def __init__(self, main: "MainScreen", engine: "Engine") -> None:
        self._main = main
        self._engine = engine
        self._left_at: dict[View, int] = {}

    async def open(self, view: View) -> None:
        """Show a view in the list, which ends a search."""
        self._main.search.over()
        await self.show(view)

    async def show(self, view: View) -> None:
        """Show a view in the list, or what a search finds."""
        main = self._main
        view = main.standing.settled(view)
        left = main.messages.view
        if left is not None and main.messages.touched and not isinstance(left, SearchView):
            self._left_at[left] = main.messages.cursor_moment
        if view != main.messages.view and main.opening.id is not None:
            main.opening.close()
        main.folders.show(view)
        facts = main.standing.facts(view)
        if isinstance(view, SearchView):
            facts = replace(facts, words=tuple(map(folded, self._engine.searching.words(view.typed))))
        await main.messages.show(view, facts, at=self._left_at.get(view))
        main.show_standing()
        await self._engine.acting.look_at(view)

    async def go_to(self, row: Row) -> None:
        """Show a message in its folder, and open it."""
        self._left_at[FolderView(row.folder)] = row.moment
        await self.choose(FolderView(row.folder))
        self._main.opening.open(row.id)

    async def choose(self, view: View) -> None:
        """Show a view and go to the list."""
        await self.open(view)
        self._main.panes.focus(Scope.LIST)

    async def go(self, role: Role) -> None:
        """Show the folder of a role: the account's whose folder is shown, else all accounts' together."""
        standing = self._main.standing
        here = standing.folder(self._main.messages.view)
        target = standing.with_role(role, here.account) if here else RoleView(role)
        if target is None:
            name = standing.name(RoleView(role))
            self._main.say(safe_text(f"This account has no folder for {name}"), Tone.WARNING)
            return
        await self.choose(target)

    async def go_unified(self) -> None:
        """Show the inbox of all accounts."""
        await self.choose(RoleView(Role.INBOX))

    async def beside(self, lines: int) -> None:
        """Show the view above or below the present one in the tree."""
        views = self._main.folders.views()
        if not views:
            return
        self._main.pages.close()
        here = views.index(self._main.folders.shown) if self._main.folders.shown in views else 0
        await self.open(views[max(0, min(here + lines, len(views) - 1))])

    async def refresh(self) -> None:
        """Look for new mail now."""
        await self._engine.acting.refresh(self._main.messages.view)
        self._main.say(SafeText("Looking for new mail"))

    async def pick(self) -> None:
        """Choose any folder."""
        chosen = await self._main.app.push_screen_wait(Picker("Go to", self._views()))
        if chosen is not None:
            await self.choose(chosen)

    def _views(self) -> list[Choice[View]]:
        standing = self._main.standing
        unified = [v for v in self._main.folders.views() if not isinstance(v, FolderView)] or [StarredView()]
        folders = [FolderView(folder.id) for folder in standing.folders if folder.selectable]
        return [
            Choice(standing.name(v), v, standing.where(v), SafeText("Folders")) for v in (*unified, *folders)
        ]

    async def themes(self) -> None:
        """Choose a theme, trying each as the cursor comes to it."""
        wardrobe = self._main.wardrobe
        before = wardrobe.worn
        picker = Picker(
            "Theme",
            [Choice(safe_text(name), name) for name in wardrobe.names()],
            preview=self._try_theme,
            current=before,
        )
        chosen = await self._main.app.push_screen_wait(picker)
        self._try_theme(chosen or before)
        if chosen:
            self._main.save_setting("theme", chosen)

    def _try_theme(self, name: str) -> None:
        try:
            self._main.wardrobe.wear(name)
        except ConfigError as error:
            self._main.complain(error)

    async def palette(self) -> None:
        """Choose from all there is: commands, folders, themes."""
        main = self._main
        enabled = main.keyboard.enabled()
        choices: list[Choice[Target]] = [
            *map(_in_full, command_choices(main.keymap, main.scope, enabled, by_name=True)),
            *self._views(),
            *(
                Choice(safe_text(f"Theme {name}"), name, group=SafeText("Themes"))
                for name in self._main.wardrobe.names()
            ),
        ]
        chosen = await self._main.app.push_screen_wait(Picker("Do or go", choices))
        if isinstance(chosen, Command):
            self._main.run(chosen)
        elif isinstance(chosen, str):
            self._try_theme(chosen)
            self._main.save_setting("theme", chosen)
        elif chosen is not None:
            await self.choose(chosen)

    async def help(self) -> None:
        """Show the keys of what has the focus; the chosen one runs."""
        main = self._main
        chosen = await main.app.push_screen_wait(HelpScreen(main.keymap, main.scope, main.keyboard.enabled()))
        if chosen is not None:
            main.run(chosen)


def _in_full(choice: Choice[Command]) -> Choice[Command]:
    """Return a command as it reads without its heading: "Archive" is also what is done to a message."""
    return replace(choice, text=safe_text(f"Go to {choice.text}")) if choice.group == "Go to" else choice
