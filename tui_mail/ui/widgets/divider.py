"""The rule between two panes; dragging it with the mouse makes one of them larger."""

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.message import Message as UiMessage
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.ui.format import Icons


class Divider(Widget):
    """A line of one cell, upright or lying, drawn or blank."""

    @dataclass
    class Dragged(UiMessage):
        """The rule was drawn to a place on the screen."""

        divider: "Divider"
        x: int
        y: int

    def __init__(self, icons: Icons, *, id: str | None = None, drawn: bool = True) -> None:
        super().__init__(id=id)
        self._icons = icons
        self._drawn = drawn
        self.upright = False

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold."""
        event.stop()
        self.capture_mouse()
        self.add_class("-held")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell where it is drawn to."""
        if self.app.mouse_captured is self:
            self.post_message(self.Dragged(self, event.screen_x, event.screen_y))

    def on_mouse_up(self) -> None:
        """Let go."""
        self.release_mouse()
        self.remove_class("-held")

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  # every line of it is the same
        """Return one line of it."""
        mark = " " if not self._drawn else "│" if self.upright and not self._icons.ascii else "|"
        if self._drawn and not self.upright:
            mark = self._icons.rule
        return Strip([Segment(mark * self.size.width, self.rich_style)])
