"""New mail that is worth a word, decided purely, and the reader of events that gathers it.

Announced is what came into a folder that the user wants to hear of and is still unread there when the word is
given: what was read, moved or deleted elsewhere meanwhile is not, nor what the user's own accounts sent. What
comes close together is one announcement. In quiet hours nothing is said, then or later.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from tui_mail.engine.reading import Reading
from tui_mail.model.account import AccountEntry
from tui_mail.model.errors import MailError
from tui_mail.model.event import Event, MailArrived
from tui_mail.model.folder import Folder, FolderView, Role
from tui_mail.model.message import Flag, Row
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.model.settings import How, Notify

GATHERED = 1.5
"""Seconds that the first of several waits for the others, and for another device to read it."""
APART = 20.0
"""Seconds between two announcements at least."""
MOST_NAMED = 3
"""Messages that one announcement names."""
SILENT = frozenset((Role.DRAFTS, Role.SENT, Role.JUNK, Role.TRASH))
"""Roles that "*" does not mean."""
UNWORTHY = Flag.SEEN | Flag.DRAFT | Flag.DELETED


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is said of new mail."""

    heading: SafeText
    """Who wrote, or how many came where."""
    text: SafeText
    """What it is about."""
    count: int
    folders: tuple[int, ...]
    """`folder.id` of each that got some."""


def wanted(folder: Folder, account: str, names: Sequence[str]) -> bool:
    """Tell whether mail in a folder of the account with this key is announced."""
    known = {folder.name.casefold(), f"{account}/{folder.name}".casefold()}
    if folder.role is not Role.NONE:
        role = folder.role.name.casefold()
        known |= {role, f"{account}/{role}".casefold()}
    asked = {name.casefold() for name in names}
    return bool(known & asked) or ("*" in asked and folder.role not in SILENT)


def announcement(
    arrived: Mapping[int, Sequence[Row]],
    folders: Sequence[Folder],
    accounts: Sequence[AccountEntry],
    notify: Notify,
    minute: int,
) -> Announcement | None:
    """Return what to say of rows that came in, by folder, as they are now; None for nothing."""
    if notify.how is How.OFF or (notify.quiet and notify.quiet.holds(minute)):
        return None
    keys = {account.id: account.key for account in accounts}
    own = {account.email.casefold() for account in accounts}
    heard = [f for f in folders if f.account in keys and wanted(f, keys[f.account], notify.folders)]
    new = [
        (folder, row)
        for folder in heard
        for row in reversed(arrived.get(folder.id, ()))
        if not row.flags & UNWORTHY and row.sender_address.casefold() not in own
    ]
    return _worded(new) if new else None


def _worded(new: Sequence[tuple[Folder, Row]]) -> Announcement:
    where = tuple(dict.fromkeys(folder.id for folder, _ in new))
    if len(new) == 1:
        row = new[0][1]
        return Announcement(_sender(row), _subject(row), 1, where)
    place = _name(new[0][0]) if len(where) == 1 else f"{len(where)} folders"
    named = [f"{_sender(row)}: {_subject(row)}" for _, row in new[:MOST_NAMED]]
    if len(new) > MOST_NAMED:
        named.append(f"and {len(new) - MOST_NAMED:,} more")
    return Announcement(
        safe_text(f"{len(new):,} new in {place}", 80), safe_text(" · ".join(named), 240), len(new), where
    )


def _sender(row: Row) -> SafeText:
    return safe_text(row.sender or row.sender_address or "Somebody", 80)


def _subject(row: Row) -> SafeText:
    return safe_text(row.subject or "(no subject)", 120)


def _name(folder: Folder) -> str:
    return "Inbox" if folder.role is Role.INBOX else folder.name


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as an announcer sees it."""

    monotonic: Callable[[], float] = time.monotonic
    local: Callable[[], datetime] = datetime.now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Announcer:
    """Gathers what arrives and says it, once, when it is time."""

    def __init__(self, reading: Reading, notify: Notify, clock: Clock | None = None) -> None:
        self._reading = reading
        self._notify = notify
        self._clock = clock or Clock()
        self._arrived: dict[int, dict[int, None]] = {}
        self._some = asyncio.Event()

    async def announcements(self, events: AsyncIterator[Event]) -> AsyncIterator[Announcement]:
        """Yield what is to be said of arrivals; when `events` end, what waits stays unsaid."""
        listening = asyncio.create_task(self._listen(events))
        last = -APART
        try:
            while await self._some.wait() and not listening.done():
                now = self._clock.monotonic()
                await self._clock.sleep(max(GATHERED, last + APART - now))
                if not listening.done() and (said := await self._taken()):
                    last = self._clock.monotonic()
                    yield said
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _taken(self) -> Announcement | None:
        """Return what `_take` does; a store that cannot be read now costs this word, not the later ones."""
        try:
            return await self._take()
        except MailError:
            return None

    async def _listen(self, events: AsyncIterator[Event]) -> None:
        async for event in events:
            if isinstance(event, MailArrived):
                self._arrived.setdefault(event.folder, {}).update(dict.fromkeys(event.ids))
                self._some.set()
        self._some.set()

    async def _take(self) -> Announcement | None:
        """Return what is to be said of what was gathered, as it looks now."""
        arrived, self._arrived = self._arrived, {}
        self._some.clear()
        rows = {id: await self._reading.rows(FolderView(id), list(ids)) for id, ids in arrived.items()}
        now = self._clock.local()
        return announcement(
            rows,
            await self._reading.folders(),
            await self._reading.accounts(),
            self._notify,
            60 * now.hour + now.minute,
        )
