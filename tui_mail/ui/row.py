"""One row of the message list as a strip: what it says, in which ink, on which ground."""

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_mail.model.message import Flag, Mark, Row
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.columns import DATE, Columns
from tui_mail.ui.format import Icons, cells, clip, fit, relative_date
from tui_mail.ui.matches import parted

INKS = ("strong", "dim", "accent", "star", "unread")
CHIPS = tuple(f"chip-{number}" for number in range(1, 9))
"""The colours that tell accounts apart."""
DASHES = {False: SafeText(" — "), True: SafeText(" - ")}
"""Between subject and snippet, by whether the marks are plain ASCII."""
FOUND = Style(underline=True)
"""Added to what was looked for; it needs no colour to be seen."""
SHORTEST_SNIPPET = 8
TAG_ROOM = 12
"""Cells that a long subject leaves to tags."""


@dataclass(frozen=True, slots=True)
class Inks:
    """The styles a list paints with; made anew when the theme changes."""

    text: Style
    strong: Style
    dim: Style
    accent: Style
    star: Style
    unread: Style
    chips: tuple[Style, ...]
    ground: Style
    cursor: Style
    """The ground under the cursor."""


@dataclass(frozen=True, slots=True)
class State:
    """What alters the look of a row beside the row itself."""

    cursor: bool = False
    focused: bool = False
    """Whether the list has the focus; only told to the row under the cursor, the others look the same."""
    selected: bool = False
    faded: bool = False
    """It left its view and stays, dim, until the view is left."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a view tells of all its rows."""

    chips: tuple[tuple[int, SafeText, int], ...] = ()
    """Account, its two letters and the number of its colour; () where one account is shown."""
    recipients: bool = False
    """Whether a row names whom it went to."""
    words: tuple[str, ...] = ()
    """What was looked for, folded: where it stands in a row is marked."""

    def chip(self, account: int) -> tuple[SafeText, int]:
        """Return letters and colour of an account."""
        return next(((text, ink) for id, text, ink in self.chips if id == account), (SafeText(""), 0))


class Painter:
    """Draws rows of one shape."""

    def __init__(self, columns: Columns, facts: Facts, icons: Icons, inks: Inks) -> None:
        self.columns = columns
        self._facts = facts
        self._icons = icons
        self._inks = inks

    def blank(self, state: State) -> Strip:
        """Return a line without text: a row not read yet."""
        return self._strip([self._bar(state)], state)

    def line(self, row: Row, state: State, number: int, now: float) -> Strip:
        """Return line `number` of a row."""
        if self.columns.lines == 1:
            return self._strip(
                [
                    *self._marks(row, state),
                    *self._sender(row, state),
                    ("  ", self._inks.text),
                    *self._subject(row, state),
                    *self._tail(row, state, now),
                ],
                state,
            )
        if number == 0:
            parts = [*self._marks(row, state), *self._sender(row, state), (" ", self._inks.text)]
            return self._strip([*parts, *self._tail(row, state, now)], state)
        return self._strip([self._bar(state), ("    ", self._inks.text), *self._subject(row, state)], state)

    def _strip(self, parts: list[tuple[str, Style]], state: State) -> Strip:
        ground = self._inks.cursor if state.cursor else self._inks.ground
        strip = Strip([Segment(text, ink + ground) for text, ink in parts if text])
        return strip.adjust_cell_length(self.columns.width, ground)

    def _bar(self, state: State) -> tuple[str, Style]:
        if not state.cursor:
            return " ", self._inks.text
        if state.focused:
            return self._icons.bar, self._inks.accent
        return self._icons.bar_dim, self._inks.dim

    def _marks(self, row: Row, state: State) -> list[tuple[str, Style]]:
        icons, inks = self._icons, self._inks
        selected = icons.selected if state.selected else " "
        star = icons.star if row.flags & Flag.FLAGGED else " "
        return [
            self._bar(state),
            (selected, inks.accent),
            self._reading(row),
            (star, inks.star),
            (" ", inks.text),
        ]

    def _reading(self, row: Row) -> tuple[str, Style]:
        if not row.flags & Flag.SEEN:
            return self._icons.unread, self._inks.unread
        if row.flags & Flag.ANSWERED:
            return self._icons.replied, self._inks.dim
        if row.flags & Flag.FORWARDED:
            return self._icons.forwarded, self._inks.dim
        return " ", self._inks.text

    def _ink(self, row: Row, state: State) -> Style:
        if state.faded:
            return self._inks.dim
        return self._inks.text if row.flags & Flag.SEEN else self._inks.strong

    def _sender(self, row: Row, state: State) -> list[tuple[str, Style]]:
        name = row.recipients if self._facts.recipients else row.sender
        return self._marked(fit(name or row.sender_address, self.columns.sender), self._ink(row, state))

    def _marked(self, text: SafeText, ink: Style) -> list[tuple[str, Style]]:
        """Return a text with what was looked for in it marked."""
        if not self._facts.words:
            return [(text, ink)]
        found = ink + FOUND
        return [(piece, found if hit else ink) for piece, hit in parted(text, self._facts.words)]

    def _subject(self, row: Row, state: State) -> list[tuple[str, Style]]:
        room = self.columns.subject
        subject = row.subject or SafeText("(no subject)")
        clipped = clip(subject, room - TAG_ROOM if row.tags and room > 3 * TAG_ROOM else room)
        taken = cells(clipped)
        ink = self._ink(row, state) if row.subject else self._inks.dim
        parts = self._marked(clipped, ink)
        tags = clip(safe_text("".join(f" #{tag}" for tag in row.tags)), room - taken)
        if tags:
            parts.append((tags, self._inks.dim))
            taken += cells(tags)
        dash = DASHES[self._icons.ascii]
        rest = room - taken - cells(dash)
        if self.columns.snippet and row.snippet and rest >= SHORTEST_SNIPPET:
            parts += [(dash, self._inks.dim), *self._marked(fit(row.snippet, rest), self._inks.dim)]
        else:
            parts.append((" " * (room - taken), ink))
        return parts

    def _tail(self, row: Row, state: State, now: float) -> list[tuple[str, Style]]:
        inks, parts = self._inks, []
        if self.columns.attachment:
            mark = self._icons.attachment if row.marks & Mark.ATTACHMENT else " "
            parts.append((f" {mark}", inks.dim))
        if self.columns.chip:
            letters, number = self._facts.chip(row.account)
            ink = inks.dim if state.faded else inks.chips[number % len(inks.chips)]
            parts.append((" " + fit(letters, 2), ink))
        unread = not state.faded and not row.flags & Flag.SEEN
        date = relative_date(row.date, now)
        parts.append((f" {date:>{DATE}} ", inks.text if unread else inks.dim))
        return parts
