"""A list of messages without its looks: order, cursor, selection, and what happens to them when mail changes.

The cursor is the moment of a message, never a row number: what comes in above does not move it, and when its
message leaves, the next older one takes its place.
"""

from collections.abc import Iterable, Sequence

from tui_mail.ui.index import Index
from tui_mail.ui.selection import Selection


class Listing:
    """What a view holds, as far as it is loaded, and where the user is in it."""

    def __init__(self, ids: Iterable[int] = (), moments: Iterable[int] = ()) -> None:
        self.index = Index(ids, moments)
        self.selection = Selection()
        self.faded: set[int] = set()
        """Messages that left the view and stay, dim, until it is left."""
        self.loaded = False
        """Whether every message of the view is in the index."""
        self.touched = False
        """Whether the user has moved here; until then the cursor stays on the newest message."""
        self._cursor = self.moment_at(0)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def cursor(self) -> int:
        """The moment of the cursor: of its message, or of the place where the last one stood."""
        return self._cursor

    @property
    def position(self) -> int:
        """The row number of the cursor."""
        return max(0, min(self.index.position(self._cursor), len(self) - 1))

    @property
    def cursor_id(self) -> int | None:
        """The message under the cursor."""
        return self.index.ids[self.position] if len(self) else None

    def moment_at(self, position: int) -> int:
        """Return the moment of a row, 0 where there is none."""
        return self.index.moments[position] if 0 <= position < len(self) else 0

    def go_to(self, position: int) -> bool:
        """Move the cursor as near to a row number as there are rows; tell whether a range grew with it."""
        self.touched = True
        self._cursor = self.moment_at(max(0, min(position, len(self) - 1)))
        return self.selection.reach(self.index.ids, self.position)

    def put_cursor(self, moment: int) -> None:
        """Put the cursor on a moment, whether its message is loaded yet or not."""
        self.touched = True
        self._cursor = moment

    def targets(self) -> list[int]:
        """Return what a command acts on: the selection, or the message under the cursor."""
        if self.selection:
            return list(self.selection)
        return [] if self.cursor_id is None else [self.cursor_id]

    def take_over(self, before: "Listing") -> None:
        """Go on where the user was in an older reading of the same view."""
        self.selection, self.faded = before.selection, before.faded
        self.touched = before.touched
        if before.touched:
            self._cursor = before.cursor

    def extend(self, ids: Sequence[int], moments: Sequence[int]) -> None:
        """Append what is older than all that is loaded."""
        self.index.extend(ids, moments)

    def splice(self, changed: Sequence[int], located: Sequence[tuple[int, int]]) -> list[int]:
        """Bring the list up to date for changed messages, of which those `located` are in the view.

        Returns the moments of those that came in.
        """
        self.faded.difference_update(id for _, id in located)
        gone = set(changed).difference((id for _, id in located), self.faded)
        oldest = self.moment_at(len(self) - 1)
        within = [pair for pair in located if self.loaded or pair[0] >= oldest]
        new = [moment for moment, id in within if not self.index.holds(moment, id)]
        self.index.splice(gone, within)
        self.selection.discard(gone)
        if not self.touched:
            self._cursor = self.moment_at(0)
        return new
