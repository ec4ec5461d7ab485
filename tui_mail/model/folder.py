"""Folders, their roles, and the views that a list can show."""

from dataclasses import dataclass
from enum import IntEnum

from tui_mail.model.safe_text import SafeText


class Role(IntEnum):
    """What a folder is for (RFC 6154); the numbers are stored, so they never change."""

    NONE = 0
    INBOX = 1
    DRAFTS = 2
    SENT = 3
    ARCHIVE = 4
    JUNK = 5
    TRASH = 6
    ALL = 7
    FLAGGED = 8


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as the store keeps it and the tree shows it."""

    id: int
    account: int
    remote_name: bytes
    """The name on the wire: its identity for the server."""
    name: SafeText
    """The decoded name with its path, for people."""
    separator: str
    """The hierarchy separator of `name`; "" where the server has none."""
    role: Role
    selectable: bool
    """False for a name that only holds other folders (\\Noselect)."""
    total: int
    unread: int
    synced_at: int | None
    """When its last complete sync ended, seconds since the epoch; None = never yet."""
    remote_count: int | None
    """Messages on the server when last heard; None = not yet known."""
    complete: bool
    """True when every message of the server's folder has a row here."""
    subscribed: bool = True
    """Whether the user wants to see it in clients that show only some."""


@dataclass(frozen=True, slots=True)
class FolderView:
    """One folder of one account."""

    folder: int


@dataclass(frozen=True, slots=True)
class RoleView:
    """One role over all accounts, such as the unified inbox."""

    role: Role


@dataclass(frozen=True, slots=True)
class StarredView:
    """Every starred message outside junk and trash, over all accounts."""


TreeView = FolderView | RoleView | StarredView
"""What the tree offers."""


@dataclass(frozen=True, slots=True)
class SearchView:
    """What a search finds."""

    typed: str
    """As it was typed."""
    within: TreeView | None = None
    """Where it looks; None: at all mail."""


View = TreeView | SearchView
"""What a message list shows."""


def searched(view: View | None) -> TreeView | None:
    """Return where a view takes its messages from; None: from all mail."""
    return view.within if isinstance(view, SearchView) else view
