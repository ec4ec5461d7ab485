"""What the reader shows, line by line: text, the ink it is written in, and what a click on it means.

Lines know no colour, so a change of theme needs no new layout; and they know where in the letter they come
from, so that a change of width can keep the place.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple

from tui_mail.model.document import Style
from tui_mail.ui.breaks import Stretch, breaks
from tui_mail.ui.format import cells


class Ink(StrEnum):
    """What a piece of text is; the reader has a component class for each."""

    TEXT = "text"
    STRONG = "strong"
    DIM = "dim"
    QUOTE_1 = "quote-1"
    QUOTE_2 = "quote-2"
    LINK = "link"
    CODE = "code"
    WARNING = "warning"
    RULE = "rule"


class Target(Enum):
    """What a click leads to."""

    LINK = "link"
    ATTACHMENT = "attachment"
    FOLD = "fold"


class Hit(NamedTuple):
    """A click on a piece: never an address, only the number of something the letter holds."""

    target: Target
    number: int
    """From 1."""


class Place(NamedTuple):
    """Where in a letter a line begins; places grow from line to line."""

    block: int
    """Index of the block; negative in the header."""
    offset: int
    """Characters of the block before the line."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line in one ink."""

    text: str
    ink: Ink = Ink.TEXT
    style: Style = Style.PLAIN
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line as wide as its text."""

    pieces: tuple[Piece, ...]
    place: Place
    fill: int = 0
    """Cells that the ground of code covers, from the left; 0 = none."""
    title: bool = False
    """It shows the subject."""

    @property
    def text(self) -> str:
        """The text of the whole line."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def width(self) -> int:
        """Cells of the text."""
        return sum(cells(piece.text) for piece in self.pieces)


class Flow:
    """Pieces one after the other, to be broken into lines together."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = [piece for piece in pieces if piece.text]
        self.text = "".join(piece.text for piece in self._pieces)

    def unwrapped(self) -> None:
        """Take the newlines of a sender who breaks all lines at one width for blanks."""
        self._pieces = [
            Piece(piece.text.replace("\n", " "), piece.ink, piece.style, piece.hit) for piece in self._pieces
        ]
        self.text = self.text.replace("\n", " ")

    def lines(self, width: int) -> Iterator[tuple[int, tuple[Piece, ...]]]:
        """Yield offset and pieces of each line."""
        pieces = iter(self._pieces)
        piece, start = next(pieces, None), 0
        for stretch in breaks(self.text, width):
            line: list[Piece] = []
            while piece is not None and start < stretch[1]:
                line += _within(piece, start, stretch)
                if start + len(piece.text) > stretch[1]:
                    break
                start += len(piece.text)
                piece = next(pieces, None)
            yield stretch[0], tuple(line)


def _within(piece: Piece, start: int, stretch: Stretch) -> list[Piece]:
    """Return what of a piece, which begins at `start`, lies in a stretch."""
    begin, end = max(stretch[0] - start, 0), min(stretch[1] - start, len(piece.text))
    if begin >= end:
        return []
    if end - begin == len(piece.text):
        return [piece]
    return [Piece(piece.text[begin:end], piece.ink, piece.style, piece.hit)]
