"""The status line: on the left what was done or went wrong, on the right how servers stand.

Notices are our toasts: they cover nothing, the newest replaces the one before, and they leave after a while.
Trouble of an account is never only a notice; its badge in the tree stays until it is solved.
"""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message as UiMessage
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui_mail.model.safe_text import SafeText, joined
from tui_mail.ui.format import Icons, cells, clip
from tui_mail.ui.tone import Tone

SECONDS = 8.0
GAP = "   "
"""Between two things on the right."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the left."""

    text: SafeText
    tone: Tone = Tone.QUIET
    command: str = ""
    """The command that a click on it runs."""


class StatusLine(Widget):
    """One line under the panes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"status--{name}" for name in ("dim", "done", "warning", "error")
    }

    @dataclass
    class Clicked(UiMessage):
        """A notice that has a command was clicked."""

        command: str

    def __init__(self, icons: Icons, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._icons = icons
        self.notice: Notice | None = None
        self._right: tuple[Notice, ...] = ()
        self._timer: Timer | None = None

    def say(self, notice: Notice) -> None:
        """Show a notice for a while."""
        self.notice = notice
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(SECONDS, self.clear)
        self.refresh()

    def clear(self) -> None:
        """Take the notice away."""
        self.notice = None
        self.refresh()

    def show(self, *right: Notice) -> None:
        """Say how things stand."""
        said = tuple(part for part in right if part.text)
        if said != self._right:
            self._right = said
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Run the command of what was clicked."""
        if command := self._command_at(event.x):
            event.stop()
            self.post_message(self.Clicked(command))

    def _command_at(self, x: int) -> str:
        end = self.size.width - 1
        for part in reversed(self._right):
            start = end - cells(part.text)
            if start <= x < end:
                return part.command
            end = start - len(GAP)
        if self.notice and x < cells(self.notice.text) + 3:
            return self.notice.command
        return ""

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        width = self.size.width
        right = clip(joined([part.text for part in self._right], GAP), width // 2)
        room = max(0, width - cells(right) - 4)
        left, ink = SafeText(""), "dim"
        if self.notice:
            ink = self.notice.tone.value
            mark = {Tone.DONE: self._icons.done, Tone.ERROR: self._icons.warning}.get(self.notice.tone)
            left = clip(joined([mark, self.notice.text], " ") if mark else self.notice.text, room)
        gap = " " * (width - 2 - cells(left) - cells(right))
        parts = [(" ", "dim"), (left, ink), (gap, "dim"), (right, "dim"), (" ", "dim")]
        strip = Strip([Segment(text, self._ink(name)) for text, name in parts if text])
        return strip.adjust_cell_length(width, self.rich_style)

    def _ink(self, name: str) -> Style:
        return self.get_component_rich_style(f"status--{name}")
