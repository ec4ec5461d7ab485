"""Lines over the whole screen, of which some can be chosen: only those in sight are painted.

The cursor is the key of a line, so that it stays with its line when others come, go or move.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message as UiMessage
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_mail.ui.format import Icons

Part = tuple[str, str]
"""Text, and the name of its ink."""
INKS = ("strong", "dim", "accent", "done", "warning", "error", "cursor", *(f"chip-{n}" for n in range(1, 9)))


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line."""

    paint: Callable[[int], Sequence[Part]]
    """Returns its parts for a width."""
    key: Hashable = None
    """What it stands for; None where there is nothing to choose."""


class PageView(ScrollView, can_focus=True):
    """The lines of a page."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"page--{name}" for name in INKS}

    class Told(UiMessage):
        """Something happened to a page."""

    class Chosen(Told):
        """The line under the cursor was chosen."""

    class CursorMoved(Told):
        """The cursor came to another line."""

    class EndNear(Told):
        """The cursor comes near the last line."""

    def __init__(self, icons: Icons, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._icons = icons
        self._lines: Sequence[PageLine] = ()
        self._stops: list[int] = []
        """The lines that can be chosen."""
        self._at = 0
        """The line of the cursor."""

    @property
    def cursor(self) -> Hashable:
        """The key under the cursor; None where there is none."""
        return self._lines[self._at].key if self._at < len(self._lines) else None

    def show(self, lines: Sequence[PageLine]) -> None:
        """Take other lines; the cursor stays with its key, else at its place among those to choose."""
        before, place = self.cursor, self._place
        old_offset = self._at - self.scroll_offset.y
        self._lines = lines
        self._stops = [at for at, line in enumerate(lines) if line.key is not None]
        found = next((at for at in self._stops if lines[at].key == before), None) if before else None
        if found is None:
            found = self._stops[min(place, len(self._stops) - 1)] if self._stops else 0
        self._at = found
        self.virtual_size = Size(0, len(lines))
        if before is not None and self.scroll_offset.y:
            self._scroll(self._at - old_offset)
        self._see_cursor()
        self.refresh()

    @property
    def _place(self) -> int:
        return self._stops.index(self._at) if self._at in self._stops else 0

    def step(self, lines: int) -> None:
        """Move the cursor over what can be chosen."""
        if not self._stops:
            self._scroll(self.scroll_offset.y + lines)
            return
        self._move(self._stops[max(0, min(self._place + lines, len(self._stops) - 1))])

    def page(self, pages: float) -> None:
        """Move the cursor by pages."""
        self.step(int(pages * max(1, self.size.height - 1)))

    def _move(self, at: int) -> None:
        old, self._at = self._at, at
        self.refresh_line(old)
        self.refresh_line(at)
        self._see_cursor()
        self.post_message(self.CursorMoved())
        if at + self.size.height >= len(self._lines):
            self.post_message(self.EndNear())

    def _see_cursor(self) -> None:
        y, height = self.scroll_offset.y, max(1, self.size.height)
        first = not self._stops or self._at == self._stops[0]  # what stands above it is seen again
        self._scroll(0 if first and self._at < height else min(self._at, max(y, self._at - height + 1)))

    def _scroll(self, y: int) -> None:
        if y != self.scroll_offset.y:
            self.scroll_to(y=max(0, y), animate=False, immediate=True, force=True)

    def on_click(self, event: events.Click) -> None:
        """Choose a line."""
        at = self.scroll_offset.y + event.y
        if at in self._stops:
            event.stop()
            self._move(at)
            self.post_message(self.Chosen())

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._see_cursor()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        at, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if at >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[at]
        under = line.key is not None and at == self._at
        ground = self._ink("cursor") if under else Style(bgcolor=self.rich_style.bgcolor)
        parts = [(self._icons.bar if under else " ", "accent"), *line.paint(width - 2), (" ", "text")]
        strip = Strip([Segment(text, self._ink(ink) + ground) for text, ink in parts if text])
        return strip.adjust_cell_length(width, ground)

    def _ink(self, name: str) -> Style:
        if name == "text":
            return Style(color=self.rich_style.color)
        found = self.get_component_rich_style(f"page--{name}", partial=True)
        return Style(bgcolor=found.bgcolor, reverse=found.reverse) if name == "cursor" else found
