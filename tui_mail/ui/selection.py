"""Which messages of a list are selected: one by one, by a range that follows the cursor, or all."""

from collections.abc import Iterable, Iterator, Sequence


class Selection:
    """A set of ids in the order in which they were selected, and the range being drawn."""

    def __init__(self) -> None:
        self.ids: dict[int, None] = {}
        self._before: dict[int, None] = {}
        """What was selected before the range."""
        self._start: int | None = None
        """The id where the range began; None while none is being drawn."""

    def __contains__(self, id: int) -> bool:
        return id in self.ids

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids)

    def toggle(self, id: int) -> None:
        """Select one message, or no longer."""
        self._start = None
        if id in self.ids:
            del self.ids[id]
        else:
            self.ids[id] = None

    def toggle_range(self, order: Sequence[int], position: int) -> None:
        """Begin a range at a position, or end the one being drawn and keep what it took."""
        if self._start is not None:
            self._start = None
            return
        self._before, self._start = dict(self.ids), order[position]
        self.reach(order, position)

    def reach(self, order: Sequence[int], position: int) -> bool:
        """Let the range reach to a position; return whether one is being drawn."""
        if self._start is None:
            return False
        start = order.index(self._start) if self._start in order else position
        low, high = sorted((start, position))
        self.ids = self._before | dict.fromkeys(order[low : high + 1])
        return True

    def replace(self, ids: Iterable[int]) -> None:
        """Select exactly these."""
        self._start = None
        self.ids = dict.fromkeys(ids)

    def discard(self, ids: Iterable[int]) -> None:
        """Forget messages that left the list."""
        for id in ids:
            self.ids.pop(id, None)
            self._before.pop(id, None)

    def clear(self) -> None:
        """Select nothing."""
        self.ids, self._before, self._start = {}, {}, None
