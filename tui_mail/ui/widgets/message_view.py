"""The reader: an opened letter, laid out for the width there is.

Layout is apart (`letterhead`, `layout`), and so is painting (`letter_canvas`). A long text is laid out behind
its first screen, in a thread. A change of width keeps the place.
"""

import time
from asyncio import to_thread
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import tzinfo
from itertools import chain, islice
from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message as UiMessage

from tui_mail.model.document import Document
from tui_mail.model.message import Letter
from tui_mail.model.safe_text import SafeText
from tui_mail.model.settings import Settings
from tui_mail.ui.format import Icons, size_label
from tui_mail.ui.layout import Layout
from tui_mail.ui.letterhead import Letterhead
from tui_mail.ui.lines import Flow, Ink, Line, Piece, Place, Target
from tui_mail.ui.widgets.letter_canvas import GUTTER, LetterCanvas

SLICE = 2_000
"""Lines that the thread lays out before it hands them over."""
QUIET = 0.15
"""Seconds before "fetching" is said."""


class MessageView(LetterCanvas):
    """Shows one letter, or a sentence in its place."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "unfold", show=False)]

    class LinkChosen(UiMessage):
        """A link was clicked; whether it is opened is for others to ask."""

        def __init__(self, url: SafeText) -> None:
            super().__init__()
            self.url = url

    class AttachmentChosen(UiMessage):
        """An attachment was clicked."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(
        self,
        settings: Settings,
        icons: Icons,
        now: Callable[[], float] = time.time,
        *,
        zone: tzinfo | None = None,
        id: str | None = None,
    ) -> None:
        # terminals that need plain marks may print a hyperlink's sequence instead
        super().__init__(icons, hyperlinks=not settings.ascii, id=id)
        self._now = now
        self._zone = zone
        self.mine: frozenset[str] = frozenset()
        """The user's addresses in lower case."""
        self._letter: Letter | None = None
        self._sentence = SafeText("")
        """Stands where the text of the letter will be."""
        self._more: Iterator[Line] | None = None
        """Lines that are still to be laid out."""
        self._opened: set[int] = set()
        self._all_open = False
        self._unfolded = False
        self._laid_out_for = -1

    # What is shown

    async def show(self, letter: Letter | None) -> None:
        """Show a letter; the one already shown keeps its place. None empties the reader."""
        same = letter is not None and self._letter is not None and letter.id == self._letter.id
        self._take(letter)
        if not same:
            self._opened.clear()
            self._all_open = self._unfolded = False
        self._lay_out(keep=same)
        if letter is not None and letter.document is None:
            waiting = SafeText(f"Fetching {size_label(letter.size)}")
            self.set_timer(QUIET, lambda: self._say_waiting(letter, waiting))

    def show_placeholder(self, sentence: SafeText) -> None:
        """Show a sentence instead of a letter."""
        self._take(None, sentence)
        self._lay_out(keep=False)

    def _take(self, letter: Letter | None, instead: SafeText = SafeText("")) -> None:  # noqa: B008  # a NewType
        self._letter, self._instead, self._sentence = letter, instead, SafeText("")
        self._links = letter.document.links if letter and letter.document else ()

    def show_waiting(self, sentence: SafeText) -> None:
        """Show a sentence where the text of the letter will stand."""
        self._sentence = sentence
        self._lay_out(keep=True)

    def _say_waiting(self, letter: Letter, sentence: SafeText) -> None:
        if self._letter is letter and not self._sentence:
            self.show_waiting(sentence)

    def toggle_headers(self) -> None:
        """Show every field of the header, or the few again."""
        self._unfolded = not self._unfolded
        self._lay_out(keep=False)

    def toggle_quotes(self) -> None:
        """Open every folded quote, or fold them all again."""
        self._all_open = not (self._all_open or self._opened)
        self._opened.clear()
        self._lay_out(keep=True)

    def action_unfold(self) -> None:
        """Open the first folded quote in sight."""
        top = self.scroll_offset.y
        for line in self._lines[top : top + self._height]:
            hit = next((piece.hit for piece in line.pieces if piece.hit), None)
            if hit and hit.target is Target.FOLD and hit.number not in self._opened:
                self._toggle_quote(hit.number)
                return

    def _toggle_quote(self, number: int) -> None:
        self._opened ^= {number}
        self._lay_out(keep=True)

    # Moving

    def page_down(self) -> bool:
        """Turn the page, with two lines of the old one; False at the end."""
        if self.scroll_offset.y >= self.max_scroll_y and self._more is None:
            return False
        self.scroll_line(max(1, self._height - 2))
        return True

    def page_up(self) -> bool:
        """Turn the page back; False at the top."""
        if self.scroll_offset.y <= 0:
            return False
        self.scroll_line(-max(1, self._height - 2))
        return True

    def scroll_line(self, delta: int) -> None:
        """Move the text by some lines."""
        self.scroll_to(y=self.scroll_offset.y + delta, animate=False, immediate=True)

    # Layout

    def on_resize(self) -> None:
        """Lay out anew when the width changed."""
        if self.scrollable_content_region.width != self._laid_out_for:
            self._lay_out(keep=True)

    def _lay_out(self, *, keep: bool) -> None:
        """Lay out what is in sight at once, and leave the rest to a thread."""
        top = self.scroll_offset.y
        place = self._lines[top].place if keep and top < len(self._lines) else None
        self.workers.cancel_group(self, "layout")
        self._laid_out_for = self.scrollable_content_region.width
        coming = self._coming(max(20, self._laid_out_for - 2 * GUTTER))
        self._lines = []
        if place is not None and top:
            self._lines += _until(coming, place)
        self._lines += islice(coming, 2 * self._height + 10)
        ahead = list(islice(coming, 1))
        self._more = chain(ahead, coming) if ahead else None
        self._repaint()
        self._measure_up()
        target = (
            0 if place is None else max(0, bisect_right(self._lines, place, key=lambda line: line.place) - 1)
        )
        self.scroll_to(y=target, animate=False, immediate=True, force=True)
        if self._more is not None:
            self._lay_out_rest(self._more)

    def _coming(self, width: int) -> Iterator[Line]:
        letter = self._letter
        if letter is None:
            return iter(())
        head = Letterhead(width, self._icons, self._now(), self._zone, self.mine)
        return chain(head.lines(letter, unfolded=self._unfolded), self._text(letter.document, width))

    def _text(self, document: Document | None, width: int) -> Iterator[Line]:
        if document is not None and not self._sentence:
            return Layout(
                document, width, self._icons, frozenset(self._opened), all_open=self._all_open
            ).lines()
        flow = Flow([Piece(self._sentence, Ink.DIM)])
        return (Line(pieces, Place(0, offset)) for offset, pieces in flow.lines(width))

    @work(group="layout", exclusive=True)
    async def _lay_out_rest(self, more: Iterator[Line]) -> None:
        while lines := await to_thread(lambda: list(islice(more, SLICE))):
            if self._more is not more:
                return
            self._lines += lines
            self._measure_up()
        self._more = None

    def _measure_up(self) -> None:
        self.virtual_size = Size(0, len(self._lines))

    def on_click(self, event: events.Click) -> None:
        """Follow what was clicked, unless text was being selected."""
        hit = event.style.meta.get("hit")
        if hit is None or self._letter is None or self.text_selection is not None:
            return
        event.stop()
        if hit.target is Target.LINK:
            self.post_message(self.LinkChosen(self._links[hit.number - 1]))
        elif hit.target is Target.ATTACHMENT:
            self.post_message(self.AttachmentChosen(self._letter.attachments[hit.number - 1].path))
        else:
            self._toggle_quote(hit.number)


def _until(lines: Iterator[Line], place: Place) -> Iterator[Line]:
    """Yield lines up to the one that holds a place, that one included."""
    for line in lines:
        yield line
        if line.place >= place:
            return
