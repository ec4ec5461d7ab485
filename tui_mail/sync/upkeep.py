"""What keeps the store in good order while nobody waits for it: one loop for all accounts.

It makes mail searchable, learns addresses, reads and compresses bodies, gives up those that nobody used when
they take more room than allowed, and returns to the disk what the file does not need. It gives way: while an
account syncs, a write waits or a key was pressed, it rests several times as long as it works, and so never
stands still.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from tui_mail.model.errors import MailError
from tui_mail.store import keeping
from tui_mail.store.database import Database
from tui_mail.sync.indexing import Indexing
from tui_mail.sync.learning import Learning

log = logging.getLogger(__name__)

REST = 4.0
"""Times as long as it worked that it rests while others have work to do."""

HEADERS_REST = 1.0
"""… after headers, which cost little, and which a new folder is searched by."""

LEAST_REST = 0.05
"""Seconds that it rests then at least: what was written meanwhile is done together."""

AFTER_KEY = 0.5
"""Seconds after a key press during which another is likely."""

AFTER_TROUBLE = 60.0
"""Seconds until it tries again after it failed."""

LOOK_EVERY = 600.0
"""Seconds after which it looks for something to do although nobody said that there is."""

FREE_PAGES = 2_048
"""Pages without content that the file may keep, for what comes next."""

SHRINK_BY = 256
"""Pages that are given back at a time."""


class Upkeep:
    """Keeps the store in good order, slice by slice."""

    def __init__(self, database: Database, disk_limit: int, others_work: Callable[[], bool]) -> None:
        self.used: set[int] = set()
        """Messages whose bodies were read since that was written down; from any thread."""
        self._database = database
        self._disk_limit = disk_limit
        self._others_work = others_work
        self._indexing = Indexing(database)
        self._learning = Learning(database)
        self._due = asyncio.Event()
        self._key_at = -AFTER_KEY
        self._turn = asyncio.Lock()
        self._hurries = 0
        self._rest = REST

    def wake(self) -> None:
        """Say that there is something to do."""
        self._due.set()

    def key_pressed(self) -> None:
        """Say that a person is at work, from any thread."""
        self._key_at = time.monotonic()

    async def run(self) -> None:
        """Work until cancelled; trouble is written to the log, and everything is tried again later."""
        while True:
            self._due.clear()
            if self._give_way():  # a letter that was opened is read for the person first
                await asyncio.sleep(AFTER_KEY)
            try:
                await self.finish()
            except MailError as error:
                log.warning("The upkeep of the store was held up: %s", error)
                await asyncio.sleep(AFTER_TROUBLE)
                continue
            except Exception:
                log.exception("The upkeep of the store stumbled")
                await asyncio.sleep(AFTER_TROUBLE)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._due.wait()

    async def finish(self, *, hurry: bool = False) -> None:
        """Do all that there is to do; `hurry` gives way to nobody."""
        self._hurries += hurry
        try:
            async with self._turn:
                await self._finish()
        finally:
            self._hurries -= hurry

    async def _finish(self) -> None:
        while True:
            began = time.monotonic()
            if not await self._piece():
                return
            worked = time.monotonic() - began
            await asyncio.sleep(max(LEAST_REST, self._rest * worked) if self._give_way() else 0)

    def _give_way(self) -> bool:
        if self._hurries:
            return False
        return self._others_work() or self._database.contended or time.monotonic() - self._key_at < AFTER_KEY

    async def _piece(self) -> bool:
        """Do the most wanted piece of work; return False when there is none."""
        busy = self._give_way()
        self._rest = HEADERS_REST
        if await self._indexing.renew() or await self._indexing.headers(busy=busy):
            return True
        if await self._learning.senders():
            return True
        self._rest = REST
        return bool(
            await self._indexing.texts(busy=busy)
            or await self._mark_used()
            or await self._give_up()
            or await self._shrink()
        )

    async def _mark_used(self) -> bool:
        messages, self.used = self.used, set()
        if messages:
            async with self._database.cache() as tx:
                await keeping.used(tx, messages, int(time.time()))
        return False

    async def _give_up(self) -> bool:
        """Give up cached bodies where they take more room than allowed."""
        if not self._disk_limit:
            return False
        cached = await keeping.cached(self._database.searching)
        if cached <= self._disk_limit:
            return False
        goal = int(self._disk_limit * keeping.ROOM)
        while cached > goal:
            async with self._database.cache() as tx:
                freed = await keeping.give_up(tx, cached - goal, int(time.time()))
            if not freed:
                return False
            cached -= freed
        return True

    async def _shrink(self) -> bool:
        free, pages = await keeping.free_pages(self._database.searching)
        if free <= max(FREE_PAGES, pages // 10) or self._give_way():
            return False
        async with self._database.cache() as tx:
            await keeping.shrink(tx, SHRINK_BY)
        return True
