"""The title over the list: what it shows, how much is unread; while it fills, a thin line beneath grows."""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message as UiMessage
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import Icons, cells, clip

NOTHING = SafeText("")


@dataclass(frozen=True, slots=True)
class Title:
    """What the title says."""

    name: SafeText = NOTHING
    where: SafeText = NOTHING
    """Behind the name: the account, or that it is all of them."""
    total: int = 0
    unread: int = 0
    new_above: int = 0
    selected: int = 0
    done: int = 0
    """Messages of the running fill that are here; the line grows with it."""
    expected: int = 0
    """0 = nothing is being filled."""
    trouble: SafeText = NOTHING
    """The loudest badge, where no tree shows it."""


class TitleBar(Widget):
    """One line over the list."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"title--strong", "title--dim", "title--accent", "title--warning"}

    class NewerWanted(UiMessage):
        """The count of what came in above was clicked."""

    def __init__(self, icons: Icons, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._icons = icons
        self._title = Title()
        self._between = "-" if icons.ascii else "·"
        self._newer = range(0)
        """The cells of the count of what came in above."""

    def show(self, title: Title) -> None:
        """Say something else."""
        if title != self._title:
            self._title = title
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Go to what came in above."""
        if event.x in self._newer:
            event.stop()
            self.post_message(self.NewerWanted())

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        title, width = self._title, self.size.width
        ground = Style(bgcolor=self.rich_style.bgcolor)
        trouble = clip(title.trouble, width // 3)
        room = max(0, width - 2 - cells(trouble) - 2)
        parts = [Segment(" ", ground)]
        for text, ink in self._left():
            piece = clip(text, room)
            room -= cells(piece)
            if ink == "accent":
                start = sum(segment.cell_length for segment in parts)
                self._newer = range(start, start + cells(piece))
            parts.append(Segment(piece, self._ink(ink)))
        parts.append(Segment(" " * (room + 2) + trouble + " ", self._ink("warning")))
        strip = Strip(parts).adjust_cell_length(width, ground)
        if not title.expected:
            return strip
        cut = max(1, width * min(title.done, title.expected) // title.expected)
        return Strip.join([strip.crop(0, cut).apply_style(Style(underline=True)), strip.crop(cut)])

    def _left(self) -> list[tuple[SafeText, str]]:
        title, parts = self._title, [(self._title.name, "strong")]
        if title.where:
            parts.append((SafeText(f" {self._between} {title.where}"), "dim"))
        parts.append((SafeText(f"   {self._counts()}"), "dim"))
        if title.new_above:
            parts.append((SafeText(f"   {self._icons.newer} {title.new_above:,} new"), "accent"))
        self._newer = range(0)
        return parts

    def _counts(self) -> str:
        title = self._title
        if title.expected:
            return f"{title.done:,} of {title.expected:,}"
        if title.unread:
            return f"{title.unread:,} unread of {title.total:,}"
        return f"{title.total:,}" if title.total else ""

    def _ink(self, name: str) -> Style:
        return self.get_component_rich_style(f"title--{name}")
