"""How much room the mail takes, and giving back what a server can give again."""

from tui_mail.engine.core import Core
from tui_mail.engine.loop import EngineLoop
from tui_mail.model.usage import Usage
from tui_mail.store import keeping, usage

PAGES = 2_048
"""Pages given back to the disk in one transaction, so that an intention waits little."""


class DiskUse:
    """The room that the offline copy takes."""

    def __init__(self, loop: EngineLoop, core: Core) -> None:
        self._loop = loop
        self._core = core

    async def usage(self) -> Usage:
        """Return what the mail takes on this disk; every body is looked at."""
        return await usage.usage(self._core.database.searching)

    async def clear(self, account: int | None = None) -> int:
        """Give up every cached body, of one account or of all; return how many octets that were.

        Lists, the words to search in, operations and mail that no server has stay as they are.
        """
        return await self._loop.call(self._clear(account))

    async def _clear(self, account: int | None) -> int:
        database = self._core.database
        before = await keeping.cached(database.searching)
        last: int | None = 0
        while last is not None:
            async with database.cache() as tx:
                last = await keeping.give_up_next(tx, last, account)
        freed = before - await keeping.cached(database.searching)
        while (await keeping.free_pages(database.searching))[0]:
            async with database.cache() as tx:
                await keeping.shrink(tx, PAGES)
        return freed
