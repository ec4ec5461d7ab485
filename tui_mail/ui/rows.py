"""The rows of a list on their way from the store to the screen.

Painting may ask for a row, never wait for one: what is missing is noted, newest wish first, and one worker
fetches it a page at a time. Rows are kept by id, so a splice of the list needs no bookkeeping here.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from tui_mail.model.message import Row

PAGE = 128
"""Rows fetched at once."""
PAGES_KEPT = 64
MOST_WISHES = 8
"""Pages that may wait; of more, the oldest wish is forgotten."""


class Rows:
    """A bounded store of rows, and the wishes for more."""

    def __init__(self) -> None:
        self._rows: OrderedDict[int, tuple[Row, int]] = OrderedDict()
        self._wishes: list[int] = []
        self._version = 0

    def get(self, id: int) -> tuple[Row, int] | None:
        """Return a row and its version, which no other state of that row ever had, or None."""
        found = self._rows.get(id)
        if found is not None:
            self._rows.move_to_end(id)
        return found

    def put(self, rows: Iterable[Row]) -> None:
        """Keep rows, forgetting those unseen for longest."""
        self._version += 1
        for row in rows:
            self._rows[row.id] = (row, self._version)
            self._rows.move_to_end(row.id)
        while len(self._rows) > PAGE * PAGES_KEPT:
            self._rows.popitem(last=False)

    def clear(self) -> None:
        """Forget every row and every wish."""
        self._rows.clear()
        self._wishes.clear()

    def wish(self, position: int) -> None:
        """Ask for the page that holds a position."""
        page = position // PAGE
        if page in self._wishes:
            self._wishes.remove(page)
        self._wishes.append(page)
        del self._wishes[:-MOST_WISHES]

    @property
    def wishes(self) -> bool:
        """Whether anything is wished for."""
        return bool(self._wishes)

    async def fulfil(
        self, ids: Callable[[], Sequence[int]], read: Callable[[Sequence[int]], Awaitable[list[Row]]]
    ) -> list[Row]:
        """Fetch what is missing of the newest wish, keep it and return it."""
        page = self._wishes[-1]
        missing = [id for id in ids()[page * PAGE : (page + 1) * PAGE] if id not in self._rows]
        rows = await read(missing) if missing else []
        if page in self._wishes:
            self._wishes.remove(page)
        self.put(rows)
        return rows
