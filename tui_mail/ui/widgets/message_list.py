"""The message list: what a view holds, and where the user is in it.

What comes in above shifts the scroll, so that nothing moves under the cursor; only a list that nobody has
touched yet stays at its newest message.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message as UiMessage
from textual.worker import Worker, WorkerCancelled

from tui_mail.model.errors import MailError
from tui_mail.model.folder import View
from tui_mail.model.message import Flag, Row
from tui_mail.model.settings import Density
from tui_mail.ui import columns
from tui_mail.ui.format import Icons
from tui_mail.ui.listing import Listing
from tui_mail.ui.row import Facts
from tui_mail.ui.rows import PAGE
from tui_mail.ui.selection import Selection
from tui_mail.ui.widgets.list_canvas import ListCanvas

if TYPE_CHECKING:
    from tui_mail.engine.reading import Reading

FIRST = 200
"""Messages read before a view is painted."""
CHUNK = 20_000
"""Messages read at a time behind it."""


class MessageList(ListCanvas):
    """A view's messages, newest first."""

    @dataclass
    class Opened(UiMessage):
        """A row was clicked."""

        id: int

    @dataclass
    class MarkClicked(UiMessage):
        """The unread or the star cell of a row was clicked."""

        id: int
        flag: Flag

    def __init__(self, reading: "Reading", icons: Icons, density: Density, *, id: str | None = None) -> None:
        super().__init__(reading, icons, density, id=id)
        self._generation = 0
        """Grows with each reading of a list; answers of an older one are dropped."""
        self._rest: Worker[None] | None = None
        """Loads what is older than the first messages; None where nothing is."""

    # What it shows

    async def show(self, view: View, facts: Facts, *, at: int | None = None) -> None:
        """Show a view, the cursor on the moment `at` or the newest; old rows stay until the new are here."""
        self._generation += 1
        generation = self._generation
        try:
            ids, moments = await self._reading.entries(view, None, FIRST)
            first = await self._reading.rows(view, ids[:PAGE])
        except MailError as error:
            self.post_message(self.Trouble(error))
            return
        if generation != self._generation:
            return
        listing = Listing(ids, moments)
        listing.loaded = len(ids) < FIRST
        self._rest = None
        self._turn_to(view, facts, listing, at)
        self._rows.clear()
        self._rows.put(first)
        self._tell()
        if not listing.loaded:
            self._rest = self.run_worker(self._load_rest(view, listing), group="index", exclusive=True)

    def _turn_to(self, view: View, facts: Facts, listing: Listing, at: int | None) -> None:
        before, again = self._listing, view == self.view
        anchor, line = self._anchor(), self._screen_line(self._anchor())
        if again:
            listing.take_over(before)
        else:
            self.new_above = 0
        if at is not None:
            listing.put_cursor(at)
        self.view, self._facts, self._listing = view, facts, listing
        self._reshape()
        if again and listing.touched and at is None:
            self._hold(anchor, line)
        else:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)
            self._see_cursor()
        self.refresh()

    async def _load_rest(self, view: View, listing: Listing) -> None:
        while listing is self._listing and not listing.loaded:
            try:
                ids, moments = await self._reading.entries(view, listing.moment_at(len(listing) - 1), CHUNK)
            except MailError as error:
                self.post_message(self.Trouble(error))
                return
            listing.extend(ids, moments)
            listing.loaded = len(ids) < CHUNK
            self._measure()
            self._tell()

    async def rescan(self) -> None:
        """Read the whole list anew; cursor and scroll stay where they are."""
        if self.view is not None:
            await self.show(self.view, self._facts)

    async def apply(self, ids: Sequence[int]) -> None:
        """Bring the list up to date where these messages are concerned."""
        view, listing = self.view, self._listing
        if view is None:
            return
        try:
            located = await self._reading.located(view, ids)
            rows = await self._reading.rows(view, self._wanted(located))
        except MailError as error:
            self.post_message(self.Trouble(error))
            return
        if listing is self._listing:
            self._rows.put(rows)
            self._splice(ids, located, in_sight=bool(rows))

    def _wanted(self, located: Sequence[tuple[int, int]]) -> list[int]:
        """Return whose rows are needed at once: of those at hand, and of those that come into sight."""
        bottom = self._listing.moment_at(min(self._top + self._height, self.count - 1))
        coming = [id for moment, id in located if moment >= bottom][:PAGE]
        return list(dict.fromkeys([*coming, *(id for _, id in located if self._rows.get(id))]))

    def _splice(self, ids: Sequence[int], located: Sequence[tuple[int, int]], *, in_sight: bool) -> None:
        """Take over what came, left or changed; what is below all that is seen is not painted."""
        listing, known = self._listing, len(self._listing)
        anchor, top = self._anchor(), listing.moment_at(self._top)
        line = self._screen_line(anchor)
        came = listing.splice(ids, located)
        if came or known != len(listing):
            self._measure()
            if listing.touched:
                self._hold(anchor, line)
                self.new_above += sum(moment > top for moment in came) if self._top else 0
            else:
                self._see_cursor()
        if in_sight or len(listing) != known + len(came):
            self.refresh()
        self._tell()

    def fade(self, ids: Iterable[int], flags: Flag) -> None:
        """Keep rows that are about to leave the view, dim and without `flags`, until the view is left."""
        for id in ids:
            if row := self.row_of(id):
                self._listing.faded.add(id)
                self._rows.put([replace(row, flags=row.flags & ~flags)])

    # Where the user is

    @property
    def position(self) -> int:
        """The row number of the cursor."""
        return self._listing.position

    @property
    def cursor_id(self) -> int | None:
        """The message under the cursor."""
        return self._listing.cursor_id

    @property
    def cursor_moment(self) -> int:
        """The moment of the message under the cursor."""
        return self._listing.moment_at(self.position)

    @property
    def touched(self) -> bool:
        """Whether the user has moved in this view."""
        return self._listing.touched

    @property
    def selection(self) -> Selection:
        """What is selected."""
        return self._listing.selection

    def targets(self) -> list[int]:
        """Return what a command acts on: the selection, or the message under the cursor."""
        return self._listing.targets()

    def all_ids(self) -> list[int]:
        """Return every message of the list, as far as it is loaded."""
        return list(self._listing.index.ids)

    async def whole(self) -> list[int]:
        """Return every message of the view, once all are loaded; none if it is left meanwhile."""
        try:
            if self._rest is not None:
                await self._rest.wait()
        except WorkerCancelled:
            return []
        return self.all_ids()

    def row_of(self, id: int) -> Row | None:
        """Return a row if it is at hand."""
        found = self._rows.get(id)
        return found[0] if found else None

    def step(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.go_to(self.position + rows)

    def page(self, pages: float) -> None:
        """Move the cursor by pages of what is seen."""
        self.step(int(pages * max(1, self._height // self._lines - 1)))

    def go_to(self, position: int) -> None:
        """Move the cursor to a row number, or as near as there is one."""
        if not self.count:
            return
        before = self.position
        if self._listing.go_to(position):
            self.refresh()
        self._refresh_row(before)
        self._refresh_row(self.position)
        self._see_cursor()
        self._tell()

    def go_to_moment(self, moment: int) -> None:
        """Move the cursor to a message, as far as it is loaded."""
        self.go_to(self._listing.index.position(moment))

    def go_last(self) -> None:
        """Move the cursor to the oldest message."""
        self.go_to(self.count - 1)

    def toggle_selected(self) -> None:
        """Select the message under the cursor, or no longer, and step on."""
        if self.cursor_id is not None:
            self.selection.toggle(self.cursor_id)
            self._refresh_row(self.position)
            self.step(1)

    def toggle_range(self) -> None:
        """Let the cursor select as it moves, or no longer."""
        if self.cursor_id is not None:
            self.selection.toggle_range(self._listing.index.ids, self.position)
            self._show_selection()

    async def select_all(self) -> None:
        """Select every message of the view."""
        self.selection.replace(await self.whole())
        self._show_selection()

    def clear_selection(self) -> bool:
        """Drop the selection; return whether there was one."""
        had = bool(self.selection)
        self.selection.clear()
        if had:
            self._show_selection()
        return had

    def _show_selection(self) -> None:
        self.refresh()
        self._tell()

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """Open the row, toggle its mark, or with Ctrl select it."""
        position, number = divmod(self.scroll_offset.y + event.y, self._lines)
        if not 0 <= position < self.count:
            return
        event.stop()
        id = self._listing.index.ids[position]
        if number == 0 and event.x in columns.CLICKABLE:
            self.post_message(self.MarkClicked(id, columns.CLICKABLE[event.x]))
            return
        self.go_to(position)
        if event.ctrl:
            self.selection.toggle(id)
            self._show_selection()
        else:
            self.post_message(self.Opened(id))
