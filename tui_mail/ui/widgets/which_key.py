"""What may follow the first key of a sequence, in a small panel at the bottom right."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import fit

WIDEST = 32
"""Cells of its width."""
AFTER = 0.3
"""Seconds that a sequence may pause before the panel comes."""


class WhichKey(Widget):
    """A panel over the other panes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"which-key--key", "which-key--word", "which-key--title"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = SafeText("")
        self._lines: Sequence[tuple[str, str]] = ()
        self._timer: Timer | None = None

    def show_soon(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        """Show keys and what they do, unless the next key comes before."""
        self.hide()
        self._timer = self.set_timer(AFTER, lambda: self._show(title, lines))

    def _show(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        self._title, self._lines = SafeText(title), lines
        self.styles.width = WIDEST
        self.styles.height = len(lines) + 3
        width, height = self.screen.size
        self.styles.offset = (width - WIDEST, height - len(lines) - 5)
        self.display = True
        self.refresh()

    def hide(self) -> None:
        """Go away."""
        if self._timer:
            self._timer.stop()
        self.display = False

    def render_line(self, y: int) -> Strip:
        """Return one line of the panel."""
        width = self.size.width
        if y == 1:
            return self._strip([("  ", "title"), (fit(self._title, width - 2), "title")])
        if not 2 <= y < len(self._lines) + 2:
            return self._strip([(" " * width, "word")])
        key, word = self._lines[y - 2]
        return self._strip(
            [("  ", "word"), (fit(SafeText(key), 3), "key"), (fit(SafeText(word), width - 5), "word")]
        )

    def _strip(self, parts: Sequence[tuple[str, str]]) -> Strip:
        ground = Style(bgcolor=self.rich_style.bgcolor)
        segments = [
            Segment(text, self.get_component_rich_style(f"which-key--{ink}", partial=True) + ground)
            for text, ink in parts
        ]
        return Strip(segments).adjust_cell_length(self.size.width, ground)
