"""The ground of the message list: paints the rows that are seen, whatever the length of the list.

Painting never waits: a row that is not here yet is a blank line until its page arrives. Strips are kept by
what alters a row, never by the line of the screen, which scrolling changes.
"""

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message as UiMessage
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.model.errors import MailError
from tui_mail.model.folder import View
from tui_mail.model.message import Row
from tui_mail.model.safe_text import SafeText
from tui_mail.model.settings import Density
from tui_mail.ui import columns
from tui_mail.ui.format import Icons, clip, moment
from tui_mail.ui.listing import Listing
from tui_mail.ui.row import CHIPS, INKS, Facts, Inks, Painter, State
from tui_mail.ui.rows import Rows
from tui_mail.ui.strips import Strips

if TYPE_CHECKING:
    from tui_mail.engine.reading import Reading


class ListCanvas(ScrollView, can_focus=True):
    """Paints a listing and fetches the rows that come into sight."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"list--{ink}" for ink in (*INKS, *CHIPS, "cursor")}

    class Changed(UiMessage):
        """Cursor, selection or what is out of sight above changed."""

        def can_replace(self, message: UiMessage) -> bool:
            """The newest says all."""
            return isinstance(message, ListCanvas.Changed)

    @dataclass
    class Trouble(UiMessage):
        """The list could not be read."""

        error: MailError

    def __init__(self, reading: "Reading", icons: Icons, density: Density, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._reading = reading
        self._icons = icons
        self._density = density
        self._cosy = False
        self._empty = SafeText("")
        self.view: View | None = None
        self._facts = Facts()
        self._listing = Listing()
        self._rows = Rows()
        self._strips = Strips()
        self._painter: Painter | None = None
        self._seen = 1
        """Lines of the screen at the last reshaping."""
        self.new_above = 0
        """Messages that came in above what is seen."""

    @property
    def count(self) -> int:
        """Messages in the list, as far as it is loaded."""
        return len(self._listing)

    def _tell(self) -> None:
        self.post_message(self.Changed())

    # Place and scroll

    def set_cosy(self, cosy: bool) -> None:
        """Say what an automatic density means in the present layout."""
        if cosy != self._cosy:
            self._cosy = cosy
            self._reshape()

    def set_empty(self, sentence: SafeText) -> None:
        """Say what an empty list says."""
        if sentence != self._empty:
            self._empty = sentence
            self.refresh()

    @property
    def _lines(self) -> int:
        """Lines of a row."""
        return self._painter.columns.lines if self._painter else 1

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    @property
    def _top(self) -> int:
        """The row number at the upper edge."""
        return self.scroll_offset.y // self._lines

    def _anchor(self) -> int:
        """Return the moment that must not move on the screen: the cursor's if seen, else the top row's."""
        line = self._screen_line(self._listing.cursor)
        return self._listing.cursor if 0 <= line < self._seen else self._listing.moment_at(self._top)

    def _screen_line(self, moment: int) -> int:
        return self._listing.index.position(moment) * self._lines - self.scroll_offset.y

    def _hold(self, moment: int, line: int) -> None:
        """Scroll so that a moment stands on a line of the screen again."""
        y = max(0, self._listing.index.position(moment) * self._lines - line)
        self.scroll_to(y=y, animate=False, immediate=True, force=True)

    def _see_cursor(self) -> None:
        first, y = self._listing.position * self._lines, self.scroll_offset.y
        to = max(0, min(first, max(y, first + self._lines - self._height)))
        if to != y:
            self.scroll_to(y=to, animate=False, immediate=True, force=True)

    def _measure(self) -> None:
        self.virtual_size = Size(0, self.count * self._lines)

    def _refresh_row(self, position: int) -> None:
        self.refresh_lines(position * self._lines, self._lines)

    # Painting

    def on_resize(self) -> None:
        """Take the new width."""
        self._reshape()

    def notify_style_update(self) -> None:
        """Take the new theme's inks."""
        super().notify_style_update()
        self._reshape()

    def on_focus(self) -> None:
        """Show the strong bar."""
        self._refresh_row(self._listing.position)

    def on_blur(self) -> None:
        """Show the quiet bar."""
        self._refresh_row(self._listing.position)

    def _reshape(self) -> None:
        """Take a new width, density or theme: the cursor keeps its row on the screen as far as it can."""
        width = self.scrollable_content_region.width
        if not self.is_mounted or width <= 0:
            return
        anchor = self._anchor()
        row = self._screen_line(anchor) // self._lines
        shape = columns.columns(width, self._density, cosy=self._cosy, chips=bool(self._facts.chips))
        self._painter = Painter(shape, self._facts, self._icons, self._inks())
        self._strips.clear()
        self._seen = self._height
        self._measure()
        self._hold(anchor, min(row * self._lines, self._height - self._lines))
        self.refresh()

    def _inks(self) -> Inks:
        inks = {ink: self.get_component_rich_style(f"list--{ink}", partial=True) for ink in (*INKS, *CHIPS)}
        cursor = self.get_component_rich_style("list--cursor")
        own = self.rich_style
        return Inks(
            text=Style(color=own.color),
            **{ink: inks[ink] for ink in INKS},
            chips=tuple(inks[chip] for chip in CHIPS),
            ground=Style(bgcolor=own.bgcolor),
            cursor=Style(bgcolor=cursor.bgcolor, reverse=cursor.reverse),
        )

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen from what is at hand."""
        painter, listing = self._painter, self._listing
        position, number = divmod(self.scroll_offset.y + y, self._lines)
        if painter is None or position >= len(listing):
            return self._blank_line(y)
        id = listing.index.ids[position]
        here = position == listing.position
        state = State(here, here and self.has_focus, id in listing.selection, id in listing.faded)
        found = self._rows.get(id)
        if found is None:
            self._wish(position)
            return painter.blank(state)
        row, version = found
        now = time.time()
        key = (id, version, state, number, _age(row, now))
        return self._strips.get(key, lambda: painter.line(row, state, number, now))

    def _blank_line(self, y: int) -> Strip:
        width = self.size.width
        if self.count or self.view is None or y != self._height // 3:
            return Strip.blank(width, self.rich_style)
        dim = self.get_component_rich_style("list--dim")
        return _centred(clip(self._empty, width - 2), dim, width)

    # Fetching

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Wish for what comes into sight, a screen ahead; at the top nothing is out of sight any more."""
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) == 0 and self.new_above:
            self.new_above = 0
            self._tell()
        top, seen = int(new_value) // self._lines, self._height // self._lines + 1
        for position in (top - seen, top + 2 * seen):
            if 0 <= position < self.count and self._rows.get(self._listing.index.ids[position]) is None:
                self._wish(position)

    def _wish(self, position: int) -> None:
        idle = not self._rows.wishes
        self._rows.wish(position)
        if idle:
            self.run_worker(self._fetch(), group="rows")

    async def _fetch(self) -> None:
        while self._rows.wishes and self.view is not None:
            view = self.view
            try:
                await self._rows.fulfil(lambda: self._listing.index.ids, partial(self._reading.rows, view))
            except MailError as error:
                self._rows.clear()
                self.post_message(self.Trouble(error))
                return
            self.refresh()


def _age(row: Row, now: float) -> object:
    """Return what makes the date of a row read otherwise: the minute while it is new, then the day."""
    return int(now) // 60 if now - row.date < 120 else moment(now).date()


def _centred(text: SafeText, ink: Style, width: int) -> Strip:
    ground = Style(bgcolor=ink.bgcolor)
    strip = Strip([Segment(text, ink)])
    left = max(0, (width - strip.cell_length) // 2)
    return Strip([Segment(" " * left, ground), Segment(text, ink)]).adjust_cell_length(width, ground)
