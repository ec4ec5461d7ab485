"""How things stand, as the store and the workers tell it, and the words the screen makes of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui_mail.model.account import AccountEntry, AccountPhase, AccountStatus
from tui_mail.model.folder import Folder, FolderView, Role, RoleView, SearchView, View, searched
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.badges import badge, progress
from tui_mail.ui.format import Icons, relative_date
from tui_mail.ui.outline import ALL_ACCOUNTS, ROLE_NAMES, STARRED
from tui_mail.ui.row import Facts

_TROUBLE = (AccountPhase.WAITING, AccountPhase.FAILED, AccountPhase.SIGN_IN)
"""What its owner should hear of, in growing measure."""
_OUTGOING = (Role.SENT, Role.DRAFTS)


@dataclass(frozen=True, slots=True)
class Standing:
    """Accounts, folders, counts, and how the accounts are."""

    accounts: Sequence[AccountEntry] = ()
    folders: Sequence[Folder] = ()
    counters: Mapping[View, tuple[int, int]] = field(default_factory=dict)
    statuses: Mapping[int, AccountStatus] = field(default_factory=dict)
    waiting: int = 0
    """Changes that no server has confirmed yet."""

    def folder(self, view: View | None) -> Folder | None:
        """Return the folder that a view shows, if it is one."""
        if not isinstance(view, FolderView):
            return None
        return next((folder for folder in self.folders if folder.id == view.folder), None)

    def account(self, id: int | None) -> AccountEntry | None:
        """Return an account by its id."""
        return next((account for account in self.accounts if account.id == id), None)

    def shown(self, view: View | None) -> list[Folder]:
        """Return the folders that a view shows."""
        view = searched(view)
        if isinstance(view, RoleView):
            return [folder for folder in self.folders if folder.role is view.role]
        return [found] if (found := self.folder(view)) else []

    def role(self, view: View | None) -> Role:
        """Return the role of what a view shows."""
        view = searched(view)
        if isinstance(view, RoleView):
            return view.role
        return found.role if (found := self.folder(view)) else Role.NONE

    def with_role(self, role: Role, account: int) -> View | None:
        """Return the folder of a role in an account."""
        found = (FolderView(f.id) for f in self.folders if f.role is role and f.account == account)
        return next(found, None)

    def settled(self, view: View) -> View:
        """Return a unified view of a single account as its folder, so that the tree can point at it."""
        if isinstance(view, RoleView) and len(self.accounts) == 1:
            return self.with_role(view.role, self.accounts[0].id) or view
        return view

    def name(self, view: View | None) -> SafeText:
        """Return what a view is called."""
        if isinstance(view, SearchView):
            return safe_text(f"“{view.typed.strip()}”")
        if isinstance(view, RoleView):
            return ROLE_NAMES[view.role]
        if found := self.folder(view):
            return ROLE_NAMES.get(found.role, found.name)
        return STARRED

    def where(self, view: View | None) -> SafeText:
        """Return whose it is."""
        if len(self.accounts) < 2:
            return SafeText("")
        found = self.folder(searched(view))
        owner = self.account(found.account) if found else None
        return owner.label if owner else ALL_ACCOUNTS

    def counts(self, view: View | None) -> tuple[int, int] | None:
        """Return (total, unread) of a view, None where nobody counts."""
        if found := self.folder(view):
            return found.total, found.unread
        return None if view is None or isinstance(view, SearchView) else self.counters.get(view)

    def facts(self, view: View) -> Facts:
        """Return what the rows of a view show."""
        unified = not isinstance(searched(view), FolderView) and len(self.accounts) > 1
        return Facts(_chips(self.accounts) if unified else (), self.role(view) in _OUTGOING)

    def progress(self, view: View | None) -> tuple[int, int]:
        """Return (done, total) of the fills of the accounts that a view shows."""
        owners = {folder.account for folder in self.shown(view)} or {a.id for a in self.accounts}
        return progress([status for id, status in self.statuses.items() if id in owners])

    def trouble(self, now: float, icons: Icons) -> SafeText:
        """Return the account that most needs its owner, with its badge; "" while all is well."""
        loud = [s for s in self.statuses.values() if s.phase in _TROUBLE and self.account(s.account)]
        if not loud:
            return SafeText("")
        worst = max(loud, key=lambda status: _TROUBLE.index(status.phase))
        words, _ = badge(worst, now, ascii=icons.ascii)
        owner = self.account(worst.account)
        return safe_text(f"{owner.label} {words}") if owner and len(self.accounts) > 1 else words

    def waits(self, icons: Icons | None = None) -> SafeText:
        """Return how many changes wait, behind a mark if given; "" for none."""
        if not self.waiting:
            return SafeText("")
        words = "1 change waits" if self.waiting == 1 else f"{self.waiting:,} changes wait"
        return SafeText(f"{icons.outbox} {words}" if icons else words)

    def all_chips(self) -> Facts:
        """Return the chips of all accounts, for what is not a list of messages."""
        return Facts(_chips(self.accounts) if len(self.accounts) > 1 else ())

    def right(self, view: View | None, now: float, icons: Icons) -> tuple[SafeText, ...]:
        """Return what the status line says on the right."""
        said = []
        done, total = progress(self.statuses.values())
        if total > done and self.progress(view)[1] != total:
            said.append(SafeText(f"{icons.syncing} {done:,} of {total:,}"))
        phases = {status.phase for status in self.statuses.values()}
        if phases == {AccountPhase.OFFLINE}:
            said.append(SafeText(f"{icons.offline} offline"))
        times = [folder.synced_at for folder in self.shown(view)]
        if times and None not in times:
            said.append(SafeText(f"synced {relative_date(min(t for t in times if t is not None), now)}"))
        return tuple(said)

    def empty(self, view: View | None, refresh: str) -> SafeText:
        """Return what an empty list says: one sentence and one key."""
        if isinstance(view, SearchView):
            return SafeText("Nothing is like that; Esc goes back")
        folders = self.shown(view)
        if not isinstance(view, FolderView | RoleView) or any(f.synced_at is not None for f in folders):
            return SafeText(f"Nothing here; {refresh} looks again")
        owners = [self.account(f.account) for f in folders] or list(self.accounts)
        for owner in owners:
            if owner and (status := self.statuses.get(owner.id)):
                return _not_yet(owner, status)
        return SafeText("Not on this machine yet")


def _not_yet(owner: AccountEntry, status: AccountStatus) -> SafeText:
    if status.phase is AccountPhase.SIGN_IN:
        return safe_text(f"{owner.label} needs its password; Enter on its line in the tree asks for it")
    if status.phase in (AccountPhase.CONNECTING, AccountPhase.SYNCING, AccountPhase.LIVE):
        return safe_text(f"The newest mail of {owner.label} is on its way")
    return safe_text(f"Not on this machine yet; comes when {owner.label} is online")


def _chips(accounts: Sequence[AccountEntry]) -> tuple[tuple[int, SafeText, int], ...]:
    """Give every account two letters of its name that no other has, and the colour of its place."""
    taken: set[str] = set()
    chips = []
    for account in accounts:
        name = account.label.casefold() or "?"
        pairs = [
            name[:2],
            *(name[0] + letter for letter in name[2:]),
            *(f"{name[0]}{n}" for n in range(1, 10)),
        ]
        letters = next((pair for pair in pairs if pair not in taken), name[:2])
        taken.add(letters)
        chips.append((account.id, safe_text(letters), account.position))
    return tuple(chips)
