"""Keeps the spare copy of what no server has confirmed up to date, a moment after each change."""

import asyncio
import logging

from tui_mail.model.errors import StoreError
from tui_mail.store import spare
from tui_mail.store.database import Database

log = logging.getLogger(__name__)

AFTER = 2.0
"""Seconds for which changes are gathered before the copy is written anew."""


class SpareCopy:
    """Writes the copy; a copy that cannot be written holds up nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    def write_soon(self) -> None:
        """Note that operations changed."""
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(AFTER, self._begin)

    async def close(self) -> None:
        """Write what is due, and no more afterwards."""
        if self._writing is not None:
            await asyncio.wait((self._writing,))
        if self._due is not None:
            self._due.cancel()
            self._due = None
            await self._write()

    def _begin(self) -> None:
        self._due = None
        if self._writing is not None and not self._writing.done():
            self.write_soon()
            return
        self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            await spare.write(self._database.lists, self._database.path)
        except (OSError, StoreError) as error:
            log.warning("The spare copy of waiting changes was not written: %s", error)
