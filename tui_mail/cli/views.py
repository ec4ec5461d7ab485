"""From the names that people type to what a list shows."""

from dataclasses import dataclass

from tui_mail.config.schema import did_you_mean
from tui_mail.engine.reading import Reading
from tui_mail.model.errors import MailError
from tui_mail.model.folder import Folder, FolderView, Role, RoleView, StarredView, TreeView

_ROLES = {role.name.lower(): role for role in Role if role is not Role.NONE}
_STARRED = "starred"


@dataclass(frozen=True, slots=True)
class Places:
    """The accounts and folders of the offline copy."""

    keys: dict[int, str]
    """Key of each account by its id."""
    folders: list[Folder]

    @classmethod
    async def of(cls, reading: Reading) -> "Places":
        """Read them."""
        keys = {entry.id: entry.key for entry in await reading.accounts()}
        return cls(keys, await reading.folders())

    def name(self, folder: int) -> str | None:
        """Return the name of a folder by its id."""
        return next((each.name for each in self.folders if each.id == folder), None)

    def account(self, key: str) -> int:
        """Return the id of a configured account by its key."""
        return next(id for id, known in self.keys.items() if known == key)

    def folder(self, account: str, name: str) -> int:
        """Return the folder of that name or role in an account; raises MailError where there is none."""
        view = self.view(account, name)
        if not isinstance(view, FolderView):
            raise MailError(f"{account} has no folder “{name}”", hint="tui-mail folders lists them")
        return view.folder

    def view(self, account: str | None, folder: str | None) -> TreeView | None:
        """Return what `folder` (None = inbox) means, over all accounts or in one; None = not here yet."""
        word = (folder or "inbox").casefold()
        if account is None:
            if word == _STARRED:
                return StarredView()
            if word in _ROLES:
                return RoleView(_ROLES[word])
        inside = [each for each in self.folders if account in (None, self.keys[each.account])]
        found = [each for each in inside if each.name == folder] or [
            each for each in inside if word in (each.name.casefold(), each.role.name.lower())
        ]
        if len(found) == 1:
            return FolderView(found[0].id)
        if not found and folder is None:
            return None
        raise self._unclear(folder or "", found, inside)

    def _unclear(self, folder: str, found: list[Folder], inside: list[Folder]) -> MailError:
        if found:
            keys = ", ".join(self.keys[each.account] for each in found)
            return MailError(
                f"There are several folders “{folder}”: in {keys}", hint="choose one with --account"
            )
        near = did_you_mean(folder, [each.name.casefold() for each in inside])
        return MailError(f"There is no folder “{folder}”{near}", hint="tui-mail folders lists them")
