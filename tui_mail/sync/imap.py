"""One folder brought up to date over one IMAP session (RFC 9051, 7162).

`plan` decides, this module takes the steps: new mail, older mail, what changed. It knows nothing of other
folders, of connections being lost or of when to run.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tui_mail.imap.fetched import Fetched
from tui_mail.imap.responses import Selected
from tui_mail.mime.headers import LIST_FIELDS
from tui_mail.store import folders, messages
from tui_mail.sync import comparing
from tui_mail.sync.folder_rows import FolderRows
from tui_mail.sync.plan import (
    BATCH,
    DAY,
    DOUBT,
    FIRST_WINDOW,
    Changes,
    CompareUids,
    Cursor,
    FetchFlags,
    FetchNew,
    FetchNewest,
    FetchNewestFlags,
    Range,
    SearchFlags,
    ServerState,
    StartOver,
    Step,
    backfill,
    next_width,
    plan,
)

log = logging.getLogger(__name__)

NEWEST_FLAGS = 500
"""Rows whose flags are read again at each look, where a server tells no changes and searches at length."""

IN_FLIGHT = 3
"""Ranges of older mail asked for before the first is stored."""

FILL_SECONDS = 0.5
"""How long older mail is asked for before a worker looks again at what is wanted most."""


@dataclass(slots=True)
class FolderCopy(FolderRows):
    """The store's copy of one folder, while its folder is selected in `session`."""

    urgent: Callable[[], bool] = lambda: False
    """Tells whether something more urgent waits; long steps then stop where they can be gone on with."""
    width: int = BATCH
    """UIDs the next backfill command asks for."""

    async def catch_up(self) -> bool:
        """Select the folder and bring what is stored of it up to date, new mail included.

        Returns False when it stopped early because something more urgent waits.
        """
        self.doubt = ""
        selected = await self.select()
        server = ServerState(selected.uidvalidity or None, selected.uidnext, selected.modseq, selected.exists)
        for step in plan(self._cursor(), server, self._changes(selected)):
            if not await self._take(step, selected):
                return False
        if await self.apply_news():
            await comparing.compare(self, only_if_counts_differ=True)
        async with self.database.cache() as tx:
            self.state = await folders.set_cursor(
                tx,
                self.state.id,
                modseq=selected.modseq or 0,
                remote_count=self.session.news.exists,
                error=self.doubt,
                **self._complete_now(),
            )
        await self._forget_orphans()
        return True

    def _complete_now(self) -> dict[str, int]:
        if not self.complete:
            return {}
        now = int(time.time())
        if self.doubt:
            return {"checked_at": now - DAY + DOUBT}
        return {"synced_at": now} if self.state.checked_at else {"synced_at": now, "checked_at": now}

    async def fill(self) -> bool:
        """Store ranges of older mail, newest first, for a while; return False when none is left."""
        await self._store_older(time.monotonic() + FILL_SECONDS)
        if self.complete:
            if self.state.total != self.session.news.exists:
                await comparing.compare(self, only_if_counts_differ=True)
            async with self.database.cache() as tx:
                self.state = await folders.set_cursor(
                    tx, self.state.id, error=self.doubt, **self._complete_now()
                )
        await self._forget_orphans()
        return not self.complete

    async def check(self) -> bool:
        """Compare rows with the server's, newest first; return False when some are left for the next call.

        However well a server tells its changes, one that was missed would stay missed for ever. One that
        searches compactly is asked once for everything; else the flags of a slice of rows are read again,
        and how far that came is kept with the folder. At the end the counters are compared with the rows.
        """
        if self.session.selected is None or self.session.selected.name != self.state.remote_name:
            await self.select()
            await self.apply_news()
        below = self.state.check_below
        self.doubt = ""
        if not below:
            await comparing.compare(self, only_if_counts_differ=False)
        if self.session.searches_compactly and self.state.modseq:
            await comparing.search_flags(self)
            below = 0
        else:
            below = await comparing.check_slice(self, below or self.state.uidnext, comparing.FLAGS_AT_ONCE)
        now = int(time.time()) - (DAY - DOUBT if self.doubt else 0)
        checked = {"check_below": below} if below else {"check_below": 0, "checked_at": now}
        async with self.database.cache() as tx:
            if not below and await folders.mend_counters(tx, self.state.id):
                log.warning("The counters of folder %d were wrong, and are mended", self.state.id)
            self.state = await folders.set_cursor(tx, self.state.id, error=self.doubt, **checked)
        return not below

    async def _forget_orphans(self) -> None:
        """Once every message of the server has its row, rows that none of them took are gone there."""
        if self.complete:
            async with self.database.cache() as tx:
                await messages.drop_orphans(tx, self.state.id)

    async def _store_older(self, end: float) -> None:
        """Store range after range; while one is stored, the next are on their way.

        All that was asked for is stored before this returns: an answer that lay about while others change
        flags would bring old ones.
        """
        asked: deque[tuple[Range, asyncio.Task[list[Fetched]]]] = deque()
        lo, goes_on = self.state.backfill_lo, True
        try:
            while True:
                while goes_on and len(asked) < IN_FLIGHT and (part := backfill(lo, self.width)):
                    answer = self.session.fetch_list(part.uids, LIST_FIELDS)
                    asked.append((part, asyncio.create_task(answer)))
                    lo = part.lo
                if not asked:
                    return
                fetched = await asked[0][1]
                part, _ = asked.popleft()
                await self.store(fetched, backfill_lo=part.lo)
                self.width = next_width(self.width, len(fetched))
                goes_on = time.monotonic() < end and not self.urgent()
        finally:
            for _, task in asked:
                task.cancel()
            await asyncio.gather(*(task for _, task in asked), return_exceptions=True)

    def _cursor(self) -> Cursor:
        state = self.state
        return Cursor(state.uidvalidity, state.uidnext, state.modseq, state.backfill_lo)

    def _changes(self, selected: Selected) -> Changes:
        if selected.modseq is None:
            return Changes.BY_SEARCH if self.session.searches_compactly else Changes.BY_WINDOW
        return Changes.WITH_SELECT if "QRESYNC" in self.session.enabled else Changes.BY_MODSEQ

    async def _take(self, step: Step, selected: Selected) -> bool:
        """Take one step; return False when it stopped early because something more urgent waits."""
        match step:
            case StartOver():
                await self._start_over()
            case FetchNewest():
                await self._fetch_newest(selected)
            case FetchNew(first, last):
                return await self._fetch_new(first, last)
            case FetchFlags(since):
                await comparing.fetch_flags(self, since)
            case SearchFlags():
                await comparing.search_flags(self)
            case FetchNewestFlags():
                await comparing.check_slice(self, self.state.uidnext, NEWEST_FLAGS)
            case CompareUids(only_if_counts_differ):
                await self.apply_news()
                await comparing.compare(self, only_if_counts_differ=only_if_counts_differ)
        return True

    async def _start_over(self) -> None:
        async with self.database.cache() as tx:
            await messages.orphan_all(tx, self.state.id)
            self.state = await folders.set_cursor(
                tx, self.state.id, uidvalidity=None, uidnext=0, modseq=0, backfill_lo=0, check_below=0
            )

    async def _fetch_newest(self, selected: Selected) -> None:
        uids = await self.session.newest_uids(FIRST_WINDOW) if selected.exists else []
        fetched = await self.fetch_known(uids)
        uidnext = max([selected.uidnext or 1, *(uid + 1 for uid in uids)])
        await self.store(
            fetched,
            uidvalidity=selected.uidvalidity or 0,
            uidnext=uidnext,
            backfill_lo=min(uids) if selected.exists > len(uids) and uids else 1,
        )

    async def _fetch_new(self, first: int, last: int | None) -> bool:
        if last is None:
            fetched = await self.session.fetch_list(f"{first}:*", LIST_FIELDS)
            fetched = [one for one in fetched if one.uid >= first]  # n:* always answers the last message
            uidnext = max([first, *(one.uid + 1 for one in fetched)])
            await self.store(fetched, new=True, uidnext=uidnext)
            return True
        width = BATCH
        while first <= last:
            part = Range(first, min(last, first + width - 1))
            fetched = await self.session.fetch_list(part.uids, LIST_FIELDS)
            await self.store(fetched, new=True, uidnext=part.hi + 1)
            width = next_width(width, len(fetched))
            first = part.hi + 1
            if first <= last and self.urgent():
                return False
        return True
