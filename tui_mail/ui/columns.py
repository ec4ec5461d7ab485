"""What a row has room for: widths by the width of the list, the same for every row of it.

Dropped when narrow, in this order: snippet, chip, attachment; then the sender shrinks. Marks, sender, subject
and date stay; below `TWO_LINES` cells a row takes two lines whatever the density says.
"""

from dataclasses import dataclass

from tui_mail.model.message import Flag
from tui_mail.model.settings import Density

TWO_LINES = 60
MARKS = 5
"""Bar, selected, unread, star and a blank."""
CLICKABLE = {2: Flag.SEEN, 3: Flag.FLAGGED}
"""The cells from the left edge where a click toggles, and what."""
DATE = 7
SENDER, SENDER_NARROW = 18, 12


@dataclass(frozen=True, slots=True)
class Columns:
    """The shape of the rows of a list."""

    width: int
    lines: int
    """1, or 2: sender above subject."""
    sender: int
    subject: int
    """Cells for subject and snippet together."""
    snippet: bool
    attachment: bool
    chip: bool


def columns(width: int, density: Density, *, cosy: bool, chips: bool) -> Columns:
    """Return the shape of rows `width` cells wide; `cosy` is what an automatic density means here."""
    two = density is Density.COSY or (density is Density.AUTO and cosy) or width < TWO_LINES
    if two:
        return _two_lines(width, chips=chips and width >= 40)
    chip = chips and width >= 72
    attachment = width >= 68
    sender = SENDER if width >= 66 else SENDER_NARROW
    subject = width - MARKS - sender - 2 - _tail(attachment=attachment, chip=chip)
    return Columns(width, 1, sender, max(1, subject), width >= 76, attachment, chip)


def _two_lines(width: int, *, chips: bool) -> Columns:
    sender = width - MARKS - 1 - _tail(attachment=True, chip=chips)
    return Columns(width, 2, max(1, sender), max(1, width - MARKS - 2), width >= 50, True, chips)


def _tail(*, attachment: bool, chip: bool) -> int:
    """Return the cells right of the subject: attachment, chip, date and the blanks between."""
    return 2 * attachment + 3 * chip + 1 + DATE + 1
