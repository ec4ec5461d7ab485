"""Where the panes stand, decided purely from the room there is and what the user wants."""

from dataclasses import dataclass
from enum import Enum

from tui_mail.model.settings import Layout

TREE_FROM = 100
COLUMNS_FROM = 160
SPLIT_FROM_HEIGHT = 20
SMALLEST = (40, 10)
"""Below this many cells and lines, a sentence asks for room."""


class Split(Enum):
    """How list and reader share their place."""

    NONE = "none"
    """One shows at a time."""
    ROWS = "rows"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which panes show side by side."""

    tree: bool
    """Whether the folder tree always shows; else it comes over the list when it has the focus."""
    split: Split
    readable: bool = True
    """False where there is room for one sentence only."""

    @property
    def cosy(self) -> bool:
        """Whether rows take two lines unless the user said otherwise."""
        return self.split is Split.COLUMNS


def arrange(width: int, height: int, wanted: Layout) -> Arrangement:
    """Return the arrangement for a screen of that size."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return Arrangement(False, Split.NONE, readable=False)
    tree = width >= TREE_FROM
    return Arrangement(tree, _split(width, height, wanted))


def _split(width: int, height: int, wanted: Layout) -> Split:
    if wanted is Layout.COLUMNS:
        return Split.COLUMNS if width >= TREE_FROM else Split.NONE
    if wanted is Layout.STACKED:
        return Split.ROWS if height >= SPLIT_FROM_HEIGHT else Split.NONE
    if wanted is Layout.SINGLE or width < TREE_FROM:
        return Split.NONE
    if width >= COLUMNS_FROM:
        return Split.COLUMNS
    return Split.ROWS if height >= SPLIT_FROM_HEIGHT else Split.NONE
