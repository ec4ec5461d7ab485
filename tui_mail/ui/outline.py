"""The folder tree as lines, decided purely: unified roles on top, then each account with its folders.

A role stands on top only where it unites something: with one account its own folders say the same. Folders
nest by their separator; what only holds others is a line that unfolds. Folders that nobody subscribed to are
left out and counted, unless they hold others that stay, or the account uses no subscriptions.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.model.account import AccountEntry
from tui_mail.model.folder import Folder, FolderView, Role, RoleView, StarredView, View
from tui_mail.model.safe_text import SafeText

COUNT_ALL = (Role.DRAFTS,)
"""Roles whose every message waits for its owner: they count all, the others the unread."""

UNIFIED = (Role.INBOX, Role.DRAFTS, Role.SENT, Role.ARCHIVE)
ROLE_NAMES = {
    Role.INBOX: SafeText("Inbox"),
    Role.DRAFTS: SafeText("Drafts"),
    Role.SENT: SafeText("Sent"),
    Role.ARCHIVE: SafeText("Archive"),
    Role.JUNK: SafeText("Junk"),
    Role.TRASH: SafeText("Trash"),
    Role.ALL: SafeText("All mail"),
    Role.FLAGGED: SafeText("Starred"),
}
STARRED = SafeText("Starred")
ALL_ACCOUNTS = SafeText("all accounts")


@dataclass(frozen=True, slots=True)
class Heading:
    """A line over a group of folders; that of an account opens what mends it."""

    text: SafeText
    account: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder or a unified view."""

    name: SafeText
    view: View
    role: Role
    count: int
    depth: int = 0
    path: tuple[int, SafeText] = (0, SafeText(""))
    """Account and whole name: what folding remembers."""
    folded: bool | None = None
    """None where there is nothing to fold."""
    starred: bool = False
    opens: bool = True
    """False for a name that only holds others."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A blank line."""


Line = Heading | Entry | Gap


def outline(
    accounts: Sequence[AccountEntry],
    folders: Sequence[Folder],
    counters: Mapping[View, tuple[int, int]],
    folded: Collection[tuple[int, SafeText]] = (),
    *,
    everything: bool = False,
) -> list[Line]:
    """Return the lines of the tree; `everything` shows what nobody subscribed to as well."""
    lines: list[Line] = list(_unified(accounts, counters))
    for account in accounts:
        if lines:
            lines.append(Gap())
        lines.append(Heading(account.label, account.id))
        owned = [folder for folder in folders if folder.account == account.id]
        shown = owned if everything else _subscribed(owned)
        lines.extend(_nested(shown, folded))
        if len(shown) < len(owned):
            lines.append(Heading(SafeText(f"  {len(owned) - len(shown):,} not subscribed")))
    return lines


def _subscribed(folders: Sequence[Folder]) -> list[Folder]:
    plain = [folder for folder in folders if folder.role is Role.NONE and folder.selectable]
    if not any(folder.subscribed for folder in plain):
        return list(folders)
    names = {folder.name for folder in folders}
    staying = [
        each for each in folders if each.role is not Role.NONE or (each.selectable and each.subscribed)
    ]
    holders = {above for folder in staying for above in _ancestors(folder, names)}
    kept = {folder.id for folder in staying}
    return [folder for folder in folders if folder.id in kept or folder.name in holders]


def _unified(accounts: Sequence[AccountEntry], counters: Mapping[View, tuple[int, int]]) -> Iterable[Line]:
    if len(accounts) < 2:
        return
    yield Heading(SafeText("ALL ACCOUNTS"))
    for role in UNIFIED:
        total, unread = counters.get(RoleView(role), (0, 0))
        if role is Role.DRAFTS and not total:
            continue
        yield Entry(ROLE_NAMES[role], RoleView(role), role, total if role in COUNT_ALL else unread)
        if role is Role.INBOX:
            yield Entry(STARRED, StarredView(), Role.FLAGGED, 0, starred=True)


def _nested(folders: Sequence[Folder], folded: Collection[tuple[int, SafeText]]) -> Iterable[Entry]:
    names = {folder.name for folder in folders}
    parents = {parent for folder in folders if (parent := _parent(folder, names))}
    for folder in _in_families(folders, names):
        key = (folder.account, folder.name)
        if any((folder.account, each) in folded for each in _ancestors(folder, names)):
            continue
        parent = _parent(folder, names)
        shown = folder.name[len(parent) + 1 :] if parent else folder.name
        yield Entry(
            name=ROLE_NAMES.get(folder.role, SafeText(shown)) if not parent else SafeText(shown),
            view=FolderView(folder.id),
            role=folder.role,
            count=folder.total if folder.role in COUNT_ALL else folder.unread,
            depth=len(_ancestors(folder, names)),
            path=key,
            folded=(key in folded) if folder.name in parents else None,
            opens=folder.selectable,
        )


def _parent(folder: Folder, names: Collection[str]) -> str:
    """Return the longest name that holds this one, or "". An inbox holds nothing: servers that nest all
    below it would bury every folder."""
    above = _ancestors(folder, names)
    return above[-1] if above else ""


def _ancestors(folder: Folder, names: Collection[str]) -> list[SafeText]:
    if not folder.separator:
        return []
    parts = folder.name.split(folder.separator)
    above = [SafeText(folder.separator.join(parts[:end])) for end in range(1, len(parts))]
    return [name for name in above if name in names and name.upper() != "INBOX"]


def _in_families(folders: Sequence[Folder], names: Collection[str]) -> list[Folder]:
    """Put children behind their parents, else keep the order."""
    order = {folder.name: place for place, folder in enumerate(folders)}

    def key(folder: Folder) -> list[tuple[int, str]]:
        return [(order[name], name) for name in [*_ancestors(folder, names), folder.name]]

    return sorted(folders, key=key)
