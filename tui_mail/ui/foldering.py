"""What the user does to folders: make, rename, delete, subscribe, mark all read; each with its way back."""

from typing import TYPE_CHECKING

from tui_mail.model.folder import Folder, FolderView, Role, RoleView, SearchView
from tui_mail.model.message import Flag
from tui_mail.model.operation import Done
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.commands import Scope
from tui_mail.ui.screens.ask import Ask
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.picker import Choice, Picker

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen


class Foldering:
    """Acts on the folder under the cursor of the tree, elsewhere on the one that the list shows."""

    def __init__(self, main: "MainScreen", engine: "Engine") -> None:
        self._main = main
        self._acting = engine.acting

    @property
    def target(self) -> Folder | None:
        """What a command acts on now."""
        main = self._main
        under = main.folders.under if main.scope is Scope.TREE else main.messages.view
        return None if isinstance(under, int) else main.standing.folder(under)

    @property
    def free(self) -> bool:
        """Whether the target is one that may get another name or go: no folder that mail needs."""
        return self.target is not None and self.target.role in (Role.NONE, Role.ARCHIVE)

    @property
    def holds(self) -> bool:
        """Whether other folders can lie below the target."""
        return self.target is not None and bool(self.target.separator) and self.target.role is not Role.INBOX

    async def create(self) -> None:
        """Ask for a name, and make a folder beside the others of an account."""
        account = await self._account()
        if account is not None:
            owner = self._main.standing.account(account)
            where = f" in {owner.label}" if owner and len(self._main.standing.accounts) > 1 else ""
            name = await self._asked(f"New folder{where}")
            if name:
                self._tell(await self._acting.create_folder(account, name))

    async def create_below(self) -> None:
        """Ask for a name, and make a folder below the target."""
        above = self.target
        if above and (name := await self._asked(f"New folder below {above.name}")):
            self._tell(await self._acting.create_folder(above.account, name, above.id))

    async def _account(self) -> int | None:
        """Return the account of what is under the cursor, or ask for one."""
        main = self._main
        if main.scope is Scope.TREE and isinstance(under := main.folders.under, int):
            return under
        if self.target:
            return self.target.account
        accounts = main.standing.accounts
        if len(accounts) == 1:
            return accounts[0].id
        choices = [Choice(each.label, each.id, each.email) for each in accounts]
        return await main.app.push_screen_wait(Picker("New folder in", choices))

    async def rename(self) -> None:
        """Ask for another name."""
        folder = self.target
        if folder is None:
            return
        last = folder.name.rpartition(folder.separator)[2] if folder.separator else folder.name
        if (name := await self._asked(f"Rename {folder.name} to", last)) and name != last:
            self._tell(await self._acting.rename_folder(folder.id, name))

    async def delete(self) -> None:
        """Delete the target; asks where it holds mail."""
        folder = self.target
        if folder is None or (folder.total and not await self._sure(folder)):
            return
        done = await self._acting.delete_folder(folder.id)
        if self._main.messages.view == FolderView(folder.id):
            await self._main.navigation.open(RoleView(Role.INBOX))
        self._tell(done)

    async def _sure(self, folder: Folder) -> bool:
        what = "its message" if folder.total == 1 else f"its {folder.total:,} messages"
        question = safe_text(f"Delete {folder.name}?")
        consequence = safe_text(
            f"Here and on the server; {what} goes to the trash. Undo brings all of it back."
        )
        return await self._main.app.push_screen_wait(Confirm(question, consequence)) is True

    async def subscribe(self) -> None:
        """Subscribe to the target, or no longer."""
        if folder := self.target:
            self._tell(await self._acting.subscribe(folder.id, wanted=not folder.subscribed))

    def show_all(self) -> None:
        """Show folders that are not subscribed to, or hide them again."""
        shown = self._main.folders.toggle_unsubscribed()
        words = "Every folder is shown" if shown else "Folders not subscribed to are hidden"
        self._main.say(SafeText(words))

    async def read_all(self) -> None:
        """Mark all of a view read, however much it is."""
        main = self._main
        under = main.folders.under if main.scope is Scope.TREE else None
        view = main.messages.view if under is None or isinstance(under, int) else under
        if isinstance(view, SearchView):
            await main.triage.mark_these(await main.messages.whole(), add=Flag.SEEN)
        elif view is not None:
            done = await self._acting.mark_all_read(view)
            if done.count:
                self._tell(done)
                await main.messages.rescan()

    async def _asked(self, question: str, value: str = "") -> str:
        typed = await self._main.app.push_screen_wait(Ask(safe_text(question), value))
        return (typed or "").strip()

    def _tell(self, done: Done) -> None:
        self._main.triage.tell(done)
