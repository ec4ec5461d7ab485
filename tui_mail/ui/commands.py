"""Every command, once: keys, hints, palette, `?`, which-key and the printed list of keys derive from it.

Importing it loads no Textual, so that a command line can print the keys.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from tui_mail.model.folder import Role, StarredView
from tui_mail.model.message import Flag

if TYPE_CHECKING:
    from tui_mail.ui.screens.main import MainScreen


class Scope(Enum):
    """Where a command can be invoked; the pane's own commands go before those of everywhere."""

    LIST = "list"
    TREE = "folders"
    READER = "reader"
    JOURNAL = "journal"
    SYNC = "sync status"
    ROUTE = "route"
    EVERYWHERE = "everywhere"


FOLDERS = "Folders"
"""The heading of what is done to a folder: that under the tree's cursor, elsewhere that of the list."""
LETTERS = (Scope.LIST, Scope.READER)
ALL = (Scope.EVERYWHERE,)


@dataclass(frozen=True, slots=True)
class Command:
    """Something the user can invoke by key, palette, help or mouse."""

    id: str
    group: str
    """Its heading in the help."""
    title: str
    scopes: tuple[Scope, ...]
    keys: str
    """Default keys, comma-separated; the keys of a sequence are parted by blanks."""
    run: "Callable[[MainScreen], object]"
    """What it does; an awaitable it returns is awaited."""
    hint: str = ""
    """Its word among the hints; "" = the title."""
    enabled: "Callable[[MainScreen], bool]" = field(default=lambda _: True)

    @property
    def by_name(self) -> bool:
        """Whether the palette offers it wherever the focus is."""
        return self.group == FOLDERS


_LIST, _TREE, _READER = (Scope.LIST,), (Scope.TREE,), (Scope.READER,)
_JOURNAL, _SYNC = (Scope.JOURNAL,), (Scope.SYNC,)
_PAGES = (*_JOURNAL, *_SYNC, Scope.ROUTE)

COMMANDS: tuple[Command, ...] = (
    Command("list.down", "Move", "Next message", _LIST, "j, Down", lambda m: m.messages.step(1)),
    Command("list.up", "Move", "Previous message", _LIST, "k, Up", lambda m: m.messages.step(-1)),
    Command("list.first", "Move", "Newest message", _LIST, "g g, Home", lambda m: m.messages.go_to(0)),
    Command("list.last", "Move", "Oldest message", _LIST, "G, End", lambda m: m.messages.go_last()),
    Command("list.page_down", "Move", "Page down", _LIST, "PgDn", lambda m: m.messages.page(1)),
    Command("list.page_up", "Move", "Page up", _LIST, "PgUp", lambda m: m.messages.page(-1)),
    Command("list.half_down", "Move", "Half a page down", _LIST, "C-d", lambda m: m.messages.page(0.5)),
    Command("list.half_up", "Move", "Half a page up", _LIST, "C-u", lambda m: m.messages.page(-0.5)),
    Command("list.open", "Open", "Read the message", _LIST, "Enter, l, Right",
            lambda m: m.opening.open_cursor(), "read", lambda m: m.messages.count > 0),
    Command("list.select", "Select", "Select, or no longer", _LIST, "x, Space",
            lambda m: m.messages.toggle_selected(), "select"),
    Command("list.range", "Select", "Select while moving", _LIST, "V",
            lambda m: m.messages.toggle_range(), "range"),
    Command("list.all", "Select", "Select all", _LIST, "C-a", lambda m: m.messages.select_all(), "all"),
    Command("tree.down", "Move", "Next line", _TREE, "j, Down", lambda m: m.folders.step(1)),
    Command("tree.up", "Move", "Previous line", _TREE, "k, Up", lambda m: m.folders.step(-1)),
    Command("tree.first", "Move", "First line", _TREE, "g g, Home", lambda m: m.folders.step(-10_000)),
    Command("tree.last", "Move", "Last line", _TREE, "G, End", lambda m: m.folders.step(10_000)),
    Command("tree.page_down", "Move", "Page down", _TREE, "PgDn", lambda m: m.folders.page(1)),
    Command("tree.page_up", "Move", "Page up", _TREE, "PgUp", lambda m: m.folders.page(-1)),
    Command("tree.half_down", "Move", "Half a page down", _TREE, "C-d", lambda m: m.folders.page(0.5)),
    Command("tree.half_up", "Move", "Half a page up", _TREE, "C-u", lambda m: m.folders.page(-0.5)),
    Command("tree.open", "Open", "Open the folder, or mend the account", _TREE, "Enter",
            lambda m: m.folders.choose(), "open"),
    Command("tree.unfold", "Open", "Unfold, else open", _TREE, "l, Right",
            lambda m: m.folders.unfold_or_choose(), "unfold"),
    Command("tree.fold", "Open", "Fold, else back to the list", _TREE, "h, Left",
            lambda m: m.folders.fold(True) or m.back(), "fold"),
    Command("reader.scroll_down", "Move", "Line down", _READER, "Down", lambda m: m.letter.scroll_line(1)),
    Command("reader.scroll_up", "Move", "Line up", _READER, "Up", lambda m: m.letter.scroll_line(-1)),
    Command("reader.page_down", "Move", "Page down", _READER, "PgDn", lambda m: m.letter.page_down()),
    Command("reader.page_up", "Move", "Page up", _READER, "PgUp", lambda m: m.letter.page_up()),
    Command("reader.half_down", "Move", "Half a page down", _READER, "C-d",
            lambda m: m.letter.scroll_line(m.letter.size.height // 2)),
    Command("reader.half_up", "Move", "Half a page up", _READER, "C-u",
            lambda m: m.letter.scroll_line(-(m.letter.size.height // 2))),
    Command("reader.top", "Move", "Top of the text", _READER, "g g, Home",
            lambda m: m.letter.scroll_home(animate=False)),
    Command("reader.end", "Move", "End of the text", _READER, "G, End",
            lambda m: m.letter.scroll_end(animate=False)),
    Command("reader.on", "Open", "Page, then the next unread", _READER, "Space",
            lambda m: m.opening.read_on(), "page"),
    Command("reader.unfold", "Open", "Unfold the next quote", _READER, "Enter",
            lambda m: m.letter.action_unfold(), "unfold"),
    Command("reader.next", "Open", "Next message", _READER, "j", lambda m: m.opening.open_beside(1), "next"),
    Command("reader.previous", "Open", "Previous message", _READER, "k",
            lambda m: m.opening.open_beside(-1), "previous"),
    Command("reader.headers", "Look", "All headers, or few", _READER, "H",
            lambda m: m.letter.toggle_headers(), "headers"),
    Command("reader.quotes", "Look", "Unfold quotes, or fold", _READER, "z a",
            lambda m: m.letter.toggle_quotes(), "quotes"),
    Command("page.down", "Move", "Next line", _PAGES, "j, Down", lambda m: m.pages.view.step(1)),
    Command("page.up", "Move", "Previous line", _PAGES, "k, Up", lambda m: m.pages.view.step(-1)),
    Command("page.first", "Move", "First line", _PAGES, "g g, Home", lambda m: m.pages.view.step(-10**7)),
    Command("page.last", "Move", "Last line", _PAGES, "G, End", lambda m: m.pages.last()),
    Command("page.page_down", "Move", "Page down", _PAGES, "PgDn, Space", lambda m: m.pages.view.page(1)),
    Command("page.page_up", "Move", "Page up", _PAGES, "PgUp", lambda m: m.pages.view.page(-1)),
    Command("page.half_down", "Move", "Half a page down", _PAGES, "C-d", lambda m: m.pages.view.page(0.5)),
    Command("page.half_up", "Move", "Half a page up", _PAGES, "C-u", lambda m: m.pages.view.page(-0.5)),
    Command("journal.open", "Open", "All of it, and its messages", _JOURNAL, "Enter, l, Right",
            lambda m: m.journal.chosen(), "details", lambda m: m.journal.entry is not None),
    Command("journal.undo", "Changes", "Undo this change", _JOURNAL, "u",
            lambda m: m.journal.undo(), "undo", lambda m: m.journal.can_undo),
    Command("journal.redo", "Changes", "Redo this change", _JOURNAL, "C-y",
            lambda m: m.journal.redo(), "redo", lambda m: m.journal.can_redo),
    Command("journal.cancel", "Changes", "Cancel it, before a server hears of it", _JOURNAL, "x, d",
            lambda m: m.journal.cancel(), "cancel", lambda m: m.journal.can_cancel),
    Command("journal.retry", "Changes", "Send what waits now", _JOURNAL, "r",
            lambda m: m.journal.retry(), "try now", lambda m: m.journal.is_open),
    Command("journal.filter", "Look", "Your changes, those that wait, refused, all", _JOURNAL, "f, Tab",
            lambda m: m.journal.next_filter(), "filter"),
    Command("sync.open", "Open", "Open the folder, or mend the account", _SYNC, "Enter, l, Right",
            lambda m: m.sync.chosen(), "open"),
    Command("sync.again", "Program", "Try again, at every account", _SYNC, "r", lambda m: m.sync.look_again(),
            "try again"),
    Command("mail.search", "Search", "Search all mail", ALL, "/",
            lambda m: m.search.begin(here=False), "search"),
    Command("mail.filter", "Search", "Search what the list shows", ALL, "\\",
            lambda m: m.search.begin(here=True), "filter"),
    Command("mail.next_unread", "Open", "Next unread, in a search the next hit", LETTERS, "n",
            lambda m: m.opening.open_unread(newer=False), "next unread", lambda m: m.messages.count > 0),
    Command("mail.previous_unread", "Open", "Previous unread, or hit", LETTERS, "N",
            lambda m: m.opening.open_unread(newer=True), "previous unread", lambda m: m.messages.count > 0),
    Command("mail.attachments", "Open", "Save attachments", LETTERS, "A",
            lambda m: m.opening.attachments(), "attachments", lambda m: m.opening.has_attachments),
    Command("mail.links", "Open", "Links", LETTERS, "o",
            lambda m: m.opening.links(), "links", lambda m: m.opening.has_links),
    Command("mail.route", "Open", "How it travelled", LETTERS, "g v",
            lambda m: m.route.open(), "route", lambda m: m.triage.possible),
    Command("mail.archive", "Mail", "Archive", LETTERS, "a, e",
            lambda m: m.triage.archive(), "archive", lambda m: m.triage.possible),
    Command("mail.delete", "Mail", "Delete, to the trash", LETTERS, "d, Del, #",
            lambda m: m.triage.delete(), "delete", lambda m: m.triage.possible and not m.triage.in_trash),
    Command("mail.delete_forever", "Mail", "Delete for ever", LETTERS, "D",
            lambda m: m.triage.delete_forever(), "for ever",
            lambda m: m.triage.possible and m.triage.in_trash),
    Command("mail.move", "Mail", "Move to a folder", LETTERS, "m",
            lambda m: m.triage.move(), "move", lambda m: m.triage.possible),
    Command("mail.copy", "Mail", "Copy to a folder", LETTERS, "M",
            lambda m: m.triage.copy(), "copy", lambda m: m.triage.possible),
    Command("mail.tag", "Mail", "Tag, or take a tag off", LETTERS, "t",
            lambda m: m.triage.tag(), "tag", lambda m: m.triage.possible),
    Command("mail.star", "Mail", "Star, or no longer", LETTERS, "s, *",
            lambda m: m.triage.toggle(Flag.FLAGGED), "star", lambda m: m.triage.possible),
    Command("mail.read", "Mail", "Mark read", LETTERS, "I",
            lambda m: m.triage.mark(add=Flag.SEEN), "read", lambda m: m.triage.possible),
    Command("mail.unread", "Mail", "Mark unread", LETTERS, "U",
            lambda m: m.triage.mark(remove=Flag.SEEN), "unread", lambda m: m.triage.possible),
    Command("mail.junk", "Mail", "Junk, in the junk folder not junk", LETTERS, "!",
            lambda m: m.triage.junk(), "junk", lambda m: m.triage.possible),
    Command("folder.read", FOLDERS, "Mark the whole folder read", (*LETTERS, Scope.TREE), "C-r",
            lambda m: m.foldering.read_all(), "all read"),
    Command("folder.new", FOLDERS, "New folder", _TREE, "n, Ins", lambda m: m.foldering.create(), "new"),
    Command("folder.new_below", FOLDERS, "New folder below this one", _TREE, "N",
            lambda m: m.foldering.create_below(), "new below", lambda m: m.foldering.holds),
    Command("folder.rename", FOLDERS, "Rename the folder", _TREE, "r, F2",
            lambda m: m.foldering.rename(), "rename", lambda m: m.foldering.free),
    Command("folder.delete", FOLDERS, "Delete the folder", _TREE, "d, Del",
            lambda m: m.foldering.delete(), "delete", lambda m: m.foldering.free),
    Command("folder.subscribe", FOLDERS, "Subscribe to the folder, or no longer", _TREE, "s",
            lambda m: m.foldering.subscribe(), "subscribe", lambda m: m.foldering.free),
    Command("folder.all", FOLDERS, "Show folders not subscribed to, or hide them", _TREE, ".",
            lambda m: m.foldering.show_all(), "all folders"),
    Command("folder.empty_trash", FOLDERS, "Empty the trash", ALL, "",
            lambda m: m.triage.empty_trash(), "empty", lambda m: m.triage.in_trash),
    Command("mail.undo", "Mail", "Undo", ALL, "u", lambda m: m.triage.undo(), "undo"),
    Command("mail.redo", "Mail", "Redo", ALL, "C-y", lambda m: m.triage.redo(), "redo"),
    Command("go.inbox", "Go to", "Inbox", ALL, "g i", lambda m: m.navigation.go(Role.INBOX), "inbox"),
    Command("go.unified", "Go to", "Inbox of all accounts", ALL, "g u",
            lambda m: m.navigation.go_unified(), "all inboxes"),
    Command("go.starred", "Go to", "Starred", ALL, "g s",
            lambda m: m.navigation.choose(StarredView()), "starred"),
    Command("go.sent", "Go to", "Sent", ALL, "g t", lambda m: m.navigation.go(Role.SENT), "sent"),
    Command("go.drafts", "Go to", "Drafts", ALL, "g d", lambda m: m.navigation.go(Role.DRAFTS), "drafts"),
    Command("go.archive", "Go to", "Archive", ALL, "g a", lambda m: m.navigation.go(Role.ARCHIVE), "archive"),
    Command("go.folder", "Go to", "Any folder", ALL, "g f", lambda m: m.navigation.pick(), "any folder"),
    Command("go.journal", "Go to", "Journal of changes", ALL, "g j",
            lambda m: m.pages.open(m.journal), "journal"),
    Command("go.sync", "Go to", "Sync status", ALL, "g S", lambda m: m.pages.open(m.sync), "sync status"),
    Command("go.next_folder", "Move", "Next folder", ALL, "J", lambda m: m.navigation.beside(1)),
    Command("go.previous_folder", "Move", "Previous folder", ALL, "K", lambda m: m.navigation.beside(-1)),
    Command("pane.next", "Look", "Next pane", ALL, "Tab", lambda m: m.panes.focus_next(1), "next pane"),
    Command("pane.previous", "Look", "Previous pane", ALL, "S-Tab", lambda m: m.panes.focus_next(-1)),
    Command("pane.grow", "Look", "Larger list", ALL, "+", lambda m: m.panes.resize(1)),
    Command("pane.shrink", "Look", "Smaller list", ALL, "-", lambda m: m.panes.resize(-1)),
    Command("view.layout", "Look", "Next layout", ALL, "z l", lambda m: m.panes.next_layout(), "layout"),
    Command("view.theme", "Look", "Choose a theme", ALL, "z t", lambda m: m.navigation.themes(), "theme"),
    Command("app.refresh", "Program", "Look for new mail", ALL, "F5", lambda m: m.navigation.refresh()),
    Command("app.palette", "Program", "Every command, folder and theme", ALL, ":, C-p",
            lambda m: m.navigation.palette()),
    Command("app.help", "Program", "All keys", ALL, "?, F1", lambda m: m.navigation.help(), "all keys"),
    Command("app.back", "Program", "Back", ALL, "Esc, h, Left", lambda m: m.back(), "back"),
    Command("app.close", "Program", "Back, at the top level quit", ALL, "q",
            lambda m: m.back() or m.quit(), "back"),
    Command("app.quit", "Program", "Quit", ALL, "C-q", lambda m: m.quit()),
)  # fmt: skip

BY_ID = {command.id: command for command in COMMANDS}

HINTS: dict[Scope, tuple[str, ...]] = {
    Scope.LIST: (
        "list.open",
        "mail.archive",
        "mail.delete",
        "mail.star",
        "mail.next_unread",
        "mail.search",
        "app.help",
    ),
    Scope.TREE: (
        "tree.open",
        "tree.unfold",
        "folder.new",
        "folder.rename",
        "folder.delete",
        "pane.next",
        "app.help",
    ),
    Scope.READER: (
        "reader.on",
        "mail.next_unread",
        "mail.archive",
        "mail.attachments",
        "mail.links",
        "app.back",
        "app.help",
    ),
    Scope.JOURNAL: (
        "journal.open",
        "journal.undo",
        "journal.redo",
        "journal.cancel",
        "journal.retry",
        "journal.filter",
        "app.back",
        "app.help",
    ),
    Scope.ROUTE: ("app.back", "app.help"),
    Scope.SYNC: ("sync.open", "sync.again", "app.back", "app.help"),
}
"""What is hinted at, by what has the focus."""

SELECTION_HINTS = (
    "mail.archive",
    "mail.delete",
    "mail.delete_forever",
    "mail.move",
    "mail.read",
    "app.back",
    "app.help",
)
"""What is hinted at while messages are selected."""

PREFIX_TITLES = {"g": "Go to", "z": "Look"}
