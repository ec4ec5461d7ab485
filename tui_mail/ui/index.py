"""The order of a list: ids and moments of its messages side by side, newest first.

A moment is unique and never changes, so a row is found by bisection and a cursor is remembered by the moment
of its message: after a splice, `position` of the old moment is the message itself or, if it left, the one
that took its place. Arrays of eight octets an entry hold a million messages in sixteen megabytes.
"""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence


class Index:
    """Ids and moments of a view, as far as they are loaded."""

    def __init__(self, ids: Iterable[int] = (), moments: Iterable[int] = ()) -> None:
        self.ids = array("q", ids)
        self.moments = array("q", moments)

    def __len__(self) -> int:
        return len(self.ids)

    def extend(self, ids: Iterable[int], moments: Iterable[int]) -> None:
        """Append what is older than all that is loaded."""
        self.ids.extend(ids)
        self.moments.extend(moments)

    def position(self, moment: int) -> int:
        """Return where a message of `moment` stands or would stand."""
        return bisect_left(self.moments, -moment, key=lambda each: -each)

    def holds(self, moment: int, id: int) -> bool:
        """Tell whether `id` stands at its moment."""
        at = self.position(moment)
        return at < len(self) and self.ids[at] == id

    def splice(self, gone: Collection[int], located: Sequence[tuple[int, int]]) -> None:
        """Take out the ids `gone`, put in what is missing of `located` (moment, id)."""
        if gone:
            self._remove(gone)
        if new := sorted((pair for pair in located if not self.holds(*pair)), reverse=True):
            self._insert(new)

    def _remove(self, gone: Collection[int]) -> None:
        doomed = list(self._find(gone))
        for at in reversed(doomed):
            del self.ids[at], self.moments[at]

    def _find(self, wanted: Collection[int]) -> Iterator[int]:
        """Yield the positions of ids, upwards, in one pass."""
        if len(wanted) == 1:
            (only,) = wanted
            if only in self.ids:
                yield self.ids.index(only)
            return
        yield from (at for at, id in enumerate(self.ids) if id in wanted)

    def _insert(self, new: Sequence[tuple[int, int]]) -> None:
        ids, moments = array("q"), array("q")
        start = 0
        for moment, id in new:
            at = self.position(moment)
            ids.extend(self.ids[start:at])
            moments.extend(self.moments[start:at])
            ids.append(id)
            moments.append(moment)
            start = at
        self.ids = ids + self.ids[start:]
        self.moments = moments + self.moments[start:]
