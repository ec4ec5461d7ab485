"""One folder brought up to date over one IMAP session (RFC 9051, 7162).

`plan` decides, this module asks the server and stores what it answers. Rows and the cursor that covers them
are one transaction. It knows nothing of other folders, of connections being lost or of when to run.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_mail.imap.fetched import Fetched
from tui_mail.imap.responses import Selected
from tui_mail.imap.session import Session
from tui_mail.imap.wire import format_set, split_sets
from tui_mail.mime.headers import LIST_FIELDS, summary
from tui_mail.model.event import MailArrived
from tui_mail.model.message import Flag, Mark
from tui_mail.store import folders, messages, stays
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState
from tui_mail.store.messages import Arrival
from tui_mail.sync.plan import (
    BATCH,
    DAY,
    DOUBT,
    FIRST_WINDOW,
    SLICE,
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
    believable,
    next_width,
    plan,
    suspects,
)

log = logging.getLogger(__name__)

UID_LIMIT = 2**32
"""One more than the greatest UID (RFC 9051, 2.3.1.1)."""

FLAGS_AT_ONCE = 5_000
"""Rows whose flags one command reads again."""

NEWEST_FLAGS = 500
"""… and at each look, where a server tells no changes and searches at length."""

CHANGED_AT_ONCE = 50_000
"""… of which it reads only those that changed since."""

IN_FLIGHT = 3
"""Ranges of older mail asked for before the first is stored."""

FILL_SECONDS = 0.5
"""How long older mail is asked for before a worker looks again at what is wanted most."""


_MARKS = {
    (False, False): Mark.NONE,
    (True, False): Mark.ATTACHMENT,
    (False, True): Mark.LIST,
    (True, True): Mark.ATTACHMENT | Mark.LIST,
}
"""Marks by whether there are attachments and whether a list sent it: `|` on marks takes a microsecond."""


def arrival(fetched: Fetched) -> Arrival:
    """Return what the store keeps of a message, from the list data the server sent."""
    head = summary(fetched.header or b"")
    return Arrival(
        uid=fetched.uid,
        internal_date=fetched.internal_date or 0,
        size=fetched.size or 0,
        flags=fetched.flags or Flag.NONE,
        keywords=fetched.keywords,
        message_id=head.message_id,
        in_reply_to=head.in_reply_to,
        references=head.references,
        date=head.date,
        from_name=head.from_name,
        from_addr=head.from_addr,
        recipients=head.recipients,
        subject=head.subject,
        marks=_MARKS[bool(fetched.attachment), head.is_list],
        structure=fetched.structure,
    )


def _flags(fetched: Iterable[Fetched]) -> dict[int, tuple[Flag, tuple[str, ...]]]:
    return {one.uid: (one.flags, one.keywords) for one in fetched if one.flags is not None}


@dataclass(slots=True)
class FolderCopy:
    """The store's copy of one folder, while its folder is selected in `session`."""

    database: Database
    session: Session
    state: FolderState
    urgent: Callable[[], bool] = lambda: False
    """Tells whether something more urgent waits; long steps then stop where they can be gone on with."""
    added: int = 0
    """Messages stored so far."""
    width: int = BATCH
    """UIDs the next backfill command asks for."""
    doubt: str = ""
    """What did not add up in what the server told; the folder is then compared again soon."""

    @property
    def complete(self) -> bool:
        """Tell whether every message of the folder has a row."""
        return self.state.backfill_lo == 1

    async def catch_up(self) -> bool:
        """Select the folder and bring what is stored of it up to date, new mail included.

        Returns False when it stopped early because something more urgent waits.
        """
        self.doubt = ""
        selected = await self._select()
        server = ServerState(selected.uidvalidity or None, selected.uidnext, selected.modseq, selected.exists)
        for step in plan(self._cursor(), server, self._changes(selected)):
            if not await self._take(step, selected):
                return False
        if await self._apply_news():
            await self._compare(only_if_counts_differ=True)
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
                await self._compare(only_if_counts_differ=True)
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
            await self._select()
            await self._apply_news()
        below = self.state.check_below
        self.doubt = ""
        if not below:
            await self._compare(only_if_counts_differ=False)
        if self.session.searches_compactly and self.state.modseq:
            await self._search_flags()
            below = 0
        else:
            below = await self._check_slice(below or self.state.uidnext, FLAGS_AT_ONCE)
        now = int(time.time()) - (DAY - DOUBT if self.doubt else 0)
        checked = {"check_below": below} if below else {"check_below": 0, "checked_at": now}
        async with self.database.cache() as tx:
            if not below and await folders.mend_counters(tx, self.state.id):
                log.warning("The counters of folder %d were wrong, and are mended", self.state.id)
            self.state = await folders.set_cursor(tx, self.state.id, error=self.doubt, **checked)
        return not below

    async def _check_slice(self, below: int, rows: int) -> int:
        """Read the flags of the newest rows below a UID again; return the lowest of them, 0 at the end."""
        newest = await messages.newest_uids(
            self.database.lists, self.state.id, self.state.uidvalidity or 0, below, rows
        )
        if not newest:
            return 0
        await self._set_flags(_flags(await self.session.fetch_flags(f"{newest[0]}:{newest[-1]}")))
        return newest[0] if newest[0] > 1 else 0

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
                await self._store(fetched, backfill_lo=part.lo)
                self.width = next_width(self.width, len(fetched))
                goes_on = time.monotonic() < end and not self.urgent()
        finally:
            for _, task in asked:
                task.cancel()
            await asyncio.gather(*(task for _, task in asked), return_exceptions=True)

    async def _select(self) -> Selected:
        known = None
        if self.state.uidvalidity and self.state.modseq:
            known = (self.state.uidvalidity, self.state.modseq)
        return await self.session.select(self.state.remote_name, known=known)

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
                await self._fetch_flags(since)
            case SearchFlags():
                await self._search_flags()
            case FetchNewestFlags():
                await self._check_slice(self.state.uidnext, NEWEST_FLAGS)
            case CompareUids(only_if_counts_differ):
                await self._apply_news()
                await self._compare(only_if_counts_differ)
        return True

    async def _start_over(self) -> None:
        async with self.database.cache() as tx:
            await messages.orphan_all(tx, self.state.id)
            self.state = await folders.set_cursor(
                tx, self.state.id, uidvalidity=None, uidnext=0, modseq=0, backfill_lo=0, check_below=0
            )

    async def _fetch_newest(self, selected: Selected) -> None:
        uids = await self.session.newest_uids(FIRST_WINDOW) if selected.exists else []
        fetched = await self._fetch_known(uids)
        uidnext = max([selected.uidnext or 1, *(uid + 1 for uid in uids)])
        await self._store(
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
            await self._store(fetched, new=True, uidnext=uidnext)
            return True
        width = BATCH
        while first <= last:
            part = Range(first, min(last, first + width - 1))
            fetched = await self.session.fetch_list(part.uids, LIST_FIELDS)
            await self._store(fetched, new=True, uidnext=part.hi + 1)
            width = next_width(width, len(fetched))
            first = part.hi + 1
            if first <= last and self.urgent():
                return False
        return True

    async def _store(self, fetched: Sequence[Fetched], *, new: bool = False, **cursor: int) -> None:
        """Store rows and the cursor that covers them together; `new` mail is worth announcing."""
        arrivals = [arrival(one) for one in fetched]
        async with self.database.cache() as tx:
            uidvalidity = cursor.get("uidvalidity", self.state.uidvalidity or 0)
            ids = await messages.add(tx, self.state.id, uidvalidity, arrivals)
            self.added += len(ids)
            if new and ids:
                tx.publish(MailArrived(self.state.id, tuple(ids)))
            self.state = await folders.set_cursor(tx, self.state.id, **cursor)

    async def _fetch_flags(self, since: int) -> None:
        """Read the flags of every stored row again, or of those that changed since a MODSEQ."""
        at_once = CHANGED_AT_ONCE if since else FLAGS_AT_ONCE
        lo = max(1, self.state.backfill_lo)
        known = await messages.known_uids(
            self.database.lists, self.state.id, self.state.uidvalidity or 0, lo, UID_LIMIT
        )
        for start in range(0, len(known), at_once):
            part = known[start : start + at_once]
            fetched = await self.session.fetch_flags(f"{part[0]}:{part[-1]}", changed_since=since or None)
            await self._set_flags(_flags(fetched))

    async def _search_flags(self) -> None:
        """Search for each flag, and read the flags of those messages again that are stored with others."""
        lo = max(1, self.state.backfill_lo)
        found = await self.session.flag_sets(f"{lo}:*")
        sets = {int(flag): sorted(ranges) for flag, ranges in found.items()}
        while stored := await messages.known_flags(
            self.database.lists, self.state.id, self.state.uidvalidity or 0, lo, SLICE
        ):
            for part in split_sets(suspects(stored, sets)):
                await self._set_flags(_flags(await self.session.fetch_flags(part)))
            lo = stored[-1][0] + 1

    async def _set_flags(self, flags: Mapping[int, tuple[Flag, tuple[str, ...]]]) -> None:
        known = list(flags.items())
        for start in range(0, len(known), BATCH):
            async with self.database.cache() as tx:
                await messages.set_server_flags(
                    tx, self.state.id, self.state.uidvalidity or 0, dict(known[start : start + BATCH])
                )

    async def _apply_news(self) -> bool:
        """Store what the server told unasked: flags that others changed, messages that vanished.

        Tells whether any vanished.
        """
        news = self.session.news.take()
        if news.vanished:
            async with self.database.cache() as tx:
                await messages.remove_uids(tx, self.state.id, self.state.uidvalidity or 0, news.vanished)
        await self._set_flags({uid: (flags, keywords) for uid, (flags, keywords, _) in news.flags.items()})
        return bool(news.vanished)

    async def _compare(self, only_if_counts_differ: bool) -> None:
        lo = max(1, self.state.backfill_lo)
        stored = await self._stored_uids(lo)
        # What a move left behind has no row, so it would make up for a letter that is gone.
        counts = self.complete and self.session.moves_leave_nothing
        if only_if_counts_differ and counts and len(stored) == self.session.news.exists:
            return
        there = set(await self.session.search(f"UID {lo}:*"))
        gone = sorted(stored - there)
        if gone and (self._contradicts(there) or not believable(len(stored), len(gone))):
            await self._apply_news()
            await self._select()  # counts anew
            again = set(await self.session.search(f"UID {lo}:*"))
            gone = sorted(stored - there - again)
            if self._contradicts(again):
                exists = self.session.news.exists
                self.doubt = f"{self.session.where} counts {exists:,} letters and lists {len(again):,}"
                gone = []
        if gone:
            async with self.database.cache() as tx:
                await messages.remove_uids(
                    tx, self.state.id, self.state.uidvalidity or 0, [(uid, uid) for uid in gone]
                )
        missing = sorted(uid for uid in there - stored if lo <= uid < self.state.uidnext)
        for start in range(0, len(missing), BATCH):
            await self._store(await self._fetch_known(missing[start : start + BATCH]))

    def _contradicts(self, found: Collection[int]) -> bool:
        """Tell whether a search found other than it must have; nothing is removed on such a word.

        A complete copy is searched from the first UID on, so all that EXISTS counts is found. Otherwise at
        least the last message is, for that is what `*` stands for (RFC 9051, 9).
        """
        exists = self.session.news.exists
        if self.complete:
            return len(found) != exists
        return len(found) > exists or (exists > 0 and not found)

    async def _fetch_known(self, uids: Sequence[int]) -> list[Fetched]:
        """Fetch the list data of messages that the server says it has; what is not answered, once more."""
        if not uids:
            return []
        fetched = await self.session.fetch_list(format_set(uids), LIST_FIELDS)
        if left := sorted(set(uids) - {one.uid for one in fetched}):
            fetched += await self.session.fetch_list(format_set(left), LIST_FIELDS)
            if silent := len(set(left) - {one.uid for one in fetched}):
                self.doubt = f"{self.session.where} lists {silent:,} letters that it does not show"
        return fetched

    async def _stored_uids(self, lo: int) -> set[int]:
        """Return the UIDs that need no answer: stored ones, and those that an operation takes away."""
        uidvalidity = self.state.uidvalidity or 0
        lists = self.database.lists
        stored = set(await messages.known_uids(lists, self.state.id, uidvalidity, lo, UID_LIMIT))
        leaving = await stays.leaving(lists, self.state.id)
        return stored | {uid for validity, uid in leaving if validity == uidvalidity and uid >= lo}
