"""The hints: five to seven keys for what has the focus, the last always `? all keys`; each is a button."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message as UiMessage
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import cells


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does."""

    key: str
    word: str
    command: str
    """Its id; "" for words that are no button."""


class HintLine(Widget):
    """The last line of the screen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"hints--key", "hints--word"}

    @dataclass
    class Clicked(UiMessage):
        """A hint was clicked."""

        command: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: Sequence[Hint] = ()
        self._buttons: list[tuple[range, str]] = []

    def show(self, hints: Sequence[Hint]) -> None:
        """Hint at something else."""
        if hints != self._hints:
            self._hints = hints
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Run what was clicked."""
        for cells_of_it, command in self._buttons:
            if event.x in cells_of_it and command:
                event.stop()
                self.post_message(self.Clicked(command))

    def render_line(self, y: int) -> Strip:
        """Return the line; of too many hints, those before the last are left out."""
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        width = self.size.width
        key, word = (self.get_component_rich_style(f"hints--{name}") for name in ("key", "word"))
        parts, at = [Segment(" ", word)], 1
        self._buttons = []
        for hint in self._fitting(width - 2):
            taken = _width(hint)
            self._buttons.append((range(at, at + taken), hint.command))
            parts += [Segment(hint.key, key), Segment(" " * bool(hint.key) + hint.word + "   ", word)]
            at += taken + 3
        return Strip(parts).adjust_cell_length(width, Style(bgcolor=self.rich_style.bgcolor))

    def _fitting(self, room: int) -> list[Hint]:
        fitting = list(self._hints)
        while len(fitting) > 1 and sum(_width(hint) + 3 for hint in fitting) - 3 > room:
            del fitting[-2]
        return fitting


def _width(hint: Hint) -> int:
    return cells(SafeText(hint.key)) + bool(hint.key) + cells(SafeText(hint.word))
