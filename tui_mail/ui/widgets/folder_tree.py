"""The folder tree: unified views, accounts with their badge, folders with their count. Updated in place."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message as UiMessage
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.model.account import AccountEntry, AccountStatus
from tui_mail.model.folder import Folder, Role, View
from tui_mail.model.safe_text import SafeText
from tui_mail.ui.badges import badge
from tui_mail.ui.format import Icons, cells, fit
from tui_mail.ui.outline import Entry, Gap, Heading, Line, outline

Part = tuple[str, str]
"""Text, and the name of its ink."""


class FolderTree(ScrollView, can_focus=True):
    """All that can be opened as a list."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"tree--{name}" for name in ("strong", "dim", "accent", "warning", "error", "cursor", "shown")
    }

    @dataclass
    class Opened(UiMessage):
        """A folder or unified view was chosen."""

        view: View

    @dataclass
    class AccountChosen(UiMessage):
        """An account's line was chosen."""

        account: int

    def __init__(self, icons: Icons, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._icons = icons
        self._accounts: Sequence[AccountEntry] = ()
        self._folders: Sequence[Folder] = ()
        self._counters: Mapping[View, tuple[int, int]] = {}
        self._statuses: Mapping[int, AccountStatus] = {}
        self._folded: set[tuple[int, SafeText]] = set()
        self._all = False
        """Whether folders show that are not subscribed to."""
        self._lines: list[Line] = []
        self._cursor: View | int | None = None
        """The view of the line under the cursor, or the account of a heading."""
        self.shown: View | None = None
        """The view that the list shows."""

    def update_folders(
        self,
        accounts: Sequence[AccountEntry],
        folders: Sequence[Folder],
        counters: Mapping[View, tuple[int, int]],
    ) -> None:
        """Take new names and counts."""
        self._accounts, self._folders, self._counters = accounts, folders, counters
        self._outline()

    def update_statuses(self, statuses: Mapping[int, AccountStatus]) -> None:
        """Take how the accounts stand."""
        self._statuses = statuses
        self.refresh()

    def show(self, view: View) -> None:
        """Mark what the list shows, and put the cursor there."""
        self.shown = self._cursor = view
        self._see_cursor()
        self.refresh()

    def _outline(self) -> None:
        self._lines = outline(
            self._accounts, self._folders, self._counters, self._folded, everything=self._all
        )
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()

    @property
    def under(self) -> View | int | None:
        """The view under the cursor, or the account whose line it is."""
        return _key(self._lines[self._at]) if self._lines else None

    def toggle_unsubscribed(self) -> bool:
        """Show folders that are not subscribed to, or hide them; return whether they show now."""
        self._all = not self._all
        self._outline()
        return self._all

    def views(self) -> list[View]:
        """Return what can be opened, from top to bottom."""
        return [line.view for line in self._lines if isinstance(line, Entry) and line.opens]

    @property
    def _at(self) -> int:
        """The line of the cursor."""
        keys = [_key(line) for line in self._lines]
        return keys.index(self._cursor) if self._cursor in keys else 0

    def step(self, lines: int) -> None:
        """Move the cursor over what can be chosen."""
        stops = [at for at, line in enumerate(self._lines) if _key(line) is not None]
        if not stops:
            return
        place = stops.index(self._at) if self._at in stops else 0
        self._move(stops[max(0, min(place + lines, len(stops) - 1))])

    def page(self, pages: float) -> None:
        """Move the cursor by pages."""
        self.step(int(pages * max(1, self.size.height - 1)))

    def _move(self, at: int) -> None:
        old, self._cursor = self._at, _key(self._lines[at])
        self.refresh_line(old)
        self.refresh_line(at)
        self._see_cursor()

    def _see_cursor(self) -> None:
        y, height = self.scroll_offset.y, max(1, self.size.height)
        to = 0 if self._at < height else min(self._at, max(y, self._at - height + 1))
        if to != y:
            self.scroll_to(y=to, animate=False, immediate=True, force=True)

    def unfold_or_choose(self) -> None:
        """Unfold the line under the cursor, else choose it."""
        if not self.fold(False):
            self.choose()

    def choose(self) -> None:
        """Open the folder under the cursor, or what mends the account."""
        line = self._lines[self._at] if self._lines else Gap()
        if isinstance(line, Entry) and line.opens:
            self.post_message(self.Opened(line.view))
        elif isinstance(line, Entry):
            self.fold(not line.folded)
        elif isinstance(line, Heading) and line.account is not None:
            self.post_message(self.AccountChosen(line.account))

    def fold(self, fold: bool) -> bool:
        """Fold or unfold the line under the cursor; return whether that changed anything."""
        line = self._lines[self._at] if self._lines else Gap()
        if not isinstance(line, Entry) or line.folded is None or line.folded is fold:
            return False
        (self._folded.add if fold else self._folded.discard)(line.path)
        self._outline()
        return True

    def on_click(self, event: events.Click) -> None:
        """Choose a line, or fold it by its mark."""
        at = self.scroll_offset.y + event.y
        if 0 <= at < len(self._lines) and _key(line := self._lines[at]) is not None:
            event.stop()
            self._move(at)
            if isinstance(line, Entry) and line.folded is not None and event.x == 3 + 2 * line.depth:
                self.fold(not line.folded)
            else:
                self.choose()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._see_cursor()

    def on_focus(self) -> None:
        """Show the strong bar."""
        self.refresh()

    def on_blur(self) -> None:
        """Show the quiet bar."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        at, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if at >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[at]
        key = _key(line)
        under = key is not None and at == self._at and self.has_focus
        ground = self._ink("cursor") if under else Style(bgcolor=self.rich_style.bgcolor)
        shown = key is not None and key == self.shown
        bar = self._icons.bar if under else self._icons.bar_dim if shown else " "
        parts = [
            (bar, "accent" if under else "dim"),
            *self._parts(line, width - 2, shown=shown),
            (" ", "text"),
        ]
        strip = Strip([Segment(text, self._ink(ink) + ground) for text, ink in parts])
        return strip.adjust_cell_length(width, ground)

    def _parts(self, line: Line, room: int, *, shown: bool) -> list[Part]:
        if isinstance(line, Heading):
            words, tone = badge(self._statuses.get(line.account or 0), time.time(), ascii=self._icons.ascii)
            taken = cells(words)
            gap = 1 if taken else 0
            return [
                (fit(line.text, max(0, room - taken - gap)), "dim" if line.account is None else "strong"),
                (" " * gap + words, tone.value),
            ]
        if isinstance(line, Gap):
            return [(" " * room, "text")]
        count = str(line.count) if line.count else ""
        fold = "" if line.folded is None else (self._icons.folded if line.folded else self._icons.unfolded)
        lead = "  " * line.depth + (f"{fold} " if fold else f"{self._icon(line)} ")
        name = fit(line.name, max(0, room - cells(lead) - len(count) - 1))
        loud = line.count and line.role not in (Role.DRAFTS, Role.JUNK, Role.TRASH)
        ink = "strong" if shown or loud else "text" if line.opens else "dim"
        return [(lead, "dim"), (name, ink), (f" {count}", "text" if loud else "dim")]

    def _icon(self, line: Entry) -> str:
        return self._icons.role(line.role)

    def _ink(self, name: str) -> Style:
        if name == "text":
            return Style(color=self.rich_style.color)
        found = self.get_component_rich_style(f"tree--{name}", partial=True)
        return Style(bgcolor=found.bgcolor, reverse=found.reverse) if name == "cursor" else found


def _key(line: Line) -> View | int | None:
    """Return what identifies a line that can be chosen."""
    if isinstance(line, Entry):
        return line.view
    return line.account if isinstance(line, Heading) else None
