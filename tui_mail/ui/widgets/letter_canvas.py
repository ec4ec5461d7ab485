"""The ground of the reader: paints laid out lines in the inks of the theme, and lets them be selected.

A line is painted when it is seen and kept as long as nothing alters it; one with a selection is never kept.
What a click means is carried as a kind and a number, addresses only as hyperlinks that passed `hyperlink`.
"""

from functools import partial
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style as Look
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui_mail.model.document import Style
from tui_mail.model.safe_text import SafeText
from tui_mail.ui.format import Icons, cells, clip
from tui_mail.ui.lines import Hit, Ink, Line, Piece, Target
from tui_mail.ui.strips import Strips
from tui_mail.ui.terminal import hyperlink

GUTTER = 2
"""Blank columns at either side of the text."""

_WEIGHTS = {
    Style.BOLD: "bold",
    Style.ITALIC: "italic",
    Style.UNDERLINE: "underline",
    Style.STRIKE: "strike",
}


class LetterCanvas(ScrollView, can_focus=True):
    """Paints lines, or one sentence where there are none."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"reader--accent", *(f"reader--{ink}" for ink in Ink)}

    def __init__(self, icons: Icons, *, hyperlinks: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self._icons = icons
        self._hyperlinks = hyperlinks
        self._lines: list[Line] = []
        self._links: tuple[SafeText, ...] = ()
        self._instead = SafeText("")
        """Shown while there are no lines."""
        self._strips = Strips()
        self._looks: dict[tuple[Ink, Style, Hit | None], Look] = {}

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    def _repaint(self) -> None:
        """Forget what was painted: other lines, links, inks or focus."""
        self._looks.clear()
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Take the new theme's inks; the lines stay."""
        super().notify_style_update()
        self._repaint()

    def on_focus(self) -> None:
        """Show the bar beside the subject."""
        self._repaint()

    def on_blur(self) -> None:
        """Show it no longer."""
        self._repaint()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        at = self.scroll_offset.y + y
        if at >= len(self._lines):
            return self._line_without_letter(y)
        strip = self._strips.get(at, partial(self._strip, self._lines[at], at))
        selection = self.text_selection
        span = selection.get_span(at) if selection is not None else None
        return strip if span is None else self._selected(strip, span)

    def _strip(self, line: Line, at: int) -> Strip:
        segments = [self._segment(piece) for piece in line.pieces]
        if (blank := line.fill - line.width) > 0:
            segments.append(Segment(" " * blank, self._look(Ink.CODE)))
        text = Strip(segments).apply_offsets(0, at)
        return self._wide(Strip.join([self._gutter(line), text]))

    def _gutter(self, line: Line) -> Strip:
        blank = Segment(" " * GUTTER, self.rich_style)
        if not (line.title and self.has_focus):
            return Strip([blank])
        accent = self.get_component_rich_style("reader--accent", partial=True)
        return Strip(
            [Segment(self._icons.bar, self.rich_style + accent), Segment(" " * (GUTTER - 1), blank.style)]
        )

    def _line_without_letter(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if self._lines or not self._instead or y != max(1, self._height // 3):
            return Strip.blank(width, self.rich_style)
        words = clip(self._instead, max(0, width - 2 * GUTTER))
        left = " " * ((width - cells(words)) // 2)
        return self._wide(Strip([Segment(left, self.rich_style), Segment(words, self._look(Ink.DIM))]))

    def _wide(self, strip: Strip) -> Strip:
        return strip.adjust_cell_length(self.scrollable_content_region.width, self.rich_style)

    def _segment(self, piece: Piece) -> Segment:
        return Segment(piece.text, self._look(piece.ink, piece.style, piece.hit))

    def _look(self, ink: Ink, style: Style = Style.PLAIN, hit: Hit | None = None) -> Look:
        key = (ink, style, hit)
        found = self._looks.get(key)
        if found is None:
            found = self._looks[key] = self._made_look(ink, style, hit)
        return found

    def _made_look(self, ink: Ink, style: Style, hit: Hit | None) -> Look:
        flags: dict[str, Any] = {name: True for weight, name in _WEIGHTS.items() if style & weight}
        if hit is not None:
            flags["meta"] = {"hit": hit}
            if hit.target is Target.LINK and self._hyperlinks:
                flags["link"] = hyperlink(self._links[hit.number - 1])
        return self.rich_style + self.get_component_rich_style(f"reader--{ink}", partial=True) + Look(**flags)

    # Selection

    def _selected(self, strip: Strip, span: tuple[int, int]) -> Strip:
        """Return a strip with a part of it in the style of the selection."""
        text = strip.text[GUTTER:].rstrip()
        start = GUTTER + cells(text[: span[0]])
        end = GUTTER + cells(text if span[1] < 0 else text[: span[1]])
        if end <= start:
            return strip
        look = self.screen.get_component_rich_style("screen--selection")
        left, chosen, right = strip.crop(0, start), strip.crop(start, end), strip.crop(end)
        painted = [Segment(text, (style or Look()) + look) for text, style, _ in chosen]
        return Strip.join([left, Strip(painted), right])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text as it stands on the screen."""
        text = "\n".join(line.text.rstrip() for line in self._lines)
        return selection.extract(text).replace("\u00a0", " "), "\n"

    def selection_updated(self, _selection: Selection | None) -> None:
        """Paint the selection."""
        self.refresh()
